using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// What a format reads, for databases: a regular expression that lets through nothing that the format doesn't, and the
/// ISO 8601 text that its groups make. Databases' own parsers forgive too much. What is left for the cast to refuse is a
/// day that its month doesn't have.
/// </summary>
sealed class SqlMomentFormat
{
    readonly StringBuilder pattern = new();
    readonly Dictionary<MomentField, int> groups = [];
    readonly string fraction = "";

    SqlMomentFormat(MomentFormat format)
    {
        foreach (var part in format.Parts)
        {
            if (part.Field == MomentField.Literal)
            {
                foreach (var c in part.Literal) pattern.Append(c is >= '0' and <= '9' or >= 'A' and <= 'Z' or >= 'a' and <= 'z' or >= '\u0080' ? $"{c}" : $"\\{c}");
                continue;
            }
            groups.Add(part.Field, groups.Count + 1);
            pattern.Append('(').Append(Group(part, format)).Append(')');
            if (part.Field == MomentField.Fraction) fraction = $".\\{groups.Count}";
        }
    }

    /// <summary>The whole text, in all dialects: Unicode's other digits are none.</summary>
    internal string Expression => $"^{pattern}$";

    /// <summary>For a replacement by the groups.</summary>
    internal string Iso(DataType type) => type.Kind switch
    {
        TypeKind.Date => Date,
        TypeKind.Time => Clock,
        _ => $"{Date} {Clock}",
    };

    /// <summary>The group of the day; null where the day is the month's first.</summary>
    internal string? Day => groups.TryGetValue(MomentField.Day, out var group) ? $"\\{group}" : null;

    internal string FirstOfMonth => $"{Part(MomentField.Year, "1970")}-{Part(MomentField.Month, "01")}-01";

    string Date => $"{Part(MomentField.Year, "1970")}-{Part(MomentField.Month, "01")}-{Part(MomentField.Day, "01")}";

    string Clock => $"{Part(MomentField.Hour, "00")}:{Part(MomentField.Minute, "00")}:{Part(MomentField.Second, "00")}{fraction}";

    /// <summary>For a call whose format is a constant that databases can read.</summary>
    internal static SqlMomentFormat Of(SqlCall call)
    {
        try
        {
            return new SqlMomentFormat(MomentFormat.ToRead(call.Constant<string>(1), call.Result));
        }
        catch (PlanException wrong)
        {
            throw new InexpressibleException(wrong.Message);
        }
    }

    /// <summary>For a call that writes: a timestamp and the format.</summary>
    internal static MomentFormat ToWrite(SqlCall call)
    {
        try
        {
            return MomentFormat.ToWrite(call.Constant<string>(1), call.Type(0));
        }
        catch (PlanException wrong)
        {
            throw new InexpressibleException(wrong.Message);
        }
    }

    string Part(MomentField field, string otherwise) => groups.TryGetValue(field, out var group) ? $"\\{group}" : otherwise;

    static string Group(MomentPart part, MomentFormat format) => (part.Field, part.Width) switch
    {
        (MomentField.Year, 4) => "[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000",
        (MomentField.Month, 2) => "0[1-9]|1[0-2]",
        (MomentField.Month, 1) => "0?[1-9]|1[0-2]",
        (MomentField.Day, 2) => "0[1-9]|[12][0-9]|3[01]",
        (MomentField.Day, 1) => "0?[1-9]|[12][0-9]|3[01]",
        (MomentField.Hour, 2) => "[01][0-9]|2[0-3]",
        (MomentField.Hour, 1) => "[01]?[0-9]|2[0-3]",
        (MomentField.Minute or MomentField.Second, 2) => "[0-5][0-9]",
        (MomentField.Minute or MomentField.Second, 1) => "[0-5]?[0-9]",
        (MomentField.Fraction, var digits) => $"[0-9]{{{digits}}}",
        _ => throw new InexpressibleException($"databases don't read years of two digits, names and halves of the day strictly, as '{format}' has them"),
    };
}

/// <summary>Formats of dates and times in DuckDB.</summary>
static class DuckDbTimes
{
    internal static string Parse(SqlCall call, bool strict)
    {
        var pattern = SqlMomentFormat.Of(call);
        var (fits, iso) = ($"regexp_matches({call[0]}, {SqlDialect.Text(pattern.Expression)})", $"regexp_replace({call[0]}, {SqlDialect.Text(pattern.Expression)}, {SqlDialect.Text(pattern.Iso(call.Result))})");
        var type = call.Writer.Dialect.TypeName(call.Result);
        return strict
            ? $"CASE WHEN {fits} THEN CAST({iso} AS {type}) WHEN {call[0]} IS NOT NULL THEN error('''' || {call[0]} || {SqlDialect.Text($"' isn't a {call.Result} of the format {call.Constant<string>(1)}")}) END"
            : $"CASE WHEN {fits} THEN TRY_CAST({iso} AS {type}) END";
    }

    internal static string Format(SqlCall call)
    {
        var format = SqlMomentFormat.ToWrite(call);
        var time = call.Type(0).Kind switch
        {
            TypeKind.Time => $"(DATE '1970-01-01' + {call[0]})",
            TypeKind.Instant => $"({call[0]} AT TIME ZONE 'UTC')",
            _ => call[0],
        };
        return $"({string.Join(" || ", format.Parts.Select(p => Written(p, time)))})";
    }

    static string Written(MomentPart part, string time) => part.Field switch
    {
        MomentField.Literal => SqlDialect.Text(part.Literal),
        MomentField.Year when part.Width == 4 => $"lpad(CAST(extract(year FROM {time}) AS VARCHAR), 4, '0')",
        MomentField.Fraction => $"substring(strftime({time}, '%f'), 1, {part.Width})",
        _ => $"strftime({time}, '{Specifier(part)}')",
    };

    static string Specifier(MomentPart part) => (part.Field, part.Width) switch
    {
        (MomentField.Year, _) => "%y",
        (MomentField.Month, 2) => "%m",
        (MomentField.Month, _) => "%-m",
        (MomentField.MonthName, 3) => "%b",
        (MomentField.MonthName, _) => "%B",
        (MomentField.Day, 2) => "%d",
        (MomentField.Day, _) => "%-d",
        (MomentField.DayName, 3) => "%a",
        (MomentField.DayName, _) => "%A",
        (MomentField.Hour, 2) => "%H",
        (MomentField.Hour, _) => "%-H",
        (MomentField.HalfDayHour, 2) => "%I",
        (MomentField.HalfDayHour, _) => "%-I",
        (MomentField.HalfDay, _) => "%p",
        (MomentField.Minute, 2) => "%M",
        (MomentField.Minute, _) => "%-M",
        (_, 2) => "%S",
        _ => "%-S",
    };
}

/// <summary>Formats of dates and times in PostgreSQL.</summary>
static class PostgresTimes
{
    internal static string Parse(SqlCall call, bool strict)
    {
        var pattern = SqlMomentFormat.Of(call);
        var fits = $"{call[0]} ~ {SqlDialect.Text(pattern.Expression)}";
        var value = call.Cast(Replaced(pattern.Iso(call.Result)), call.Result);
        if (!strict)
        {
            // PostgreSQL has no cast that gives null: the day is looked up in its month first.
            var month = $"CAST({Replaced(pattern.FirstOfMonth)} AS date)";
            return pattern.Day is null || call.Result.Kind == TypeKind.Time
                ? $"CASE WHEN {fits} THEN {value} END"
                : $"CASE WHEN {fits} THEN CASE WHEN CAST({Replaced(pattern.Day)} AS integer) <= extract(day FROM {month} + INTERVAL '1 month' - INTERVAL '1 day') THEN {value} END END";
        }
        // What fails is the cast of a text that no type reads, and the message that PostgreSQL makes of it.
        var wrong = call.Cast($"'''' || {call[0]} || {SqlDialect.Text($"' isn't of the format {call.Constant<string>(1)}")}", call.Result);
        return $"CASE WHEN {fits} THEN {value} ELSE {wrong} END";

        string Replaced(string by) => $"regexp_replace({call[0]}, {SqlDialect.Text(pattern.Expression)}, {SqlDialect.Text(by)})";
    }

    internal static string Format(SqlCall call)
    {
        var format = SqlMomentFormat.ToWrite(call);
        var time = call.Type(0).Kind switch
        {
            TypeKind.Time => $"(DATE '1970-01-01' + {call[0]})",
            TypeKind.Instant => $"({call[0]} AT TIME ZONE 'UTC')",
            TypeKind.Date => call.Cast(call[0], DataType.Timestamp),
            _ => call[0],
        };
        return $"to_char({time}, {SqlDialect.Text(string.Concat(format.Parts.Select(Specifier)))})";
    }

    static string Specifier(MomentPart part) => (part.Field, part.Width) switch
    {
        (MomentField.Literal, _) => $"\"{part.Literal.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
        (MomentField.Year, 4) => "YYYY",
        (MomentField.Year, _) => "YY",
        (MomentField.Month, 2) => "MM",
        (MomentField.Month, _) => "FMMM",
        (MomentField.MonthName, 3) => "Mon",
        (MomentField.MonthName, _) => "FMMonth",
        (MomentField.Day, 2) => "DD",
        (MomentField.Day, _) => "FMDD",
        (MomentField.DayName, 3) => "Dy",
        (MomentField.DayName, _) => "FMDay",
        (MomentField.Hour, 2) => "HH24",
        (MomentField.Hour, _) => "FMHH24",
        (MomentField.HalfDayHour, 2) => "HH12",
        (MomentField.HalfDayHour, _) => "FMHH12",
        (MomentField.HalfDay, _) => "AM",
        (MomentField.Minute, 2) => "MI",
        (MomentField.Minute, _) => "FMMI",
        (MomentField.Second, 2) => "SS",
        (MomentField.Second, _) => "FMSS",
        (_, var digits) => $"FF{digits}",
    };
}
