using Millrace.Dags;
using Millrace.Kafka;

namespace Millrace.Operators;

/// <summary>What tasks over topics have alike.</summary>
public abstract record TopicOptions
{
    private protected TopicOptions()
    {
    }

    /// <summary>The cluster, of a param, a variable or the code. Null for <see cref="Connecting.KafkaAsync"/>'s.</summary>
    public Func<TaskContext, KafkaOptions>? Kafka { get; init; }

    internal async ValueTask<KafkaClient> ConnectAsync(TaskContext context) =>
        new(Kafka is { } chosen ? chosen(context) : await context.KafkaAsync().ConfigureAwait(false));
}

/// <summary>How a task produces.</summary>
public sealed record ProduceOptions<T> : TopicOptions
{
    /// <summary>How values become bytes. Null for text of texts, Kafka's own form of numbers, and JSON of everything else.</summary>
    public IRecordFormat<T>? Values { get; init; }

    /// <summary>Whether all records of an attempt become visible at once, or none: one that is tried again leaves nothing half done.</summary>
    public bool InOneTransaction { get; init; } = true;

    public CompressionKind Compression { get; init; }
}

/// <summary>How a task reads a topic.</summary>
public record ReadOptions<T> : TopicOptions
{
    /// <summary>How bytes become values. Null for text of texts, Kafka's own form of numbers, and JSON of everything else.</summary>
    public IRecordFormat<T>? Values { get; init; }

    /// <summary>The group that remembers how far the task has come. Null for <c>dag.task</c>.</summary>
    public string? Group
    {
        get;
        init => field = value is not { Length: 0 } ? value : throw new ArgumentException("The name of a group can't be empty. Name it, or leave it null.", nameof(value));
    }

    /// <summary>Leaves out records that can't be read, with a line in the log for each. Otherwise the first of them fails the task.</summary>
    public bool LeaveOutUnreadable { get; init; }

    internal string GroupOf(TaskContext context) => Group ?? $"{context.DagName}.{context.TaskId}";
}

/// <summary>How a task consumes, and how much at once.</summary>
public sealed record ConsumeOptions<T> : ReadOptions<T>
{
    /// <summary>Where to begin where the group has not been yet.</summary>
    public OffsetSpec StartAt { get; init; } = OffsetSpec.Earliest;

    /// <summary>No more records than these: all of them are in memory at once, here and in the task that takes them. The next run goes on behind them. Null for all.</summary>
    public int? AtMost
    {
        get;
        init => field = value is null or > 0 ? value : throw new ArgumentOutOfRangeException(nameof(AtMost), value, "A task consumes one record at least.");
    } = 100_000;

    /// <summary>No more once keys and values are as large as this, in bytes as they lie in the topic. The next run goes on behind them. Null for all.</summary>
    public long? AtMostBytes
    {
        get;
        init => field = value is null or > 0 ? value : throw new ArgumentOutOfRangeException(nameof(AtMostBytes), value, "A task consumes one byte at least.");
    } = 64 << 20;

    /// <summary>How long to go on where the topic ends, for records that are yet to come. Null ends where the partitions ended when the task began.</summary>
    public TimeSpan? For
    {
        get;
        init => field = value is null || value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(For), value, "Waiting for records needs some time.");
    }
}

/// <summary>Where a sensor of records begins to look.</summary>
public enum LookFrom
{
    /// <summary>Records of the run's logical time and later, by their timestamps. Nothing is remembered.</summary>
    Run,

    /// <summary>Where the group is. What was looked at is behind the group, found or not.</summary>
    Group,
}

/// <summary>How a sensor looks at a topic.</summary>
public sealed record LookOptions<T> : ReadOptions<T>
{
    public LookFrom From { get; init; }
}
