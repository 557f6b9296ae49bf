using System.Globalization;
using Millrace.Broker.Topics;

namespace Millrace.Broker;

/// <summary>The broker's settings by Kafka's names, over their defaults.</summary>
sealed class BrokerSettings
{
    /// <summary>Settings of the broker itself. Those that topics take their defaults from come from <see cref="TopicConfig"/>.</summary>
    static readonly List<ConfigKey> Own =
    [
        ConfigKey.Bool("auto.create.topics.enable", true),
        ConfigKey.Bool("delete.topic.enable", true),
        ConfigKey.Int("num.partitions", 1, 1, 10_000),
        ConfigKey.Int("socket.request.max.bytes", 100 << 20, 1024),
        ConfigKey.Int("fetch.max.bytes", 55 << 20, 1024),
        ConfigKey.Long("queued.max.request.bytes", 64 << 20, 1 << 20),
        ConfigKey.Int("max.connections", 10_000, 1),
        ConfigKey.Long("connections.max.idle.ms", 600_000, 1000),
        ConfigKey.Int("max.incremental.fetch.session.cache.slots", 1000, 0),
        ConfigKey.Long("log.retention.check.interval.ms", 300_000, 1),
        ConfigKey.Int("producer.id.expiration.ms", 86_400_000, 1),
        ConfigKey.Int("group.initial.rebalance.delay.ms", 0, 0),
        ConfigKey.Int("group.min.session.timeout.ms", 6_000, 1),
        ConfigKey.Int("group.max.session.timeout.ms", 1_800_000, 1),
        ConfigKey.Int("group.max.size", 10_000, 1),
        ConfigKey.Int("group.consumer.assignment.interval.ms", 1_000, 0),
        ConfigKey.Int("group.consumer.session.timeout.ms", 45_000, 1),
        ConfigKey.Int("group.consumer.heartbeat.interval.ms", 5_000, 1),
        ConfigKey.Int("group.consumer.max.size", 10_000, 1),
        ConfigKey.Int("offset.metadata.max.bytes", 4096, 0),
        ConfigKey.Int("offsets.retention.minutes", 7 * 24 * 60, 1),
        ConfigKey.Int("transaction.max.timeout.ms", 900_000, 1),
        ConfigKey.Int("transactional.id.expiration.ms", 7 * 24 * 60 * 60 * 1000, 1),
    ];

    /// <summary>All settings that the broker takes, in the order of their names.</summary>
    internal static IReadOnlyList<ConfigKey> Keys { get; } =
        [.. Own.Concat(TopicConfig.Keys.Where(k => k.Broader is not null).Select(k => k with { Name = k.Broader!, Broader = null })).OrderBy(k => k.Name, StringComparer.Ordinal)];

    static readonly Dictionary<string, ConfigKey> ByName = Keys.ToDictionary(k => k.Name);

    readonly IReadOnlyDictionary<string, string> given;

    internal BrokerSettings(IReadOnlyDictionary<string, string> given)
    {
        this.given = given;
        foreach (var (name, value) in given)
        {
            if (Flaw(name, value) is { } flaw) throw new BrokerException(flaw);
        }
        RequestMaxBytes = Int("socket.request.max.bytes");
        MaxConnections = Int("max.connections");
        FetchMaxBytes = Int("fetch.max.bytes");
        MaxIdle = Duration("connections.max.idle.ms");
    }

    internal static ConfigKey? Find(string name) => ByName.GetValueOrDefault(name);

    internal static string? Flaw(string name, string value) => Find(name) is { } key ? key.Flaw(value) : $"The broker has no setting '{name}'.";

    internal IReadOnlyDictionary<string, string> All => given;

    internal string? Given(string? name) => name is null ? null : given.GetValueOrDefault(name);

    internal string Text(string name) => Given(name) ?? ByName[name].Default;

    internal int Int(string name) => int.Parse(Text(name), CultureInfo.InvariantCulture);

    internal long Long(string name) => long.Parse(Text(name), CultureInfo.InvariantCulture);

    internal bool Bool(string name) => Text(name) == "true";

    internal TimeSpan Duration(string name) => TimeSpan.FromMilliseconds(Long(name));

    // Asked for with every request or connection, so they are kept as numbers.
    internal int RequestMaxBytes { get; }

    internal int MaxConnections { get; }

    internal int FetchMaxBytes { get; }

    internal TimeSpan MaxIdle { get; }

    /// <summary>How long a client may take for the next piece of what it began.</summary>
    internal TimeSpan MaxStall { get; } = TimeSpan.FromSeconds(30);
}
