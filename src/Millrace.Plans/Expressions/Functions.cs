using static Millrace.Plans.TypeRules;

namespace Millrace.Plans;

/// <summary>
/// The scalar functions that every executor has, with one meaning each (docs/semantics.md). Positions count from 0,
/// lengths in code points.
/// </summary>
public static class Functions
{
    static readonly Dictionary<string, Function> byName = new(StringComparer.Ordinal);

    public static IReadOnlyCollection<Function> All => byName.Values;

    /// <exception cref="PlanException">There is no function of that name.</exception>
    public static Function Named(string name) =>
        byName.TryGetValue(name, out var function) ? function : throw new PlanException($"There is no function '{name}'.");

    // Arithmetic. Integer division truncates; dividing by zero and leaving the type's range are errors. Dates and
    // timestamps add and subtract durations; the difference of two is a duration, of two dates a number of days.
    public static Function Add { get; } = New("add", 2, Sum);
    public static Function Subtract { get; } = New("subtract", 2, Difference);
    public static Function Multiply { get; } = New("multiply", 2, Product);
    public static Function Divide { get; } = New("divide", 2, Quotient);
    public static Function Modulo { get; } = New("modulo", 2, Remainder);
    public static Function Negate { get; } = New("negate", 1, a => a[0].Type.IsNumeric || a[0].Type.Kind == TypeKind.Duration ? a[0] : null);
    public static Function Abs { get; } = New("abs", 1, Numeric);
    public static Function Sign { get; } = New("sign", 1, a => If(a[0].Type.IsNumeric, DataType.Int32, a));

    /// <summary>Number, digits behind the point (a constant; 0 without); halves go away from zero.</summary>
    public static Function Round { get; } = New("round", 1, 2, Rounded);
    public static Function Floor { get; } = New("floor", 1, Rounded);
    public static Function Ceiling { get; } = New("ceiling", 1, Rounded);
    public static Function Truncate { get; } = New("truncate", 1, Rounded);
    public static Function Sqrt { get; } = New("sqrt", 1, Float);
    public static Function Power { get; } = New("power", 2, Float);
    public static Function Exp { get; } = New("exp", 1, Float);
    public static Function Ln { get; } = New("ln", 1, Float);
    public static Function Log10 { get; } = New("log10", 1, Float);

    /// <summary>The least of the arguments that aren't null.</summary>
    public static Function Least { get; } = New("least", 1, 64, FirstKnown);
    public static Function Greatest { get; } = New("greatest", 1, 64, FirstKnown);

    // Comparison: null where a side is null. NaN equals itself and is greater than every number.
    public static new Function Equals { get; } = New("equals", 2, Comparison);
    public static Function NotEquals { get; } = New("not_equals", 2, Comparison);
    public static Function Less { get; } = New("less", 2, Comparison);
    public static Function LessOrEqual { get; } = New("less_or_equal", 2, Comparison);
    public static Function Greater { get; } = New("greater", 2, Comparison);
    public static Function GreaterOrEqual { get; } = New("greater_or_equal", 2, Comparison);

    /// <summary>Equal, or both null: never null itself.</summary>
    public static Function Same { get; } = New("same", 2, a => Comparison(a) is { } t ? t with { Nullable = false } : null);
    public static Function IsNull { get; } = New("is_null", 1, _ => new Typed(DataType.Boolean, false));

    /// <summary>Whether the first argument equals one of the others.</summary>
    public static Function In { get; } = New("in", 1, 100_000, a => a.Skip(1).All(v => Common(a[0].Type, v.Type) is not null) ? new Typed(DataType.Boolean, AnyNull(a)) : null);

    // Logic, in three values.
    public static Function And { get; } = New("and", 2, Logic);
    public static Function Or { get; } = New("or", 2, Logic);
    public static Function Not { get; } = New("not", 1, Logic);
    public static Function Coalesce { get; } = New("coalesce", 1, 64, FirstKnown);

    /// <summary>The first argument, or null where it equals the second.</summary>
    public static Function NullIf { get; } = New("null_if", 2, a => Comparison(a) is null ? null : a[0] with { Nullable = true });

    // Text.
    public static Function Concat { get; } = New("concat", 1, 64, a => If(a.All(IsText), DataType.Text, a));
    public static Function Upper { get; } = New("upper", 1, TextOnly);
    public static Function Lower { get; } = New("lower", 1, TextOnly);
    public static Function Trim { get; } = New("trim", 1, TextOnly);
    public static Function TrimStart { get; } = New("trim_start", 1, TextOnly);
    public static Function TrimEnd { get; } = New("trim_end", 1, TextOnly);
    public static Function Reverse { get; } = New("reverse", 1, TextOnly);
    public static Function Length { get; } = New("length", 1, a => If(IsText(a[0]), DataType.Int32, a));

    /// <summary>Text, start, length (to the end without).</summary>
    public static Function Substring { get; } = New("substring", 2, 3, a => If(IsText(a[0]) && a.Skip(1).All(IsInteger), DataType.Text, a));
    public static Function Replace { get; } = New("replace", 3, TextOnly);
    public static Function StartsWith { get; } = New("starts_with", 2, TextTest);
    public static Function EndsWith { get; } = New("ends_with", 2, TextTest);
    public static Function Contains { get; } = New("contains", 2, TextTest);

    /// <summary>Where the second text begins in the first; -1 where it doesn't.</summary>
    public static Function IndexOf { get; } = New("index_of", 2, a => If(a.All(IsText), DataType.Int32, a));

    /// <summary>Text, length, filler. A longer text stays as it is.</summary>
    public static Function PadLeft { get; } = New("pad_left", 3, Pad);
    public static Function PadRight { get; } = New("pad_right", 3, Pad);

    /// <summary>Text, separator: a list of text.</summary>
    public static Function Split { get; } = New("split", 2, a => If(a.All(IsText), DataType.List(DataType.Text, nullable: false), a));

    /// <summary>Text, separator, which part; null where there are fewer.</summary>
    public static Function SplitPart { get; } = New("split_part", 3, a => IsText(a[0]) && IsText(a[1]) && IsInteger(a[2]) ? new Typed(DataType.Text, true) : null);

    /// <summary>Text, pattern (a constant): whether it occurs anywhere. Patterns keep to what RE2, PostgreSQL and .NET share.</summary>
    public static Function Matches { get; } = New("matches", 2, TextTest);

    /// <summary>Text, pattern, group: what the group of the first match holds, which is the empty text where the group took no part; null without a match.</summary>
    public static Function Extract { get; } = New("extract", 2, 3, a => IsText(a[0]) && IsText(a[1]) ? new Typed(DataType.Text, true) : null);

    /// <summary>Text, pattern, replacement: every match is replaced.</summary>
    public static Function ReplacePattern { get; } = New("replace_pattern", 3, TextOnly);

    /// <summary>Edits (insert, delete, replace a byte) between two texts.</summary>
    public static Function EditDistance { get; } = New("edit_distance", 2, a => If(a.All(IsText), DataType.Int64, a));

    /// <summary>The MD5 of a text's UTF-8, in hexadecimal: to see change, not for secrets.</summary>
    public static Function Md5 { get; } = New("md5", 1, TextOnly);

    // Time. Instants are read in UTC; for another zone, convert with at_zone first.
    public static Function Year { get; } = New("year", 1, DatePart);
    public static Function Quarter { get; } = New("quarter", 1, DatePart);
    public static Function Month { get; } = New("month", 1, DatePart);

    /// <summary>The ISO 8601 week.</summary>
    public static Function Week { get; } = New("week", 1, DatePart);
    public static Function Day { get; } = New("day", 1, DatePart);

    /// <summary>Sunday is 0.</summary>
    public static Function DayOfWeek { get; } = New("day_of_week", 1, DatePart);
    public static Function DayOfYear { get; } = New("day_of_year", 1, DatePart);
    public static Function Hour { get; } = New("hour", 1, TimePart);
    public static Function Minute { get; } = New("minute", 1, TimePart);
    public static Function Second { get; } = New("second", 1, TimePart);

    /// <summary>Date or time, unit (a constant: year, quarter, month, week, day, hour, minute, second): the start of that unit. Weeks start on Monday.</summary>
    public static Function TruncateTo { get; } = New("truncate_to", 2, a => IsDateOrTime(a[0]) && IsText(a[1]) ? a[0] with { Nullable = AnyNull(a) } : null);

    /// <summary>Date or time, months: the day is cut to the month's last.</summary>
    public static Function AddMonths { get; } = New("add_months", 2, a => IsDateOrTime(a[0]) && IsInteger(a[1]) ? a[0] with { Nullable = AnyNull(a) } : null);

    /// <summary>Number, unit (a constant: day, hour, minute, second, millisecond, microsecond).</summary>
    public static Function ToDuration { get; } = New("to_duration", 2, a => If(a[0].Type.IsInteger && IsText(a[1]), DataType.Duration, a));

    /// <summary>A duration in seconds, with its fraction.</summary>
    public static Function TotalSeconds { get; } = New("total_seconds", 1, a => If(a[0].Type.Kind == TypeKind.Duration, DataType.Float64, a));
    public static Function DateOf { get; } = New("date_of", 1, a => If(a[0].Type.Kind is TypeKind.Timestamp or TypeKind.Instant or TypeKind.Date, DataType.Date, a));
    public static Function TimeOf { get; } = New("time_of", 1, a => If(a[0].Type.Kind is TypeKind.Timestamp or TypeKind.Instant, DataType.Time, a));

    /// <summary>Instant, zone (a constant, IANA): what clocks there show.</summary>
    public static Function AtZone { get; } = New("at_zone", 2, a => If(a[0].Type.Kind == TypeKind.Instant && IsText(a[1]), DataType.Timestamp, a));

    /// <summary>Timestamp, zone (a constant, IANA): the instant at which clocks there show it.</summary>
    public static Function FromZone { get; } = New("from_zone", 2, a => If(a[0].Type.Kind == TypeKind.Timestamp && IsText(a[1]), DataType.Instant, a));

    /// <summary>Date, time, timestamp or instant (in UTC), format (a constant): as text.</summary>
    public static Function FormatTime { get; } = New("format_time", 2, a => If(a[0].Type.Kind is TypeKind.Date or TypeKind.Time or TypeKind.Timestamp or TypeKind.Instant && IsText(a[1]), DataType.Text, a));

    // Text, format (a constant). What isn't exactly of the format is an error or, where it is tried, null.
    public static Function ParseDate { get; } = New("parse_date", 2, a => If(a.All(IsText), DataType.Date, a));
    public static Function ParseTime { get; } = New("parse_time", 2, a => If(a.All(IsText), DataType.Time, a));
    public static Function ParseTimestamp { get; } = New("parse_timestamp", 2, a => If(a.All(IsText), DataType.Timestamp, a));
    public static Function TryParseDate { get; } = New("try_parse_date", 2, a => a.All(IsText) ? new Typed(DataType.Date, true) : null);
    public static Function TryParseTime { get; } = New("try_parse_time", 2, a => a.All(IsText) ? new Typed(DataType.Time, true) : null);
    public static Function TryParseTimestamp { get; } = New("try_parse_timestamp", 2, a => a.All(IsText) ? new Typed(DataType.Timestamp, true) : null);

    // Nested values.
    /// <summary>Struct, name (a constant).</summary>
    public static Function FieldOf { get; } = New("field", 2, a => a[0].Type.Kind == TypeKind.Struct ? a[0] : null);

    /// <summary>List, position; null where there is none.</summary>
    public static Function Element { get; } = New("element", 2, a => a[0].Type is ListType list && IsInteger(a[1]) ? new Typed(list.Item.Type, true) : null);

    /// <summary>Map, key; null where it isn't there.</summary>
    public static Function Lookup { get; } = New("lookup", 2, a => a[0].Type is MapType map ? new Typed(map.Value.Type, true) : null);

    /// <summary>How many items a list or map has.</summary>
    public static Function ItemCount { get; } = New("item_count", 1, a => If(a[0].Type.Kind is TypeKind.List or TypeKind.Map, DataType.Int32, a));

    static Function New(string name, int arguments, Func<Typed[], Typed?> typing) => New(name, arguments, arguments, typing);

    static Function New(string name, int least, int most, Func<Typed[], Typed?> typing)
    {
        var function = new Function(name, least, most, typing);
        byName.Add(name, function);
        return function;
    }
}
