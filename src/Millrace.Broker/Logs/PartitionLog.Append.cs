using System.Buffers.Binary;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Logs;

sealed partial class PartitionLog
{
    /// <summary>The flushes of the log: what is appended is visible when they say so. Null where the page cache is enough.</summary>
    internal Flusher? Flusher { get; init; }

    int durable = Segment.HeadSize;

    /// <summary>
    /// Appends batches that were checked, giving them their offsets in place. A batch that was appended before isn't again: its
    /// old place is returned.
    /// </summary>
    internal AppendResult Append(Memory<byte> batches, int leaderEpoch, long now)
    {
        AppendResult result;
        lock (gate)
        {
            if (Damage is not null) return new(ErrorCode.KafkaStorageError, Message: Damage);
            if (JudgeAll(batches.Span, out var known) is { } refused) return refused;
            if (known is { } before) return new(ErrorCode.None, before.Offset, before.Offset + (before.Last - before.First), Settings.UsesAppendTime ? before.Timestamp : -1) { WaitFor = EndOffset };
            result = Write(batches.Span, leaderEpoch, now);
        }
        if (result.Error == ErrorCode.None && Flusher is null) Advanced?.Invoke();
        return result;
    }

    AppendResult? JudgeAll(ReadOnlySpan<byte> batches, out KnownBatch? known)
    {
        known = null;
        while (batches.Length > 0)
        {
            var length = (int)BatchHeader.TotalLength(batches);
            var verdict = producers.Judge(batches[..length]);
            if (verdict.Error != ErrorCode.None) return new(verdict.Error);
            if (verdict.Known is { } batch) known = batch;
            batches = batches[length..];
        }
        return null;
    }

    AppendResult Write(Span<byte> batches, int leaderEpoch, long now)
    {
        var first = EndOffset;
        var (next, largest) = (first, 0L);
        for (var rest = batches; rest.Length > 0;)
        {
            var batch = rest[..(int)BatchHeader.TotalLength(rest)];
            BatchHeader.SetBaseOffset(batch, next);
            BatchHeader.SetLeaderEpoch(batch, leaderEpoch);
            if (Settings.UsesAppendTime) BatchHeader.SetAppendTime(batch, now);
            next = BatchHeader.LastOffset(batch) + 1;
            largest = Math.Max(largest, BatchHeader.MaxTimestamp(batch));
            rest = rest[batch.Length..];
        }
        if (MustRoll(batches.Length, next, largest)) Roll();
        if (epochs.Latest < leaderEpoch) epochs.Begin(leaderEpoch, first);
        Active.Append(batches);
        for (var rest = batches; rest.Length > 0; rest = rest[(int)BatchHeader.TotalLength(rest)..]) SeeBatch(rest);
        if (Flusher is null) MakeVisible(next);
        return new(ErrorCode.None, first, next - 1, Settings.UsesAppendTime ? now : -1) { WaitFor = next };
    }

    /// <summary>Keeps account of producers and transactions.</summary>
    void SeeBatch(ReadOnlySpan<byte> batch)
    {
        if (BatchHeader.IsControl(batch) && producers.All.TryGetValue(BatchHeader.ProducerId(batch), out var producer) && producer.OpenSince is { } since && IsAbort(batch))
        {
            var marker = BatchHeader.BaseOffset(batch);
            producer.OpenSince = null;
            aborted.Add(new(BatchHeader.ProducerId(batch), since, marker, Math.Min(producers.FirstOpenOffset ?? marker + 1, marker + 1)));
        }
        producers.See(batch);
    }

    /// <summary>Whether a control batch is the marker of a transaction that was given up: its key says so.</summary>
    static bool IsAbort(ReadOnlySpan<byte> batch)
    {
        var reader = new RecordReader(batch[BatchHeader.Size..(int)BatchHeader.TotalLength(batch)], 1);
        return reader.Read(out var record) && record.Key.Length >= 4 && BinaryPrimitives.ReadInt16BigEndian(record.Key[2..]) == 0;
    }

    bool MustRoll(int more, long nextOffset, long timestamp) => !Active.IsEmpty
        && ((long)Active.Length + more > Settings.SegmentBytes
            || nextOffset - Active.BaseOffset > uint.MaxValue
            || (timestamp >= 0 && Active.FirstTimestamp >= 0 && timestamp - Active.FirstTimestamp > Settings.SegmentMs));

    void Roll()
    {
        // A segment that is not the last one is whole: recovery counts on it.
        Active.Flush(durable);
        Active.FlushIndexes();
        aborted.Flush();
        ProducerSnapshot.Write(folder, EndOffset, producers);
        segments = [.. segments, Segment.Create(folder, EndOffset)];
        durable = Segment.HeadSize;
        folder.Flush();
    }

    /// <summary>Returns the offset before which all is on the disk.</summary>
    internal long Flush()
    {
        Segment active;
        long end;
        int length;
        lock (gate)
        {
            (active, end, length) = (Active, EndOffset, Active.Length);
        }
        active.Flush(durable);
        lock (gate)
        {
            if (active == Active) durable = length;
        }
        return end;
    }

    /// <summary>Lets consumers see what is before the offset.</summary>
    internal void Advance(long offset)
    {
        lock (gate) MakeVisible(offset);
        Advanced?.Invoke();
    }

    void MakeVisible(long offset)
    {
        if (offset > highWatermark) Volatile.Write(ref highWatermark, offset);
        SetStable();
    }
}

/// <summary>What became of batches that were to be appended.</summary>
readonly record struct AppendResult(ErrorCode Error, long FirstOffset = -1, long LastOffset = -1, long AppendTime = -1, string? Message = null)
{
    /// <summary>The high watermark from which on it is durable.</summary>
    internal long WaitFor { get; init; }
}
