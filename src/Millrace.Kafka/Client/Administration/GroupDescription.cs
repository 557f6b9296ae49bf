namespace Millrace.Kafka;

/// <param name="ProtocolType">What its members are: <c>consumer</c>, or empty where it never had any.</param>
/// <param name="State"><see cref="GroupState.Unknown"/> where brokers of before version 2.6 were asked.</param>
/// <param name="Kind"><see cref="GroupKind.Unknown"/> where brokers of before version 3.8 were asked.</param>
public sealed record GroupListing(string Id, string ProtocolType, GroupState State, GroupKind Kind);

/// <param name="Assignor">How partitions are given to members; empty where there are none.</param>
public sealed record GroupDescription(string Id, GroupKind Kind, GroupState State, string Assignor, IReadOnlyList<GroupMember> Members);

/// <param name="InstanceId">That of a static member, or null.</param>
/// <param name="Assignment">The partitions that it has.</param>
public sealed record GroupMember(string Id, string? InstanceId, string ClientId, string Host, IReadOnlyList<TopicPartition> Assignment);

/// <summary>Which protocol a group's members speak.</summary>
public enum GroupKind
{
    Unknown,

    /// <summary>A member gives partitions to the others.</summary>
    Classic,

    /// <summary>The broker gives partitions to members (KIP-848).</summary>
    Consumer,

    Share,
    Streams,
}

public enum GroupState
{
    Unknown,
    Empty,
    PreparingRebalance,
    CompletingRebalance,
    Assigning,
    Reconciling,
    Stable,
    NotReady,
    Dead,
}

/// <summary>What a group has committed for a partition.</summary>
/// <param name="Offset">The next record that it reads.</param>
/// <param name="End">Behind the last record that is there, or null if there is no such partition any more.</param>
/// <param name="Metadata">What was committed beside it.</param>
public sealed record GroupOffset(TopicPartition Partition, long Offset, long? End, string Metadata)
{
    /// <summary>How many offsets the group is behind.</summary>
    public long? Lag => End is { } end ? Math.Max(0, end - Offset) : null;
}
