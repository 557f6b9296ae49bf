using Millrace.Kafka.Compression;

namespace Millrace.Kafka.Records;

/// <summary>Writes records into a batch. It can be used again after each batch, and keeps its buffers.</summary>
/// <param name="room">What its buffers share with others, where what is written isn't our own.</param>
sealed class BatchBuilder(SharedRoom? room = null) : IDisposable
{
    readonly RentedBytes records = new(int.MaxValue, room);
    readonly RentedBytes batch = new(int.MaxValue, room);
    long? deleteHorizon;
    long baseTimestamp;
    long maxTimestamp;
    int lastDelta = -1;

    internal int Count { get; private set; }

    /// <summary>Bytes of the records so far, before they are packed.</summary>
    internal int RecordBytes => records.Length;

    /// <summary>Begins a batch.</summary>
    /// <param name="deleteHorizon">The time from which compaction may drop the tombstones of this batch. The times of its records count from it.</param>
    internal void Clear(long? deleteHorizon = null)
    {
        records.Clear();
        this.deleteHorizon = deleteHorizon;
        (Count, lastDelta) = (0, -1);
    }

    internal void Add(long timestamp, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue, int headerCount = 0, ReadOnlySpan<byte> headers = default) =>
        Add(lastDelta + 1, timestamp, key, hasKey, value, hasValue, headerCount, headers);

    /// <summary>Adds a record at an offset of its own, behind those of the records before it.</summary>
    /// <param name="headers">As they are written, behind their count.</param>
    internal void Add(int offsetDelta, long timestamp, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue, int headerCount, ReadOnlySpan<byte> headers)
    {
        if (Count == 0) (baseTimestamp, maxTimestamp) = (deleteHorizon ?? timestamp, timestamp);
        maxTimestamp = Math.Max(maxTimestamp, timestamp);
        var room = records.GetSpan(RecordWriter.MostOverhead + key.Length + value.Length + headers.Length);
        records.Advance(RecordWriter.Write(room, offsetDelta, timestamp - baseTimestamp, key, hasKey, value, hasValue, headerCount, headers));
        lastDelta = offsetDelta;
        Count++;
    }

    /// <summary>The batch, good until the builder is used again. Offsets and times come from the records.</summary>
    /// <param name="lastOffsetDelta">Where the last offsets of the batch have no record any more.</param>
    internal ReadOnlyMemory<byte> Build(BatchFacts facts, int? lastOffsetDelta = null)
    {
        batch.Clear();
        batch.GetSpan(BatchHeader.Size);
        batch.Advance(BatchHeader.Size);
        Packing.Pack(facts.Compression, records.Span, batch);
        BatchHeader.Write(batch.Writable, facts with
        {
            Count = Count,
            LastOffsetDelta = lastOffsetDelta ?? Math.Max(lastDelta, 0),
            HasDeleteHorizon = deleteHorizon is not null,
            BaseTimestamp = deleteHorizon ?? (Count == 0 ? facts.BaseTimestamp : baseTimestamp),
            MaxTimestamp = Count == 0 || facts.HasAppendTime ? facts.MaxTimestamp : maxTimestamp,
        });
        return batch.Memory;
    }

    public void Dispose()
    {
        records.Dispose();
        batch.Dispose();
    }
}
