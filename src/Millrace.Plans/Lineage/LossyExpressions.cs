namespace Millrace.Data;

/// <summary>Expressions that keep less than they were given.</summary>
static class LossyExpressions
{
    internal static IEnumerable<Loss> Of(Relation core, string step)
    {
        IEnumerable<NamedExpr> values = core switch
        {
            Project project => project.Columns,
            Window window => window.Values,
            Group group => group.Keys.Concat(group.Values),
            _ => [],
        };
        return values.SelectMany(v => v.Value.All().Select(e => Of(e, core.Inputs[0].Schema, v.Name, step))).OfType<Loss>();
    }

    static Loss? Of(Expr expr, Schema schema, string column, string step)
    {
        switch (expr)
        {
            case CastExpr cast:
                var from = cast.Value.TypeIn(schema).Type;
                if (cast.Rounds && Cut(from, cast.To) is { } cut) return new(LossKind.PrecisionCut, step, column, $"{expr}: {from} to {cast.To} {cut}");
                return cast.Strict || AlwaysFits(from, cast.To) ? null : new(LossKind.ValuesNulled, step, column, $"{expr}: what isn't {cast.To} becomes null");
            case CallExpr { Function: var function } call when function == Functions.Round || function == Functions.Floor || function == Functions.Ceiling || function == Functions.Truncate:
                return call.Arguments[0].TypeIn(schema).Type.IsInteger ? null : new(LossKind.PrecisionCut, step, column, $"{expr} cuts digits behind the point");
            case CallExpr { Function: var function } when function == Functions.TruncateTo || function == Functions.DateOf || function == Functions.TimeOf:
                return new(LossKind.PrecisionCut, step, column, $"{expr} cuts a part of the time");
            case CallExpr { Function: var function } when function == Functions.TryParseDate || function == Functions.TryParseTime || function == Functions.TryParseTimestamp:
                return new(LossKind.ValuesNulled, step, column, $"{expr}: what isn't of the format becomes null");
            case CallExpr { Function: var function } when function == Functions.FormatTime:
                return new(LossKind.PrecisionCut, step, column, $"{expr} keeps of the time what the format names");
            case CallExpr { Function: var function } call when function == Functions.Divide && call.Arguments.Any(a => a.TypeIn(schema).Type.Kind == TypeKind.Decimal):
                return new(LossKind.PrecisionCut, step, column, $"{expr} divides decimals as float64");
            case CallExpr { Function: var function } call when function == Functions.Divide && call.Arguments.All(a => a.TypeIn(schema).Type.IsInteger):
                return new(LossKind.PrecisionCut, step, column, $"{expr} divides whole numbers and cuts what is behind the point");
            default:
                return null;
        }
    }

    static string? Cut(DataType from, DataType to) => (from, to) switch
    {
        _ when from == to => null,
        ({ IsFloat: true }, { IsInteger: true }) => "rounds to whole numbers",
        ({ IsFloat: true }, DecimalType) => "rounds to its scale",
        ({ Kind: TypeKind.Float64 }, { Kind: TypeKind.Float32 }) => "keeps 7 digits of 15",
        (DecimalType, { IsFloat: true }) => "keeps 15 digits at most, and no decimal fractions exactly",
        ({ Kind: TypeKind.Int64 }, { IsFloat: true }) or ({ Kind: TypeKind.Int32 }, { Kind: TypeKind.Float32 }) => "is exact for smaller numbers only",
        (DecimalType { Scale: > 0 }, { IsInteger: true }) => "rounds to whole numbers",
        (DecimalType a, DecimalType b) when b.Scale < a.Scale => "rounds to its scale",
        ({ Kind: TypeKind.Timestamp or TypeKind.Instant }, { Kind: TypeKind.Date or TypeKind.Time }) => "cuts a part of the time",
        _ => null,
    };

    static bool AlwaysFits(DataType from, DataType to) =>
        from == to || to.Kind == TypeKind.Text || from.Kind == TypeKind.Null || (from.IsInteger && to.IsInteger && from.Kind <= to.Kind) || (from.IsNumeric && to.IsFloat);
}
