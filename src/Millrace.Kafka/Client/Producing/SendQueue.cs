using Millrace.Kafka.Connections;

namespace Millrace.Kafka.Producing;

/// <summary>A record as bytes.</summary>
readonly ref struct RecordParts
{
    internal ReadOnlySpan<byte> Key { get; init; }
    internal bool HasKey { get; init; }
    internal ReadOnlySpan<byte> Value { get; init; }
    internal bool HasValue { get; init; }
    internal int HeaderCount { get; init; }
    internal ReadOnlySpan<byte> Headers { get; init; }
    internal long Timestamp { get; init; }

    internal int Size => Key.Length + Value.Length + Headers.Length;
}

/// <summary>
/// All that a producer has to send: takes records, puts them into batches, sends these and sends them again. One lock guards
/// it; packing, checksums and sockets are outside of it.
/// </summary>
sealed partial class SendQueue : IAsyncDisposable
{
    readonly KafkaClient client;
    readonly ProducerOptions options;
    readonly TimeProvider time;
    readonly ConnectionPool connections;
    readonly Lock gate = new();
    readonly Dictionary<string, TopicQueue> topics = [];
    readonly Dictionary<int, NodeQueue> nodes = [];
    readonly HashSet<ProduceBatch> live = [];
    readonly Stack<ProduceBatch> spareBatches = [];
    readonly Stack<ProduceExchange> spareExchanges = [];
    readonly Queue<TaskCompletionSource> roomless = [];
    readonly ITimer timer;
    readonly CancellationTokenSource closing = new();
    TopicQueue? lastTopic;
    long buffered, wakeAt = long.MaxValue, lost;
    KafkaException? firstLoss, fatal;

    internal SendQueue(KafkaClient client, ProducerOptions options)
    {
        (this.client, this.options, time) = (client, options, client.Options.Time);
        connections = new(client.Options);
        timer = time.CreateTimer(static me => ((SendQueue)me!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        identity = options.Idempotent ? null : ProducerIdentity.None;
    }

    internal ProducerOptions Options => options;

    long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    /// <summary>The topic, if it has been used before.</summary>
    internal TopicQueue? Find(string name)
    {
        // Programs mostly write one topic for long, and mostly by the same constant.
        if (Volatile.Read(ref lastTopic) is { } last && ReferenceEquals(last.Name, name)) return last;
        lock (gate)
        {
            if (!topics.TryGetValue(name, out var topic)) return null;
            lastTopic = topic;
            return topic;
        }
    }

    internal async ValueTask<TopicQueue> OpenAsync(string name, CancellationToken cancellation)
    {
        var view = await client.Metadata.TopicAsync(name, mayCreate: true, cancellation).ConfigureAwait(false);
        lock (gate)
        {
            if (!topics.TryGetValue(name, out var topic)) topics[name] = topic = new(view with { Name = name });
            return topic;
        }
    }

    /// <summary>Takes a record. False when there is no room: wait for it, and try again.</summary>
    internal bool TryAppend(TopicQueue topic, int? partition, in RecordParts record, DeliverySource? source, object? state)
    {
        NodeQueue? ready = null;
        lock (gate)
        {
            Check();
            var size = record.Size;
            if (buffered > 0 && buffered + size > options.BufferBytes) return false;
            var queue = Choose(topic, partition, record);
            var batch = Append(topic, queue, record);
            if (source is not null) batch.Await(source);
            if (options.OnDelivery is not null) batch.Keep(state);
            var node = List(queue);
            if (batch.IsClosed || queue.Waiting.Count > 1 || node.InFlight == 0) ready = node;
        }
        if (ready is not null) Pump(ready);
        return true;
    }

    void Check()
    {
        if (fatal is not null) throw new KafkaException(fatal.Code, fatal.Message, fatal);
        ObjectDisposedException.ThrowIf(closing.IsCancellationRequested, typeof(Producer<,>));
        if (options.TransactionalId is not null) CheckTransaction();
    }

    PartitionQueue Choose(TopicQueue topic, int? partition, in RecordParts record)
    {
        var count = topic.Partitions.Length;
        if (partition is { } wanted)
            return (uint)wanted < (uint)count ? topic.Partitions[wanted]
                : throw new ArgumentOutOfRangeException(nameof(partition), wanted, $"Topic '{topic.Name}' has {count} partitions: 0 to {count - 1}.");
        if (!record.HasKey || (record.Key.IsEmpty && options.Partitioner.SpreadsEmptyKeys)) return topic.Sticky;
        var chosen = options.Partitioner.Choose(record.Key, count);
        return (uint)chosen < (uint)count ? topic.Partitions[chosen]
            : throw new InvalidOperationException($"The partitioner chose {chosen} of {count} partitions of topic '{topic.Name}'. It must choose one from 0 to {count - 1}.");
    }

    ProduceBatch Append(TopicQueue topic, PartitionQueue queue, in RecordParts record)
    {
        var now = time.GetTimestamp();
        var batch = queue.Waiting.Count > 0 && !queue.Waiting[^1].IsClosed ? queue.Waiting[^1] : Open(queue);
        var before = batch.RecordBytes;
        if (!batch.TryAdd(options.BatchBytes, now, record.Timestamp, record.Key, record.HasKey, record.Value, record.HasValue, record.HeaderCount, record.Headers))
        {
            batch.IsClosed = true;
            if (queue == topic.Sticky) topic.MoveOn();
            batch = Open(queue);
            before = 0;
            batch.TryAdd(options.BatchBytes, now, record.Timestamp, record.Key, record.HasKey, record.Value, record.HasValue, record.HeaderCount, record.Headers);
        }
        buffered += batch.RecordBytes - before;
        return batch;
    }

    ProduceBatch Open(PartitionQueue queue)
    {
        if (!spareBatches.TryPop(out var batch)) batch = new();
        queue.Waiting.Add(batch);
        live.Add(batch);
        return batch;
    }

    /// <summary>Puts the partition onto the list of its broker.</summary>
    NodeQueue List(PartitionQueue queue)
    {
        if (!nodes.TryGetValue(queue.Leader, out var node)) nodes[queue.Leader] = node = new(queue.Leader);
        if (queue.IsListed) return node;
        node.Queues.Add(queue);
        queue.IsListed = true;
        return node;
    }

    /// <summary>Waits until something has been delivered.</summary>
    internal async ValueTask RoomAsync(CancellationToken cancellation)
    {
        TaskCompletionSource room;
        lock (gate)
        {
            if (buffered < options.BufferBytes / 2) return;
            room = new(TaskCreationOptions.RunContinuationsAsynchronously);
            roomless.Enqueue(room);
        }
        await room.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Waits until all that was taken so far is delivered, and tells of what was not.</summary>
    internal async ValueTask FlushAsync(CancellationToken cancellation)
    {
        FlushWait? wait = null;
        NodeQueue[] all;
        lock (gate)
        {
            if (live.Count > 0) wait = new(live.Count);
            foreach (var batch in live)
            {
                // Closed, so that it need not wait for others, and so that what comes after isn't waited for.
                batch.IsClosed = true;
                (batch.Flushes ??= []).Add(wait!);
            }
            all = [.. nodes.Values];
        }
        if (wait is not null)
        {
            foreach (var node in all) Pump(node);
            await wait.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        ThrowLosses();
    }

    void ThrowLosses()
    {
        lock (gate)
        {
            if (firstLoss is null) return;
            var (count, first) = (lost, firstLoss);
            (lost, firstLoss) = (0, null);
            throw new KafkaException(first.Code, $"{count:N0} {(count == 1 ? "record was" : "records were")} not delivered. The first: {first.Message}", first);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (closing.IsCancellationRequested) return;
        try
        {
            await AbandonTransactionAsync().ConfigureAwait(false);
            await FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            closing.Cancel();
            await timer.DisposeAsync().ConfigureAwait(false);
            await connections.DisposeAsync().ConfigureAwait(false);
            lock (gate)
            {
                while (spareBatches.TryPop(out var batch)) batch.Dispose();
                while (spareExchanges.TryPop(out var exchange)) exchange.Dispose();
            }
            closing.Dispose();
        }
    }
}
