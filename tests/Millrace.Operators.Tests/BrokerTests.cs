using Millrace.Broker;
using Millrace.Dags;
using Millrace.Kafka;
using Millrace.Testing;

namespace Millrace.Operators.Tests;

/// <summary>Tests that have a broker of their own.</summary>
public abstract class BrokerTests : IAsyncLifetime
{
    private protected EmbeddedBroker Broker { get; private set; } = null!;

    private protected KafkaClient Kafka { get; private set; } = null!;

    private protected KafkaOptions Cluster => new() { BootstrapServers = Broker.BootstrapServers };

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Broker = await EmbeddedBroker.StartAsync(cancellation: Cancel);
        Kafka = new(Cluster);
    }

    public async ValueTask DisposeAsync()
    {
        await Kafka.DisposeAsync();
        await Broker.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected DagTest For(Dag dag) => DagTest.For(dag).WithVariable(Connecting.Variable, Broker.BootstrapServers);

    private protected async Task SendAsync<T>(string topic, params T[] values)
    {
        await using var producer = Kafka.CreateProducer<string, T>(values: ValueFormat.For<T>());
        foreach (var value in values) await producer.EnqueueAsync(topic, "key", value, Cancel);
        await producer.FlushAsync(Cancel);
    }
}
