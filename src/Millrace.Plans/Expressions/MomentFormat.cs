namespace Millrace.Plans;

/// <summary>
/// How a date or time is spelled: the letters of .NET's custom formats that all executors share (docs/semantics.md).
/// Equal texts are equal patterns.
/// </summary>
sealed class MomentFormat
{
    internal const string Letters = "yyyy yy, MMMM MMM MM M, dddd ddd dd d, HH H hh h tt, mm m, ss s, f to ffffff";

    MomentFormat(string text, IReadOnlyList<MomentPart> parts) => (Text, Parts) = (text, parts);

    internal string Text { get; }
    internal IReadOnlyList<MomentPart> Parts { get; }

    /// <exception cref="PlanException">The text has letters that mean nothing here.</exception>
    internal static MomentFormat Of(string text) => WhyNot(text, out var pattern) is { } reason ? throw new PlanException($"'{text}' is no format for dates and times: {reason}.") : pattern!;

    /// <summary>The pattern by which values of the type are written.</summary>
    /// <exception cref="PlanException">The type has no such parts.</exception>
    internal static MomentFormat ToWrite(string text, DataType type)
    {
        var pattern = Of(text);
        return pattern.WhyNotOf(type.Kind) is { } reason ? throw new PlanException($"'{text}' can't write a {type}: {reason}.") : pattern;
    }

    /// <summary>The pattern by which values of the type are read.</summary>
    /// <exception cref="PlanException">It doesn't say which value a text is.</exception>
    internal static MomentFormat ToRead(string text, DataType type)
    {
        var pattern = Of(text);
        return (pattern.WhyNotOf(type.Kind) ?? pattern.WhyNotRead(type.Kind)) is { } reason ? throw new PlanException($"'{text}' can't read a {type}: {reason}.") : pattern;
    }

    static string? WhyNot(string text, out MomentFormat? pattern)
    {
        pattern = null;
        var parts = new List<MomentPart>();
        for (var at = 0; at < text.Length;)
        {
            var length = 1;
            while (at + length < text.Length && text[at + length] == text[at]) length++;
            var c = text[at];
            if (c is '\'' or '"')
            {
                var end = text.IndexOf(c, at + 1);
                if (end < 0) return $"the quote {c} at character {at + 1} isn't closed";
                parts.Add(new(MomentField.Literal, 0, text[(at + 1)..end]));
                at = end + 1;
            }
            else if (c == '\\')
            {
                if (at + 1 == text.Length) return "it ends in a backslash";
                parts.Add(new(MomentField.Literal, 0, text[(at + 1)..(at + 2)]));
                at += 2;
            }
            else if (FieldOf(c, length) is { } field)
            {
                parts.Add(new(field, length, ""));
                at += length;
            }
            else if (char.IsLetter(c) && c != 'T' || c == '%')
            {
                return $"'{new string(c, length)}' means nothing there. What it may say is {Letters}; other letters stand in quotes";
            }
            else
            {
                parts.Add(new(MomentField.Literal, 0, new string(c, length)));
                at += length;
            }
        }
        // .NET takes a letter alone for one of its standard formats, which have a culture.
        if (text.Length < 2 || parts.All(p => p.Field == MomentField.Literal)) return $"it names too little. What it may say is {Letters}";
        pattern = new MomentFormat(text, parts);
        return null;
    }

    static MomentField? FieldOf(char letter, int length) => (letter, length) switch
    {
        ('y', 2 or 4) => MomentField.Year,
        ('M', 1 or 2) => MomentField.Month,
        ('M', 3 or 4) => MomentField.MonthName,
        ('d', 1 or 2) => MomentField.Day,
        ('d', 3 or 4) => MomentField.DayName,
        ('H', 1 or 2) => MomentField.Hour,
        ('h', 1 or 2) => MomentField.HalfDayHour,
        ('t', 2) => MomentField.HalfDay,
        ('m', 1 or 2) => MomentField.Minute,
        ('s', 1 or 2) => MomentField.Second,
        ('f', <= 6) => MomentField.Fraction,
        _ => null,
    };

    string? WhyNotOf(TypeKind kind)
    {
        if (kind is not (TypeKind.Date or TypeKind.Time or TypeKind.Timestamp or TypeKind.Instant)) return "that is neither a date nor a time";
        if (kind == TypeKind.Date && Parts.Any(p => p.Field >= MomentField.Hour)) return "a date has no hours. Take a timestamp, and its date";
        return kind == TypeKind.Time && Parts.Any(p => p.Field is > MomentField.Literal and < MomentField.Hour) ? "a time has no date. Take a timestamp" : null;
    }

    string? WhyNotRead(TypeKind kind)
    {
        var fields = Parts.Select(p => p.Field).Where(f => f != MomentField.Literal).ToList();
        var (hour, halves) = (fields.Contains(MomentField.Hour), fields.Contains(MomentField.HalfDayHour));
        if (fields.Contains(MomentField.DayName)) return "names of weekdays are only written. Leave them out";
        if (fields.Distinct().Count() < fields.Count || (fields.Contains(MomentField.Month) && fields.Contains(MomentField.MonthName)) || (hour && halves)) return "a part stands there twice";
        if (kind != TypeKind.Time && !fields.Contains(MomentField.Year)) return "without a year it names no day";
        if (halves != fields.Contains(MomentField.HalfDay)) return "hh and tt need each other. For 24 hours say HH";
        if (Parts.Zip(Parts.Skip(1)).Any(p => IsOpen(p.First) && BeginsWithDigit(p.Second))) return "a part of one or two digits ends at what is no digit. Double its letter";
        return !hour && !halves && fields.Any(f => f > MomentField.HalfDay) ? "minutes need an hour before them" : null;
    }

    static bool IsOpen(MomentPart part) => part is { Width: 1, Field: not MomentField.Fraction };

    static bool BeginsWithDigit(MomentPart part) => part.Field == MomentField.Literal
        ? part.Literal.Length > 0 && char.IsAsciiDigit(part.Literal[0])
        : part.Field is not (MomentField.MonthName or MomentField.DayName or MomentField.HalfDay);

    public override string ToString() => Text;
}

/// <summary>A part of a pattern.</summary>
/// <param name="Width">How often its letter stands there.</param>
/// <param name="Literal">What stands there as it is, where it is no field.</param>
readonly record struct MomentPart(MomentField Field, int Width, string Literal);

/// <summary>Those of the day first, then those of the clock.</summary>
enum MomentField
{
    Literal,
    Year,
    Month,
    MonthName,
    Day,
    DayName,
    Hour,
    HalfDayHour,
    HalfDay,
    Minute,
    Second,
    Fraction,
}
