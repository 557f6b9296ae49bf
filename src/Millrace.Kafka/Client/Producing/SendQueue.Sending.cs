using Millrace.Kafka.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Producing;

/// <summary>Which batches go out when.</summary>
sealed partial class SendQueue
{
    bool isRefreshing;

    /// <summary>Sends to a broker what is ready, until nothing is or it has enough under way.</summary>
    void Pump(NodeQueue node)
    {
        while (true)
        {
            ProduceExchange? exchange;
            List<(PartitionQueue Queue, ProduceBatch Batch, KafkaException Why)>? expired = null;
            lock (gate)
            {
                exchange = closing.IsCancellationRequested || node.IsWriting || node.InFlight >= NodeQueue.MostInFlight ? null : Collect(node, ref expired);
                if (exchange is not null)
                {
                    node.IsWriting = true;
                    node.InFlight++;
                }
            }
            if (expired is not null)
                foreach (var (queue, batch, why) in expired) Complete(queue, batch, -1, -1, why);
            if (exchange is null) return;
            var sending = SendAsync(node, exchange);
            if (!sending.IsCompletedSuccessfully)
            {
                _ = GoOnAsync(sending, node);
                return;
            }
            lock (gate) node.IsWriting = false;
        }
    }

    async Task GoOnAsync(ValueTask sending, NodeQueue node)
    {
        await sending.ConfigureAwait(false);
        lock (gate) node.IsWriting = false;
        Pump(node);
    }

    /// <summary>What is ready, at most one batch of each partition: they are answered one by one.</summary>
    ProduceExchange? Collect(NodeQueue node, ref List<(PartitionQueue, ProduceBatch, KafkaException)>? expired)
    {
        if (node.Queues.Count == 0) return null;
        if (client.Metadata.IsOld) Refresh();
        var now = time.GetTimestamp();
        ProduceExchange? exchange = null;
        var bytes = 0L;
        var start = node.Turn;
        for (var seen = 0; seen < node.Queues.Count; seen++)
        {
            var queue = node.Queues[(start + seen) % node.Queues.Count];
            if (queue.Waiting.Count > 0) Expire(queue, now, ref expired);
            if (queue.Waiting.Count == 0 || queue.Leader != node.Node || !MaySend(queue, now)) continue;
            var batch = queue.Waiting[0];
            if (!IsReady(batch, node, now)) continue;
            if (bytes > 0 && bytes + batch.RecordBytes > options.BatchBytes)
            {
                node.Turn = (start + seen) % node.Queues.Count;
                break;
            }
            exchange ??= Rent(node);
            bytes += batch.RecordBytes;
            Take(queue, batch, exchange);
        }
        Unlist(node);
        return exchange;
    }

    bool MaySend(PartitionQueue queue, long now)
    {
        if (queue.NotBefore > now)
        {
            WakeAt(queue.NotBefore);
            return false;
        }
        if (queue.IsDraining && queue.InFlight > 0) return false;
        if (queue.Leader < 0)
        {
            Refresh();
            return false;
        }
        if (identity is null)
        {
            Identify();
            return false;
        }
        return options.TransactionalId is null || IsPartOfTransaction(queue);
    }

    /// <summary>Whether nothing more is waited for.</summary>
    bool IsReady(ProduceBatch batch, NodeQueue node, long now)
    {
        if (batch.IsClosed) return true;
        // While a request is under way others gather for the next one; how long that takes depends on the broker alone.
        if (batch.IsUrgent || options.Linger == TimeSpan.Zero) return node.InFlight == 0;
        var due = batch.Born + Ticks(options.Linger);
        if (due <= now) return true;
        WakeAt(due);
        return false;
    }

    void Take(PartitionQueue queue, ProduceBatch batch, ProduceExchange exchange)
    {
        queue.Waiting.RemoveAt(0);
        queue.InFlight++;
        batch.IsClosed = true;
        if (options.Idempotent && batch.Sequence < 0)
        {
            batch.Number(queue.NextSequence);
            // Behind the largest number comes 0.
            queue.NextSequence = (int)(((long)queue.NextSequence + batch.Count) & int.MaxValue);
        }
        exchange.Batches.Add((queue, batch));
    }

    static void Unlist(NodeQueue node)
    {
        for (var i = node.Queues.Count - 1; i >= 0; i--)
        {
            var queue = node.Queues[i];
            if (queue.Waiting.Count > 0 && queue.Leader == node.Node) continue;
            queue.IsListed = false;
            node.Queues.RemoveAt(i);
        }
    }

    ProduceExchange Rent(NodeQueue node)
    {
        if (!spareExchanges.TryPop(out var exchange)) exchange = new(this);
        exchange.Begin(node);
        return exchange;
    }

    async ValueTask SendAsync(NodeQueue node, ProduceExchange exchange)
    {
        try
        {
            if (node.Connection is not { IsOpen: true } connection)
            {
                if (!client.Metadata.View.Brokers.TryGetValue(node.Node, out var address))
                    throw new KafkaException(ErrorCode.BrokerNotAvailable, $"The broker {node.Node} is no longer part of the cluster.");
                node.Connection = connection = await connections.ToAsync(address, closing.Token).ConfigureAwait(false);
            }
            // Only transactions of the second kind take partitions in without having been told of them.
            var version = connection.Versions.Pick<ProduceRequest>(options.TransactionalId is not null && !addsByItself ? FirstKindProduce : short.MaxValue);
            await exchange.SendAsync(connection, version, options, identity!.Value).ConfigureAwait(false);
        }
        catch (Exception failed)
        {
            // Whatever it was: those who wait for these records must hear of it.
            exchange.Fail(failed as KafkaException ?? new KafkaException(ErrorCode.UnknownServerError, $"The records could not be sent: {failed.Message}", failed));
        }
        exchange.Written();
    }

    /// <summary>Asks who the partitions' leaders are now.</summary>
    void Refresh()
    {
        if (isRefreshing || closing.IsCancellationRequested) return;
        isRefreshing = true;
        _ = RefreshAsync();
    }

    async Task RefreshAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        for (var tries = 0; !closing.IsCancellationRequested; tries++)
        {
            try
            {
                var view = await client.Metadata.RefreshAsync(client.Metadata.View).ConfigureAwait(false);
                Apply(view, tries);
                return;
            }
            catch (KafkaException)
            {
                // Nobody answers. What waits expires by itself; until then we ask on.
                PumpAll();
            }
            try
            {
                await Task.Delay(KafkaOptions.Backoff(tries), time, closing.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    void Apply(Cluster.ClusterView view, int tries)
    {
        lock (gate)
        {
            isRefreshing = false;
            foreach (var topic in topics.Values)
            {
                topic.Apply(view.Topics.GetValueOrDefault(topic.Name));
                foreach (var queue in topic.Partitions)
                {
                    if (queue.Waiting.Count == 0) continue;
                    if (queue.Leader < 0) queue.NotBefore = Math.Max(queue.NotBefore, time.GetTimestamp() + Ticks(KafkaOptions.Backoff(3)));
                    queue.IsListed = false;
                    foreach (var node in nodes.Values) node.Queues.Remove(queue);
                    List(queue);
                }
            }
        }
        PumpAll();
    }

    void PumpAll()
    {
        NodeQueue[] all;
        lock (gate) all = [.. nodes.Values];
        foreach (var node in all) Pump(node);
    }

    void WakeAt(long at)
    {
        if (at >= wakeAt) return;
        wakeAt = at;
        var wait = TimeSpan.FromSeconds(Math.Max(0, at - time.GetTimestamp()) / (double)time.TimestampFrequency);
        timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    void Wake()
    {
        lock (gate) wakeAt = long.MaxValue;
        PumpAll();
    }
}
