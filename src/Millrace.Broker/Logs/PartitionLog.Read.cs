using System.Buffers;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Logs;

sealed partial class PartitionLog
{
    /// <summary>
    /// Reads whole batches from the one that holds the offset on, up to a limit of bytes and to an offset that may be seen.
    /// </summary>
    /// <param name="atLeastOne">Whether the first batch is read even where it is larger than the limit.</param>
    internal ReadResult Read(long offset, int maxBytes, long upTo, bool atLeastOne)
    {
        if (Damage is not null) return new(ErrorCode.KafkaStorageError);
        if (offset < StartOffset || offset > EndOffset) return new(ErrorCode.OffsetOutOfRange);
        if (offset >= upTo || maxBytes <= 0 && !atLeastOne) return default;
        try
        {
            return ReadAt(offset, maxBytes, upTo, atLeastOne);
        }
        catch (ObjectDisposedException)
        {
            // Retention took the segment away in between.
            return new(ErrorCode.OffsetOutOfRange);
        }
    }

    ReadResult ReadAt(long offset, int maxBytes, long upTo, bool atLeastOne)
    {
        var list = segments;
        for (var i = SegmentIndex(list, offset); i < list.Length; i++)
        {
            var segment = list[i];
            var position = segment.Find(offset);
            var there = segment.Length - position;
            // What compaction took away may reach to the end of a segment.
            if (there <= 0) continue;
            var wanted = Math.Min(there, Math.Max(maxBytes, BatchHeader.Size));
            var buffer = ArrayPool<byte>.Shared.Rent(wanted);
            var read = segment.Read(buffer.AsSpan(0, wanted), position);
            if (atLeastOne && read >= BatchHeader.Size && BatchHeader.TotalLength(buffer) is var first && first > read && first <= there)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = ArrayPool<byte>.Shared.Rent((int)first);
                read = segment.Read(buffer.AsSpan(0, (int)first), position);
            }
            var (whole, next) = Whole(buffer.AsSpan(0, read), upTo);
            if (whole == 0)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                return default;
            }
            segment.Remember(next, position + whole);
            return new(ErrorCode.None, buffer, whole, next);
        }
        return default;
    }

    /// <summary>The bytes of the batches that are whole and may be seen, and the offset behind them.</summary>
    static (int Bytes, long Next) Whole(ReadOnlySpan<byte> bytes, long upTo)
    {
        var (at, next) = (0, -1L);
        while (bytes.Length - at >= BatchHeader.Size)
        {
            var batch = bytes[at..];
            var length = BatchHeader.TotalLength(batch);
            if (length > batch.Length || BatchHeader.BaseOffset(batch) >= upTo) break;
            next = BatchHeader.LastOffset(batch) + 1;
            at += (int)length;
        }
        return (at, next);
    }

    static int SegmentIndex(Segment[] list, long offset)
    {
        var index = list.Length - 1;
        while (index > 0 && list[index].BaseOffset > offset) index--;
        return index;
    }

    internal List<AbortedTransaction> AbortedBetween(long from, long to)
    {
        lock (gate) return [.. aborted.Between(from, to)];
    }

    /// <summary>The first record with that time or a later one, of those that may be seen.</summary>
    internal (long Offset, long Timestamp)? FindTime(long timestamp, long upTo)
    {
        foreach (var segment in segments)
        {
            if (segment.FindTime(timestamp) is not { } position) continue;
            var bytes = new byte[BatchHeader.Size];
            segment.Read(bytes, position);
            var batch = new byte[BatchHeader.TotalLength(bytes)];
            segment.Read(batch, position);
            if (FirstRecordAt(batch, timestamp) is { } found && found.Offset >= StartOffset) return found.Offset < upTo ? found : null;
        }
        return null;
    }

    static (long Offset, long Timestamp)? FirstRecordAt(ReadOnlyMemory<byte> batch, long timestamp)
    {
        var head = batch.Span;
        if (BatchHeader.HasAppendTime(head)) return (BatchHeader.BaseOffset(head), BatchHeader.MaxTimestamp(head));
        using var unpacked = new RentedBytes(BatchCheck.MostUnpacked);
        Packing.Unpack(BatchHeader.Compression(head), batch[BatchHeader.Size..], unpacked);
        var records = new RecordReader(unpacked.Span, BatchHeader.Count(head));
        while (records.Read(out var record))
            if (BatchHeader.BaseTimestamp(head) + record.TimestampDelta is var at && at >= timestamp) return (BatchHeader.BaseOffset(head) + record.OffsetDelta, at);
        return null;
    }

    /// <summary>The record with the latest time, or null of an empty log.</summary>
    internal (long Offset, long Timestamp)? Latest()
    {
        var latest = segments.MaxBy(s => s.MaxTimestamp);
        return latest is { MaxTimestamp: >= 0 } ? (latest.OffsetOfMaxTimestamp, latest.MaxTimestamp) : null;
    }
}

/// <summary>Batches that were read into a rented buffer, which the one who asked gives back.</summary>
readonly record struct ReadResult(ErrorCode Error, byte[]? Buffer = null, int Length = 0, long NextOffset = -1)
{
    internal ReadOnlyMemory<byte> Batches => Buffer.AsMemory(0, Length);
}
