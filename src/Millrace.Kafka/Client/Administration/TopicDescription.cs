namespace Millrace.Kafka;

/// <param name="Id">Empty where brokers have no ids for topics.</param>
/// <param name="IsInternal">Whether brokers keep their own things in it.</param>
public sealed record TopicDescription(string Name, Guid Id, bool IsInternal, IReadOnlyList<PartitionDescription> Partitions);

/// <param name="Leader">The broker that takes and gives records, or null if there is none just now.</param>
/// <param name="LeaderEpoch">Which leadership that is, -1 where brokers don't count them.</param>
/// <param name="Replicas">The brokers that have a copy, the preferred leader first.</param>
/// <param name="InSync">Those whose copy is up to date.</param>
/// <param name="Offline">Those that are gone, or whose disk is.</param>
public sealed record PartitionDescription(int Partition, int? Leader, int LeaderEpoch, IReadOnlyList<int> Replicas, IReadOnlyList<int> InSync, IReadOnlyList<int> Offline);
