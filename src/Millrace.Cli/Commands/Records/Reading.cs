using Millrace.Kafka;

namespace Millrace.Cli.Commands;

/// <summary>Reads records as 'consume' and kafka-console-consumer do.</summary>
sealed record Reading
{
    internal required IReadOnlyList<string> Topics { get; init; }

    internal IReadOnlyList<int> Partitions { get; init; } = [];

    internal string? Group { get; init; }

    internal StartPlace From { get; init; } = new StartPlace.Found(OffsetSpec.Earliest);

    internal bool OnlyCommitted { get; init; } = true;

    internal long? Count { get; init; }

    /// <summary>Whether to wait for what is not written yet; otherwise reading ends where topics end now.</summary>
    internal bool Follows { get; init; }

    /// <summary>After this long without a record reading ends.</summary>
    internal TimeSpan? Patience { get; init; }

    internal async Task<long> RunAsync(KafkaClient kafka, Action<ConsumerRecord<byte[]?, byte[]?>> take, Session session)
    {
        if (Count is <= 0) return 0;
        var cancellation = session.Cancellation;
        var partitions = await PartitionsAsync(kafka, cancellation);
        var places = Group is null && From is not StartPlace.Found ? await PlacesAsync(kafka.Admin, partitions, cancellation) : [];
        Consumer<byte[]?, byte[]?>? consumer = null;
        await using var made = consumer = kafka.CreateConsumer<byte[]?, byte[]?>(new()
        {
            Topics = Group is null ? [] : Topics,
            Partitions = Group is null ? partitions : [],
            Group = Group,
            OnlyCommitted = OnlyCommitted,
            StartAt = From is StartPlace.Found found ? found.Spec : OffsetSpec.Earliest,
            OnAssigned = given =>
            {
                foreach (var (partition, offset) in places) consumer!.Seek(partition, offset);
                return default;
            },
        });
        var read = 0L;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience ?? Timeout.InfiniteTimeSpan);
        try
        {
            await foreach (var record in Follows ? consumer.ReadAllAsync(patience.Token) : consumer.ReadToEndAsync(patience.Token))
            {
                take(record);
                patience.CancelAfter(Patience ?? Timeout.InfiniteTimeSpan);
                if (++read == Count) break;
            }
        }
        catch (OperationCanceledException) when (Patience is not null && !cancellation.IsCancellationRequested)
        {
            // It was quiet for as long as was said.
        }
        // The last one is handled as well: nothing comes after it that would say so.
        if (Group is not null && read > 0) await consumer.CommitAsync(CancellationToken.None);
        return read;
    }

    async Task<List<TopicPartition>> PartitionsAsync(KafkaClient kafka, CancellationToken cancellation)
    {
        var all = new List<TopicPartition>();
        foreach (var topic in Topics)
        {
            var description = await kafka.Admin.DescribeTopicAsync(topic, cancellation);
            if (Partitions.FirstOrDefault(p => p < 0 || p >= description.Partitions.Count, -1) is >= 0 and var missing)
                throw new UserErrorException($"Topic '{topic}' has no partition {missing}. It has {description.Partitions.Count}: 0 to {description.Partitions.Count - 1}.");
            all.AddRange((Partitions.Count > 0 ? Partitions : Enumerable.Range(0, description.Partitions.Count)).Select(p => new TopicPartition(topic, p)));
        }
        return all;
    }

    async Task<Dictionary<TopicPartition, long>> PlacesAsync(KafkaAdmin admin, List<TopicPartition> partitions, CancellationToken cancellation)
    {
        var starts = await admin.ListOffsetsAsync(partitions, OffsetSpec.Earliest, cancellation);
        var ends = await admin.ListOffsetsAsync(partitions, OffsetSpec.Latest, cancellation);
        return partitions.ToDictionary(p => p, p => From.In(starts[p].Offset ?? 0, ends[p].Offset ?? 0)!.Value);
    }
}
