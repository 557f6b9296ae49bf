using Millrace.Broker.Connections;
using Millrace.Broker.Quotas;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Topics;

/// <summary>Reads records, and waits for as many as the consumer asks for.</summary>
static class FetchApi
{
    internal static Api Create(BrokerNode node) => Api.By<FetchRequest>((request, asked) => HandleAsync(node, request, asked));

    static async ValueTask<Reply> HandleAsync(BrokerNode node, Request request, FetchRequest asked)
    {
        var (error, session, partitions, isIncremental) = node.FetchSessions.Resolve(asked);
        if (error != ErrorCode.None) return Api.Respond(request, new FetchResponse { ErrorCode = error });
        var work = new FetchWork(node, request, asked, partitions);
        var reading = work.ReadEnoughAsync();
        if (!reading.IsCompleted) request.Waits();
        await reading.ConfigureAwait(false);
        return work.Answer(session, isIncremental);
    }
}

/// <summary>One Fetch: what was found of each partition, in buffers that the reply takes over.</summary>
sealed class FetchWork(BrokerNode node, Request request, FetchRequest asked, List<FetchedPartition> wanted)
{
    const int MostImpatientMs = 1000;

    readonly bool onlyCommitted = asked.IsolationLevel == 1;
    readonly int maxBytes = (int)Math.Min(Math.Min(asked.MaxBytes, node.Settings.FetchMaxBytes), node.Quotas.MostAtOnce(QuotaKind.Consumed, request));
    List<PartitionFound> found = [];
    long held;

    internal async ValueTask ReadEnoughAsync()
    {
        // Whoever asks for much holds much meanwhile: it's answered soon, and asks again.
        var most = request.Held > ObjectMemory.MostPatient ? MostImpatientMs : int.MaxValue;
        var until = node.Time.GetTimestamp() + (long)(Math.Clamp(asked.MaxWaitMs, 0, most) / 1000.0 * node.Time.TimestampFrequency);
        try
        {
            if (await ReadAllAsync().ConfigureAwait(false)) return;
            while (!request.Connection.Ended.IsCancellationRequested && node.Time.GetElapsedTime(node.Time.GetTimestamp(), until) is { Ticks: > 0 } left)
            {
                if (await ReadAfterWaitAsync(left).ConfigureAwait(false)) return;
            }
        }
        catch
        {
            Drop();
            throw;
        }
    }

    /// <summary>Listens first and looks then, so that nothing comes unnoticed in between.</summary>
    async ValueTask<bool> ReadAfterWaitAsync(TimeSpan left)
    {
        var wait = new FetchWait();
        var partitions = wanted.Select(Find).OfType<Partition>().ToList();
        foreach (var partition in partitions) partition.Add(wait);
        try
        {
            if (await ReadAllAsync().ConfigureAwait(false)) return true;
            await using var timer = node.Time.CreateTimer(static w => ((FetchWait)w!).Wake(), wait, left, Timeout.InfiniteTimeSpan).ConfigureAwait(false);
            await using var ended = request.Connection.Ended.UnsafeRegister(static w => ((FetchWait)w!).Wake(), wait).ConfigureAwait(false);
            // Who waits for more than there is must not keep others from what is there.
            Drop();
            await wait.Woken.ConfigureAwait(false);
        }
        finally
        {
            foreach (var partition in partitions) partition.Remove(wait);
        }
        return await ReadAllAsync().ConfigureAwait(false);
    }

    Partition? Find(FetchedPartition wish) => TopicOf(wish)?.Find(wish.Index);

    Topic? TopicOf(FetchedPartition wish) => request.Version >= 13 ? node.Topics.Find(wish.TopicId) : node.Topics.Find(wish.Topic);

    /// <summary>Reads what there is. Whether that's enough to answer.</summary>
    async ValueTask<bool> ReadAllAsync()
    {
        Drop();
        var most = Math.Min(maxBytes, wanted.Sum(w => Find(w) is { } p && w.Offset < Limit(p) ? (long)w.MaxBytes : 0));
        await node.ResponseMemory.TakeAsync(most).ConfigureAwait(false);
        held = most;
        var (bytes, isTold) = (0L, false);
        foreach (var wish in wanted)
        {
            var one = Read(wish, (int)Math.Min(wish.MaxBytes, maxBytes - bytes), atLeastOne: bytes == 0);
            isTold |= one.Error != ErrorCode.None || one.Diverging is not null;
            bytes += one.Length;
            found.Add(one);
        }
        if (bytes > held) node.ResponseMemory.Force(bytes - held);
        else node.ResponseMemory.Return(held - bytes);
        held = bytes;
        return isTold || bytes >= Math.Max(asked.MinBytes, 0) || bytes >= maxBytes || wanted.Count == 0;
    }

    long Limit(Partition partition) => onlyCommitted ? partition.Log.StableOffset : partition.Log.HighWatermark;

    PartitionFound Read(FetchedPartition wish, int most, bool atLeastOne)
    {
        if (TopicOf(wish) is not { } topic) return new(wish, request.Version >= 13 ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition);
        if (!node.Security.May(request, AclOperation.Read, ResourceType.Topic, topic.Name)) return new(wish, ErrorCode.TopicAuthorizationFailed);
        if (topic.Find(wish.Index) is not { } partition) return new(wish, ErrorCode.UnknownTopicOrPartition);
        if (node.EpochError(wish.LeaderEpoch) is not ErrorCode.None and var fenced) return new(wish, fenced);
        var log = partition.Log;
        var (upTo, high) = (Limit(partition), log.HighWatermark);
        if (wish.LastFetchedEpoch >= 0 && log.Epochs.EndOf(wish.LastFetchedEpoch, high) is var end && (end.Epoch < wish.LastFetchedEpoch || end.EndOffset < wish.Offset))
            return new(wish, ErrorCode.None) { HighWatermark = high, Stable = log.StableOffset, Start = log.StartOffset, Diverging = end };
        try
        {
            var read = log.Read(wish.Offset, most, upTo, atLeastOne);
            if (read.Error != ErrorCode.None) return new(wish, read.Error) { HighWatermark = high, Start = log.StartOffset };
            return new(wish, ErrorCode.None)
            {
                HighWatermark = high,
                Stable = log.StableOffset,
                Start = log.StartOffset,
                Buffer = read.Buffer,
                Length = read.Length,
                Place = read.Place,
                Aborted = onlyCommitted && read.Buffer is not null ? log.AbortedBetween(wish.Offset, read.NextOffset) : [],
            };
        }
        catch (IOException)
        {
            return new(wish, ErrorCode.KafkaStorageError);
        }
    }

    void Drop()
    {
        foreach (var one in found)
            if (one.Buffer is { } buffer) System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        found = [];
        node.ResponseMemory.Return(held);
        held = 0;
    }

    internal Reply Answer(FetchSession? session, bool isIncremental)
    {
        var told = isIncremental ? found.FindAll(f => f.IsNew) : found;
        if (Rest(told.Sum(t => (long)t.Length)) is { Ticks: > 0 } rest) return Later(rest, session, isIncremental);
        foreach (var one in told) one.Wish.Told = (one.HighWatermark, one.Start);
        if (session is not null)
        {
            foreach (var one in told)
                if (one.Length > 0) session.Served(one.Wish);
        }
        var reply = Reply.Begin(request, request.Version >= FetchRequest.FlexibleFrom);
        FetchAnswer.Write(reply, request.Version, 0, session?.Id ?? 0, told);
        reply.Owes(node.ResponseMemory);
        node.Meters.Fetched(told.Select(t => (t.Wish.Topic, t.Length)));
        return reply;
    }

    /// <summary>For how long the consumer must wait, if it has taken too much already for what was found.</summary>
    TimeSpan Rest(long bytes)
    {
        if (request.Charge() is { Ticks: > 0 } busy) return busy;
        var rest = node.Quotas.TryTake(QuotaKind.Consumed, request, bytes, needed: bytes);
        request.Connection.Mute(rest);
        return rest;
    }

    /// <summary>
    /// The answer to a consumer that is over its quota: nothing, and how long it isn't heard. It asks for the same again then, so its
    /// session has told it nothing, and one that was to begin doesn't.
    /// </summary>
    Reply Later(TimeSpan rest, FetchSession? session, bool isIncremental)
    {
        Drop();
        if (session is not null && !isIncremental) node.FetchSessions.Forget(session);
        var reply = Reply.Begin(request, request.Version >= FetchRequest.FlexibleFrom);
        FetchAnswer.Write(reply, request.Version, (int)rest.TotalMilliseconds, isIncremental ? session?.Id ?? 0 : 0, []);
        return reply;
    }
}

/// <summary>What became of one partition of a Fetch.</summary>
sealed record PartitionFound(FetchedPartition Wish, ErrorCode Error)
{
    internal long HighWatermark { get; init; } = -1;

    internal long Stable { get; init; } = -1;

    internal long Start { get; init; } = -1;

    internal byte[]? Buffer { get; init; }

    internal int Length { get; init; }

    internal Logs.RecordsPlace Place { get; init; }

    internal List<Logs.AbortedTransaction> Aborted { get; init; } = [];

    internal (int Epoch, long EndOffset)? Diverging { get; init; }

    internal bool IsNew => Length > 0 || Error != ErrorCode.None || Diverging is not null || Wish.Told != (HighWatermark, Start);
}
