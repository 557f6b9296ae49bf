using System.Globalization;
using Millrace.Plans;

namespace Millrace.Data;

sealed class DuckDbDialect : SqlDialect
{
    internal override string Name => "DuckDB";
    internal override bool IgnoresNulls => true;
    internal override IReadOnlyDictionary<string, Func<SqlCall, string>> Functions => functions;

    internal override string TypeName(DataType type) => type switch
    {
        DecimalType d => $"DECIMAL({d.Precision},{d.Scale})",
        ListType list => $"{TypeName(list.Item.Type)}[]",
        StructType s => $"STRUCT({string.Join(", ", s.Fields.Select(f => $"{SqlScope.Quote(f.Name)} {TypeName(f.Type)}"))})",
        MapType map => $"MAP({TypeName(map.Key.Type)}, {TypeName(map.Value.Type)})",
        _ => type.Kind switch
        {
            TypeKind.Null => "INTEGER",
            TypeKind.Boolean => "BOOLEAN",
            TypeKind.Int16 => "SMALLINT",
            TypeKind.Int32 => "INTEGER",
            TypeKind.Int64 => "BIGINT",
            TypeKind.Float32 => "FLOAT",
            TypeKind.Float64 => "DOUBLE",
            TypeKind.Text or TypeKind.Enum => "VARCHAR",
            TypeKind.Binary => "BLOB",
            TypeKind.Date => "DATE",
            TypeKind.Time => "TIME",
            TypeKind.Timestamp => "TIMESTAMP",
            TypeKind.Instant => "TIMESTAMPTZ",
            TypeKind.Duration => "INTERVAL",
            TypeKind.Uuid => "UUID",
            _ => throw new InexpressibleException($"DuckDB has no type for {type}"),
        },
    };

    internal override string Binary(byte[] value) => $"CAST('{string.Concat(value.Select(b => $"\\x{b:X2}"))}' AS BLOB)";

    internal override string Float(double value)
    {
        if (!double.IsFinite(value)) return $"CAST('{value.ToString("R", CultureInfo.InvariantCulture).Replace("∞", "Infinity", StringComparison.Ordinal)}' AS DOUBLE)";
        var digits = value.ToString("R", CultureInfo.InvariantCulture);
        // With an exponent it is a double; without one it would be a decimal.
        if (!digits.Contains('E', StringComparison.Ordinal)) digits += "e0";
        return value < 0 ? $"({digits})" : digits;
    }

    internal override string List(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";
    internal override string Struct(IEnumerable<(string Name, string Value)> fields) => $"{{{string.Join(", ", fields.Select(f => $"{Text(f.Name)}: {f.Value}"))}}}";
    internal override string Ordered(string text) => text;

    internal override string Cast(string value, DataType from, DataType to, bool strict) =>
        SqlCasts.WhyNot(from, to) is { } reason ? throw new InexpressibleException(reason)
        : from.Kind is TypeKind.Text or TypeKind.Enum && to.Kind is TypeKind.Text ? value
        // DuckDB rounds halves of floats to even.
        : $"{(strict ? "CAST" : "TRY_CAST")}({(from.IsFloat && to.IsInteger ? $"round({value})" : value)} AS {TypeName(to)})";

    internal override string Aggregate(SqlAggregate a) => a.Name switch
    {
        "count" => a.Arguments.Count == 0 ? $"count(*){a.Tail}{a.Over}" : a.Call("count", a.Arguments),
        "sum" when a.Result.Kind == TypeKind.Duration => $"to_microseconds(CAST({a.Call("sum", $"epoch_us({a.Arguments[0]})")} AS BIGINT))",
        "sum" when a.Types[0].IsInteger => $"CAST({a.Call("sum", a.Arguments)} AS BIGINT)",
        "sum" when a.Result is DecimalType && a.Over.Length > 0 => $"CAST({a.Call("sum", a.Arguments)} AS {TypeName(a.Result)})",
        "sum" => a.Call("sum", a.Types[0].Kind == TypeKind.Float32 ? $"CAST({a.Arguments[0]} AS DOUBLE)" : a.Arguments[0]),
        "average" => a.Call("avg", a.Types[0].Kind == TypeKind.Float32 || a.Types[0] is DecimalType ? $"CAST({a.Arguments[0]} AS DOUBLE)" : a.Arguments[0]),
        "min" or "max" => a.Call(a.Name, a.Arguments),
        "deviation" => a.Call("stddev_samp", $"CAST({a.Arguments[0]} AS DOUBLE)"),
        "variance" => a.Call("var_samp", $"CAST({a.Arguments[0]} AS DOUBLE)"),
        "percentile" => a.Call("quantile_cont", $"CAST({a.Arguments[0]} AS DOUBLE)", a.Arguments[1]),
        "median" => a.Call("median", $"CAST({a.Arguments[0]} AS DOUBLE)"),
        "first" or "last" or "list" => $"{a.Name}({a.Distinct}{a.Arguments[0]}{a.OrderBy}){a.Tail}{a.Over}",
        "join" => $"string_agg({a.Distinct}{a.Arguments[0]}, {a.Arguments[1]}{a.OrderBy}){a.Tail}{a.Over}",
        "all" => a.Call("bool_and", a.Arguments),
        "any" => a.Call("bool_or", a.Arguments),
        _ => throw new InexpressibleException($"DuckDB has no aggregate '{a.Name}'"),
    };

    internal override string AsOfJoin(SqlJoin join) => join.Also is null
        ? $"SELECT {join.Columns} FROM {join.Left} AS l ASOF LEFT JOIN {join.Right} AS r ON {string.Join(" AND ", join.Keys.Append(join.Before))}"
        : throw new InexpressibleException("DuckDB's as-of join takes no further condition");

    internal override string PositionalJoin(SqlJoin join) => $"SELECT {join.Columns} FROM {join.Left} AS l POSITIONAL JOIN {join.Right} AS r";

    static readonly Dictionary<string, Func<SqlCall, string>> functions = new(SqlFunctions.Common)
    {
        ["divide"] = c => Quotient(c, c.Result.IsInteger ? "//" : "/"),
        ["modulo"] = c => Quotient(c, "%"),
        ["round"] = Round,
        ["floor"] = c => c.Type(0).IsInteger ? c[0] : c.Cast($"floor({c[0]})", c.Result),
        ["ceiling"] = c => c.Type(0).IsInteger ? c[0] : c.Cast($"ceil({c[0]})", c.Result),
        ["truncate"] = c => c.Type(0).IsInteger ? c[0] : c.Cast($"trunc({c[0]})", c.Result),
        ["log10"] = c => $"log10({c.As(0, DataType.Float64)})",
        ["least"] = c => $"least({string.Join(", ", c.AllAs(c.Result))})",
        ["greatest"] = c => $"greatest({string.Join(", ", c.AllAs(c.Result))})",

        // DuckDB follows another table of letters.
        ["upper"] = c => $"{OwnFunction("upper")}({c[0]})",
        ["lower"] = c => $"{OwnFunction("lower")}({c[0]})",
        ["trim"] = c => $"trim({c[0]}, {Spaces})",
        ["trim_start"] = c => $"ltrim({c[0]}, {Spaces})",
        ["trim_end"] = c => $"rtrim({c[0]}, {Spaces})",
        // DuckDB's own reverse keeps grapheme clusters whole.
        ["reverse"] = c => $"array_to_string(list_reverse(regexp_extract_all({c[0]}, '(?s).')), '')",
        ["length"] = c => c.Cast($"length({c[0]})", DataType.Int32),
        ["substring"] = c => SqlFunctions.Substring(c, "substring"),
        ["ends_with"] = c => $"ends_with({c[0]}, {c[1]})",
        ["contains"] = c => $"contains({c[0]}, {c[1]})",
        ["index_of"] = c => c.Cast($"strpos({c[0]}, {c[1]}) - 1", DataType.Int32),
        ["split"] = Split,
        ["split_part"] = c => $"({Split(c)})[{Position(c, 2)}]",
        ["matches"] = c => $"regexp_matches({c[0]}, {SqlDialect.Text(SqlFunctions.Pattern(c).Sql)})",
        ["extract"] = Extract,
        ["replace_pattern"] = c => $"regexp_replace({c[0]}, {SqlDialect.Text(SqlFunctions.ReplacedPattern(c).Sql)}, {SqlDialect.Text(c.Constant<string>(2))}, 'g')",
        ["edit_distance"] = c => $"levenshtein({c[0]}, {c[1]})",

        ["add_months"] = c => SqlFunctions.Months(c, $"{c[0]} + to_months({c.As(1, DataType.Int32)})"),
        ["to_duration"] = c => $"to_microseconds({c.As(0, DataType.Int64)} * {SqlFunctions.Microseconds(c)})",
        ["total_seconds"] = c => $"epoch({c[0]})",
        ["format_time"] = DuckDbTimes.Format,
        ["parse_date"] = c => DuckDbTimes.Parse(c, strict: true),
        ["parse_time"] = c => DuckDbTimes.Parse(c, strict: true),
        ["parse_timestamp"] = c => DuckDbTimes.Parse(c, strict: true),
        ["try_parse_date"] = c => DuckDbTimes.Parse(c, strict: false),
        ["try_parse_time"] = c => DuckDbTimes.Parse(c, strict: false),
        ["try_parse_timestamp"] = c => DuckDbTimes.Parse(c, strict: false),

        ["field"] = c => $"struct_extract({c[0]}, {SqlDialect.Text(((StructType)c.Type(0)).Fields[c.Constant<string>(1)].Name)})",
        ["element"] = c => $"{c[0]}[{Position(c, 1)}]",
        ["lookup"] = c => $"{c[0]}[{c.As(1, ((MapType)c.Type(0)).Key.Type)}]",
        ["item_count"] = c => c.Cast(c.Type(0).Kind == TypeKind.Map ? $"cardinality({c[0]})" : $"len({c[0]})", DataType.Int32),
    };

    const string Spaces = "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(133) || chr(160)";

    static string Quotient(SqlCall call, string sign)
    {
        var (left, right) = call.Result switch
        {
            DecimalType => (SqlFunctions.AsDecimal(call, 0), SqlFunctions.AsDecimal(call, 1)),
            var type => (call.As(0, type), call.As(1, type)),
        };
        var quotient = call.Result is DecimalType ? call.Cast($"{left} {sign} {right}", call.Result) : $"{left} {sign} {right}";
        // The least number has no opposite, which DuckDB computes on its way to the remainder.
        if (sign == "%" && call.Result.IsInteger && SqlFunctions.Whole(call, 1) is null or -1)
            quotient = $"CASE WHEN {right} = -1 THEN {left} - {left} ELSE {quotient} END";
        // DuckDB gives null, or infinity, where the plan says error.
        return call.Expr.Arguments[1] is LiteralExpr { Value: { } divisor } && Convert.ToDouble(divisor, CultureInfo.InvariantCulture) != 0
            ? $"({quotient})"
            : $"CASE WHEN {right} = 0 AND {left} IS NOT NULL THEN error('division by zero') ELSE {quotient} END";
    }

    static string Round(SqlCall call)
    {
        var digits = call.Count == 1 ? 0 : call.Constant<int>(1);
        // Rounded as whole numbers, those at the end of their type would come out at its other end.
        if (call.Type(0).IsInteger) return digits >= 0 ? call[0] : call.Cast($"round({call.As(0, DataType.Decimal(DecimalType.MaxPrecision, 0))}, {digits})", call.Result);
        if (digits == 0) return call.Cast($"round({call[0]})", call.Result);
        var rounded = call.Cast($"round({call[0]}, {digits})", call.Result);
        // DuckDB rounds infinity and NaN to tens as 0.
        return digits < 0 && call.Type(0).IsFloat ? $"CASE WHEN isfinite({call[0]}) THEN {rounded} ELSE {call[0]} END" : rounded;
    }

    // A position below 0 is no position; DuckDB would count it from the end.
    static string Position(SqlCall call, int at) => call.Expr.Arguments[at] is LiteralExpr { Value: short or int or long }
        ? call.Plus(at, 1) is var place && place.StartsWith('-') ? "0" : place
        : $"greatest({call.Position(at)}, 0)";

    // DuckDB splits at an empty separator into characters.
    static string Split(SqlCall call) => call.Expr.Arguments[1] is LiteralExpr { Value: string and not "" }
        ? $"string_split({call[0]}, {call[1]})"
        : $"CASE WHEN {call[0]} IS NULL OR {call[1]} IS NULL THEN NULL WHEN {call[1]} = '' THEN [{call[0]}] ELSE string_split({call[0]}, {call[1]}) END";

    static string Extract(SqlCall call)
    {
        var pattern = SqlFunctions.Pattern(call);
        var group = SqlFunctions.Group(call);
        // DuckDB gives the empty text for both.
        if (group > 0 && pattern.MayMissGroup) throw new InexpressibleException("DuckDB doesn't tell a group that took no part in the match from an empty one");
        var text = SqlDialect.Text(pattern.Sql);
        return $"CASE WHEN regexp_matches({call[0]}, {text}) THEN regexp_extract({call[0]}, {text}, {group}) END";
    }

    /// <summary>The name of a function of text that each session is given, since DuckDB's of that name means another thing.</summary>
    internal static string OwnFunction(string name) => $"millrace_{name}";
}
