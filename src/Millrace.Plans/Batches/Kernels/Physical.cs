namespace Millrace.Plans;

/// <summary>How the values of a type lie in memory: see <see cref="Column"/>.</summary>
static class Physical
{
    internal enum Form
    {
        Bool,
        Short,
        Int,
        Long,
        Float,
        Double,
        Int128,
        Guid,
        Bytes,
        List,
        Struct,
    }

    internal static Form Of(DataType type) => type.Kind switch
    {
        TypeKind.Null or TypeKind.Boolean => Form.Bool,
        TypeKind.Int16 => Form.Short,
        TypeKind.Int32 or TypeKind.Date => Form.Int,
        TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.Instant or TypeKind.Duration => Form.Long,
        TypeKind.Float32 => Form.Float,
        TypeKind.Float64 => Form.Double,
        TypeKind.Decimal => Form.Int128,
        TypeKind.Uuid => Form.Guid,
        TypeKind.Struct => Form.Struct,
        TypeKind.List or TypeKind.Map => Form.List,
        _ => Form.Bytes,
    };
}
