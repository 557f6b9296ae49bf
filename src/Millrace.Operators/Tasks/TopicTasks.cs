using Millrace.Kafka;
using Millrace.Operators.Groups;
using Millrace.Operators;

// Beside the other tasks, so that a DAG file finds them by itself.
namespace Millrace.Dags;

/// <summary>Tasks and sensors over topics of the event broker, or of any Apache Kafka.</summary>
public static class TopicTasks
{
    // Brokers allow no longer ones unless they are set to.
    static readonly TimeSpan LongestTransaction = TimeSpan.FromMinutes(15);

    /// <summary>Declares a task that creates a topic where it isn't there yet.</summary>
    /// <param name="partitions">Null for as many as the broker is set to.</param>
    /// <param name="configs">Settings by Kafka's names, such as <c>retention.ms</c>.</param>
    public static TaskHandle CreateTopic(this TaskScope scope, string id, string topic, int? partitions = null, int? replication = null, IReadOnlyDictionary<string, string>? configs = null,
        Func<TaskContext, KafkaOptions>? kafka = null, TaskOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return scope.Task(id, async context =>
        {
            var client = new KafkaClient(kafka is null ? await context.KafkaAsync().ConfigureAwait(false) : kafka(context));
            await using var closing = client.ConfigureAwait(false);
            try
            {
                await client.Admin.CreateTopicAsync(topic, partitions, replication, configs, context.Cancellation).ConfigureAwait(false);
            }
            catch (KafkaException there) when (there.Code == ErrorCode.TopicAlreadyExists)
            {
                context.Logger.LogTopicIsThere(topic);
            }
        }, options);
    }

    /// <summary>Declares a task that writes what another one returned to a topic. Its result is how many records there were.</summary>
    /// <param name="key">The key of a record: those with the same one come to the same partition, in order. Null for records without keys.</param>
    public static TaskHandle<long> Produce<T>(this TaskScope scope, string id, IInput<IEnumerable<T>> values, string topic, Func<T, string?>? key = null, ProduceOptions<T>? produce = null, TaskOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return scope.Task(id, values, (context, all) => ProduceAsync(context, all, topic, key, produce ?? new()), options);
    }

    /// <summary>Declares a task that writes a sequence to a topic. Its result is how many records there were.</summary>
    /// <inheritdoc cref="Produce{T}(TaskScope, string, IInput{IEnumerable{T}}, string, Func{T, string?}?, ProduceOptions{T}?, TaskOptions?)"/>
    public static TaskHandle<long> Produce<T>(this TaskScope scope, string id, Func<TaskContext, IEnumerable<T>> values, string topic, Func<T, string?>? key = null, ProduceOptions<T>? produce = null, TaskOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(values);
        return scope.Task(id, context => ProduceAsync(context, values(context), topic, key, produce ?? new()), options);
    }

    /// <summary>
    /// Declares a task that reads what a group has not read of a topic; the records are its result, ordered by partition and
    /// offset. The group's offsets are committed when all of them are there: a task that is tried again reads the same ones.
    /// What is more than <see cref="ConsumeOptions{T}.AtMost"/> and <see cref="ConsumeOptions{T}.AtMostBytes"/> is left for the next run.
    /// One instance runs at a time, unless <see cref="TaskOptions.MaxActive"/> is set.
    /// </summary>
    public static TaskHandle<TopicRecord<T>[]> Consume<T>(this TaskScope scope, string id, string topic, ConsumeOptions<T>? consume = null, TaskOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(scope);
        options ??= new();
        return scope.Task(id, context => ConsumeAsync(context, topic, consume ?? new()), options.MaxActive is null ? options with { MaxActive = 1 } : options);
    }

    /// <summary>
    /// Declares a task that reads the records which started the run, of a Dag whose schedule is <c>Schedule.OnRecords</c>: its
    /// result, ordered by partition and offset. A task that is tried again, or cleared, reads the same ones. Of a run that no
    /// record started there are none.
    /// </summary>
    public static TaskHandle<TopicRecord<T>[]> TriggeringRecords<T>(this TaskScope scope, string id, ReadOptions<T>? read = null, TaskOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return scope.Task(id, context => ReadTriggeringAsync(context, read ?? new()), options);
    }

    /// <summary>Declares a sensor that waits for a record; the first one found is its result. Between two looks it holds no worker.</summary>
    /// <param name="every">30 seconds unless said.</param>
    /// <param name="timeout">From the first look; 7 days unless said. Then it fails.</param>
    /// <param name="softFail">When the time is over it is skipped in place of failing.</param>
    public static TaskHandle<TopicRecord<T>> RecordSensor<T>(this TaskScope scope, string id, string topic, Func<TopicRecord<T>, bool> condition, LookOptions<T>? look = null,
        TimeSpan? every = null, TimeSpan? timeout = null, bool softFail = false, TaskOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(condition);
        return scope.Sensor(id, context => LookAsync(context, topic, condition, look ?? new()), every, timeout, softFail, options);
    }

    static async Task<long> ProduceAsync<T>(TaskContext context, IEnumerable<T> values, string topic, Func<T, string?>? key, ProduceOptions<T> options)
    {
        var kafka = await options.ConnectAsync(context).ConfigureAwait(false);
        await using var closing = kafka.ConfigureAwait(false);
        var producer = kafka.CreateProducer<string?, T>(new ProducerOptions
        {
            Compression = options.Compression,
            // Of its own for each instance: an attempt ends what the one before it left open, and no other task's.
            TransactionalId = options.InOneTransaction ? $"millrace/{context.DagName}/{context.RunId}/{context.TaskId}/{context.MapIndex}" : null,
            TransactionTimeout = LongestTransaction,
        }, values: options.Values ?? ValueFormat.For<T>());
        await using var sending = producer.ConfigureAwait(false);
        var count = options.InOneTransaction ? await SendWholeAsync().ConfigureAwait(false) : await SendAsync().ConfigureAwait(false);
        context.Logger.LogProduced(count, topic);
        return count;

        async ValueTask<long> SendWholeAsync()
        {
            var transaction = await producer.BeginTransactionAsync(context.Cancellation).ConfigureAwait(false);
            await using var ending = transaction.ConfigureAwait(false);
            var sent = await SendAsync().ConfigureAwait(false);
            await transaction.CommitAsync(context.Cancellation).ConfigureAwait(false);
            return sent;
        }

        async ValueTask<long> SendAsync()
        {
            var sent = 0L;
            foreach (var value in values)
            {
                await producer.EnqueueAsync(topic, key?.Invoke(value), value, context.Cancellation).ConfigureAwait(false);
                sent++;
            }
            await producer.FlushAsync(context.Cancellation).ConfigureAwait(false);
            return sent;
        }
    }

    static async Task<TopicRecord<T>[]> ConsumeAsync<T>(TaskContext context, string topic, ConsumeOptions<T> options)
    {
        var kafka = await options.ConnectAsync(context).ConfigureAwait(false);
        await using var closing = kafka.ConfigureAwait(false);
        var group = options.GroupOf(context);
        var place = await GroupPlace.FindAsync(kafka.Admin, group, topic, context).ConfigureAwait(false);
        var reading = new TopicReading<T>(kafka, topic, options, context) { AtMost = (options.AtMost, options.AtMostBytes) };
        var records = new List<TopicRecord<T>>();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.Cancellation);
        // By the machine's clock, as records come by it.
        if (options.For is { } patience) over.CancelAfter(patience);
        try
        {
            await foreach (var record in reading.ReadAsync(place.Begins, options.StartAt, goesOn: options.For is not null, over.Token).ConfigureAwait(false))
                records.Add(record);
        }
        catch (OperationCanceledException) when (options.For is not null && !context.Cancellation.IsCancellationRequested)
        {
            // The time is over.
        }
        await place.CommitAsync(reading.Ends.Select(e => (e.Key, place.Begins.GetValueOrDefault(e.Key, reading.Firsts[e.Key]), e.Value)), reading.IsWhole, context.Cancellation).ConfigureAwait(false);
        context.Logger.LogConsumed(records.Count, topic, group);
        if (reading.HasMore) context.Logger.LogHasMore(topic, group);
        return [.. records.OrderBy(r => r.Partition).ThenBy(r => r.Offset)];
    }

    static async Task<TopicRecord<T>[]> ReadTriggeringAsync<T>(TaskContext context, ReadOptions<T> options)
    {
        if (context.Records is not { } triggering)
        {
            context.Logger.LogNotTriggered(context.RunId);
            return [];
        }
        var kafka = await options.ConnectAsync(context).ConfigureAwait(false);
        await using var closing = kafka.ConfigureAwait(false);
        var reading = new TopicReading<T>(kafka, triggering.Topic, options, context);
        var records = new List<TopicRecord<T>>(triggering.Count);
        foreach (var span in triggering.Spans)
            await foreach (var record in reading.ReadAsync(span, context.Cancellation).ConfigureAwait(false)) records.Add(record);
        return reading.Count == triggering.Count ? [.. records]
            : throw new FailTaskException($"{triggering.Count - reading.Count} of the {triggering.Count} records that started this run are no longer in topic '{triggering.Topic}'. Keep records longer than runs may wait, with its retention.ms.");
    }

    static async Task<TopicRecord<T>?> LookAsync<T>(TaskContext context, string topic, Func<TopicRecord<T>, bool> condition, LookOptions<T> options)
    {
        var kafka = await options.ConnectAsync(context).ConfigureAwait(false);
        await using var closing = kafka.ConfigureAwait(false);
        var place = options.From == LookFrom.Group ? await GroupPlace.FindAsync(kafka.Admin, options.GroupOf(context), topic, context).ConfigureAwait(false) : null;
        var reading = new TopicReading<T>(kafka, topic, options, context);
        var startAt = place is null ? OffsetSpec.At(context.LogicalTime) : OffsetSpec.Earliest;
        TopicRecord<T>? found = null;
        await foreach (var record in reading.ReadAsync(place?.Begins ?? new Dictionary<TopicPartition, long>(), startAt, goesOn: false, context.Cancellation).ConfigureAwait(false))
        {
            if (!condition(record)) continue;
            found = record;
            break;
        }
        // What was found is found again if this look's worker dies before it can say so; what was passed over isn't looked at twice.
        if (place is not null)
            await place.CommitAsync(reading.Ends.Select(e => (e.Key, found is not null && found.Partition == e.Key.Partition ? found.Offset : e.Value, e.Value)), reading.IsWhole, context.Cancellation).ConfigureAwait(false);
        return found;
    }
}
