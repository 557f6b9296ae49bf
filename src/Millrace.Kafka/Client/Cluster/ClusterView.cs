using Millrace.Kafka.Connections;

namespace Millrace.Kafka.Cluster;

/// <summary>What is known of the cluster. A new one is made when more is learned.</summary>
sealed class ClusterView
{
    internal static readonly ClusterView Empty = new();

    internal string? ClusterId { get; init; }

    internal IReadOnlyDictionary<int, BrokerAddress> Brokers { get; init; } = new Dictionary<int, BrokerAddress>();

    internal int Controller { get; init; } = -1;

    internal IReadOnlyDictionary<string, TopicView> Topics { get; init; } = new Dictionary<string, TopicView>();

    internal ClusterView Without(string topic) => new() { ClusterId = ClusterId, Controller = Controller, Brokers = Brokers, Topics = Topics.Where(t => t.Key != topic).ToDictionary() };

    internal PartitionView? Find(TopicPartition partition) =>
        Topics.TryGetValue(partition.Topic, out var topic) && (uint)partition.Partition < (uint)topic.Partitions.Length ? topic.Partitions[partition.Partition] : null;
}

/// <summary>A topic, its partitions by number.</summary>
sealed record TopicView(string Name, Guid Id, bool IsInternal, PartitionView[] Partitions);

/// <param name="Leader">The broker that leads, -1 for none.</param>
/// <param name="Epoch">Which leadership that is, -1 where brokers don't count them.</param>
/// <param name="Doubts">How many answers in a row have told of an earlier leadership since.</param>
sealed record PartitionView(int Leader, int Epoch, IReadOnlyList<int> Replicas, IReadOnlyList<int> InSync, int Doubts = 0);
