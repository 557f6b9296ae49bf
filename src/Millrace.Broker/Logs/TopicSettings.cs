namespace Millrace.Broker.Logs;

/// <summary>How the logs of a topic are kept. Names and defaults are Kafka's.</summary>
sealed record TopicSettings
{
    internal static TopicSettings Default { get; } = new();

    internal int SegmentBytes { get; init; } = 1 << 30;
    internal long SegmentMs { get; init; } = 7L * 24 * 60 * 60 * 1000;
    internal long RetentionMs { get; init; } = 7L * 24 * 60 * 60 * 1000;
    internal long RetentionBytes { get; init; } = -1;
    internal int MaxMessageBytes { get; init; } = 1_048_588;
    internal bool IsDeleted { get; init; } = true;
    internal bool IsCompacted { get; init; }
    internal bool UsesAppendTime { get; init; }
    internal long DeleteRetentionMs { get; init; } = 24L * 60 * 60 * 1000;
    internal long MinCompactionLagMs { get; init; }
    internal long MaxCompactionLagMs { get; init; } = long.MaxValue;
    internal double MinCleanableRatio { get; init; } = 0.5;
    internal long TimestampBeforeMaxMs { get; init; } = long.MaxValue;
    internal long TimestampAfterMaxMs { get; init; } = 60L * 60 * 1000;
}
