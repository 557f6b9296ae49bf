using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Unicode;

namespace Millrace.Data;

/// <summary>Makes a batch of a block: finds the fields, reads the wanted ones, sets rows aside that can't be read.</summary>
sealed class BlockParser
{
    readonly TextBlock block;
    readonly ReadOnlyMemory<byte> bytes;
    readonly BadRows bad = new();

    BlockParser(TextBlock block, TextFormat format)
    {
        this.block = block;
        bytes = block.Bytes;
        Format = format;
        Width = format.Places is null ? block.Layout.Width : 1;
        Quoted = block.Quoted;
        Index = block.Index ?? Indexed(block, format);
        // The span with the slack behind it: an unfinished last line gets its end there.
        if (block.Last) Index.Finish(block.Padded, bytes.Length);
        (IsAscii, HasNul) = Look(bytes.Span);
        IsUtf8 = IsAscii || Utf8.IsValid(bytes.Span);
        Records = new RecordList(block.Padded, Index, format, Width, bad);
    }

    internal TextFormat Format { get; }
    internal int Width { get; }
    internal bool Quoted { get; }
    internal bool IsAscii { get; }
    internal FieldIndex Index { get; }
    internal RecordList Records { get; }
    internal BatchMemory Memory { get; } = new();

    /// <summary>The block and a few bytes behind it that may be looked at and mean nothing.</summary>
    internal Span<byte> Padded => block.Padded;

    bool HasNul { get; }
    bool IsUtf8 { get; }

    /// <param name="columns">The wanted columns, one a field of the block's layout.</param>
    internal static ParsedBlock Parse(TextBlock block, TextFormat format, Schema columns, bool provenance, Stage? stage)
    {
        var since = Stopwatch.GetTimestamp();
        var parser = new BlockParser(block, format);
        try
        {
            var parsed = parser.Parse(columns, provenance);
            stage?.Count(parsed.Batch.Count + parsed.Refused.Count, parsed.Batch.Count, Stopwatch.GetElapsedTime(since), parsed.Bytes, parsed.Refused.Count);
            return parsed;
        }
        catch
        {
            parser.Memory.Dispose();
            throw;
        }
        finally
        {
            parser.Records.Dispose();
            parser.Index.Dispose();
            block.Dispose();
        }
    }

    internal int StartOf(int row) => RecordList.StartOf(Index.Ends, Records.Firsts[row]);

    /// <summary>A value that isn't one of its column's type, or a null where none may stand.</summary>
    internal void AddBad(int row, Field field, BytesView view, string rule, string message) =>
        bad.Add(StartOf(row), row, rule, field, Bytes.Slice(view.Start, view.Length), message);

    internal ReadOnlyMemory<byte> BytesMemory => bytes;
    internal ReadOnlySpan<byte> Bytes => bytes.Span;

    ParsedBlock Parse(Schema columns, bool provenance)
    {
        var rows = Records.Count;
        var made = new Column[columns.Count];
        // Text comes last: it may shorten doubled quotes in place, and messages show what the file holds.
        foreach (var isText in (ReadOnlySpan<bool>)[false, true])
        {
            for (var i = 0; i < made.Length; i++)
            {
                if (columns[i].Type.IsBytes == isText) made[i] = Read(columns[i], block.Layout.Ordinals[i], rows);
            }
        }
        var refused = bad.InOrder(Bytes, Index.HasReturns);
        var discarded = Format.Bad == Bad.Null ? refused.Where(r => r.MayBeNull).ToList() : [];
        if (discarded.Count > 0) refused = [.. refused.Where(r => !r.MayBeNull)];
        var lines = provenance ? Lines(rows) : null;
        var kept = refused.Any(r => r.Row >= 0) ? Kept(rows, refused) : null;
        var length = bytes.Length;
        var passed = Quoted ? LineCounter.Count(Bytes, Index.HasReturns) : Index.Lines;
        Memory.Hold(block.Release());
        if (kept is not null)
        {
            for (var i = 0; i < made.Length; i++) made[i] = made[i].Take(kept, Memory);
            if (lines is not null) lines = [.. kept.Select(row => lines[row])];
            rows = kept.Length;
        }
        return new ParsedBlock(block.File, new Batch(columns, rows, made, Memory), lines, refused, discarded)
        {
            First = block.First,
            LinesAbove = block.LinesAbove,
            Lines = passed,
            Bytes = length,
        };
    }

    Column Read(Field field, int ordinal, int rows)
    {
        var views = Memory.Rent<BytesView>(rows);
        var nulls = FieldViews.Locate(this, ordinal, field, views.AsSpan(0, rows));
        var found = new Fields(this, field, views.AsMemory(0, rows), nulls is null ? default : nulls.AsMemory(0, rows));
        if (!field.Nullable) found.RefuseNulls();
        return ColumnReader.For(field.Type, Format.Values).Read(found);
    }

    /// <summary>Text must be UTF-8 and hold no NUL; nearly always, one look at the whole block settles it.</summary>
    internal bool IsCleanText => IsUtf8 && !HasNul;

    // The line of each row, counted from 0 within the block.
    long[] Lines(int rows)
    {
        var lines = new long[rows];
        var counter = new LineCounter(Index.HasReturns);
        for (var row = 0; row < rows; row++) lines[row] = counter.At(Bytes, StartOf(row));
        return lines;
    }

    static int[] Kept(int rows, IReadOnlyList<BadRow> refused)
    {
        var gone = refused.Where(r => r.Row >= 0).Select(r => r.Row).ToHashSet();
        return [.. Enumerable.Range(0, rows).Where(row => !gone.Contains(row))];
    }

    static FieldIndex Indexed(TextBlock block, TextFormat format)
    {
        var index = new FieldIndex(format.Delimiter, format.Quote ?? 0, block.Bytes.Length);
        index.AddUnquoted(block.Bytes.Span);
        return index;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static (bool IsAscii, bool HasNul) Look(ReadOnlySpan<byte> bytes)
    {
        var (high, low) = (Vector512<byte>.Zero, Vector512<byte>.AllBitsSet);
        var at = 0;
        ref var start = ref MemoryMarshal.GetReference(bytes);
        for (; at <= bytes.Length - Vector512<byte>.Count; at += Vector512<byte>.Count)
        {
            var next = Vector512.LoadUnsafe(ref start, (nuint)at);
            high |= next;
            low = Vector512.Min(low, next);
        }
        var rest = bytes[at..];
        return (high.ExtractMostSignificantBits() == 0 && Ascii.IsValid(rest), Vector512.EqualsAny(low, Vector512<byte>.Zero) || rest.Contains((byte)0));
    }
}
