using Millrace.Kafka.Cluster;

namespace Millrace.Kafka.Consuming;

/// <summary>The topics that a consumer reads: those it names, or those that match its pattern as far as they are known of.</summary>
sealed class Subscription(KafkaClient client, ConsumerOptions options)
{
    ClusterView? seen;

    internal IReadOnlyList<string> Topics { get; private set; } = options.Topics;

    internal bool IsPattern => options.TopicPattern is not null;

    /// <summary>Whether more has been learned of the cluster than was looked through.</summary>
    internal bool IsStale => !ReferenceEquals(seen, client.Metadata.View);

    internal bool MatchesNothing => IsPattern && seen is not null && Topics.Count == 0;

    internal void LookedThrough(ClusterView view) => seen = view;

    /// <summary>Looks topics up. Those that are named are made by brokers that do so, those that match are there or not.</summary>
    /// <param name="mayMiss">Whether what isn't there may come later.</param>
    internal async ValueTask BeginAsync(bool mayMiss, CancellationToken cancellation)
    {
        if (IsPattern) await client.Metadata.WatchAllAsync(cancellation).ConfigureAwait(false);
        foreach (var topic in options.Topics)
        {
            try
            {
                // What was learned before may be from before it had all of its partitions.
                await client.Metadata.TopicAsync(topic, mayCreate: true, cancellation, anew: !mayMiss).ConfigureAwait(false);
            }
            catch (KafkaException missing) when (missing.Code == ErrorCode.UnknownTopicOrPartition && mayMiss)
            {
                // Groups may wait for topics.
            }
        }
    }

    /// <summary>Takes what was learned since. True if the topics are others.</summary>
    internal bool Learn(ClusterView view)
    {
        if (options.TopicPattern is not { } pattern) return false;
        // Kafka's own topics are not meant by a pattern that happens to match them.
        string[] matching = [.. view.Topics.Values.Where(t => !t.IsInternal && t.Partitions.Length > 0 && pattern.IsMatch(t.Name)).Select(t => t.Name).Order(StringComparer.Ordinal)];
        if (matching.SequenceEqual(Topics)) return false;
        Topics = matching;
        return true;
    }
}
