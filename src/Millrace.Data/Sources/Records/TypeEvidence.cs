using System.Globalization;
using System.Text;

namespace Millrace.Data;

/// <summary>What the values of a place in a file were, counted, until a type can be named that holds them all.</summary>
sealed class TypeEvidence
{
    const int MostFields = 500;

    /// <summary>Digits of a number that a float64 keeps; one with more of them would be another number as a float.</summary>
    internal const int FloatDigits = 17;

    enum Seen { Boolean, Integer, LongInteger, Number, Date, Timestamp, Instant, Time, Duration, Text, List, Struct }

    static readonly string[] names = ["booleans", "integers", "integers of more than 64 bits", "numbers with a fraction", "dates", "timestamps", "points in time", "times of day", "durations", "texts", "lists", "objects"];

    readonly long[] counts = new long[names.Length];
    readonly long[] firsts = new long[names.Length];
    readonly List<string> order = [];
    readonly Dictionary<string, TypeEvidence> fields = new(StringComparer.Ordinal);
    TypeEvidence? item;
    long nulls, wide;

    internal void AddNull() => nulls++;
    internal void AddBoolean(long line) => Add(Seen.Boolean, line);
    internal void AddTimestamp(long line) => Add(Seen.Timestamp, line);
    internal void AddDate(long line) => Add(Seen.Date, line);
    internal void AddTime(long line) => Add(Seen.Time, line);
    internal void AddDuration(long line) => Add(Seen.Duration, line);

    internal void AddNumber(ReadOnlySpan<byte> text, long line)
    {
        if (NumberParts.TryRead(text, out var parts) && parts.Digits > FloatDigits) wide++;
        Add(NumberText.TryInt64(text, out _) ? Seen.Integer
            : text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') is -1 or 0 && text.Length <= 38 ? Seen.LongInteger
            : Seen.Number, line);
    }

    /// <summary>A text that the file marks as such; it may still spell a time.</summary>
    internal void AddText(ReadOnlySpan<byte> text, long line) => Add(
        TimeText.TryDate(text, out _) ? Seen.Date
        : text.Length > 10 && TimeText.TryTimestamp(text, out _) ? Seen.Timestamp
        : TimeText.TryInstant(text, out _) ? Seen.Instant
        : Seen.Text, line);

    /// <summary>A text from a file in which everything is text.</summary>
    internal void AddUntyped(ReadOnlySpan<byte> text, long line)
    {
        if (text.IsEmpty) AddNull();
        else if (text.SequenceEqual("true"u8) || text.SequenceEqual("false"u8)) AddBoolean(line);
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
        var moved = new TypeEvidence { nulls = nulls, wide = wide, item = item };
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

    void Add(Seen seen, long line)
    {
        if (counts[(int)seen]++ == 0) firsts[(int)seen] = line;
    }

    long Total => counts.Sum();
    bool Only(params ReadOnlySpan<Seen> kinds)
    {
        var sum = 0L;
        foreach (var kind in kinds) sum += counts[(int)kind];
        return sum == Total;
    }

    /// <summary>The fields of objects as columns, and a note for each whose type isn't what most of its values were.</summary>
    internal Schema Fields(string path, List<string> notes) =>
        new(order.Select(n => new Field(n, fields[n].Type(path.Length == 0 ? n : $"{path}.{n}", notes))));

    internal DataType Type(string path, List<string> notes)
    {
        if (Total == 0) return DataType.Text;
        if (Only(Seen.Boolean)) return DataType.Boolean;
        if (Only(Seen.Integer)) return DataType.Int64;
        if (Only(Seen.Integer, Seen.LongInteger)) return DataType.Decimal(38, 0);
        if (Only(Seen.Integer, Seen.LongInteger, Seen.Number))
        {
            if (wide > 0)
            {
                notes.Add(string.Create(CultureInfo.InvariantCulture, $"'{path}' is text: {wide:N0} of {Total:N0} numbers have more digits than the {FloatDigits} that a float64 keeps. Give the column as a decimal to count with it."));
                return DataType.Text;
            }
            if (counts[(int)Seen.Number] < Total) notes.Add(Note(path, "float64"));
            return DataType.Float64;
        }
        if (Only(Seen.Date)) return DataType.Date;
        if (Only(Seen.Date, Seen.Timestamp)) return DataType.Timestamp;
        if (Only(Seen.Instant)) return DataType.Instant;
        if (Only(Seen.Time)) return DataType.Time;
        if (Only(Seen.Duration)) return DataType.Duration;
        if (Only(Seen.List)) return DataType.List(item!.Type($"{path}[]", notes));
        if (Only(Seen.Struct) && order.Count is > 0 and <= MostFields) return DataType.Struct(Fields(path, notes));
        if (!Only(Seen.Text)) notes.Add(Note(path, "text"));
        return DataType.Text;
    }

    string Note(string path, string type)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"'{path}' is {type}: of {Total:N0} values ");
        var seen = Enumerable.Range(0, names.Length).Where(i => counts[i] > 0).OrderByDescending(i => counts[i]).ToList();
        for (var i = 0; i < seen.Count; i++)
        {
            if (i > 0) text.Append(", ");
            text.Append(CultureInfo.InvariantCulture, $"{counts[seen[i]]:N0} are {names[seen[i]]}");
            if (i > 0) text.Append(CultureInfo.InvariantCulture, $" (first at line {firsts[seen[i]]})");
        }
        return text.Append('.').ToString();
    }
}

/// <summary>A schema that was found by reading values, and what speaks for it.</summary>
sealed record InferredSchema(Schema Schema, IReadOnlyList<string> Notes);
