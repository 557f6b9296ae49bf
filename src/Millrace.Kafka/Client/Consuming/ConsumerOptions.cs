using System.Text.RegularExpressions;

namespace Millrace.Kafka;

/// <summary>How the consumers of a group share its partitions.</summary>
public enum GroupProtocol
{
    /// <summary>One of the members assigns. Every broker and every client knows it.</summary>
    Classic,

    /// <summary>The broker assigns, and members need not stop for it (KIP-848). Needs Apache Kafka 4.0 or the embedded broker.</summary>
    Consumer,
}

public sealed record ConsumerOptions
{
    /// <summary>The topics to read. With a <see cref="Group"/> its consumers share their partitions; without one this consumer reads all of them.</summary>
    public IReadOnlyList<string> Topics { get; init; } = [];

    /// <summary>
    /// Reads every topic whose name it matches, those that come later too: they are found as <see cref="KafkaOptions.MetadataMaxAge"/>
    /// passes. It matches where it finds something, so write <c>^orders-\d+$</c> for whole names. Instead of <see cref="Topics"/>.
    /// </summary>
    public Regex? TopicPattern { get; init; }

    /// <summary>Partitions to read, whatever others read. Instead of <see cref="Topics"/>.</summary>
    public IReadOnlyList<TopicPartition> Partitions { get; init; } = [];

    /// <summary>The group that shares the work and remembers how far it has come. Null: nothing is shared or remembered.</summary>
    public string? Group { get; init; }

    /// <summary>Names this consumer across restarts: one that comes back within <see cref="SessionTimeout"/> has its partitions again, and nobody else had to stop.</summary>
    public string? InstanceId { get; init; }

    public GroupProtocol Protocol { get; init; }

    /// <summary>In the classic protocol, the ways of sharing that this consumer knows, the preferred first. All members need one in common.</summary>
    public IReadOnlyList<Assignor> Assignors { get; init; } = [Assignor.Range, Assignor.RoundRobin, Assignor.KafkaJs];

    /// <summary>Where to begin where the group has not been yet, and where to go on when that place is no longer there. Null: fail, unless <see cref="OnAssigned"/> seeks.</summary>
    public OffsetSpec? StartAt { get; init; } = OffsetSpec.Earliest;

    /// <summary>Leaves out records of transactions that aren't committed.</summary>
    public bool OnlyCommitted { get; init; } = true;

    /// <summary>
    /// How often to remember how far the group has come. A record counts as handled when the next one is asked for. Null: only
    /// when <c>CommitAsync</c> is called.
    /// </summary>
    public TimeSpan? AutoCommit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Without a sign of life for this long, the group goes on without this consumer.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(45);

    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The longest that handling records may take until the next is asked for. After it, others get the partitions.</summary>
    public TimeSpan MaxPollInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a broker waits for records before it says that there are none.</summary>
    public TimeSpan FetchWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The most that one partition brings at once.</summary>
    public int PartitionBytes
    {
        get;
        init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(PartitionBytes), value, "A partition brings one byte at least.");
    } = 1 << 20;

    /// <summary>The most bytes to hold that were not asked for yet.</summary>
    public long BufferBytes
    {
        get;
        init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(BufferBytes), value, "The buffer needs some bytes.");
    } = 32 << 20;

    /// <summary>Called when partitions come, before their first record is read: the place to seek.</summary>
    public Func<IReadOnlyCollection<TopicPartition>, ValueTask>? OnAssigned { get; init; }

    /// <summary>Called before partitions go to others. All of their records have been handled, and what was handled is committed after it unless <see cref="AutoCommit"/> is null.</summary>
    public Func<IReadOnlyCollection<TopicPartition>, ValueTask>? OnRevoked { get; init; }

    /// <summary>Called when partitions have gone to others already, since this consumer was away too long.</summary>
    public Func<IReadOnlyCollection<TopicPartition>, ValueTask>? OnLost { get; init; }

    internal ConsumerOptions Checked()
    {
        if ((Topics.Count > 0 ? 1 : 0) + (Partitions.Count > 0 ? 1 : 0) + (TopicPattern is null ? 0 : 1) != 1)
            throw new ArgumentException("A consumer reads topics by their names, by a pattern, or partitions. Set one of ConsumerOptions.Topics, TopicPattern and Partitions.");
        if (Group is { Length: 0 }) throw new ArgumentException("The name of a group can't be empty. Name it, or leave ConsumerOptions.Group null.");
        if (Assignors.Count == 0) throw new ArgumentException("A group needs a way to share partitions. Leave ConsumerOptions.Assignors, or give one.");
        return this;
    }
}
