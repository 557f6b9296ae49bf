using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// Which type of column holds all that two others hold, to the last digit. It is less than the type in which values of
/// both can be compared: a double compares with decimals and long integers and would keep them rounded.
/// </summary>
static class Widening
{
    /// <summary>Null where there is none.</summary>
    internal static DataType? Of(DataType table, DataType load) =>
        TypeRules.Common(table, load) is { } common && Holds(common, table) && Holds(common, load) ? common : null;

    internal static bool Holds(DataType wider, DataType type) => type.Kind == TypeKind.Null || wider.Equals(type) || (wider, type) switch
    {
        (DecimalType to, _) when type.IsInteger || type is DecimalType => TypeRules.AsDecimal(type) is var from && from.Scale <= to.Scale && from.Precision - from.Scale <= to.Precision - to.Scale,
        (ListType to, ListType from) => Holds(to.Item.Type, from.Item.Type),
        (StructType to, StructType from) => to.Fields.Zip(from.Fields).All(f => Holds(f.First.Type, f.Second.Type)),
        _ when wider.IsInteger && type.IsInteger => wider.Kind > type.Kind,
        _ => (wider.Kind, type.Kind) is (TypeKind.Float64, TypeKind.Float32 or TypeKind.Int16 or TypeKind.Int32) or (TypeKind.Float32, TypeKind.Int16)
            or (TypeKind.Text, TypeKind.Enum) or (TypeKind.Timestamp, TypeKind.Date),
    };
}
