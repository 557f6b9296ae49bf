using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;

namespace Millrace.Kafka.Consuming;

/// <summary>A record where it lies.</summary>
struct FoundRecord
{
    internal AssignedPartition Of;
    internal long Offset, Timestamp;
    internal bool HasKey, HasValue;
    internal ReadOnlyMemory<byte> Key, Value, Headers;
    internal int HeaderCount;
}

/// <summary>Reads the batches of what was fetched, one record after the other, and leaves out what an aborted transaction wrote.</summary>
sealed class RecordCursor(bool onlyCommitted, Action<FetchedPart> done) : IDisposable
{
    // Larger batches are not made by anyone; a broker that is not ours could still send a bomb.
    const int MostUnpacked = 1 << 30;

    readonly RentedBytes unpacked = new(MostUnpacked);
    readonly HashSet<long> aborting = [];
    FetchedPart? part;
    ReadOnlyMemory<byte> batches, records;
    int position, left, nextAborted;
    long baseOffset, baseTimestamp, appendTime, batchEnd;

    internal bool IsAtEnd => part is null;

    internal void Open(FetchedPart next)
    {
        part = next;
        batches = next.Batches;
        (left, nextAborted) = (0, 0);
        aborting.Clear();
    }

    /// <summary>The next record at or behind the partition's position. False at the end, which closes it.</summary>
    internal bool Read(out FoundRecord found)
    {
        found = default;
        while (part is not null)
        {
            var of = part.Of;
            if (part.Jumps != of.Jumps || of.IsRevoked || of.IsPaused)
            {
                // What is left of a paused partition is asked for again when it goes on.
                if (of.IsPaused && part.Jumps == of.Jumps) of.MoveTo(of.Position);
                Close();
                return false;
            }
            while (left > 0)
            {
                var reader = new RecordReader(records.Span[position..], left);
                reader.Read(out var record);
                left--;
                var start = position;
                position += record.Bytes.Length;
                var offset = baseOffset + record.OffsetDelta;
                // What compaction took from the batch's end is behind us with its last record.
                var next = left == 0 ? batchEnd : offset + 1;
                if (offset < of.Position)
                {
                    if (left == 0) of.Position = Math.Max(of.Position, batchEnd);
                    continue;
                }
                of.Position = next;
                found.Of = of;
                found.Offset = offset;
                found.Timestamp = appendTime >= 0 ? appendTime : baseTimestamp + record.TimestampDelta;
                found.HasKey = record.HasKey;
                found.HasValue = record.HasValue;
                found.Key = records.Slice(start + record.KeyAt, record.Key.Length);
                found.Value = records.Slice(start + record.ValueAt, record.Value.Length);
                found.Headers = records.Slice(start + record.HeadersAt, record.Headers.Length);
                found.HeaderCount = record.HeaderCount;
                return true;
            }
            if (!NextBatch()) Close();
        }
        return false;
    }

    bool NextBatch()
    {
        var of = part!.Of;
        while (Batches.TryTake(ref batches, out var batch))
        {
            var span = batch.Span;
            var behind = BatchHeader.LastOffset(span) + 1;
            if (behind <= of.Position) continue;
            if (!BatchHeader.CrcHolds(span))
                throw new KafkaException(ErrorCode.CorruptMessage, $"The batch at offset {BatchHeader.BaseOffset(span)} of {of.Partition} is damaged: its checksum doesn't hold. Look at the broker's disk and network, or seek behind it, to {behind}.");
            if (IsLeftOut(span))
            {
                of.Position = behind;
                continue;
            }
            Enter(batch);
            return true;
        }
        return false;
    }

    /// <summary>Whether its records are not for readers: marks of transactions, and what aborted ones wrote.</summary>
    bool IsLeftOut(ReadOnlySpan<byte> batch)
    {
        var producer = BatchHeader.ProducerId(batch);
        if (!onlyCommitted) return BatchHeader.IsControl(batch);
        for (; part!.Aborted is { } aborted && nextAborted < aborted.Count && aborted[nextAborted].FirstOffset <= BatchHeader.LastOffset(batch); nextAborted++)
            aborting.Add(aborted[nextAborted].ProducerId);
        if (!BatchHeader.IsControl(batch)) return BatchHeader.IsTransactional(batch) && aborting.Contains(producer);
        // Its mark ends it: what the producer writes next is another transaction.
        aborting.Remove(producer);
        return true;
    }

    void Enter(ReadOnlyMemory<byte> batch)
    {
        var span = batch.Span;
        var kind = BatchHeader.Compression(span);
        if (kind == CompressionKind.None) records = batch[BatchHeader.Size..];
        else
        {
            unpacked.Clear();
            Packing.Unpack(kind, batch[BatchHeader.Size..], unpacked);
            records = unpacked.Memory;
        }
        (position, left) = (0, BatchHeader.Count(span));
        (baseOffset, baseTimestamp) = (BatchHeader.BaseOffset(span), BatchHeader.BaseTimestamp(span));
        appendTime = BatchHeader.HasAppendTime(span) ? BatchHeader.MaxTimestamp(span) : -1;
        batchEnd = BatchHeader.LastOffset(span) + 1;
        // Where compaction took all, no record moves the position.
        if (left == 0) part!.Of.Position = batchEnd;
    }

    internal void Close()
    {
        if (part is null) return;
        var read = part;
        (part, left) = (null, 0);
        batches = records = default;
        done(read);
    }

    public void Dispose()
    {
        Close();
        unpacked.Dispose();
    }
}

/// <summary>Walks over batches that lie one behind the other.</summary>
static class Batches
{
    /// <summary>Takes the first batch off. False where none is whole: brokers cut the last one where the answer is full.</summary>
    internal static bool TryTake(ref ReadOnlyMemory<byte> batches, out ReadOnlyMemory<byte> batch)
    {
        batch = default;
        if (batches.Length < BatchHeader.Size) return false;
        var span = batches.Span;
        if (BatchHeader.Magic(span) != 2)
            throw new KafkaException(ErrorCode.UnsupportedForMessageFormat, $"The records at offset {BatchHeader.BaseOffset(span)} are in format {BatchHeader.Magic(span)}, from before Apache Kafka 0.11. Let the broker convert them.");
        var length = BatchHeader.TotalLength(span);
        if (length < BatchHeader.Size) throw new KafkaException(ErrorCode.CorruptMessage, $"The batch at offset {BatchHeader.BaseOffset(span)} says that it is {length} bytes long, which is less than its head.");
        if (length > batches.Length) return false;
        batch = batches[..(int)length];
        batches = batches[(int)length..];
        return true;
    }
}
