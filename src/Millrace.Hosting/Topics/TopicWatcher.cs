using Microsoft.Extensions.Logging;
using Millrace.Kafka;
using Millrace.Metadata;
using Millrace.Runs;
using Millrace.Scheduling;

namespace Millrace.Hosting.Topics;

/// <summary>
/// Makes runs, or updates of an asset, of the records of one topic. It belongs to no group: how far it has come lies in the store,
/// and moves in the transaction that creates the run. So whatever dies when, each record starts exactly one.
/// </summary>
sealed partial class TopicWatcher(TopicWatch watch, IMetadataStore store, Scheduler scheduler, Func<CancellationToken, Task<KafkaOptions?>> cluster, TimeProvider time, ILogger logger)
{
    static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(250), LongestWait = TimeSpan.FromSeconds(2);
    // Another scheduler may be the one that ends a run.
    static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    // How late a partition that was added, or a topic that was made anew, may be noticed.
    static readonly TimeSpan LookAtTopicEvery = TimeSpan.FromSeconds(15);

    readonly TakenRecords taken = new();
    readonly Dictionary<int, long> places = [];
    TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    DateTimeOffset lastRun;
    Guid topicId;
    TimeSpan wait = ShortestWait;
    string? told;
    int room;

    /// <summary>Goes on until it is stopped, through whatever a broker or the store may do.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        scheduler.RunEnded += NoteEnd;
        try
        {
            while (true)
            {
                await TryWatchAsync(stop).ConfigureAwait(false);
                await Task.Delay(wait, time, stop).ConfigureAwait(false);
                wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Log.Ended(logger, watch.Topic, watch.Name);
        }
        finally
        {
            scheduler.RunEnded -= NoteEnd;
        }
    }

    async Task TryWatchAsync(CancellationToken stop)
    {
        try
        {
            if (await cluster(stop).ConfigureAwait(false) is { } kafka) await WatchAsync(kafka, stop).ConfigureAwait(false);
            else Tell($"no broker runs here. Set broker.port, which 'millrace up' starts one by, or name another's servers in the variable '{Execution.HomeFolder.BrokerVariable}'.");
        }
        catch (KafkaException missing) when (missing.Code == ErrorCode.UnknownTopicOrPartition)
        {
            if (told != missing.Message) Log.NotThereYet(logger, watch.Topic, watch.Name);
            told = missing.Message;
        }
        catch (Exception e) when (e is not OutOfMemoryException && !stop.IsCancellationRequested)
        {
            Tell(e.Message);
        }
    }

    // Once for each reason: it is tried again every few seconds.
    void Tell(string why)
    {
        if (told == why) return;
        told = why;
        Log.NotWatched(logger, watch.Topic, watch.Name, why);
    }

    async Task WatchAsync(KafkaOptions kafka, CancellationToken stop)
    {
        var client = new KafkaClient(kafka with { ClientId = "millrace.triggers", Logger = logger });
        await using var closing = client.ConfigureAwait(false);
        await FindPlacesAsync(client.Admin, stop).ConfigureAwait(false);
        Consumer<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? opened = null;
        var consumer = opened = client.CreateConsumer(new ConsumerOptions
        {
            Partitions = [.. places.Keys.Select(partition => new TopicPartition(watch.Topic, partition))],
            // Records that are no longer there are told of where places are found.
            StartAt = null,
            BufferBytes = 4 << 20,
            PartitionBytes = 256 << 10,
            OnAssigned = partitions =>
            {
                foreach (var partition in partitions) opened!.Seek(partition, places[partition.Partition]);
                return default;
            },
        }, RecordFormat.Memory, RecordFormat.Memory);
        await using var ending = consumer.ConfigureAwait(false);
        (told, wait) = (null, ShortestWait);
        Log.Watching(logger, watch.Topic, watch.Name);
        var looked = time.GetTimestamp();
        while (!IsOver)
        {
            await WaitAsync(consumer, LookAtTopicEvery, stop).ConfigureAwait(false);
            if (IsOver) break;
            await GatherAsync(consumer, stop).ConfigureAwait(false);
            while (taken.Count > 0) await TakeAsync(stop).ConfigureAwait(false);
            if (time.GetElapsedTime(looked) < LookAtTopicEvery) continue;
            looked = time.GetTimestamp();
            var topic = await client.Admin.DescribeTopicAsync(watch.Topic, stop).ConfigureAwait(false);
            if (topic.Partitions.Count != places.Count || topic.Id != topicId) return;
        }
        await Task.Delay(Timeout.InfiniteTimeSpan, stop).ConfigureAwait(false);
    }

    bool IsOver => watch.Until is { } until && time.GetUtcNow() > until;

    /// <returns>False when the time was over before there was anything to read.</returns>
    async Task<bool> WaitAsync(Consumer<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> consumer, TimeSpan patience, CancellationToken stop)
    {
        using var over = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, stop);
        try
        {
            await consumer.WaitToReadAsync(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Reads the places of all partitions, and finds those that aren't known or no longer there.</summary>
    async Task FindPlacesAsync(KafkaAdmin admin, CancellationToken stop)
    {
        taken.Clear();
        topicId = (await admin.DescribeTopicAsync(watch.Topic, stop).ConfigureAwait(false)).Id;
        var begins = await admin.ListOffsetsAsync(watch.Topic, OffsetSpec.Earliest, stop).ConfigureAwait(false);
        var ends = await admin.ListOffsetsAsync(watch.Topic, OffsetSpec.Latest, stop).ConfigureAwait(false);
        while (true)
        {
            var all = await store.RecordPlacesAsync(watch.Name, watch.Topic, stop).ConfigureAwait(false);
            var known = Here(all);
            if (known.Count < all.Count && known.Count == 0) Log.TopicAnew(logger, watch.Topic, watch.Name);
            // Partitions and topics that came later are read from their beginning: the watch was there before them.
            var firsts = all.Count == 0 && watch.Since is { } since && since > DateTimeOffset.UnixEpoch
                ? await admin.ListOffsetsAsync(watch.Topic, OffsetSpec.At(since), stop).ConfigureAwait(false) : begins;
            var steps = new List<RecordStep>();
            places.Clear();
            foreach (var (partition, begin) in begins)
            {
                long? at = known.TryGetValue(partition.Partition, out var place) ? place : null;
                var next = NextOf(partition, at, begin.Offset ?? 0, ends[partition].Offset ?? 0, firsts[partition].Offset);
                if (at != next) steps.Add(new(partition.Partition, at, next));
                places[partition.Partition] = next;
            }
            if (steps.Count == 0 || await store.TakeRecordsAsync(new(watch.Name, watch.Topic, topicId, steps, time.GetUtcNow()), stop).ConfigureAwait(false)) return;
        }
    }

    long NextOf(TopicPartition partition, long? at, long begin, long end, long? first)
    {
        if (at is not { } place) return first ?? end;
        if (place >= begin && place <= end) return place;
        if (place < begin) Log.RecordsGone(logger, begin - place, partition.ToString(), watch.Name);
        // Of a broker without ids of topics.
        else Log.TopicAnew(logger, watch.Topic, watch.Name);
        return begin;
    }

    Dictionary<int, long> Here(IReadOnlyList<RecordPlace> all) => all.Where(p => p.TopicId == topicId).ToDictionary(p => p.Partition, p => p.Next);

    /// <summary>Takes records until there are enough for a run, or no more come within the time.</summary>
    async Task GatherAsync(Consumer<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> consumer, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        while (ReadWhatIsThere(consumer) && taken.Count > 0)
            if (watch.Within - time.GetElapsedTime(began) is var left && (left <= TimeSpan.Zero || !await WaitAsync(consumer, left, stop).ConfigureAwait(false))) return;
    }

    /// <returns>Whether more would be taken.</returns>
    bool ReadWhatIsThere(Consumer<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> consumer)
    {
        while (taken.Count < watch.AtMost)
        {
            if (!consumer.TryRead(out var record)) return true;
            if (record.Offset >= places[record.Partition]) taken.Add(record.Partition, record.Offset);
        }
        return false;
    }

    async Task TakeAsync(CancellationToken stop)
    {
        await RoomAsync(stop).ConfigureAwait(false);
        var run = watch.Dag is null ? null : NewRun(time.GetUtcNow().Kept());
        var steps = taken.From(places);
        if (!await store.TakeRecordsAsync(new(watch.Name, watch.Topic, topicId, steps, time.GetUtcNow()) { Run = run, Asset = watch.Asset }, stop).ConfigureAwait(false))
        {
            // Another scheduler was first with some of them.
            var known = Here(await store.RecordPlacesAsync(watch.Name, watch.Topic, stop).ConfigureAwait(false));
            if (steps.Any(step => !known.TryGetValue(step.Partition, out var at) || at < step.From))
                throw new InvalidOperationException($"The places of '{watch.Name}' in topic '{watch.Topic}' were set back.");
            foreach (var partition in places.Keys.ToArray()) places[partition] = known[partition];
            taken.GoOnAt(places);
            return;
        }
        foreach (var step in steps) places[step.Partition] = step.To;
        taken.Clear();
        room--;
        await store.NotifyAsync(run?.Id, stop).ConfigureAwait(false);
        scheduler.Wake(run?.Id);
    }

    RunRow NewRun(DateTimeOffset now)
    {
        // Runs begin in the order of their times: that of the records, though two come in the same microsecond.
        lastRun = now > lastRun ? now : lastRun.AddMicroseconds(1);
        var records = taken.Of(watch.Topic);
        return new()
        {
            Id = RunId.New(now),
            Dag = watch.Dag!,
            Version = watch.Version,
            Key = $"{RunKind.Record.Name()}__{watch.Topic}-{records.Spans[0].Partition}-{records.Spans[0].Begin}",
            Kind = RunKind.Record,
            LogicalTime = lastRun,
            IntervalStart = lastRun,
            IntervalEnd = lastRun,
            Params = watch.Params,
            Records = records,
            QueuedAt = lastRun,
        };
    }

    /// <summary>Waits until the Dag has few enough runs that haven't ended.</summary>
    async ValueTask RoomAsync(CancellationToken stop)
    {
        while (watch.Dag is { } dag && room <= 0)
        {
            var next = Volatile.Read(ref ended).Task;
            var open = await store.ListRunsAsync(new() { Dag = dag, States = [RunState.Queued, RunState.Running], Limit = watch.MostOpen }, stop).ConfigureAwait(false);
            room = watch.MostOpen - open.Count;
            if (room <= 0) await Task.WhenAny(next, Task.Delay(LookAgain, time, stop)).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
        }
    }

    void NoteEnd(RunRow run)
    {
        if (run.Dag == watch.Dag) Interlocked.Exchange(ref ended, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    static partial class Log
    {
        [LoggerMessage(3201, LogLevel.Warning, "Topic '{Topic}' can't be watched for {Watch}, and is tried again: {Why}")]
        internal static partial void NotWatched(ILogger logger, string topic, string watch, string why);

        [LoggerMessage(3206, LogLevel.Information, "Topic '{Topic}' isn't there yet: {Watch} waits for it")]
        internal static partial void NotThereYet(ILogger logger, string topic, string watch);

        [LoggerMessage(3204, LogLevel.Information, "Watching topic '{Topic}' for {Watch}")]
        internal static partial void Watching(ILogger logger, string topic, string watch);

        [LoggerMessage(3205, LogLevel.Information, "No longer watching topic '{Topic}' for {Watch}")]
        internal static partial void Ended(ILogger logger, string topic, string watch);

        [LoggerMessage(3202, LogLevel.Warning, "{Count} offsets of partition {Partition} were deleted before {Watch} came to them: it goes on where the partition begins. Keep records longer with retention.ms")]
        internal static partial void RecordsGone(ILogger logger, long count, string partition, string watch);

        [LoggerMessage(3203, LogLevel.Warning, "Topic '{Topic}' was made anew since {Watch} was in it: it is read from its beginning")]
        internal static partial void TopicAnew(ILogger logger, string topic, string watch);
    }
}
