using System.Globalization;
using Millrace.Broker.Logs;

namespace Millrace.Broker.Topics;

/// <summary>The settings of a topic: those that it was given, over those of the broker, over Kafka's defaults.</summary>
sealed class TopicConfig
{
    const long Hour = 60L * 60 * 1000, Day = 24 * Hour, Week = 7 * Day;

    internal static IReadOnlyList<ConfigKey> Keys { get; } =
    [
        ConfigKey.ListOf("cleanup.policy", "delete", "delete", "compact") with { Broader = "log.cleanup.policy" },
        // Batches stay as they come: another kind would mean to pack each of them again.
        ConfigKey.OneOf("compression.type", "producer") with { Broader = "compression.type" },
        ConfigKey.Long("delete.retention.ms", Day) with { Broader = "log.cleaner.delete.retention.ms" },
        ConfigKey.Long("max.compaction.lag.ms", long.MaxValue, 1) with { Broader = "log.cleaner.max.compaction.lag.ms" },
        ConfigKey.Int("max.message.bytes", 1_048_588) with { Broader = "message.max.bytes" },
        ConfigKey.Long("message.timestamp.after.max.ms", Hour) with { Broader = "log.message.timestamp.after.max.ms" },
        ConfigKey.Long("message.timestamp.before.max.ms", long.MaxValue) with { Broader = "log.message.timestamp.before.max.ms" },
        ConfigKey.OneOf("message.timestamp.type", "CreateTime", "LogAppendTime") with { Broader = "log.message.timestamp.type" },
        ConfigKey.Share("min.cleanable.dirty.ratio", 0.5) with { Broader = "log.cleaner.min.cleanable.ratio" },
        ConfigKey.Long("min.compaction.lag.ms", 0) with { Broader = "log.cleaner.min.compaction.lag.ms" },
        // One node holds the only replica.
        ConfigKey.Int("min.insync.replicas", 1, 1) with { Broader = "min.insync.replicas" },
        ConfigKey.Long("retention.bytes", -1, -1) with { Broader = "log.retention.bytes" },
        ConfigKey.Long("retention.ms", Week, -1) with { Broader = "log.retention.ms" },
        ConfigKey.Int("segment.bytes", 1 << 30, 1024) with { Broader = "log.segment.bytes" },
        ConfigKey.Long("segment.ms", Week, 1) with { Broader = "log.roll.ms" },
    ];

    /// <summary>Kafka has them, clients set them, and a broker of one node that flushes by itself has no use for them.</summary>
    internal static IReadOnlySet<string> WithoutEffect { get; } = new HashSet<string>
    {
        "file.delete.delay.ms", "flush.messages", "flush.ms", "follower.replication.throttled.replicas", "index.interval.bytes",
        "leader.replication.throttled.replicas", "preallocate", "segment.index.bytes", "segment.jitter.ms", "unclean.leader.election.enable",
    };

    static readonly Dictionary<string, ConfigKey> ByName = Keys.ToDictionary(k => k.Name);

    internal static ConfigKey? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>What is wrong with a setting of a topic, or null.</summary>
    internal static string? Flaw(string name, string? value)
    {
        if (WithoutEffect.Contains(name)) return null;
        if (Find(name) is not { } key) return $"There is no setting '{name}' of topics.";
        return value is null ? $"'{name}' has no value." : key.Flaw(value);
    }

    internal static string ValueOf(ConfigKey key, IReadOnlyDictionary<string, string> given, BrokerSettings broker) =>
        given.GetValueOrDefault(key.Name) ?? broker.Given(key.Broader) ?? key.Default;

    internal static TopicSettings Settings(IReadOnlyDictionary<string, string> given, BrokerSettings broker)
    {
        string Text(string name) => ValueOf(ByName[name], given, broker);
        long Number(string name) => long.Parse(Text(name), CultureInfo.InvariantCulture);
        var policy = Text("cleanup.policy").Split(',', StringSplitOptions.TrimEntries);
        return new()
        {
            SegmentBytes = (int)Number("segment.bytes"),
            SegmentMs = Number("segment.ms"),
            RetentionMs = Number("retention.ms"),
            RetentionBytes = Number("retention.bytes"),
            MaxMessageBytes = (int)Number("max.message.bytes"),
            IsDeleted = policy.Contains("delete"),
            IsCompacted = policy.Contains("compact"),
            UsesAppendTime = Text("message.timestamp.type") == "LogAppendTime",
            DeleteRetentionMs = Number("delete.retention.ms"),
            MinCompactionLagMs = Number("min.compaction.lag.ms"),
            MaxCompactionLagMs = Number("max.compaction.lag.ms"),
            MinCleanableRatio = double.Parse(Text("min.cleanable.dirty.ratio"), CultureInfo.InvariantCulture),
            TimestampBeforeMaxMs = Number("message.timestamp.before.max.ms"),
            TimestampAfterMaxMs = Number("message.timestamp.after.max.ms"),
        };
    }
}
