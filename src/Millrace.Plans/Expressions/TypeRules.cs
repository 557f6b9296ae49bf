namespace Millrace.Plans;

/// <summary>What functions make of the types of their arguments; null where the arguments don't fit.</summary>
static class TypeRules
{
    /// <summary>The type in which values of both can stand: the wider number, either side of a null.</summary>
    internal static DataType? Common(DataType a, DataType b)
    {
        if (a == b || b.Kind == TypeKind.Null) return a;
        if (a.Kind == TypeKind.Null) return b;
        if (a.IsInteger && b.IsInteger) return a.Kind > b.Kind ? a : b;
        if (a.IsNumeric && b.IsNumeric)
        {
            if (a.Kind == TypeKind.Float32 && b.Kind == TypeKind.Float32) return a;
            if (a.IsFloat || b.IsFloat) return DataType.Float64;
            var (x, y) = (AsDecimal(a), AsDecimal(b));
            var scale = Math.Max(x.Scale, y.Scale);
            return DataType.Decimal(Math.Min(DecimalType.MaxPrecision, Math.Max(x.Precision - x.Scale, y.Precision - y.Scale) + scale), scale);
        }
        if (a.Kind is TypeKind.Text or TypeKind.Enum && b.Kind is TypeKind.Text or TypeKind.Enum) return DataType.Text;
        if ((a.Kind, b.Kind) is (TypeKind.Date, TypeKind.Timestamp) or (TypeKind.Timestamp, TypeKind.Date)) return DataType.Timestamp;
        if (a is ListType l && b is ListType m && Common(l.Item.Type, m.Item.Type) is { } item) return DataType.List(item, l.Item.Nullable || m.Item.Nullable);
        if (a is StructType s && b is StructType t && s.Fields.Names.SequenceEqual(t.Fields.Names))
        {
            var fields = s.Fields.Zip(t.Fields, (f, g) => Common(f.Type, g.Type) is { } type ? new Field(f.Name, type, f.Nullable || g.Nullable) : null).ToList();
            return fields.Contains(null) ? null : DataType.Struct(fields!);
        }
        return null;
    }

    internal static DecimalType AsDecimal(DataType type) => type as DecimalType ?? type.Kind switch
    {
        TypeKind.Int16 => DataType.Decimal(5, 0),
        TypeKind.Int32 => DataType.Decimal(10, 0),
        _ => DataType.Decimal(19, 0),
    };

    internal static bool AnyNull(Typed[] a) => a.Any(t => t.Nullable);
    internal static bool IsText(Typed t) => t.Type.Kind is TypeKind.Text or TypeKind.Enum or TypeKind.Null;
    internal static bool IsInteger(Typed t) => t.Type.IsInteger || t.Type.Kind == TypeKind.Null;
    internal static bool IsDateOrTime(Typed t) => t.Type.Kind is TypeKind.Date or TypeKind.Timestamp or TypeKind.Instant;

    internal static Typed? If(bool fits, DataType type, Typed[] a) => fits ? new Typed(type, AnyNull(a)) : null;

    internal static Typed? Numeric(Typed[] a) => a[0].Type.IsNumeric ? a[0] : null;
    internal static Typed? Float(Typed[] a) => If(a.All(t => t.Type.IsNumeric), DataType.Float64, a);
    internal static Typed? TextOnly(Typed[] a) => If(a.All(IsText), DataType.Text, a);
    internal static Typed? TextTest(Typed[] a) => If(a.All(IsText), DataType.Boolean, a);
    internal static Typed? Logic(Typed[] a) => If(a.All(t => t.Type.Kind is TypeKind.Boolean or TypeKind.Null), DataType.Boolean, a);
    internal static Typed? Pad(Typed[] a) => If(IsText(a[0]) && IsInteger(a[1]) && IsText(a[2]), DataType.Text, a);
    internal static Typed? DatePart(Typed[] a) => If(IsDateOrTime(a[0]), DataType.Int32, a);
    internal static Typed? TimePart(Typed[] a) => If(a[0].Type.Kind is TypeKind.Time or TypeKind.Timestamp or TypeKind.Instant, DataType.Int32, a);
    internal static Typed? Comparison(Typed[] a) => If(Common(a[0].Type, a[1].Type) is { } type && type.Kind != TypeKind.Map, DataType.Boolean, a);

    internal static Typed? FirstKnown(Typed[] a)
    {
        var type = a[0].Type;
        foreach (var next in a.Skip(1))
        {
            if (Common(type, next.Type) is not { } common) return null;
            type = common;
        }
        return new Typed(type, a.All(t => t.Nullable));
    }

    internal static Typed? Rounded(Typed[] a) => a[0].Type switch
    {
        { IsInteger: true } or { IsFloat: true } => a[0],
        // The digits are a constant that isn't seen here: the scale stays, its last digits become zero.
        DecimalType => a[0],
        _ => null,
    };

    internal static Typed? Sum(Typed[] a) => (a[0].Type.Kind, a[1].Type.Kind) switch
    {
        (TypeKind.Timestamp or TypeKind.Instant or TypeKind.Duration, TypeKind.Duration) => new Typed(a[0].Type, AnyNull(a)),
        (TypeKind.Duration, TypeKind.Timestamp or TypeKind.Instant) => new Typed(a[1].Type, AnyNull(a)),
        (TypeKind.Date, TypeKind.Int16 or TypeKind.Int32) => new Typed(DataType.Date, AnyNull(a)),
        _ => Arithmetic(a, carry: 1),
    };

    internal static Typed? Difference(Typed[] a) => (a[0].Type.Kind, a[1].Type.Kind) switch
    {
        (TypeKind.Timestamp or TypeKind.Instant or TypeKind.Duration, TypeKind.Duration) => new Typed(a[0].Type, AnyNull(a)),
        (TypeKind.Timestamp, TypeKind.Timestamp) or (TypeKind.Instant, TypeKind.Instant) => new Typed(DataType.Duration, AnyNull(a)),
        (TypeKind.Date, TypeKind.Date) => new Typed(DataType.Int32, AnyNull(a)),
        (TypeKind.Date, TypeKind.Int16 or TypeKind.Int32) => new Typed(DataType.Date, AnyNull(a)),
        _ => Arithmetic(a, carry: 1),
    };

    internal static Typed? Product(Typed[] a)
    {
        if (!IsDecimalPair(a)) return Arithmetic(a, carry: 0);
        var (x, y) = (AsDecimal(a[0].Type), AsDecimal(a[1].Type));
        var scale = x.Scale + y.Scale;
        return scale > DecimalType.MaxPrecision
            ? null
            : new Typed(DataType.Decimal(Math.Min(DecimalType.MaxPrecision, x.Precision + y.Precision), scale), AnyNull(a));
    }

    internal static Typed? Quotient(Typed[] a) =>
        IsDecimalPair(a) ? new Typed(DataType.Float64, AnyNull(a)) : Arithmetic(a, carry: 0);

    internal static Typed? Remainder(Typed[] a) => Arithmetic(a, carry: 0);

    static bool IsDecimalPair(Typed[] a) =>
        a.All(t => t.Type.IsNumeric && !t.Type.IsFloat) && a.Any(t => t.Type.Kind == TypeKind.Decimal);

    static Typed? Arithmetic(Typed[] a, int carry)
    {
        if (!a.All(t => t.Type.IsNumeric || t.Type.Kind == TypeKind.Null) || Common(a[0].Type, a[1].Type) is not { IsNumeric: true } type) return null;
        if (type is DecimalType d) type = DataType.Decimal(Math.Min(DecimalType.MaxPrecision, d.Precision + carry), d.Scale);
        return new Typed(type, AnyNull(a));
    }
}
