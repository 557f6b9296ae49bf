using System.Buffers;
using Millrace.Broker.Files;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Logs;

/// <summary>Finds out what of a segment is whole, when it is opened.</summary>
static class SegmentRecovery
{
    const int ChunkSize = 1 << 20;

    /// <summary>
    /// Reads the batches of a segment and takes them into account. A tail that isn't whole is cut off where a crash
    /// may have left it so; anything else that doesn't hold is damage.
    /// </summary>
    /// <param name="trusted">Up to where batches are taken without a look at their checksums.</param>
    /// <param name="isLast">Whether the log ends with this segment, so that its tail may be torn.</param>
    /// <param name="seen">Called with the head of each batch, for those who keep count of producers.</param>
    internal static SegmentReport Recover(Segment segment, long trusted, bool isLast, SeenBatch seen)
    {
        if (segment.ReadHead() is not { } durable)
        {
            // A segment whose head never reached the disk has no batch that anybody was told of.
            return isLast && segment.FileLength <= Segment.HeadSize ? new(Cut: segment.FileLength) : Damage(segment, 0, "its head doesn't hold");
        }
        segment.ForgetIndexes();
        using var window = new Window(segment);
        while (true)
        {
            var position = segment.Length;
            var left = window.FileLength - position;
            if (left <= 0) break;
            var flaw = Check(window, position, left, segment.NextOffset, position >= trusted, out var length);
            if (flaw is null)
            {
                var head = window.At(position, BatchHeader.Size);
                // Of control batches the records count, too: they say how a transaction ended.
                if (BatchHeader.IsControl(head)) head = window.At(position, length);
                seen(head);
                segment.See(head, length);
                continue;
            }
            if (position < durable) return Damage(segment, position, $"{flaw}, and {durable - position:N0} bytes from there on had reached the disk");
            if (!isLast) return Damage(segment, position, flaw);
            segment.Truncate(position);
            return new(Cut: left);
        }
        return segment.Length < durable ? Damage(segment, segment.Length, $"{durable - segment.Length:N0} bytes that had reached the disk are missing") : default;
    }

    static SegmentReport Damage(Segment segment, long position, string flaw) =>
        new(Flaw: $"At byte {position:N0} of {Segment.Name(segment.BaseOffset, ".log")}, {flaw}");

    /// <summary>What is wrong with the batch there, or null.</summary>
    static string? Check(Window window, long position, long left, long nextOffset, bool withChecksum, out int length)
    {
        length = 0;
        if (left < BatchHeader.Size) return "a batch is cut off";
        var head = window.At(position, BatchHeader.Size);
        var total = BatchHeader.TotalLength(head);
        if (total is < BatchHeader.Size or > int.MaxValue) return $"a batch says that it has {total:N0} bytes";
        if (BatchHeader.Magic(head) != 2) return $"a batch is of the unknown kind {BatchHeader.Magic(head)}";
        if (BatchHeader.BaseOffset(head) < nextOffset || BatchHeader.LastOffsetDelta(head) < 0) return $"a batch with the offset {BatchHeader.BaseOffset(head)} follows the offset {nextOffset - 1}";
        if (total > left) return "a batch is cut off";
        length = (int)total;
        if (!withChecksum) return null;
        return BatchHeader.CrcHolds(window.At(position, length)) ? null : "the checksum of a batch isn't that of its bytes";
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

/// <summary>Is shown the head of a batch, and the whole of a control batch.</summary>
delegate void SeenBatch(ReadOnlySpan<byte> batch);

/// <param name="Cut">Bytes that a crash had left half written, and that were cut off.</param>
/// <param name="Flaw">The damage, if the segment can't be trusted.</param>
readonly record struct SegmentReport(long Cut = 0, string? Flaw = null);
