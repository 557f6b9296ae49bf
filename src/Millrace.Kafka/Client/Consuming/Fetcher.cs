using Microsoft.Extensions.Logging;
using Millrace.Kafka.Connections;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Consuming;

/// <summary>Keeps one Fetch under way at each broker that leads partitions with room for more, and holds what came until it is read.</summary>
sealed class Fetcher(KafkaClient client, ConsumerOptions options, ConnectionPool connections, Signal news) : IAsyncDisposable
{
    const int MostResponseBytes = 16 << 20;

    readonly Lock gate = new();
    readonly Dictionary<TopicPartition, AssignedPartition> partitions = [];
    readonly Queue<FetchedPart> fetched = [];
    readonly Dictionary<int, Task> asking = [];
    readonly CancellationTokenSource closing = new();
    long held;
    bool isRefreshing;
    int vainRefreshes;
    KafkaException? failure;

    TimeProvider Time => client.Options.Time;

    /// <summary>Those that are read, by their names.</summary>
    internal AssignedPartition[] Partitions
    {
        get
        {
            lock (gate) return [.. partitions.Values];
        }
    }

    internal AssignedPartition? Find(TopicPartition partition)
    {
        lock (gate) return partitions.GetValueOrDefault(partition);
    }

    internal void Add(IEnumerable<AssignedPartition> added)
    {
        lock (gate)
            foreach (var partition in added) partitions[partition.Partition] = partition;
    }

    internal void Remove(IEnumerable<TopicPartition> removed)
    {
        lock (gate)
            foreach (var partition in removed)
                if (partitions.Remove(partition, out var gone)) gone.IsRevoked = true;
    }

    internal bool TryTake(out FetchedPart? part)
    {
        lock (gate)
        {
            if (failure is { } why)
            {
                failure = null;
                throw why;
            }
            return fetched.TryDequeue(out part);
        }
    }

    internal bool HasNews
    {
        get
        {
            lock (gate) return fetched.Count > 0 || failure is not null;
        }
    }

    /// <summary>Gives back the room of what has been read, and asks for more.</summary>
    internal void Done(FetchedPart part)
    {
        lock (gate)
        {
            held -= part.Batches.Length;
            part.Of.Held -= part.Batches.Length;
        }
        part.Release();
        Ask();
    }

    /// <summary>Sends a Fetch to every broker that can bring something and isn't asked yet.</summary>
    internal void Ask()
    {
        lock (gate)
        {
            if (closing.IsCancellationRequested) return;
            if (client.Metadata.IsOld) Refresh();
            var view = client.Metadata.View;
            var now = Time.GetTimestamp();
            foreach (var partition in partitions.Values)
            {
                if (!IsWanted(partition, now)) continue;
                var leader = view.Find(partition.Partition)?.Leader ?? -1;
                if (leader < 0)
                {
                    Worry(partition, "no broker leads it.");
                    Refresh();
                }
                else if (!asking.TryGetValue(leader, out var task) || task.IsCompleted) asking[leader] = Task.Run(() => AskAsync(leader));
            }
        }
    }

    bool IsWanted(AssignedPartition partition, long now) =>
        partition is { FetchOffset: >= 0, IsPaused: false, IsAsked: false } && partition.NotBefore <= now && partition.Held < options.PartitionBytes && held < options.BufferBytes;

    async Task AskAsync(int node)
    {
        while (!closing.IsCancellationRequested)
        {
            List<(AssignedPartition Partition, int Jumps)> wanted;
            Cluster.ClusterView view;
            lock (gate)
            {
                // One for all of it: topics may be gone from the next.
                view = client.Metadata.View;
                wanted = Wanted(view, node);
                // Looked at under the lock that those hold who make a partition wanted: none is forgotten.
                if (wanted.Count == 0)
                {
                    asking.Remove(node);
                    return;
                }
                foreach (var (partition, _) in wanted) partition.IsAsked = true;
            }
            try
            {
                await FetchAsync(view, node, wanted).ConfigureAwait(false);
            }
            catch (KafkaException failed)
            {
                client.Options.Logger.LogFetchFailed(node, failed.Message);
                Fail(wanted, failed);
            }
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            finally
            {
                lock (gate)
                    foreach (var (partition, _) in wanted) partition.IsAsked = false;
                news.Set();
            }
        }
    }

    List<(AssignedPartition Partition, int Jumps)> Wanted(Cluster.ClusterView view, int node)
    {
        var now = Time.GetTimestamp();
        var wanted = new List<(AssignedPartition, int)>();
        foreach (var partition in partitions.Values)
            if (IsWanted(partition, now) && view.Find(partition.Partition)?.Leader == node) wanted.Add((partition, partition.Jumps));
        return wanted;
    }

    async ValueTask FetchAsync(Cluster.ClusterView view, int node, List<(AssignedPartition Partition, int Jumps)> wanted)
    {
        if (!view.Brokers.TryGetValue(node, out var address)) throw new KafkaException(ErrorCode.BrokerNotAvailable, $"The broker {node} is no longer part of the cluster.");
        var connection = await connections.ToAsync(address, closing.Token).ConfigureAwait(false);
        var version = connection.Versions.Pick<FetchRequest>();
        var request = new FetchRequest
        {
            MaxWaitMs = (int)options.FetchWait.TotalMilliseconds,
            MinBytes = 1,
            MaxBytes = MostResponseBytes,
            IsolationLevel = options.OnlyCommitted ? (sbyte)1 : (sbyte)0,
            Topics = [.. wanted.GroupBy(w => w.Partition.Partition.Topic, (topic, some) => new FetchRequest.FetchTopic
            {
                Topic = topic,
                TopicId = view.Topics[topic].Id,
                Partitions = [.. some.Select(w => new FetchRequest.FetchTopic.FetchPartition
                {
                    Partition = w.Partition.Partition.Partition,
                    FetchOffset = w.Partition.FetchOffset,
                    CurrentLeaderEpoch = view.Find(w.Partition.Partition)?.Epoch ?? -1,
                    PartitionMaxBytes = options.PartitionBytes,
                })],
            })],
        };
        using var writer = new WireWriter();
        var exchange = new AwaitedExchange();
        connection.Begin<FetchRequest>(writer, version, exchange);
        request.Write(writer, version);
        writer.SetInt32(0, writer.Length - 4);
        await connection.SendAsync(exchange, writer.Written, options.FetchWait).ConfigureAwait(false);
        var frame = await exchange.WaitAsync(closing.Token).ConfigureAwait(false);
        var shared = new SharedFrame(frame);
        try
        {
            var response = frame.Read<FetchResponse>(version);
            if (response.ErrorCode != ErrorCode.None) throw KafkaException.Of(response.ErrorCode, $"The broker {node} refused a Fetch");
            Take(response, wanted, shared, view);
        }
        catch (WireException broken)
        {
            throw new KafkaException(ErrorCode.CorruptMessage, $"The broker {node} answered a Fetch with what can't be read: {broken.Message}", broken);
        }
        finally
        {
            shared.Release();
        }
    }

    void Take(FetchResponse response, List<(AssignedPartition Partition, int Jumps)> wanted, SharedFrame frame, Cluster.ClusterView view)
    {
        foreach (var topic in response.Responses)
        {
            foreach (var part in topic.Partitions)
            {
                var (partition, jumps) = wanted.Find(w => w.Partition.Partition.Partition == part.PartitionIndex
                    && (topic.Topic.Length > 0 ? w.Partition.Partition.Topic == topic.Topic : view.Topics[w.Partition.Partition.Topic].Id == topic.TopicId));
                if (partition is null) continue;
                if (part.ErrorCode == ErrorCode.None) Hold(partition, jumps, part, frame);
                else Fail([(partition, jumps)], KafkaException.Of(part.ErrorCode, $"{partition.Partition} can't be read at offset {partition.FetchOffset}"));
            }
        }
    }

    void Hold(AssignedPartition partition, int jumps, FetchResponse.FetchableTopicResponse.PartitionData data, SharedFrame frame)
    {
        var batches = data.Records ?? default;
        lock (gate)
        {
            partition.HighWatermark = options.OnlyCommitted && data.LastStableOffset >= 0 ? data.LastStableOffset : data.HighWatermark;
            (partition.Failures, partition.FailingSince, vainRefreshes) = (0, null, 0);
            if (batches.IsEmpty || partition.Jumps != jumps || partition.IsRevoked) return;
            // The heads tell at once where to go on: the next Fetch is under way while this one is read.
            var rest = batches;
            var (next, records) = (partition.FetchOffset, 0L);
            while (Batches.TryTake(ref rest, out var batch))
            {
                next = Math.Max(next, BatchHeader.LastOffset(batch.Span) + 1);
                records += BatchHeader.Count(batch.Span);
            }
            KafkaTelemetry.Fetched(partition.Partition.Topic, records, batches.Length);
            if (next == partition.FetchOffset) return;
            partition.FetchOffset = next;
            partition.Held += batches.Length;
            held += batches.Length;
            frame.Hold();
            var aborted = data.AbortedTransactions;
            aborted?.Sort(static (a, b) => a.FirstOffset.CompareTo(b.FirstOffset));
            fetched.Enqueue(new(partition, frame, batches, aborted));
        }
    }

    /// <summary>What may pass is tried again after a while; the rest is the reader's.</summary>
    void Fail(List<(AssignedPartition Partition, int Jumps)> failed, KafkaException why)
    {
        lock (gate)
        {
            foreach (var (partition, jumps) in failed)
            {
                if (partition.Jumps != jumps || partition.IsRevoked) continue;
                var wait = KafkaOptions.Backoff(partition.Failures++);
                partition.NotBefore = Time.GetTimestamp() + (long)(wait.TotalSeconds * Time.TimestampFrequency);
                _ = AskLaterAsync(wait);
                if (why.Code == ErrorCode.OffsetOutOfRange && options.StartAt is { } start)
                {
                    client.Options.Logger.LogOutOfRange(partition.Partition, partition.FetchOffset);
                    // What is held is behind it and still read first.
                    if (partition.Held == 0) partition.Find(start);
                }
                else if (!why.IsRetriable) failure ??= why;
                else Worry(partition, why.Message);
            }
            if (Errors.IsStale(why.Code)) Refresh();
        }
    }

    /// <summary>Readers wait for as long as it takes. Who watches the log hears of it when that is long.</summary>
    internal void Worry(AssignedPartition partition, string why)
    {
        var now = Time.GetTimestamp();
        partition.FailingSince ??= now;
        if (Time.GetElapsedTime(partition.FailingSince.Value, now) < client.Options.RetryTimeout) return;
        client.Options.Logger.LogUnreadable(partition.Partition, client.Options.RetryTimeout, why);
        partition.FailingSince = now;
    }

    /// <summary>Tells the reader.</summary>
    internal void Surface(KafkaException why)
    {
        lock (gate) failure ??= why;
    }

    async Task AskLaterAsync(TimeSpan wait)
    {
        try
        {
            await Task.Delay(wait, Time, closing.Token).ConfigureAwait(false);
            Ask();
        }
        catch (OperationCanceledException)
        {
            // Nobody reads any more.
        }
    }

    void Refresh()
    {
        if (isRefreshing) return;
        isRefreshing = true;
        _ = RefreshAsync();
    }

    async Task RefreshAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            while (true)
            {
                await Task.Delay(KafkaOptions.Backoff(vainRefreshes++), Time, closing.Token).ConfigureAwait(false);
                try
                {
                    await client.Metadata.RefreshAsync(client.Metadata.View).ConfigureAwait(false);
                    break;
                }
                catch (KafkaException)
                {
                    // Nobody answers yet.
                }
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
        {
            return;
        }
        lock (gate) isRefreshing = false;
        Ask();
        news.Set();
    }

    public async ValueTask DisposeAsync()
    {
        Task[] all;
        lock (gate)
        {
            closing.Cancel();
            all = [.. asking.Values];
        }
        await Task.WhenAll(all).ConfigureAwait(false);
        lock (gate)
            while (fetched.TryDequeue(out var part)) part.Release();
        closing.Dispose();
    }
}
