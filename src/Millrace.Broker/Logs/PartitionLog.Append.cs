using System.Buffers.Binary;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Logs;

sealed partial class PartitionLog
{
    bool hasChanged = true;

    /// <summary>
    /// Appends batches that were checked, giving them their offsets in place. A batch that was appended before isn't again: its
    /// old place is returned. In the mode "disk" the <see cref="Flusher"/> says when it is durable and can be seen.
    /// </summary>
    internal AppendResult Append(Memory<byte> batches, int leaderEpoch, long now)
    {
        AppendResult result;
        lock (gate)
        {
            if (Damage is not null) return new(ErrorCode.KafkaStorageError, Message: Damage);
            if (trouble is not null && !TryRepair()) return new(ErrorCode.KafkaStorageError, Message: trouble);
            if (JudgeAll(batches.Span, out var known) is { } refused) return refused;
            if (known is { } before) return before with { Life = Life };
            try
            {
                result = Write(batches.Span, leaderEpoch, now);
            }
            catch (IOException e)
            {
                return new(ErrorCode.KafkaStorageError, Message: DiskRefused(e.Message) + " Nothing of it was kept. Make room, and send it again.");
            }
        }
        logs.Appended(batches.Length);
        if (!logs.WaitsForDisk) Advanced?.Invoke();
        return result;
    }

    AppendResult? JudgeAll(ReadOnlySpan<byte> batches, out AppendResult? known)
    {
        known = null;
        while (batches.Length > 0)
        {
            var length = (int)BatchHeader.TotalLength(batches);
            var verdict = producers.Judge(batches[..length]);
            if (verdict.Error != ErrorCode.None) return new(verdict.Error);
            if (verdict.Known is { } batch)
                known = new(ErrorCode.None, batch.Offset, batch.Offset + BatchHeader.LastOffsetDelta(batches), Settings.UsesAppendTime ? batch.Timestamp : -1);
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
        Keep(batches, next, largest, now);
        if (!logs.WaitsForDisk) MakeVisible(next);
        return new(ErrorCode.None, first, next - 1, Settings.UsesAppendTime ? now : -1) { Life = Life };
    }

    /// <summary>Writes batches that have their offsets, and keeps account of them.</summary>
    void Keep(ReadOnlySpan<byte> batches, long next, long largest, long now)
    {
        DeleteStray();
        if (MustRoll(batches.Length, next, largest)) Roll();
        var isFirst = Active.IsEmpty;
        Active.Append(batches);
        if (isFirst) Active.Since = now;
        hasChanged = true;
        for (; batches.Length > 0; batches = batches[(int)BatchHeader.TotalLength(batches)..]) SeeBatch(batches);
    }

    /// <summary>Keeps account of producers, transactions and leaders.</summary>
    void SeeBatch(ReadOnlySpan<byte> batch)
    {
        epochs.See(BatchHeader.LeaderEpoch(batch), BatchHeader.BaseOffset(batch));
        if (producers.See(batch) is not { } began || !IsAbort(batch)) return;
        var marker = BatchHeader.BaseOffset(batch);
        aborted.Add(new(BatchHeader.ProducerId(batch), began, marker, Math.Min(producers.FirstOpenOffset ?? marker + 1, marker + 1)));
    }

    /// <summary>Whether a control batch is the marker of a transaction that was given up: its key says so.</summary>
    internal static bool IsAbort(ReadOnlySpan<byte> batch)
    {
        var reader = new RecordReader(batch[BatchHeader.Size..(int)BatchHeader.TotalLength(batch)], 1);
        return reader.Read(out var record) && record.Key.Length >= 4 && BinaryPrimitives.ReadInt16BigEndian(record.Key[2..]) == 0;
    }

    bool MustRoll(int more, long nextOffset, long timestamp) => !Active.IsEmpty
        && ((long)Active.Length + more > Settings.SegmentBytes
            || nextOffset - Active.BaseOffset > uint.MaxValue
            || (timestamp >= 0 && Active.FirstTimestamp >= 0 && timestamp - Active.FirstTimestamp > Settings.SegmentMs));

    // A segment that was begun on a full disk: were it left, the one before it would seem to end there.
    long? strayBase;

    void DeleteStray()
    {
        if (strayBase is not { } stray) return;
        Segment.Delete(folder, stray);
        strayBase = null;
    }

    /// <summary>Begins a new segment. The one before it is flushed with the next flush, and recovery knows whether it was.</summary>
    void Roll()
    {
        DeleteStray();
        Active.CutFailedWrite();
        Active.Index.Save();
        strayBase = EndOffset;
        var next = Segment.Create(folder, EndOffset, LogId);
        strayBase = null;
        unflushed.Add(Active);
        (isFolderFlushed, journaledLength, hasChanged) = (false, 0, true);
        Volatile.Write(ref segments, [.. segments, next]);
    }
}

/// <summary>What became of batches that were to be appended.</summary>
readonly record struct AppendResult(ErrorCode Error, long FirstOffset = -1, long LastOffset = -1, long AppendTime = -1, string? Message = null)
{
    /// <summary>The log's life that it was appended in: with that life ended it may be gone.</summary>
    internal int Life { get; init; }
}
