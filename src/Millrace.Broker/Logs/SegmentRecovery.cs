using System.Buffers;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Logs;

/// <summary>Finds out what of a segment is whole, behind what a checkpoint says of it.</summary>
static class SegmentRecovery
{
    const int ChunkSize = 1 << 18;

    /// <summary>
    /// Reads batches of a segment, with a look at their checksums, and takes them into account. It ends with the first
    /// one that doesn't hold, or with the file.
    /// </summary>
    /// <param name="trusted">What is known of the segment already, or null.</param>
    /// <param name="seen">Called with each batch.</param>
    internal static SegmentReport Recover(Segment segment, LogState? trusted, SeenBatch seen)
    {
        var head = segment.ReadHead(out var durable);
        if (head == SegmentHead.Broken) return new(segment.Flaw(0, "the head of the segment doesn't hold").Message);
        // A segment whose head never reached the disk has no batch that anybody was told of.
        if (head == SegmentHead.Missing) return new(null, IsTorn: true, IsMissing: true);
        segment.Rewind(trusted);
        segment.KnowFlushed(durable);
        using var window = new Window(segment);
        if (segment.Length > window.FileLength) return new(segment.Flaw(window.FileLength, $"{segment.Length - window.FileLength:N0} bytes that had reached the disk are missing").Message);
        while (true)
        {
            var position = segment.Length;
            var left = window.FileLength - position;
            if (left <= 0) break;
            // What is behind the end of one that has ended is left over from a write or flush that failed.
            if (segment.IsFinished && position == durable) return new(null, Cut: left);
            var flaw = Check(window, position, left, segment.NextOffset, out var length);
            if (flaw is not null)
            {
                if (position < durable) return new(segment.Flaw(position, $"{flaw}, and {durable - position:N0} bytes from there on had reached the disk").Message);
                return new(null, IsTorn: true, Cut: left);
            }
            var batch = window.At(position, length);
            seen(batch);
            segment.See(batch, length);
        }
        segment.KnowFlushed(durable);
        if (segment.Length < durable) return new(segment.Flaw(segment.Length, $"{durable - segment.Length:N0} bytes that had reached the disk are missing").Message);
        return new(null);
    }

    /// <summary>What is wrong with the batch there, or null.</summary>
    static string? Check(Window window, long position, long left, long nextOffset, out int length)
    {
        length = 0;
        if (left < BatchHeader.Size) return "a batch is cut off";
        var head = window.At(position, BatchHeader.Size);
        if (head.Length < BatchHeader.Size) return "a batch can't be read";
        var total = BatchHeader.TotalLength(head);
        if (total is < BatchHeader.Size or > int.MaxValue) return $"a batch says that it has {total:N0} bytes";
        if (BatchHeader.Magic(head) != 2) return $"a batch is of the unknown kind {BatchHeader.Magic(head)}";
        if (BatchHeader.BaseOffset(head) < nextOffset || BatchHeader.LastOffsetDelta(head) < 0) return $"a batch with the offset {BatchHeader.BaseOffset(head)} follows the offset {nextOffset - 1}";
        if (total > left) return "a batch is cut off";
        length = (int)total;
        var batch = window.At(position, length);
        return batch.Length == length && BatchHeader.CrcHolds(batch) ? null : "the checksum of a batch isn't that of its bytes";
    }

    /// <summary>What was read last, so that small batches don't cost a read each.</summary>
    sealed class Window(Segment segment) : IDisposable
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkSize);
        long start;
        int count;

        internal long FileLength { get; } = segment.FileLength;

        internal ReadOnlySpan<byte> At(long position, int length)
        {
            if (position < start || position + length > start + count)
            {
                if (buffer.Length < length)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = ArrayPool<byte>.Shared.Rent(length);
                }
                (start, count) = (position, segment.Read(buffer, position));
            }
            return buffer.AsSpan((int)(position - start), Math.Min(length, count - (int)(position - start)));
        }

        public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
    }
}

/// <summary>Is shown a whole batch.</summary>
delegate void SeenBatch(ReadOnlySpan<byte> batch);

/// <param name="Flaw">The damage, if the segment can't be trusted.</param>
/// <param name="IsTorn">Whether what lies behind the last whole batch was never acknowledged, and is to be cut off.</param>
/// <param name="IsMissing">Whether the segment never reached the disk at all.</param>
/// <param name="Cut">Bytes that are to be cut off.</param>
readonly record struct SegmentReport(string? Flaw, bool IsTorn = false, bool IsMissing = false, long Cut = 0);
