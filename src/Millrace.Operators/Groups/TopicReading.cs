using System.Runtime.CompilerServices;
using Millrace.Dags;
using Millrace.Kafka;
using Millrace.Runs;

namespace Millrace.Operators.Groups;

/// <summary>One reading of all partitions of a topic by a task. It belongs to no group while it reads: where it begins and what is committed is its task's to say.</summary>
sealed class TopicReading<T>(KafkaClient kafka, string topic, ReadOptions<T> options, TaskContext context)
{
    /// <summary>How many records were read, those that were left out among them.</summary>
    internal int Count { get; private set; }

    /// <summary>The first offset that was read of each partition.</summary>
    internal Dictionary<TopicPartition, long> Firsts { get; } = [];

    /// <summary>The offset behind the last that was read of each partition.</summary>
    internal Dictionary<TopicPartition, long> Ends { get; } = [];

    /// <summary>Whether all partitions were read to their ends.</summary>
    internal bool IsWhole { get; private set; }

    /// <summary>Whether it ended where it was to, and the topic has more.</summary>
    internal bool HasMore { get; private set; }

    /// <summary>Where it is to end, whatever there is behind it.</summary>
    internal (int? Records, long? Bytes) AtMost { get; init; }

    ReadableFormat<T> Format { get; } = new(options.Values ?? ValueFormat.For<T>());

    /// <param name="begins">Where to begin; other partitions at <paramref name="startAt"/>.</param>
    /// <param name="goesOn">Whether to wait for records where the partitions end.</param>
    internal async IAsyncEnumerable<TopicRecord<T>> ReadAsync(IReadOnlyDictionary<TopicPartition, long> begins, OffsetSpec startAt, bool goesOn, [EnumeratorCancellation] CancellationToken cancellation)
    {
        Consumer<string?, Readable<T>>? opened = null;
        var consumer = opened = kafka.CreateConsumer<string?, Readable<T>>(new ConsumerOptions
        {
            Topics = [topic],
            StartAt = startAt,
            OnAssigned = partitions =>
            {
                foreach (var partition in partitions)
                    if (begins.TryGetValue(partition, out var offset)) opened!.Seek(partition, offset);
                return default;
            },
        }, values: Format);
        await using var closing = consumer.ConfigureAwait(false);
        var (records, bytes) = (0, 0L);
        await foreach (var record in (goesOn ? consumer.ReadAllAsync(cancellation) : consumer.ReadToEndAsync(cancellation)).ConfigureAwait(false))
        {
            if (IsFull())
            {
                HasMore = true;
                yield break;
            }
            if (Take(record) is not { } readable) continue;
            (records, bytes) = (records + 1, bytes + record.Value.Size + (record.Key?.Length ?? 0));
            yield return readable;
            if (!goesOn || !IsFull()) continue;
            // The next one may be long in coming.
            HasMore = consumer.Assignment.Any(partition => consumer.Lag(partition) > 0);
            yield break;
        }
        IsWhole = true;

        bool IsFull() => records >= AtMost.Records || bytes >= AtMost.Bytes;
    }

    /// <summary>Reads what is still there between two offsets of a partition.</summary>
    internal async IAsyncEnumerable<TopicRecord<T>> ReadAsync(RecordSpan span, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var partition = new TopicPartition(topic, span.Partition);
        Consumer<string?, Readable<T>>? opened = null;
        var consumer = opened = kafka.CreateConsumer<string?, Readable<T>>(new ConsumerOptions
        {
            Partitions = [partition],
            OnAssigned = _ =>
            {
                opened!.Seek(partition, span.Begin);
                return default;
            },
        }, values: Format);
        await using var closing = consumer.ConfigureAwait(false);
        await foreach (var record in consumer.ReadToEndAsync(cancellation).ConfigureAwait(false))
        {
            if (record.Offset >= span.End) break;
            if (Take(record) is { } readable) yield return readable;
            if (record.Offset + 1 == span.End) break;
        }
    }

    TopicRecord<T>? Take(in ConsumerRecord<string?, Readable<T>> record)
    {
        var at = record.TopicPartition;
        Firsts.TryAdd(at, record.Offset);
        Ends[at] = record.Offset + 1;
        Count++;
        if (record.Value.Why is not { } why) return new(topic, record.Partition, record.Offset, record.Timestamp, record.Key, record.Value.Value);
        LeaveOut(at, record.Offset, why);
        return null;
    }

    void LeaveOut(TopicPartition at, long offset, Exception why)
    {
        var broken = new RecordFormatException(at, offset, why);
        if (!options.LeaveOutUnreadable)
            throw new FailTaskException($"{broken.Message.TrimEnd('.')}. Give the options the format that it was written in, or set LeaveOutUnreadable.", broken);
        context.Logger.LogLeftOut(broken.Message);
    }
}
