namespace Millrace.Data;

/// <summary>Casts that databases do as the plan says. The others run row by row in the streaming engine.</summary>
static class SqlCasts
{
    internal static string? WhyNot(DataType from, DataType to)
    {
        if (from.Kind == TypeKind.Null || from == to) return null;
        if (from.IsInteger && to.IsNumeric) return null;
        if (from.IsNumeric && (to.IsFloat || to.IsInteger)) return null;
        if (from is DecimalType && to is DecimalType) return null;
        if (from.Kind is TypeKind.Text or TypeKind.Enum && to.Kind == TypeKind.Text) return null;
        if (to.Kind == TypeKind.Text && (from.IsInteger || from.Kind is TypeKind.Boolean or TypeKind.Date or TypeKind.Uuid)) return null;
        if ((from.Kind, to.Kind) is (TypeKind.Date, TypeKind.Timestamp) or (TypeKind.Timestamp, TypeKind.Date)) return null;
        if (from is ListType a && to is ListType b) return WhyNot(a.Item.Type, b.Item.Type);
        if (from is StructType s && to is StructType t && s.Fields.Count == t.Fields.Count)
            return s.Fields.Zip(t.Fields, (f, g) => WhyNot(f.Type, g.Type)).FirstOrDefault(reason => reason is not null);
        return $"databases read or write {from} as {to} in ways of their own";
    }
}
