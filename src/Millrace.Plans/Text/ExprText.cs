using System.Collections;
using System.Globalization;
using System.Text;

namespace Millrace.Plans;

/// <summary>Expressions as people write them: infix, with the brackets that are needed and no others.</summary>
static class ExprText
{
    // How strongly an operator binds; an argument that binds less gets brackets.
    const int Or = 1, And = 2, Not = 3, Comparison = 4, Sum = 5, Product = 6, Sign = 7, Whole = 8;

    static readonly Dictionary<Function, (string Sign, int Strength)> infix = new()
    {
        [Functions.Or] = ("or", Or), [Functions.And] = ("and", And),
        [Functions.Equals] = ("=", Comparison), [Functions.NotEquals] = ("<>", Comparison), [Functions.Less] = ("<", Comparison),
        [Functions.LessOrEqual] = ("<=", Comparison), [Functions.Greater] = (">", Comparison), [Functions.GreaterOrEqual] = (">=", Comparison),
        [Functions.Add] = ("+", Sum), [Functions.Subtract] = ("-", Sum),
        [Functions.Multiply] = ("*", Product), [Functions.Divide] = ("/", Product), [Functions.Modulo] = ("%", Product),
    };

    internal static string Of(Expr expr) => Written(expr).Text;

    internal static string Of(NamedExpr named) => named.Value is ColumnExpr column && column.Name == named.Name ? Name(named.Name) : $"{Name(named.Name)} = {Of(named.Value)}";

    internal static string Of(SortKey key) => $"{Of(key.Value)}{(key.Descending ? " desc" : "")}{(key.NullsFirst ? " nulls first" : "")}";

    internal static string Name(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsLetterOrDigit(c) || c is '_' or '$') ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    static (string Text, int Strength) Written(Expr expr) => expr switch
    {
        ColumnExpr column => (Name(column.Name), Whole),
        LiteralExpr literal => (Constant(literal.Value, literal.Type), literal.Value is sbyte or short or int or long or float or double or decimal && Convert.ToDouble(literal.Value, CultureInfo.InvariantCulture) < 0 ? Sign : Whole),
        CallExpr call => Call(call),
        CastExpr cast => ($"{(cast.Strict ? "cast" : "try_cast")}({Of(cast.Value)} as {cast.To}{(cast.Rounds ? "" : " unrounded")})", Whole),
        CaseExpr choice => ($"case {string.Concat(choice.Branches.Select(b => $"when {Of(b.When)} then {Of(b.Then)} "))}else {Of(choice.Else)} end", Whole),
        CallbackExpr callback => ($"{callback.Callback.Name}({List(callback.Arguments)})", Whole),
        AggregateExpr aggregate => ($"{aggregate.Aggregate.Name}({Inside(aggregate)})", Whole),
        WindowExpr window => ($"{Of(window.Value)} over ({Over(window)})", Whole),
        RankExpr rank => ($"{StepShape.SnakeCase(rank.Kind.ToString())}({List(rank.Arguments)})", Whole),
        StructExpr made => ($"{{{string.Join(", ", made.Fields.Select(Of))}}}", Whole),
        _ => (expr.GetType().Name, Whole),
    };

    static (string, int) Call(CallExpr call)
    {
        var arguments = call.Arguments;
        if (infix.TryGetValue(call.Function, out var sign) && arguments.Count == 2)
        {
            // Comparisons don't chain; the others read from the left.
            var left = sign.Strength == Comparison ? sign.Strength + 1 : sign.Strength;
            return ($"{In(arguments[0], left)} {sign.Sign} {In(arguments[1], sign.Strength + 1)}", sign.Strength);
        }
        if (call.Function == Functions.Not && arguments is [CallExpr { Function: var inner, Arguments: [var tested] }] && inner == Functions.IsNull) return ($"{In(tested, Sum)} is not null", Comparison);
        if (call.Function == Functions.Not && arguments.Count == 1) return ($"not {In(arguments[0], Not)}", Not);
        if (call.Function == Functions.Negate && arguments.Count == 1) return ($"-{In(arguments[0], Whole)}", Sign);
        if (call.Function == Functions.IsNull && arguments.Count == 1) return ($"{In(arguments[0], Sum)} is null", Comparison);
        if (call.Function == Functions.In && arguments.Count > 1) return ($"{In(arguments[0], Sum)} in ({List(arguments.Skip(1))})", Comparison);
        if (call.Function == Functions.FieldOf && arguments is [_, LiteralExpr { Value: string name }]) return ($"{In(arguments[0], Whole)}.{Name(name)}", Whole);
        return ($"{call.Function.Name}({List(arguments)})", Whole);
    }

    static string In(Expr argument, int strength) => Written(argument) is var (text, own) && own < strength ? $"({text})" : text;

    static string List(IEnumerable<Expr> all) => string.Join(", ", all.Select(Of));

    static string Inside(AggregateExpr aggregate)
    {
        var text = new StringBuilder();
        if (aggregate.Distinct) text.Append("distinct ");
        text.Append(List(aggregate.Arguments));
        if (aggregate.Where is not null) text.Append(text.Length > 0 ? " " : "").Append("where ").Append(Of(aggregate.Where));
        if (aggregate.OrderBy.Count > 0) text.Append(" order by ").AppendJoin(", ", aggregate.OrderBy.Select(Of));
        return text.ToString();
    }

    static string Over(WindowExpr window)
    {
        var parts = new List<string>();
        if (window.PartitionBy.Count > 0) parts.Add($"within {List(window.PartitionBy)}");
        if (window.OrderBy.Count > 0) parts.Add($"order by {string.Join(", ", window.OrderBy.Select(Of))}");
        if (window.Frame is { } frame) parts.Add(string.Create(CultureInfo.InvariantCulture, $"rows {(frame.From is { } from ? from : "first")} to {(frame.To is { } to ? to : "last")}"));
        return string.Join(" ", parts);
    }

    static string Constant(object? value, DataType type) => (type.Kind, value) switch
    {
        (_, null) => "null",
        (_, bool b) => b ? "true" : "false",
        (_, string or char) => $"'{value.ToString()!.Replace("'", "''", StringComparison.Ordinal)}'",
        (TypeKind.List, IEnumerable items) => $"[{string.Join(", ", items.Cast<object?>().Select(i => Constant(i, ((ListType)type).Item.Type)))}]",
        (_, sbyte or short or int or long or float or double or decimal or byte[]) => ClrValue.Display(value),
        _ => $"{type} '{ClrValue.Display(value)}'",
    };
}
