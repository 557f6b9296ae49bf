using System.Runtime.CompilerServices;
using Millrace.Kafka.Consuming;

namespace Millrace.Kafka;

/// <summary>
/// Reads records. One reader uses it at a time.
/// <code>
/// await using var consumer = kafka.CreateConsumer&lt;string, string&gt;(new() { Group = "greeters", Topics = ["users"] });
/// await foreach (var record in consumer.ReadAllAsync()) Console.WriteLine(record.Value);
/// </code>
/// A record counts as handled when the next one is asked for: what was handled is committed from time to time, when partitions
/// go to others, and when the consumer is disposed.
/// </summary>
public sealed class Consumer<TKey, TValue> : IAsyncDisposable
{
    readonly ConsumerSession session;
    readonly IRecordFormat<TKey> keys;
    readonly IRecordFormat<TValue> values;


    internal Consumer(KafkaClient client, ConsumerOptions options, IRecordFormat<TKey> keys, IRecordFormat<TValue> values)
    {
        (this.keys, this.values) = (keys, values);
        session = new(client, options.Checked());
    }

    internal ConsumerSession Session => session;

    /// <summary>Every record, without an end.</summary>
    public async IAsyncEnumerable<ConsumerRecord<TKey, TValue>> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        while (true)
        {
            while (TryRead(out var record)) yield return record;
            await session.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Every record up to where partitions end now. Those that come meanwhile may be among them.</summary>
    public async IAsyncEnumerable<ConsumerRecord<TKey, TValue>> ReadToEndAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var ends = new Dictionary<TopicPartition, long>();
        while (true)
        {
            while (TryRead(out var record))
            {
                yield return record;
                // Where producers are faster than we are, there is always one more.
                if (ends.TryGetValue(record.TopicPartition, out var end) && record.Offset + 1 >= end && await session.IsAtEndAsync(ends, cancellation).ConfigureAwait(false)) break;
            }
            if (await session.IsAtEndAsync(ends, cancellation).ConfigureAwait(false)) yield break;
            await session.WaitAsync(cancellation, once: true).ConfigureAwait(false);
        }
    }

    /// <summary>The next record.</summary>
    public async ValueTask<ConsumerRecord<TKey, TValue>> ReadAsync(CancellationToken cancellation = default)
    {
        while (true)
        {
            if (TryRead(out var record)) return record;
            await session.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until <see cref="TryRead"/> may have a record. All that was read before counts as handled.</summary>
    public ValueTask WaitToReadAsync(CancellationToken cancellation = default) => session.WaitAsync(cancellation);

    /// <summary>The next record if it is here. False also when the group or a commit needs attention, which <see cref="WaitToReadAsync"/> gives.</summary>
    public bool TryRead(out ConsumerRecord<TKey, TValue> record)
    {
        if (!session.TryRead(out var found))
        {
            record = default;
            return false;
        }
        try
        {
            record = new()
            {
                Topic = found.Of.Partition.Topic,
                Partition = found.Of.Partition.Partition,
                Offset = found.Offset,
                Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(found.Timestamp),
                Key = found.HasKey ? keys.Read(found.Key) : default!,
                Value = found.HasValue ? values.Read(found.Value) : default!,
                HeaderBytes = found.Headers,
                HeaderCount = found.HeaderCount,
            };
            return true;
        }
        catch (Exception broken) when (broken is not KafkaException)
        {
            throw new RecordFormatException(found.Of.Partition, found.Offset, broken);
        }
    }

    /// <summary>The partitions that this consumer reads now.</summary>
    public IReadOnlyCollection<TopicPartition> Assignment => session.Owned;

    /// <summary>The offset of the next record of a partition, or null while it isn't known.</summary>
    public long? Position(TopicPartition partition) => session.Of(partition).Position is >= 0 and var position ? position : null;

    /// <summary>How many records of a partition are ahead, as of the last answer of its broker; null before the first.</summary>
    public long? Lag(TopicPartition partition) => session.Of(partition) is { HighWatermark: >= 0, Position: >= 0 } at ? Math.Max(0, at.HighWatermark - at.Position) : null;

    /// <summary>Goes on elsewhere in a partition.</summary>
    public void Seek(TopicPartition partition, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        session.Of(partition).MoveTo(offset);
        session.Changed();
    }

    /// <summary>Goes on elsewhere in a partition: at its beginning, its end, or the first record of a time.</summary>
    public void Seek(TopicPartition partition, OffsetSpec at) => session.Of(partition).Find(at);

    /// <summary>Reads nothing of a partition until it is resumed. It stays this consumer's.</summary>
    public void Pause(TopicPartition partition) => session.Of(partition).IsPaused = true;

    public void Resume(TopicPartition partition)
    {
        session.Of(partition).IsPaused = false;
        session.Changed();
    }

    /// <summary>Remembers all records that were read, the last one included, as handled by the group.</summary>
    public ValueTask CommitAsync(CancellationToken cancellation = default) => session.CommitReadAsync(cancellation);

    /// <summary>Remembers where the group is to go on.</summary>
    public ValueTask CommitAsync(IReadOnlyDictionary<TopicPartition, long> offsets, CancellationToken cancellation = default) => session.CommitAsync(offsets, cancellation);

    /// <summary>Where the group would go on: what it has committed. Partitions that it hasn't been in are left out.</summary>
    public async ValueTask<IReadOnlyDictionary<TopicPartition, long>> CommittedAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellation = default) =>
        await session.CommittedAsync(partitions, cancellation).ConfigureAwait(false);

    /// <summary>Commits what was handled, leaves the group, and closes.</summary>
    public ValueTask DisposeAsync() => session.DisposeAsync();
}

/// <summary>A record whose bytes its format can't read. Reading on leaves it out.</summary>
public sealed class RecordFormatException(TopicPartition partition, long offset, Exception cause)
    : Exception($"The record at offset {offset} of {partition} can't be read: {cause.Message}", cause)
{
    public TopicPartition TopicPartition => partition;

    public long Offset => offset;
}
