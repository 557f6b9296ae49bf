using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Data;

/// <summary>
/// One field of each row of a block, as views into the block: quotes and their doubling taken away, the empty field
/// marked null. Nothing is copied; a doubled quote is made single where it stands.
/// </summary>
static class FieldViews
{
    static readonly BytesView EmptyText = new(int.MaxValue, 0);

    /// <summary>Marks for the nulls; null where there are none.</summary>
    /// <param name="column">Where it is of text, the empty field in quotes is the empty text; so is the one without, where the column can't be null.</param>
    internal static bool[]? Locate(BlockParser block, int field, Field column, Span<BytesView> views)
    {
        var format = block.Format;
        var anyEmpty = format.Places is { } places ? Fixed(block, places[field], views)
            : block.Quoted ? Quoted(block, field, views)
            : Plain(block, field, views);
        if (format.Trim && format.Places is null) anyEmpty |= Trim(block, views);
        if (!anyEmpty && format.Nulls.Count == 0) return null;
        return MarkNulls(block, views, column);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static bool Plain(BlockParser block, int field, Span<BytesView> views)
    {
        ref var ends = ref MemoryMarshal.GetReference(block.Index.Ends);
        var firsts = block.Records.Firsts;
        var shortest = int.MaxValue;
        for (var row = 0; row < views.Length; row++)
        {
            ref var end = ref Unsafe.Add(ref ends, firsts[row] + field);
            var start = end + 1;
            var length = Unsafe.Add(ref end, 1) - start;
            views[row] = new BytesView(start, length);
            shortest = Math.Min(shortest, length);
        }
        if (block.Index.HasReturns && (field == block.Width - 1 || block.Records.Filled)) return CutReturns(block, views) || shortest <= 0;
        return shortest <= 0;
    }

    // The last field of a row ends before the carriage return of its line end.
    static bool CutReturns(BlockParser block, Span<BytesView> views)
    {
        var bytes = block.Padded;
        var anyEmpty = false;
        foreach (ref var view in views)
        {
            var end = view.Start + view.Length;
            if (view.Length > 0 && bytes[end] == '\n' && bytes[end - 1] == '\r') view = view with { Length = view.Length - 1 };
            anyEmpty |= view.Length <= 0;
        }
        return anyEmpty;
    }

    static bool Quoted(BlockParser block, int field, Span<BytesView> views)
    {
        var anyEmpty = Plain(block, field, views);
        var bytes = block.Padded;
        var quote = block.Format.Quote!.Value;
        foreach (ref var view in views)
        {
            if (view.Length < 2 || bytes[view.Start] != quote) continue;
            var inside = bytes.Slice(view.Start + 1, view.Length - 2);
            var length = inside.Contains(quote) ? Undouble(inside, quote) : inside.Length;
            // An empty text differs from an empty field in where it starts.
            view = length == 0 ? EmptyText : new BytesView(view.Start + 1, length);
            anyEmpty |= length == 0;
        }
        return anyEmpty;
    }

    internal static int Undouble(Span<byte> text, byte quote)
    {
        var to = 0;
        for (var from = 0; from < text.Length; from++)
        {
            text[to++] = text[from];
            if (text[from] == quote && from + 1 < text.Length && text[from + 1] == quote) from++;
        }
        // Nothing that was moved may stand there twice: line ends are still to be counted.
        text[to..].Fill(quote);
        return to;
    }

    static bool Trim(BlockParser block, Span<BytesView> views)
    {
        ReadOnlySpan<byte> bytes = block.Padded;
        var anyEmpty = false;
        foreach (ref var view in views)
        {
            // What stood in quotes keeps its blanks.
            if (view.Length <= 0 || (block.Quoted && view.Start > 0 && bytes[view.Start - 1] == block.Format.Quote)) continue;
            view = Trimmed(bytes, view);
            anyEmpty |= view.Length == 0;
        }
        return anyEmpty;
    }

    static BytesView Trimmed(ReadOnlySpan<byte> bytes, BytesView view)
    {
        var (start, end) = (view.Start, view.Start + view.Length);
        while (start < end && bytes[start] is (byte)' ' or (byte)'\t') start++;
        while (end > start && bytes[end - 1] is (byte)' ' or (byte)'\t') end--;
        return new BytesView(start, end - start);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static bool Fixed(BlockParser block, FixedPlace place, Span<BytesView> views)
    {
        Plain(block, 0, views);
        ReadOnlySpan<byte> bytes = block.Padded;
        var anyEmpty = false;
        if (block.Index.HasReturns) CutReturns(block, views);
        var (isAscii, end) = (block.IsAscii, place.Start + place.Length);
        for (var row = 0; row < views.Length; row++)
        {
            var line = views[row];
            // As nearly all are: the line is long enough, and the field fills its place.
            if (isAscii && end <= line.Length && bytes[line.Start + place.Start] > ' ' && bytes[line.Start + end - 1] > ' ')
            {
                views[row] = new BytesView(line.Start + place.Start, place.Length);
                continue;
            }
            var (start, length) = isAscii
                ? (Math.Min(place.Start, line.Length), Math.Clamp(line.Length - place.Start, 0, place.Length))
                : Characters(bytes.Slice(line.Start, line.Length), place);
            var view = new BytesView(line.Start + start, length);
            if (block.Format.Trim) view = Trimmed(bytes, view);
            anyEmpty |= view.Length == 0;
            views[row] = view;
        }
        return anyEmpty;
    }

    // Places count characters, and characters have one to four bytes.
    static (int Start, int Length) Characters(ReadOnlySpan<byte> line, FixedPlace place)
    {
        var start = Skip(line, 0, place.Start);
        return (start, Skip(line, start, place.Length) - start);
    }

    static int Skip(ReadOnlySpan<byte> line, int at, int characters)
    {
        for (; characters > 0 && at < line.Length; characters--)
        {
            at++;
            while (at < line.Length && (line[at] & 0xC0) == 0x80) at++;
        }
        return at;
    }

    static bool[]? MarkNulls(BlockParser block, Span<BytesView> views, Field column)
    {
        var isText = column.Type.Kind == TypeKind.Text;
        bool[]? marks = null;
        ReadOnlySpan<byte> bytes = block.Padded;
        for (var row = 0; row < views.Length; row++)
        {
            var view = views[row];
            var isNull = view.Length > 0 ? IsSpelled(block, bytes, view) : !isText || (column.Nullable && view != EmptyText);
            if (isNull || view.Length <= 0) views[row] = default;
            if (!isNull) continue;
            if (marks is null)
            {
                marks = block.Memory.Rent<bool>(views.Length);
                marks.AsSpan(0, views.Length).Clear();
            }
            marks[row] = true;
        }
        return marks;
    }

    static bool IsSpelled(BlockParser block, ReadOnlySpan<byte> bytes, BytesView view)
    {
        var spellings = block.Format.Nulls;
        for (var i = 0; i < spellings.Count; i++)
        {
            // In quotes it is a text that happens to read like that.
            if (bytes.Slice(view.Start, view.Length).SequenceEqual(spellings[i])) return !block.Quoted || view.Start == 0 || bytes[view.Start - 1] != block.Format.Quote;
        }
        return false;
    }
}
