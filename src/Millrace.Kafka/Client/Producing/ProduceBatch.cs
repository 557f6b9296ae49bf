using System.Buffers;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;

namespace Millrace.Kafka.Producing;

/// <summary>
/// Records of one partition that travel together. They are written behind room for the batch's head, so that what isn't
/// packed is sent from where it was written.
/// </summary>
sealed class ProduceBatch : IDisposable
{
    readonly List<(int Index, long Timestamp, DeliverySource Source)> awaited = [];
    readonly List<(object? State, long Timestamp)> states = [];
    byte[] buffer = [];
    RentedBytes? packed;
    bool isSealed;

    internal int Count { get; private set; }

    /// <summary>Bytes of the records, before they are packed.</summary>
    internal int RecordBytes { get; private set; }

    internal long BaseTimestamp { get; private set; }

    long maxTimestamp, lastTimestamp;

    /// <summary>When its first record came, in the producer's time.</summary>
    internal long Born { get; private set; }

    /// <summary>Whether somebody waits: it isn't held back for others to join.</summary>
    internal bool IsUrgent { get; set; }

    /// <summary>Whether it takes no more records.</summary>
    internal bool IsClosed { get; set; }

    /// <summary>The number of its first record among those of its producer, -1 until it is sent.</summary>
    internal int Sequence { get; private set; } = -1;

    /// <summary>Whether it may have been written without us knowing.</summary>
    internal bool MayBeWritten { get; set; }

    internal List<FlushWait>? Flushes { get; set; }

    /// <summary>Adds a record if the batch has room for it; the first always has.</summary>
    internal bool TryAdd(int limit, long now, long timestamp, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue, int headerCount, ReadOnlySpan<byte> headers)
    {
        var most = RecordWriter.MostOverhead + key.Length + value.Length + headers.Length;
        if (Count > 0 && BatchHeader.Size + RecordBytes + most > limit) return false;
        var needed = checked(BatchHeader.Size + RecordBytes + most);
        if (needed > buffer.Length) Grow(needed);
        if (Count == 0) (BaseTimestamp, maxTimestamp, Born) = (timestamp, timestamp, now);
        lastTimestamp = timestamp;
        maxTimestamp = Math.Max(maxTimestamp, timestamp);
        RecordBytes += RecordWriter.Write(buffer.AsSpan(BatchHeader.Size + RecordBytes), Count, timestamp - BaseTimestamp, key, hasKey, value, hasValue, headerCount, headers);
        Count++;
        return true;
    }

    void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(buffer.Length * 2, 1024)));
        buffer.AsSpan(0, Math.Min(buffer.Length, BatchHeader.Size + RecordBytes)).CopyTo(larger);
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    /// <summary>Somebody waits for the record that was added last.</summary>
    internal void Await(DeliverySource source)
    {
        awaited.Add((Count - 1, lastTimestamp, source));
        IsUrgent = true;
    }

    /// <summary>Keeps what a handler wants back with the record that was added last.</summary>
    internal void Keep(object? state) => states.Add((state, lastTimestamp));

    /// <summary>Gives the batch its place in the producer's order. What was sealed before is sealed anew.</summary>
    internal void Number(int sequence)
    {
        if (Sequence != sequence) isSealed = false;
        Sequence = sequence;
    }

    /// <summary>The bytes to send. The records are packed once, however often the batch is sent.</summary>
    internal ReadOnlyMemory<byte> Seal(CompressionKind compression, long producerId, short epoch, bool isTransactional)
    {
        if (compression != CompressionKind.None && packed is null)
        {
            packed = new RentedBytes(int.MaxValue);
            packed.GetSpan(BatchHeader.Size);
            packed.Advance(BatchHeader.Size);
            Packing.Pack(compression, buffer.AsSpan(BatchHeader.Size, RecordBytes), packed);
        }
        var memory = packed is null ? buffer.AsMemory(0, BatchHeader.Size + RecordBytes) : System.Runtime.InteropServices.MemoryMarshal.AsMemory(packed.Memory);
        if (!isSealed) BatchHeader.Write(memory.Span, new()
        {
            Compression = compression,
            ProducerId = producerId,
            ProducerEpoch = epoch,
            BaseSequence = Sequence,
            IsTransactional = isTransactional,
            BaseTimestamp = BaseTimestamp,
            MaxTimestamp = maxTimestamp,
            LastOffsetDelta = Count - 1,
            Count = Count,
        });
        isSealed = true;
        return memory;
    }

    /// <summary>Tells all who wait for its records what became of them.</summary>
    internal void Complete(TopicPartition partition, long baseOffset, long appendTime, KafkaException? error, Action<DeliveryReport>? report)
    {
        foreach (var (index, timestamp, source) in awaited)
        {
            if (error is null) source.Succeed(Delivery(partition, baseOffset, index, appendTime >= 0 ? appendTime : timestamp));
            else source.Fail(error);
        }
        if (report is not null)
        {
            for (var i = 0; i < states.Count; i++) report(new(Delivery(partition, baseOffset, i, appendTime >= 0 ? appendTime : states[i].Timestamp), states[i].State, error));
        }
    }

    /// <summary>Records whose fate nobody hears of unless they are flushed.</summary>
    internal int UnheardOf(bool hasHandler) => hasHandler ? 0 : Count - awaited.Count;

    static Delivery Delivery(TopicPartition partition, long baseOffset, int index, long timestamp) =>
        new(partition.Topic, partition.Partition, baseOffset < 0 ? -1 : baseOffset + index, DateTimeOffset.FromUnixTimeMilliseconds(timestamp));

    /// <summary>Makes it as new. The buffer stays for the next records.</summary>
    internal void Clear()
    {
        awaited.Clear();
        states.Clear();
        packed?.Dispose();
        packed = null;
        (Count, RecordBytes, Sequence) = (0, 0, -1);
        (IsUrgent, IsClosed, MayBeWritten, isSealed) = (false, false, false, false);
        Flushes = null;
    }

    public void Dispose()
    {
        Clear();
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }
}

/// <summary>Somebody waits for all batches that there were at a moment.</summary>
sealed class FlushWait(int batches)
{
    readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int left = batches;

    internal Task Task => done.Task;

    internal void Done()
    {
        if (Interlocked.Decrement(ref left) == 0) done.SetResult();
    }
}
