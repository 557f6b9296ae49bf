using System.Text;

namespace Millrace.Data;

/// <summary>What is wrong in a block, in any order: the parser goes through it column by column.</summary>
sealed class BadRows
{
    const int LongestValue = 1000;

    readonly List<BadRow> rows = [];

    /// <summary>A record that is broken as a whole.</summary>
    internal void Add(int start, string rule, string message) => rows.Add(new BadRow(start, -1, rule, null, null, message));

    /// <summary>A value that isn't one of its column's type.</summary>
    internal void Add(int start, int row, string rule, Field field, ReadOnlySpan<byte> value, string message) =>
        rows.Add(new BadRow(start, row, rule, field.Name, Cut(value), message) { MayBeNull = field.Nullable });

    /// <summary>The first fault of each bad row, in the order of the rows.</summary>
    internal IReadOnlyList<BadRow> InOrder(ReadOnlySpan<byte> block, bool hasReturns)
    {
        if (rows.Count == 0) return [];
        var kept = new List<BadRow>(rows.Count);
        var lines = new LineCounter(hasReturns);
        // What can't be null is named first: the row is lost by it, whatever becomes of its other values.
        foreach (var row in rows.OrderBy(r => r.Start).ThenBy(r => r.MayBeNull))
        {
            if (kept.Count > 0 && kept[^1].Start == row.Start) continue;
            kept.Add(row with { Line = lines.At(block, row.Start), Value = row.Value ?? RecordAt(block, row.Start) });
        }
        return kept;
    }

    static string RecordAt(ReadOnlySpan<byte> block, int start)
    {
        var rest = block[start..];
        var end = rest.IndexOfAny((byte)'\n', (byte)'\r');
        return Cut(end < 0 ? rest : rest[..end]);
    }

    internal static string Cut(ReadOnlySpan<byte> value) =>
        value.Length <= LongestValue ? Encoding.UTF8.GetString(value) : Encoding.UTF8.GetString(value[..LongestValue]) + "...";
}

/// <param name="Start">Where its record starts in the block.</param>
/// <param name="Row">Among the rows of the block; -1 where it never became one.</param>
/// <param name="Value">The value at fault, or the line where the row is broken as a whole.</param>
sealed record BadRow(int Start, int Row, string Rule, string? Column, string? Value, string Message)
{
    /// <summary>Whether the value could be null instead.</summary>
    internal bool MayBeNull { get; init; }

    /// <summary>The line that its record begins at, counted from 0 within the block.</summary>
    internal int Line { get; init; }
}
