using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Millrace.Data;

/// <summary>
/// Reads a file block by block and cuts each block at the end of its last whole record; what follows starts the next
/// block. Where a block has no quotes, its last line end is that place; otherwise the block must be indexed to find it,
/// and the index goes along.
/// </summary>
sealed class BlockReader(InputFile file, TextFormat format, Func<IReadOnlyList<string>?, InputFile, FileLayout> layoutOf, int blockBytes)
{
    byte[] buffer = [];
    int from;
    int filled;
    int linesAbove;
    bool ended;

    int Capacity => buffer.Length - FieldIndex.Slack;

    /// <param name="stage">Counts the time that reading takes, and the bytes.</param>
    /// <param name="read">Told the bytes as they are stored.</param>
    internal async IAsyncEnumerable<TextBlock> ReadAsync(Stage? stage, Action<long>? read, [EnumeratorCancellation] CancellationToken cancel)
    {
        var input = await BlockInput.OpenAsync(file, format.Encoding, cancel).ConfigureAwait(false);
        await using var end = input.ConfigureAwait(false);
        buffer = ArrayPool<byte>.Shared.Rent(blockBytes);
        FileLayout? layout = null;
        var told = 0L;
        try
        {
            while (true)
            {
                var since = Stopwatch.GetTimestamp();
                var before = filled;
                while (!ended && filled < Capacity)
                {
                    var count = await input.ReadAsync(buffer.AsMemory(filled, Capacity - filled), cancel).ConfigureAwait(false);
                    ended = count == 0;
                    filled += count;
                }
                var stored = input.Stored;
                read?.Invoke(stored - told);
                told = stored;
                var first = layout is null;
                if (layout is null && (layout = Begin()) is null)
                {
                    Grow();
                    continue;
                }
                var block = Cut(layout, first);
                stage?.Count(0, 0, Stopwatch.GetElapsedTime(since), filled - before);
                if (block is not null) yield return block;
                else if (!ended) Grow();
                if (ended) yield break;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Null where the header isn't all there yet.
    FileLayout? Begin()
    {
        var bytes = buffer.AsSpan(0, filled);
        from = bytes.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        var start = TextStart.Find(bytes[from..], buffer.AsSpan(from), format, ended);
        if (start is null) return null;
        from += start.Bytes;
        linesAbove = start.Lines;
        if (format.HasHeader && start.Names is null && filled > 0)
            throw new BadDataException($"'{file.Name}' has no header. Say Header.No and give its columns, where it has rows only.", file.Name);
        return layoutOf(start.Names, file);
    }

    // Null where no record ends in what was read. The rest moves to a buffer of its own: the block keeps this one.
    TextBlock? Cut(FileLayout layout, bool first)
    {
        var bytes = buffer.AsSpan(from, filled - from);
        var (length, index) = Measure(bytes);
        if (length == 0)
        {
            index?.Dispose();
            return null;
        }
        var rest = bytes[length..];
        var next = ArrayPool<byte>.Shared.Rent(Math.Max(blockBytes, rest.Length * 2 + FieldIndex.Slack));
        rest.CopyTo(next);
        var block = new TextBlock(file, layout, buffer, from, length) { Index = index, Last = ended, First = first, LinesAbove = linesAbove };
        (buffer, from, filled) = (next, 0, rest.Length);
        return block;
    }

    (int Length, FieldIndex? Index) Measure(Span<byte> bytes)
    {
        if (format.Quote is not { } quote || !bytes.Contains(quote))
        {
            if (ended) return (bytes.Length, null);
            var at = bytes.LastIndexOf((byte)'\n');
            // A carriage return at the very end may be the first half of a line end.
            if (at < 0 && bytes.Length > 0) at = bytes[..^1].LastIndexOf((byte)'\r');
            return (at + 1, null);
        }
        var whole = !ended && bytes[^1] == '\r' ? bytes[..^1] : bytes;
        var index = new FieldIndex(format.Delimiter, quote, whole.Length);
        if (format.Comment is { } comment) index.AddCommented(whole, comment, ended);
        else index.AddQuoted(whole, ended);
        return (ended ? whole.Length : index.Cut(whole), index);
    }

    void Grow()
    {
        if (filled - from > format.MaxRecordBytes) throw new LongRecordException(file);
        if (filled < Capacity) return;
        var more = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, filled).CopyTo(more);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = more;
    }
}

/// <summary>A record is longer than any may be. Who knows its line, as the reader doesn't, says so.</summary>
sealed class LongRecordException(InputFile file) : Exception
{
    internal InputFile File { get; } = file;
}
