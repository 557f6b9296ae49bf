namespace Millrace.Data;

/// <summary>What the values of a place in a file were, counted, until a type can be named that holds them all.</summary>
sealed partial class TypeEvidence
{
    const int MostFields = 500;

    /// <summary>Digits of a number that a float64 keeps; one with more of them would be another number as a float.</summary>
    internal const int FloatDigits = 17;

    enum Seen { Boolean, Integer, LongInteger, Number, Date, Timestamp, Instant, Time, Duration, Text, List, Struct }

    static readonly int kinds = Enum.GetValues<Seen>().Length;

    readonly long[] counts = new long[kinds];
    readonly FirstSeen[] firsts = new FirstSeen[kinds];
    readonly List<string> order = [];
    readonly Dictionary<string, TypeEvidence> fields = new(StringComparer.Ordinal);
    TypeEvidence? item;
    FirstSeen firstWide;
    long nulls, wide;

    internal void AddNull() => nulls++;
    internal void AddBoolean(long line, ReadOnlySpan<byte> text = default) => Add(Seen.Boolean, line, text);
    internal void AddTimestamp(long line) => Add(Seen.Timestamp, line);
    internal void AddDate(long line) => Add(Seen.Date, line);
    internal void AddTime(long line) => Add(Seen.Time, line);
    internal void AddDuration(long line) => Add(Seen.Duration, line);

    internal void AddNumber(ReadOnlySpan<byte> text, long line)
    {
        if (NumberParts.TryRead(text, out var parts) && parts.Digits > FloatDigits && wide++ == 0) firstWide = new FirstSeen(line, 0, $"'{Problem.Shown(text, 80)}'");
        Add(NumberText.TryInt64(text, out _) ? Seen.Integer
            : text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') is -1 or 0 && text.Length <= 38 ? Seen.LongInteger
            : Seen.Number, line, text);
    }

    /// <summary>A text that the file marks as such; it may still spell a time.</summary>
    internal void AddText(ReadOnlySpan<byte> text, long line) => Add(
        TimeText.TryDate(text, out _) ? Seen.Date
        : text.Length > 10 && TimeText.TryTimestamp(text, out _) ? Seen.Timestamp
        : TimeText.TryInstant(text, out _) ? Seen.Instant
        : Seen.Text, line, text);

    /// <summary>A text from a file in which everything is text.</summary>
    internal void AddUntyped(ReadOnlySpan<byte> text, long line)
    {
        if (text.IsEmpty) AddNull();
        else if (text.SequenceEqual("true"u8) || text.SequenceEqual("false"u8)) AddBoolean(line, text);
        // 007 is a name: as a number it would lose what it was.
        else if (text[0] != '+' && !HasLeadingZero(text) && NumberText.TryFloat64(text, out var number) && double.IsFinite(number)) AddNumber(text, line);
        else AddText(text, line);
    }

    static bool HasLeadingZero(ReadOnlySpan<byte> text)
    {
        if (text[0] == '-') text = text[1..];
        return text.Length > 1 && text[0] == '0' && char.IsAsciiDigit((char)text[1]);
    }

    internal TypeEvidence AddList(long line)
    {
        Add(Seen.List, line);
        return item ??= new();
    }

    /// <summary>Says that the place holds several values: what it held so far were items of lists of one.</summary>
    internal void MakeList(long line)
    {
        if (item is not null) return;
        item = Moved();
        Add(Seen.List, line);
    }

    /// <summary>Says that the place has parts: what it held so far was the part of that name.</summary>
    internal void MakeStruct(string name, long line)
    {
        if (order.Count > 0 || item is not null) return;
        var before = Moved();
        order.Add(name);
        fields[name] = before;
        Add(Seen.Struct, line);
    }

    TypeEvidence Moved()
    {
        var moved = new TypeEvidence { nulls = nulls, wide = wide, firstWide = firstWide, item = item };
        counts.CopyTo(moved.counts, 0);
        firsts.CopyTo(moved.firsts, 0);
        moved.order.AddRange(order);
        foreach (var (name, field) in fields) moved.fields.Add(name, field);
        counts.AsSpan().Clear();
        wide = 0;
        order.Clear();
        fields.Clear();
        item = null;
        return moved;
    }

    internal bool IsList => item is not null;

    internal TypeEvidence AddItem(long line) => AddList(line);

    internal void AddStruct(long line) => Add(Seen.Struct, line);

    internal TypeEvidence Field(string name)
    {
        if (fields.TryGetValue(name, out var field)) return field;
        order.Add(name);
        return fields[name] = new();
    }

    internal bool HasFields => order.Count > 0;
    internal bool HasValues => Total > 0;
    internal bool IsOnlyStructs => counts[(int)Seen.Struct] > 0 && Total == counts[(int)Seen.Struct];

    void Add(Seen seen, long line, ReadOnlySpan<byte> text = default)
    {
        if (counts[(int)seen]++ == 0) firsts[(int)seen] = new FirstSeen(line, Total, seen switch
        {
            Seen.List => "a list",
            Seen.Struct => "an object",
            _ => text.IsEmpty ? null : $"'{Problem.Shown(text, 80)}'",
        });
    }

    long Total => counts.Sum();
    bool Only(params ReadOnlySpan<Seen> kinds)
    {
        var sum = 0L;
        foreach (var kind in kinds) sum += counts[(int)kind];
        return sum == Total;
    }

    /// <summary>Where the first value of a kind stood.</summary>
    /// <param name="Place">How many values had been looked at by then: lines begin anew in each file.</param>
    readonly record struct FirstSeen(long Line, long Place, string? Value);
}
