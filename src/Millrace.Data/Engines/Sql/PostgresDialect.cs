using System.Globalization;
using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

sealed class PostgresDialect : SqlDialect
{
    internal override string Name => "PostgreSQL";
    internal override bool IgnoresNulls => false;
    internal override IReadOnlyDictionary<string, Func<SqlCall, string>> Functions => functions;

    internal override string TypeName(DataType type) => type switch
    {
        DecimalType d => $"numeric({d.Precision},{d.Scale})",
        ListType { Item.Type.IsNested: false } list => $"{TypeName(list.Item.Type)}[]",
        _ => type.Kind switch
        {
            TypeKind.Null => "text",
            TypeKind.Boolean => "boolean",
            TypeKind.Int16 => "smallint",
            TypeKind.Int32 => "integer",
            TypeKind.Int64 => "bigint",
            TypeKind.Float32 => "real",
            TypeKind.Float64 => "double precision",
            TypeKind.Text or TypeKind.Enum => "text",
            TypeKind.Binary => "bytea",
            TypeKind.Date => "date",
            TypeKind.Time => "time",
            TypeKind.Timestamp => "timestamp",
            TypeKind.Instant => "timestamptz",
            TypeKind.Duration => "interval",
            TypeKind.Uuid => "uuid",
            _ => throw new InexpressibleException($"PostgreSQL has no type for {type}"),
        },
    };

    internal override string? WhyNot(DataType type) =>
        type is StructType or MapType or ListType { Item.Type.IsNested: true } ? $"PostgreSQL has no type for {type}" : null;

    internal override string Binary(byte[] value) => $"CAST('\\x{Convert.ToHexStringLower(value)}' AS bytea)";

    internal override string Float(double value) =>
        $"CAST('{value.ToString("R", CultureInfo.InvariantCulture)}' AS double precision)";

    internal override string List(IEnumerable<string> items) => $"ARRAY[{string.Join(", ", items)}]";
    internal override string Struct(IEnumerable<(string Name, string Value)> fields) => throw new InexpressibleException("PostgreSQL has no structs without a type of their own");
    internal override string Ordered(string text) => $"{text} COLLATE \"C\"";

    internal override string Cast(string value, DataType from, DataType to, bool strict)
    {
        if (SqlCasts.WhyNot(from, to) is { } reason) throw new InexpressibleException(reason);
        if (from.Kind is TypeKind.Text or TypeKind.Enum && to.Kind is TypeKind.Text) return value;
        if (!strict && !IsWidening(from, to)) throw new InexpressibleException("PostgreSQL has no cast that gives null where a value doesn't fit");
        return $"CAST({(from.IsFloat && to.IsInteger ? HalvesAway(value) : value)} AS {TypeName(to)})";
    }

    // PostgreSQL rounds halves of floats to even.
    static string HalvesAway(string value) => $"trunc({value}) + CASE WHEN abs({value} - trunc({value})) >= 0.5 THEN sign({value}) ELSE 0 END";

    static bool IsWidening(DataType from, DataType to) =>
        to.Kind is TypeKind.Text or TypeKind.Float64 || (from.IsInteger && to.IsInteger && from.Kind <= to.Kind) || from.Kind is TypeKind.Date or TypeKind.Timestamp;

    internal override string Aggregate(SqlAggregate a)
    {
        if (a.Over.Length > 0 && (a.Expr.Distinct || a.Name is "percentile" or "median" || a.Order.Count > 0))
            throw new InexpressibleException($"PostgreSQL has no window over a distinct or ordered '{a.Name}'");
        var type = a.Types.Count > 0 ? a.Types[0] : DataType.Null;
        return a.Name switch
        {
            "count" => a.Arguments.Count == 0 ? $"count(*){a.Tail}{a.Over}" : a.Call("count", a.Arguments),
            "sum" when a.Result.Kind == TypeKind.Float64 => a.Call("sum", $"CAST({a.Arguments[0]} AS double precision)"),
            "sum" when a.Result.Kind == TypeKind.Duration => a.Call("sum", a.Arguments),
            "sum" or "average" => $"CAST({a.Call(a.Name == "sum" ? "sum" : "avg", a.Arguments)} AS {TypeName(a.Result)})",
            "min" or "max" => Extreme(a, type),
            "deviation" => a.Call("stddev_samp", $"CAST({a.Arguments[0]} AS double precision)"),
            "variance" => a.Call("var_samp", $"CAST({a.Arguments[0]} AS double precision)"),
            "percentile" or "median" when a.Expr.Distinct => throw new InexpressibleException("PostgreSQL has no percentile of distinct values"),
            "percentile" => $"percentile_cont({a.Arguments[1]}) WITHIN GROUP (ORDER BY CAST({a.Arguments[0]} AS double precision)){a.Tail}",
            "median" => $"percentile_cont(0.5) WITHIN GROUP (ORDER BY CAST({a.Arguments[0]} AS double precision)){a.Tail}",
            "first" when a.Over.Length == 0 => $"(array_agg({a.Arguments[0]}{a.OrderBy}){a.Tail})[1]",
            "last" when a.Over.Length == 0 => $"(array_agg({a.Arguments[0]} ORDER BY {string.Join(", ", a.ReverseOrder)}){a.Tail})[1]",
            "list" when type.IsNested => throw new InexpressibleException("PostgreSQL has no lists of lists"),
            "list" => $"array_agg({a.Distinct}{a.Arguments[0]}{a.OrderBy}){a.Tail}{a.Over}",
            "join" => $"string_agg({a.Distinct}{a.Arguments[0]}, {a.Arguments[1]}{a.OrderBy}){a.Tail}{a.Over}",
            "all" => a.Call("bool_and", a.Arguments),
            "any" => a.Call("bool_or", a.Arguments),
            _ => throw new InexpressibleException($"PostgreSQL has no aggregate '{a.Name}'"),
        };
    }

    static string Extreme(SqlAggregate a, DataType type) => type.Kind switch
    {
        TypeKind.Boolean => a.Call(a.Name == "min" ? "bool_and" : "bool_or", a.Arguments),
        TypeKind.Text or TypeKind.Enum => a.Call(a.Name, $"{a.Arguments[0]} COLLATE \"C\""),
        TypeKind.Uuid => $"CAST({a.Call(a.Name, $"CAST({a.Arguments[0]} AS text) COLLATE \"C\"")} AS uuid)",
        TypeKind.Binary => throw new InexpressibleException("PostgreSQL has no least and greatest of binary values"),
        _ => a.Call(a.Name, a.Arguments),
    };

    internal override string AsOfJoin(SqlJoin join) =>
        $"SELECT {join.Columns} FROM {join.Left} AS l LEFT JOIN LATERAL (SELECT * FROM {join.Right} AS r " +
        $"WHERE {string.Join(" AND ", join.Keys.Append(join.Before).Append(join.Also).OfType<string>())} ORDER BY {join.By} DESC LIMIT 1) AS r ON TRUE";

    internal override string PositionalJoin(SqlJoin join) =>
        $"SELECT {join.Columns} FROM (SELECT *, row_number() OVER () AS \"$row\" FROM {join.Left}) AS l " +
        $"FULL JOIN (SELECT *, row_number() OVER () AS \"$row\" FROM {join.Right}) AS r ON l.\"$row\" = r.\"$row\" ORDER BY coalesce(l.\"$row\", r.\"$row\")";

    static readonly Dictionary<string, Func<SqlCall, string>> functions = new(SqlFunctions.Common)
    {
        ["divide"] = Quotient,
        ["modulo"] = c => c.Result switch
        {
            { IsFloat: true } => throw new InexpressibleException("PostgreSQL has no remainder of floats"),
            DecimalType => c.Cast($"{SqlFunctions.AsDecimal(c, 0)} % {SqlFunctions.AsDecimal(c, 1)}", c.Result),
            var type => $"{c.As(0, type)} % {c.As(1, type)}",
        },
        ["round"] = Round,
        ["floor"] = c => c.Type(0).IsInteger ? c[0] : c.Cast($"floor({c[0]})", c.Result),
        ["ceiling"] = c => c.Type(0).IsInteger ? c[0] : c.Cast($"ceil({c[0]})", c.Result),
        ["truncate"] = c => c.Type(0).IsInteger ? c[0] : c.Cast($"trunc({c[0]})", c.Result),
        // PostgreSQL fails where IEEE 754 has NaN, infinity or 0.
        ["power"] = c => $"CASE WHEN {c.As(0, DataType.Float64)} < 0 AND {c.As(1, DataType.Float64)} <> trunc({c.As(1, DataType.Float64)}) THEN CAST('NaN' AS double precision) ELSE power({c.As(0, DataType.Float64)}, {c.As(1, DataType.Float64)}) END",
        ["exp"] = c => Exp(c.As(0, DataType.Float64)),
        ["log10"] = c => $"log({c.As(0, DataType.Float64)})",
        ["least"] = c => Extreme(c, "least"),
        ["greatest"] = c => Extreme(c, "greatest"),

        ["trim"] = c => $"btrim({c[0]}, {Spaces})",
        ["trim_start"] = c => $"ltrim({c[0]}, {Spaces})",
        ["trim_end"] = c => $"rtrim({c[0]}, {Spaces})",
        ["reverse"] = c => $"reverse({c[0]})",
        ["length"] = c => $"length({c[0]})",
        ["substring"] = c => SqlFunctions.Substring(c, "substr"),
        ["ends_with"] = c => $"right({c[0]}, length({c[1]})) = {c[1]}",
        ["contains"] = c => $"strpos({c[0]}, {c[1]}) > 0",
        ["index_of"] = c => $"strpos({c[0]}, {c[1]}) - 1",
        ["upper"] = _ => throw new InexpressibleException(LettersOfItsOwn),
        ["lower"] = _ => throw new InexpressibleException(LettersOfItsOwn),
        ["split"] = Split,
        ["split_part"] = c => $"({Split(c)})[{c.Position(2)}]",
        ["matches"] = c => $"{c[0]} ~ {SqlDialect.Text(SqlFunctions.Pattern(c).Sql)}",
        // A group that captures is numbered from 1; the whole match is made one by a bracket around it.
        ["extract"] = c => $"(regexp_match({c[0]}, {SqlDialect.Text($"({OneMatch(SqlFunctions.Pattern(c)).Sql})")}))[{SqlFunctions.Group(c) + 1}]",
        ["replace_pattern"] = c => $"regexp_replace({c[0]}, {SqlDialect.Text(OneMatch(SqlFunctions.ReplacedPattern(c)).Sql)}, {SqlDialect.Text(Replacement(c.Constant<string>(2)))}, 'g')",

        ["add_months"] = c => SqlFunctions.Months(c, $"{c[0]} + make_interval(months => {c.As(1, DataType.Int32)})"),
        ["to_duration"] = c => Duration($"({c.As(0, DataType.Int64)} * {SqlFunctions.Microseconds(c)})"),
        ["total_seconds"] = c => c.Cast($"extract(epoch FROM {c[0]})", DataType.Float64),
        ["format_time"] = PostgresTimes.Format,
        ["parse_date"] = c => PostgresTimes.Parse(c, strict: true),
        ["parse_time"] = c => PostgresTimes.Parse(c, strict: true),
        ["parse_timestamp"] = c => PostgresTimes.Parse(c, strict: true),
        ["try_parse_date"] = c => PostgresTimes.Parse(c, strict: false),
        ["try_parse_time"] = c => PostgresTimes.Parse(c, strict: false),
        ["try_parse_timestamp"] = c => PostgresTimes.Parse(c, strict: false),

        ["element"] = c => $"({c[0]})[{c.Position(1)}]",
        ["item_count"] = c => $"cardinality({c[0]})",
    };

    const string Spaces = "E' \\t\\n\\x0b\\f\\r\\u0085\\u00a0'";

    // NaN by 0 is NaN in PostgreSQL, and no error.
    static string Quotient(SqlCall c)
    {
        var (left, right) = (c.As(0, c.Result), c.As(1, c.Result));
        return c.Result.IsFloat && !c.IsConstant(1)
            ? $"CASE WHEN {left} = 'NaN' AND {right} = 0 THEN {right} / {right} ELSE {left} / {right} END"
            : $"{left} / {right}";
    }

    // A product of an interval goes through a float of 53 bits: whole hours and the rest of one each fit.
    static string Duration(string microseconds) =>
        $"{microseconds} / 3600000000 * INTERVAL '1 hour' + {microseconds} % 3600000000 * INTERVAL '1 microsecond'";

    static string Exp(string x) =>
        $"CASE WHEN {x} = 'NaN' THEN {x} WHEN {x} > 709.782712893384 THEN CAST('Infinity' AS double precision) WHEN {x} < -745.13321910194122 THEN 0 ELSE exp({x}) END";

    static string Round(SqlCall c)
    {
        var digits = c.Count == 1 ? 0 : c.Constant<int>(1);
        if (c.Type(0).IsInteger) return digits >= 0 ? c[0] : c.Cast($"round(CAST({c[0]} AS numeric), {digits})", c.Result);
        if (c.Type(0) is DecimalType) return c.Cast($"round({c[0]}, {digits})", c.Result);
        var power = Math.Pow(10, Math.Abs(digits)).ToString("R", CultureInfo.InvariantCulture);
        var (scaled, back) = digits switch
        {
            0 => (c[0], ""),
            > 0 => ($"({c[0]} * {power})", $" / {power}"),
            _ => ($"({c[0]} / {power})", $" * {power}"),
        };
        var rounded = $"({HalvesAway(scaled)}){back}";
        return c.Type(0).Kind == TypeKind.Float32 ? c.Cast(rounded, c.Result) : rounded;
    }

    static string Extreme(SqlCall c, string function) =>
        $"{function}({string.Join(", ", c.AllAs(c.Result).Select(a => c.Result.Kind is TypeKind.Text or TypeKind.Enum ? $"{a} COLLATE \"C\"" : a))})";

    const string LettersOfItsOwn = "PostgreSQL changes the case of letters as its collations say: one letter may become two, and servers differ";

    // An empty text splits into one part, not into none; a separator that is null would split into characters.
    static string Split(SqlCall call) => call.Expr.Arguments[1] is LiteralExpr { Value: string and not "" }
        ? $"CASE WHEN {call[0]} = '' THEN ARRAY[''] ELSE string_to_array({call[0]}, {call[1]}) END"
        : $"CASE WHEN {call[0]} IS NULL OR {call[1]} IS NULL THEN NULL WHEN {call[0]} = '' OR {call[1]} = '' THEN ARRAY[{call[0]}] ELSE string_to_array({call[0]}, {call[1]}) END";

    // PostgreSQL takes the longest match, the others the one that comes first by the pattern's order.
    static CommonPattern OneMatch(CommonPattern pattern) => pattern.HasOneMatch
        ? pattern
        : throw new InexpressibleException("PostgreSQL takes the longest of several matches of a pattern, and not the first");

    // The whole match is \& there.
    static string Replacement(string replacement)
    {
        var own = new StringBuilder(replacement);
        for (var i = 0; i + 1 < own.Length; i++)
        {
            if (own[i] != '\\') continue;
            if (own[++i] == '0') own[i] = '&';
        }
        return own.ToString();
    }
}
