using Millrace.Kafka.Cluster;
using Millrace.Kafka.Connections;

namespace Millrace.Kafka;

/// <summary>
/// A cluster to produce to, to consume from and to administer:
/// <code>
/// await using var kafka = new KafkaClient("localhost:9092");
/// await using var producer = kafka.CreateProducer&lt;string, string&gt;();
/// await producer.SendAsync("users", "ann", "hello");
/// </code>
/// It connects when it is first used. It may be used from many threads; what it creates is disposed before it.
/// </summary>
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

    /// <summary>A producer that turns keys and values into bytes by the formats given, or by those that their types have by themselves.</summary>
    public Producer<TKey, TValue> CreateProducer<TKey, TValue>(ProducerOptions? options = null, IRecordFormat<TKey>? keys = null, IRecordFormat<TValue>? values = null) =>
        new(this, options ?? new(), keys ?? RecordFormat.For<TKey>(), values ?? RecordFormat.For<TValue>());

    /// <summary>A consumer that turns bytes into keys and values by the formats given, or by those that their types have by themselves.</summary>
    public Consumer<TKey, TValue> CreateConsumer<TKey, TValue>(ConsumerOptions options, IRecordFormat<TKey>? keys = null, IRecordFormat<TValue>? values = null) =>
        new(this, options, keys ?? RecordFormat.For<TKey>(), values ?? RecordFormat.For<TValue>());

    public async ValueTask DisposeAsync()
    {
        await Admin.DisposeAsync().ConfigureAwait(false);
        await connections.DisposeAsync().ConfigureAwait(false);
    }
}
