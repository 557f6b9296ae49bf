using System.Buffers;
using System.Runtime.CompilerServices;

namespace Millrace.Data;

/// <summary>The records of a block that are rows: of each, the place in the index before its first field ends.</summary>
sealed class RecordList : IDisposable
{
    int[] firsts;

    internal RecordList(ReadOnlySpan<byte> block, FieldIndex index, TextFormat format, int width, BadRows bad)
    {
        firsts = ArrayPool<int>.Shared.Rent(Math.Max(1, index.Lines));
        if (format.Places is not null) AddLines(block, index, format, bad);
        else if (!AddRegular(block, index, format, width)) AddEach(block, index, format, width, bad);
    }

    internal int Count { get; private set; }

    /// <summary>Whether some rows lack fields: they end before they begin.</summary>
    internal bool Filled { get; private set; }

    internal ReadOnlySpan<int> Firsts => firsts.AsSpan(0, Count);

    /// <summary>The first byte of each row.</summary>
    internal static int StartOf(ReadOnlySpan<int> ends, int first) => ends[first] + 1;

    public void Dispose() => ArrayPool<int>.Shared.Return(firsts);

    // As nearly every file is: each record has all its fields, so every so many ends there is a line end.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    bool AddRegular(ReadOnlySpan<byte> block, FieldIndex index, TextFormat format, int width)
    {
        if (format.Comment is not null || index.Misquoted is not null || index.Count != (long)index.Lines * width) return false;
        var ends = index.Ends;
        for (int row = 0, first = 0; row < index.Lines; row++, first += width)
        {
            if (!FieldIndex.IsLineEnd(block[ends[first + width]])) return false;
            firsts[row] = first;
        }
        Count = index.Lines;
        return true;
    }

    void AddEach(ReadOnlySpan<byte> block, FieldIndex index, TextFormat format, int width, BadRows bad)
    {
        var (misquoted, fields) = (0, 0);
        var records = index.Count;
        for (var first = 0; first < records; first += fields)
        {
            var ends = index.Ends;
            fields = 1;
            while (!FieldIndex.IsLineEnd(block[ends[first + fields]])) fields++;
            var start = StartOf(ends, first);
            var isMisquoted = index.Misquoted is { } all && misquoted < all.Count && all[misquoted] == start;
            if (isMisquoted) misquoted++;
            if (block[start] == format.Comment || (fields == 1 && width > 1 && IsBlank(block, start, ends[first + 1]))) continue;
            if (isMisquoted) bad.Add(start, "quotes", "A quote stands where none may: a field is quoted as a whole, and a quote in it is doubled. Where quotes mean nothing in this file, set Quote to null.");
            else if (fields == width || (fields > width && format.Ragged == Ragged.FillAndCut)) firsts[Count++] = first;
            else if (fields < width && format.Ragged != Ragged.Bad)
            {
                firsts[Count++] = index.AddFilled(first, fields, width);
                Filled = true;
            }
            else bad.Add(start, "ragged", $"The row has {Fields(fields)} where the file has {width}. Ragged.Fill takes rows that are short, Ragged.FillAndCut those that are long as well.");
        }
    }

    // Of a file whose fields have fixed places.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void AddLines(ReadOnlySpan<byte> block, FieldIndex index, TextFormat format, BadRows bad)
    {
        var ends = index.Ends;
        var needed = format.Ragged == Ragged.Bad ? format.Places!.Max(p => p.Start + p.Length) : 0;
        for (var line = 0; line < index.Count; line++)
        {
            var (start, end) = (StartOf(ends, line), ends[line + 1]);
            if (end > start && block[end - 1] == '\r' && block[end] == '\n') end--;
            if (end == start || block[start] == format.Comment) continue;
            // No character has less than a byte, so a line of too few bytes is too short for sure.
            if (end - start < needed) bad.Add(start, "ragged", $"The line has {end - start} characters and the last column ends at {needed}. Ragged.Fill takes such lines, null where they lack columns.");
            else firsts[Count++] = line;
        }
    }

    static string Fields(int count) => count == 1 ? "1 field" : $"{count} fields";

    static bool IsBlank(ReadOnlySpan<byte> block, int start, int end) => start == end || (start == end - 1 && block[start] == '\r');
}
