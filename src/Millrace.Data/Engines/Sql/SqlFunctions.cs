using Millrace.Plans;

namespace Millrace.Data;

/// <summary>The functions that both databases say alike. A dialect adds its own, or takes away.</summary>
static class SqlFunctions
{
    /// <summary>Written between their arguments, so bracketed where they are an argument themselves.</summary>
    internal static readonly HashSet<string> Infix =
    [
        "add", "subtract", "multiply", "divide", "modulo", "negate", "equals", "not_equals", "less", "less_or_equal", "greater", "greater_or_equal",
        "same", "is_null", "in", "and", "or", "not", "concat", "index_of", "ends_with", "contains", "matches", "at_zone", "from_zone", "add_months", "to_duration",
    ];

    internal static readonly IReadOnlyDictionary<string, Func<SqlCall, string>> Common = new Dictionary<string, Func<SqlCall, string>>
    {
        ["add"] = c => Arithmetic(c, "+"),
        ["subtract"] = c => Arithmetic(c, "-"),
        ["multiply"] = c => Arithmetic(c, "*"),
        ["negate"] = c => $"-{c[0]}",
        ["abs"] = c => $"abs({c[0]})",
        ["sign"] = c => c.Cast($"sign({c[0]})", DataType.Int32),
        ["sqrt"] = c => $"sqrt({c.As(0, DataType.Float64)})",
        ["power"] = c => $"power({c.As(0, DataType.Float64)}, {c.As(1, DataType.Float64)})",
        ["exp"] = c => $"exp({c.As(0, DataType.Float64)})",
        ["ln"] = c => $"ln({c.As(0, DataType.Float64)})",

        ["equals"] = c => Equality(c, "="),
        ["not_equals"] = c => Equality(c, "<>"),
        ["less"] = c => Order(c, "<"),
        ["less_or_equal"] = c => Order(c, "<="),
        ["greater"] = c => Order(c, ">"),
        ["greater_or_equal"] = c => Order(c, ">="),
        ["same"] = c => Equality(c, "IS NOT DISTINCT FROM"),
        ["is_null"] = c => $"{c[0]} IS NULL",
        ["in"] = In,
        ["and"] = c => $"{c[0]} AND {c[1]}",
        ["or"] = c => $"{c[0]} OR {c[1]}",
        ["not"] = c => $"NOT {c[0]}",
        ["coalesce"] = c => $"coalesce({string.Join(", ", c.AllAs(c.Result))})",
        ["null_if"] = c => c.Type(0) == c.Type(1) ? $"nullif({c[0]}, {c[1]})" : $"CASE WHEN {Equality(c, "=")} THEN NULL ELSE {c[0]} END",

        ["concat"] = c => string.Join(" || ", c.AllAs(DataType.Text)),
        ["replace"] = c => $"replace({c[0]}, {c[1]}, {c[2]})",
        ["starts_with"] = c => $"starts_with({c[0]}, {c[1]})",
        ["md5"] = c => $"md5({c[0]})",
        ["pad_left"] = c => Pad(c, "lpad"),
        ["pad_right"] = c => Pad(c, "rpad"),

        ["year"] = c => Part(c, "year"),
        ["quarter"] = c => Part(c, "quarter"),
        ["month"] = c => Part(c, "month"),
        ["week"] = c => Part(c, "week"),
        ["day"] = c => Part(c, "day"),
        ["day_of_week"] = c => Part(c, "dow"),
        ["day_of_year"] = c => Part(c, "doy"),
        ["hour"] = c => Part(c, "hour"),
        ["minute"] = c => Part(c, "minute"),
        ["second"] = c => c.Cast($"floor(extract(second FROM {c[0]}))", DataType.Int32),
        ["truncate_to"] = c => c.Type(0).Kind == TypeKind.Date
            ? c.Cast($"date_trunc({SqlDialect.Text(Unit(c))}, {c.Cast(c[0], DataType.Timestamp)})", DataType.Date)
            : $"date_trunc({SqlDialect.Text(Unit(c))}, {c[0]})",
        ["date_of"] = c => c.Cast(c[0], DataType.Date),
        ["time_of"] = c => c.Cast(c.Type(0).Kind == TypeKind.Instant ? $"({c[0]} AT TIME ZONE 'UTC')" : c[0], DataType.Time),
        ["at_zone"] = c => $"{c[0]} AT TIME ZONE {c[1]}",
        ["from_zone"] = c => $"{c[0]} AT TIME ZONE {c[1]}",
    };

    /// <summary>Microseconds of a unit of a duration.</summary>
    internal static long Microseconds(SqlCall call) => call.Constant<string>(1) switch
    {
        "day" => 86_400_000_000,
        "hour" => 3_600_000_000,
        "minute" => 60_000_000,
        "second" => 1_000_000,
        "millisecond" => 1_000,
        "microsecond" => 1,
        var unit => throw new InexpressibleException($"there is no unit '{unit}' of a duration"),
    };

    /// <summary>Months as a number that databases take; of a date that is null they may be any.</summary>
    internal static string Months(SqlCall call, string sum) =>
        call.Cast(call.Type(1).Kind == TypeKind.Int64 ? $"CASE WHEN {call[0]} IS NOT NULL THEN {sum} END" : sum, call.Result);

    internal static CommonPattern Pattern(SqlCall call) => CommonPattern.Read(call.Constant<string>(1));

    /// <summary>The group of an <c>extract</c>; 0 is the whole match.</summary>
    internal static int Group(SqlCall call) => call.Count == 3 ? CommonPattern.GroupOf(call.Expr.Arguments[2]) ?? throw new InexpressibleException("the group to extract is no constant") : 0;

    /// <summary>The pattern of a <c>replace_pattern</c>.</summary>
    internal static CommonPattern ReplacedPattern(SqlCall call) => Pattern(call) is { MayBeEmpty: false } pattern
        ? pattern
        : throw new InexpressibleException("databases find matches between two characters in places of their own");

    // A start before the text leaves what there is of the length; databases count it from the end, or can't have less than none.
    internal static string Substring(SqlCall call, string function)
    {
        const int Longest = 1_000_000_000;
        var numbers = Enumerable.Range(1, call.Count - 1).Select(i => Whole(call, i)).ToList();
        if (numbers is [{ } from]) return $"{function}({call[0]}, {SqlDialect.Number(Math.Clamp(from, 0, Longest) + 1)})";
        if (numbers is [{ } start, { } length])
        {
            var rest = length <= 0 ? 0 : (long)Int128.Clamp((Int128)length + Math.Min(start, 0), 0, Longest);
            return $"{function}({call[0]}, {SqlDialect.Number(Math.Clamp(start, 0, Longest) + 1)}, {SqlDialect.Number(rest)})";
        }
        var at = call.As(1, DataType.Int64);
        var place = call.Cast($"least(greatest({at}, 0), {Longest}) + 1", DataType.Int32);
        if (call.Count == 2) return $"CASE WHEN {at} IS NOT NULL THEN {function}({call[0]}, {place}) END";
        var count = call.As(2, DataType.Int64);
        var left = call.Cast($"least(greatest(greatest({count}, 0) + least({at}, 0), 0), {Longest})", DataType.Int32);
        // The least and the greatest pass over nulls.
        return $"CASE WHEN {at} IS NOT NULL AND {count} IS NOT NULL THEN {function}({call[0]}, {place}, {left}) END";
    }

    internal static long? Whole(SqlCall call, int at) => call.Expr.Arguments[at] is LiteralExpr { Value: short or int or long } literal
        ? Convert.ToInt64(literal.Value, System.Globalization.CultureInfo.InvariantCulture)
        : null;

    static string Unit(SqlCall call) => call.Constant<string>(1) is "year" or "quarter" or "month" or "week" or "day" or "hour" or "minute" or "second"
        ? call.Constant<string>(1)
        : throw new InexpressibleException($"there is no unit '{call.Constant<string>(1)}' to truncate to");

    static string Part(SqlCall call, string part) => call.Cast($"extract({part} FROM {call[0]})", DataType.Int32);

    static string Pad(SqlCall call, string function)
    {
        var length = call.As(1, DataType.Int32);
        var unknown = call.IsConstant(1) && call.IsConstant(2) ? "" : $"WHEN {length} IS NULL OR {call[2]} IS NULL THEN NULL ";
        return $"CASE {unknown}WHEN length({call[0]}) >= {length} OR {call[2]} = '' THEN {call[0]} ELSE {function}({call[0]}, {length}, {call[2]}) END";
    }

    internal static string Arithmetic(SqlCall call, string sign)
    {
        var result = call.Result;
        // Decimals meet at scales of their own, and both databases come to a precision that the plan may not have.
        if (result is DecimalType) return call.Cast($"{AsDecimal(call, 0)} {sign} {AsDecimal(call, 1)}", result);
        if (!result.IsNumeric) return $"{call[0]} {sign} {call[1]}";
        return $"{Number(call, 0, result)} {sign} {Number(call, 1, result)}";
    }

    internal static string AsDecimal(SqlCall call, int at)
    {
        const int Narrow = 18;
        var own = TypeRules.AsDecimal(call.Type(at));
        // DuckDB reckons with two narrow decimals in 18 digits, though the result may have more.
        if (call.Result is DecimalType { Precision: > Narrow } result && own.Precision <= Narrow) return call.As(at, DataType.Decimal(result.Precision, own.Scale));
        return call.Type(at) is DecimalType ? call[at] : call.As(at, own);
    }

    /// <summary>As a number of that type; a constant beside a column needs no cast to be one.</summary>
    static string Number(SqlCall call, int at, DataType type) =>
        type.Kind is TypeKind.Int32 or TypeKind.Int64 && Bare(call, at) is { } bare && !call.IsConstant(1 - at) && call.Type(1 - at) == type ? bare : call.As(at, type);

    static string? Bare(SqlCall call, int at) => call.Expr.Arguments[at] is LiteralExpr { Value: int or long } literal
        ? SqlDialect.Number(literal.Value) is var digits && digits.StartsWith('-') ? $"({digits})" : digits
        : null;

    static string Equality(SqlCall call, string sign)
    {
        var (left, right) = Sides(call);
        return $"{left} {sign} {right}";
    }

    static string Order(SqlCall call, string sign)
    {
        var (left, right) = Sides(call);
        return call.Type(0).Kind is TypeKind.Text or TypeKind.Enum ? $"{left} {sign} {call.Writer.Dialect.Ordered(right)}" : $"{left} {sign} {right}";
    }

    static (string, string) Sides(SqlCall call)
    {
        var common = TypeRules.Common(call.Type(0), call.Type(1))!;
        // Whole numbers of any width compare as they are.
        return call.Type(0).IsInteger && call.Type(1).IsInteger
            ? (Bare(call, 0) ?? call[0], Bare(call, 1) ?? call[1])
            : (call.As(0, common), call.As(1, common));
    }

    static string In(SqlCall call)
    {
        if (call.Count == 1) return $"CASE WHEN {call[0]} IS NOT NULL THEN FALSE END";
        var type = Enumerable.Range(0, call.Count).Select(call.Type).Aggregate((a, b) => TypeRules.Common(a, b) ?? throw new InexpressibleException("the values of 'in' have no common type"));
        var values = call.AllAs(type).ToList();
        return $"{values[0]} IN ({string.Join(", ", values.Skip(1))})";
    }
}
