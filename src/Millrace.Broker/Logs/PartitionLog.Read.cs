using System.Buffers;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Logs;

sealed partial class PartitionLog
{
    /// <summary>
    /// Reads whole batches from the one that holds the offset on, as many as the destination takes, up to an offset that may
    /// be seen. No lock is held meanwhile.
    /// </summary>
    internal ReadPart Read(long offset, Span<byte> destination, long upTo)
    {
        if (Damage is not null) return new(ErrorCode.KafkaStorageError);
        var list = Volatile.Read(ref segments);
        if (offset < StartOffset || offset > list[^1].NextOffset) return new(ErrorCode.OffsetOutOfRange);
        if (offset >= upTo) return default;
        try
        {
            for (var i = SegmentIndex(list, offset); i < list.Length; i++)
            {
                var segment = list[i];
                // Retention or compaction took it away in between, or the log is being brought back after a failed flush.
                if (!segment.TryEnter()) return new(offset < StartOffset ? ErrorCode.OffsetOutOfRange : ErrorCode.KafkaStorageError);
                try
                {
                    // What compaction took away may reach to the end of a segment.
                    if (ReadFrom(segment, offset, destination, upTo) is { } part) return part;
                }
                finally
                {
                    segment.Exit();
                }
            }
            return default;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            if (e is InvalidDataException) Damage ??= Spoilt(e.Message);
            return new(ErrorCode.KafkaStorageError);
        }
    }

    static ReadPart? ReadFrom(Segment segment, long offset, Span<byte> destination, long upTo)
    {
        var position = segment.Find(offset);
        var there = segment.Length - position;
        if (there <= 0) return null;
        Span<byte> head = stackalloc byte[BatchHeader.Size];
        var room = destination.Length >= BatchHeader.Size ? destination : head;
        var read = segment.Read(room[..Math.Min(there, room.Length)], position);
        if (read < BatchHeader.Size) throw segment.Flaw(position, "a batch is cut off");
        if (BatchHeader.Magic(room) != 2) throw segment.Flaw(position, "there is no batch where one should begin");
        var first = BatchHeader.TotalLength(room);
        if (first is < BatchHeader.Size || first > there) throw segment.Flaw(position, $"a batch says that it has {first:N0} bytes");
        if (BatchHeader.BaseOffset(room) >= upTo) return default(ReadPart);
        if (first > destination.Length) return new(ErrorCode.None, Needed: (int)first);
        var (whole, next) = Whole(room[..read], upTo);
        segment.Remember(next, position + whole);
        return new(ErrorCode.None, whole, next) { Place = new(segment, position) };
    }

    /// <summary>The bytes of the batches that are whole and may be seen, and the offset behind them.</summary>
    static (int Bytes, long Next) Whole(ReadOnlySpan<byte> bytes, long upTo)
    {
        var (at, next) = (0, -1L);
        while (bytes.Length - at >= BatchHeader.Size)
        {
            var batch = bytes[at..];
            var length = BatchHeader.TotalLength(batch);
            if (length > batch.Length || length < BatchHeader.Size || BatchHeader.BaseOffset(batch) >= upTo) break;
            next = BatchHeader.LastOffset(batch) + 1;
            at += (int)length;
        }
        return (at, next);
    }

    /// <summary>Reads into a rented buffer, which the one who asked gives back.</summary>
    /// <param name="atLeastOne">Whether the first batch is read even where it is larger than the limit.</param>
    internal ReadResult Read(long offset, int maxBytes, long upTo, bool atLeastOne)
    {
        if (maxBytes <= 0 && !atLeastOne) return default;
        if (offset >= upTo) return new(Read(offset, default, upTo).Error);
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(Math.Min(maxBytes, Bytes), BatchHeader.Size, Array.MaxLength));
        var part = Read(offset, buffer.AsSpan(0, Math.Min(buffer.Length, Math.Max(maxBytes, 0))), upTo);
        if (part.Needed > 0 && atLeastOne)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = ArrayPool<byte>.Shared.Rent(part.Needed);
            part = Read(offset, buffer, upTo);
        }
        if (part.Length > 0) return new(part.Error, buffer, part.Length, part.NextOffset) { Place = part.Place };
        ArrayPool<byte>.Shared.Return(buffer);
        return new(part.Error);
    }

    static int SegmentIndex(Segment[] list, long offset)
    {
        var index = list.Length - 1;
        while (index > 0 && list[index].BaseOffset > offset) index--;
        return index;
    }

    /// <summary>The first record with that time or a later one, of those that may be seen.</summary>
    internal (long Offset, long Timestamp)? FindTime(long timestamp, long upTo)
    {
        foreach (var segment in Volatile.Read(ref segments))
        {
            if (!segment.TryEnter()) continue;
            try
            {
                for (var position = segment.FindTime(timestamp); position is { } at;)
                {
                    var batch = ReadBatch(segment, at);
                    if (FirstRecordAt(batch, timestamp, StartOffset) is { } found) return found.Offset < upTo ? found : null;
                    // Its records with that time are deleted, or were cleaned away.
                    position = segment.NextWithTime(timestamp, at + batch.Length);
                }
            }
            finally
            {
                segment.Exit();
            }
        }
        return null;
    }

    internal static byte[] ReadBatch(Segment segment, int position)
    {
        Span<byte> head = stackalloc byte[BatchHeader.Size];
        segment.Read(head, position);
        var batch = new byte[BatchHeader.TotalLength(head)];
        if (segment.Read(batch, position) < batch.Length) throw segment.Flaw(position, "a batch is cut off");
        return batch;
    }

    (long Offset, long Timestamp)? FirstRecordAt(ReadOnlyMemory<byte> batch, long timestamp, long from)
    {
        var head = batch.Span;
        try
        {
            using var unpacked = new UnpackedRecords(batch, logs.Unpacking);
            var records = new RecordReader(unpacked.Span, BatchHeader.Count(head));
            while (records.Read(out var record))
            {
                var at = BatchHeader.HasAppendTime(head) ? BatchHeader.MaxTimestamp(head) : BatchHeader.BaseTimestamp(head) + record.TimestampDelta;
                var offset = BatchHeader.BaseOffset(head) + record.OffsetDelta;
                if (at >= timestamp && offset >= from) return (offset, at);
            }
            return null;
        }
        catch (Exception sealedUp) when (sealedUp is CompressionException { IsForNow: false } or RecordsException)
        {
            // A client may have sent what nobody can read. Its head tells that there is a record of that time: it's no later than where the batch begins.
            var first = Math.Max(BatchHeader.BaseOffset(head), from);
            return first <= BatchHeader.LastOffset(head) ? (first, BatchHeader.MaxTimestamp(head)) : null;
        }
    }

    /// <summary>The record with the latest time, or null of an empty log.</summary>
    internal (long Offset, long Timestamp)? Latest()
    {
        var latest = Volatile.Read(ref segments).Max(s => s.MaxTimestamp);
        return latest >= 0 ? FindTime(latest, HighWatermark) : null;
    }
}

/// <summary>What was read into the destination.</summary>
/// <param name="Needed">Where the first batch is larger than the destination, how large it must be.</param>
readonly record struct ReadPart(ErrorCode Error, int Length = 0, long NextOffset = -1, int Needed = 0)
{
    internal RecordsPlace Place { get; init; }
}

/// <summary>Batches that were read into a rented buffer, which the one who asked gives back.</summary>
readonly record struct ReadResult(ErrorCode Error, byte[]? Buffer = null, int Length = 0, long NextOffset = -1)
{
    internal ReadOnlyMemory<byte> Batches => Buffer.AsMemory(0, Length);

    /// <summary>Where they can be read again.</summary>
    internal RecordsPlace Place { get; init; }
}

/// <summary>Where records are, as long as retention, compaction and repairs leave that segment alone.</summary>
readonly record struct RecordsPlace(Segment Segment, int Position)
{
    /// <summary>Reads some of them again.</summary>
    /// <param name="from">How many bytes behind the first.</param>
    internal void Read(Span<byte> destination, int from)
    {
        if (!Segment.TryEnter()) throw new IOException("The records were deleted or cleaned away while the client took the ones before them. It asks for them again.");
        try
        {
            if (Segment.Read(destination, Position + from) < destination.Length) throw Segment.Flaw(Position + from, "records are missing that were there before");
        }
        finally
        {
            Segment.Exit();
        }
    }
}
