using System.Globalization;
using System.Text;

namespace Millrace.Data;

/// <summary>
/// Which type a column's values all have, and by how much the others were missed. An integer is an int64, for a sample
/// can't promise that none will be larger; a number with more digits than a float64 keeps stays text, as does one that
/// starts with zeros.
/// </summary>
sealed class FieldEvidence(string name, ValueFormat format)
{
    // The first that all values are is the type.
    static readonly (string Plural, DataType Type)[] Kinds =
    [
        ("true or false", DataType.Boolean), ("integers", DataType.Int64), ("numbers", DataType.Float64), ("dates", DataType.Date),
        ("times of day", DataType.Time), ("timestamps", DataType.Timestamp), ("instants", DataType.Instant), ("UUIDs", DataType.Uuid),
    ];

    readonly Candidate[] candidates = [.. Kinds.Select(k => new Candidate(k.Plural, k.Type, ColumnReader.For(k.Type, format)))];
    long values, nulls;

    internal void Add(BytesColumn column, ReadOnlySpan<long> lines)
    {
        for (var row = 0; row < column.Count; row++)
        {
            if (column.IsNull(row))
            {
                nulls++;
                continue;
            }
            values++;
            var text = column[row].Trim(" \t"u8);
            foreach (var candidate in candidates) candidate.Look(text, lines[row]);
        }
    }

    /// <param name="whole">Whether all of the file was looked at: only then is it known that nothing is null.</param>
    internal ColumnEvidence Result(bool whole)
    {
        // A date is a timestamp and an integer a number: the first that fits says most.
        var fitting = values == 0 ? null : candidates.FirstOrDefault(c => c.Misses == 0);
        var nearest = candidates.Where(c => c.Misses > 0 && c.Misses < values / 2.0 && (fitting is null || IsNarrower(c, fitting))).MinBy(c => c.Misses);
        return new ColumnEvidence(name, fitting?.Type ?? DataType.Text, values, nulls, nearest?.Sentence(values), whole);
    }

    static bool IsNarrower(Candidate candidate, Candidate than) =>
        candidate.Type.IsNumeric == than.Type.IsNumeric && Array.FindIndex(Kinds, k => k.Type == candidate.Type) < Array.FindIndex(Kinds, k => k.Type == than.Type);

    sealed class Candidate(string plural, DataType type, ColumnReader reader)
    {
        string? first;
        long firstLine;

        internal DataType Type => type;
        internal long Misses { get; private set; }

        internal void Look(ReadOnlySpan<byte> text, long line)
        {
            if (IsOne(text)) return;
            if (Misses++ == 0) (first, firstLine) = (BadRows.Cut(text), line);
        }

        internal string Sentence(long of) =>
            string.Create(CultureInfo.InvariantCulture, $"{Misses:N0} of {of:N0} values aren't {plural}, first at line {firstLine:N0}: '{first}'");

        bool IsOne(ReadOnlySpan<byte> text) => type.Kind switch
        {
            // Letters and digits alone, as 'y' or '1', say too little.
            TypeKind.Boolean => text.Length >= 4 && reader.CanRead(text),
            TypeKind.Int64 => !StartsWithZeros(text) && reader.CanRead(text),
            TypeKind.Float64 => !StartsWithZeros(text) && reader.CanRead(text) && (!NumberParts.TryRead(text, out var parts) || parts.Digits <= TypeEvidence.FloatDigits),
            _ => reader.CanRead(text),
        };

        // As in a post code: 01234 as a number would lose what it was.
        static bool StartsWithZeros(ReadOnlySpan<byte> text)
        {
            if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+') text = text[1..];
            return text.Length > 1 && text[0] == '0' && text[1] is >= (byte)'0' and <= (byte)'9';
        }
    }
}
