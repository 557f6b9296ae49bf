using Millrace.Kafka.Cluster;
using Millrace.Kafka.Connections;

namespace Millrace.Kafka;

/// <summary>A cluster to produce to, to consume from and to administer. It connects when it is first used, and may be used from many threads.</summary>
public sealed class KafkaClient : IAsyncDisposable
{
    readonly ConnectionPool connections;

    /// <param name="bootstrapServers">Some of the cluster's brokers: <c>host:port,host:port</c>.</param>
    public KafkaClient(string bootstrapServers) : this(new KafkaOptions { BootstrapServers = bootstrapServers })
    {
    }

    public KafkaClient(KafkaOptions options)
    {
        Options = options;
        connections = new(options);
        Metadata = new(options, connections);
        Admin = new(this);
    }

    /// <summary>Topics, settings, groups, rules.</summary>
    public KafkaAdmin Admin { get; }

    internal KafkaOptions Options { get; }

    internal ClusterMetadata Metadata { get; }

    public async ValueTask DisposeAsync()
    {
        await Admin.DisposeAsync().ConfigureAwait(false);
        await connections.DisposeAsync().ConfigureAwait(false);
    }
}
