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
    }

    internal KafkaOptions Options { get; }

    internal ClusterMetadata Metadata { get; }

    public ValueTask DisposeAsync() => connections.DisposeAsync();
}
