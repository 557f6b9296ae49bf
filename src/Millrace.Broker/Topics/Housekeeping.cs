namespace Millrace.Broker.Topics;

/// <summary>Clears away what topics no longer keep, and compacts those that want it, now and then and one after the other.</summary>
sealed class Housekeeping : IDisposable
{
    static readonly TimeSpan CompactEvery = TimeSpan.FromSeconds(15);

    readonly BrokerNode node;
    readonly Lock working = new();
    readonly ITimer retention;
    readonly ITimer compaction;
    volatile bool stopping;

    internal Housekeeping(BrokerNode node)
    {
        this.node = node;
        var every = node.Settings.Duration("log.retention.check.interval.ms");
        retention = node.Time.CreateTimer(_ => Retain(), null, every, every);
        compaction = node.Time.CreateTimer(_ => Compact(), null, CompactEvery, CompactEvery);
    }

    internal void Retain() => ForEach(partition =>
    {
        partition.Log.Retain(node.Now);
        partition.Log.ExpireProducers(node.Now - node.Settings.Int("producer.id.expiration.ms"));
    });

    internal void Compact()
    {
        if (node.Logs.CheckpointTrouble is { } trouble) BrokerLog.NoCheckpoint(node.Log, trouble);
        ForEach(partition =>
        {
            if (partition.Topic.Settings.IsCompacted) partition.Log.Compact(node.Now);
        });
    }

    void ForEach(Action<Partition> work)
    {
        // The last round isn't over: the next one comes.
        if (!working.TryEnter()) return;
        try
        {
            foreach (var partition in node.Topics.All.SelectMany(t => t.Partitions))
            {
                if (stopping) return;
                try
                {
                    work(partition);
                }
                catch (Exception failed) when (failed is IOException or ObjectDisposedException or UnauthorizedAccessException)
                {
                    BrokerLog.NotCleared(node.Log, partition.Log.Name, failed.Message);
                }
            }
        }
        finally
        {
            working.Exit();
        }
    }

    public void Dispose()
    {
        stopping = true;
        retention.Dispose();
        compaction.Dispose();
        // Whoever is at it ends with the partition that it's at.
        lock (working) stopping = true;
    }
}
