using System.Globalization;

namespace Millrace.Data;

sealed partial class TypeEvidence
{
    // What narrower types hold, in the words that the evidence of delimited text has too.
    static readonly (string Plural, Seen[] Kinds)[] candidates =
    [
        ("true or false", [Seen.Boolean]), ("integers", [Seen.Integer]), ("integers", [Seen.Integer, Seen.LongInteger]), ("numbers", [Seen.Integer, Seen.LongInteger, Seen.Number]),
        ("dates", [Seen.Date]), ("timestamps", [Seen.Date, Seen.Timestamp]), ("instants", [Seen.Instant]), ("times of day", [Seen.Time]), ("durations", [Seen.Duration]),
        ("lists", [Seen.List]), ("objects", [Seen.Struct]),
    ];

    /// <summary>The fields of objects as columns.</summary>
    /// <param name="found">Takes the evidence of each, and behind it that of its parts: <c>address</c>, <c>address.zip</c>, <c>tags[]</c>.</param>
    internal Schema Fields(string path, List<ColumnEvidence> found, bool whole) =>
        new(order.Select(n => new Field(n, fields[n].Type(path.Length == 0 ? n : $"{path}.{n}", found, whole, counts[(int)Seen.Struct]))));

    /// <param name="of">How many rows or objects could have had a value here: those without are nulls.</param>
    internal DataType Type(string path, List<ColumnEvidence> found, bool whole, long of = 0)
    {
        var at = found.Count;
        var type = Fitting(path, found, whole);
        found.Insert(at, new ColumnEvidence(path, type, Total, Math.Max(nulls, of - Total), Sentence(type), whole));
        return type;
    }

    DataType Fitting(string path, List<ColumnEvidence> found, bool whole)
    {
        if (Total == 0) return DataType.Text;
        if (Only(Seen.Boolean)) return DataType.Boolean;
        if (Only(Seen.Integer)) return DataType.Int64;
        if (Only(Seen.Integer, Seen.LongInteger)) return DataType.Decimal(38, 0);
        if (AreNumbers) return wide > 0 ? DataType.Text : DataType.Float64;
        if (Only(Seen.Date)) return DataType.Date;
        if (Only(Seen.Date, Seen.Timestamp)) return DataType.Timestamp;
        if (Only(Seen.Instant)) return DataType.Instant;
        if (Only(Seen.Time)) return DataType.Time;
        if (Only(Seen.Duration)) return DataType.Duration;
        if (Only(Seen.List)) return DataType.List(item!.Type($"{path}[]", found, whole));
        return Only(Seen.Struct) && order.Count is > 0 and <= MostFields ? DataType.Struct(Fields(path, found, whole)) : DataType.Text;
    }

    bool AreNumbers => Only(Seen.Integer, Seen.LongInteger, Seen.Number);

    /// <summary>What stands against a narrower type that most values have.</summary>
    string? Sentence(DataType type)
    {
        if (type == DataType.Text && AreNumbers && wide > 0)
            return string.Create(CultureInfo.InvariantCulture, $"{wide:N0} of {Total:N0} numbers have more digits than the {FloatDigits} that a float64 keeps, first at line {firstWide.Line:N0}: {firstWide.Value}. Give the column as a decimal to count with it");
        if (type == DataType.Text && Only(Seen.Struct) && order.Count > MostFields)
            return string.Create(CultureInfo.InvariantCulture, $"its objects have {order.Count:N0} different members, and a struct at most {MostFields:N0}");
        var nearest = candidates
            .Select(c => (c.Plural, c.Kinds, Misses: Total - c.Kinds.Sum(k => counts[(int)k])))
            .Where(c => c.Misses > 0 && c.Misses < Total / 2.0 && IsNarrower(c.Kinds, type))
            .OrderBy(c => c.Misses)
            .Select(c => ((string Plural, Seen[] Kinds, long Misses)?)c)
            .FirstOrDefault();
        if (nearest is not { } near) return null;
        var first = Enum.GetValues<Seen>().Except(near.Kinds).Where(k => counts[(int)k] > 0).Select(k => firsts[(int)k]).MinBy(f => f.Place);
        var plural = type.Kind == TypeKind.Decimal ? "integers of 64 bits" : near.Plural;
        return string.Create(CultureInfo.InvariantCulture, $"{near.Misses:N0} of {Total:N0} values aren't {plural}, first at line {first.Line:N0}{(first.Value is null ? "" : $": {first.Value}")}");
    }

    static bool IsNarrower(Seen[] kinds, DataType than) => than.Kind switch
    {
        TypeKind.Text => true,
        TypeKind.Float64 => kinds is [Seen.Integer] or [Seen.Integer, Seen.LongInteger],
        TypeKind.Decimal => kinds is [Seen.Integer],
        TypeKind.Timestamp => kinds is [Seen.Date],
        _ => false,
    };
}

/// <summary>A schema that was found by reading values, and what speaks for it.</summary>
sealed record InferredSchema(Schema Schema, IReadOnlyList<ColumnEvidence> Evidence);
