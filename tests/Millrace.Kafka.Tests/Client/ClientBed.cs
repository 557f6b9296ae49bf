using Millrace.Broker;

namespace Millrace.Kafka.Tests.Client;

/// <summary>A broker and a client of it.</summary>
sealed class ClientBed : IAsyncDisposable
{
    internal required EmbeddedBroker Broker { get; init; }

    internal required KafkaClient Kafka { get; init; }

    internal static async Task<ClientBed> StartAsync(BrokerOptions? options = null)
    {
        var broker = await EmbeddedBroker.StartAsync((options ?? new()) with { Durability = Durability.PageCache });
        return new() { Broker = broker, Kafka = new(broker.BootstrapServers) };
    }

    /// <summary>All records of a topic, up to their number.</summary>
    internal Task<List<ConsumerRecord<string, string>>> ReadAsync(string topic, int count, bool onlyCommitted = true) => ReadAsync(Kafka, topic, count, onlyCommitted);

    internal static async Task<List<ConsumerRecord<string, string>>> ReadAsync(KafkaClient kafka, string topic, int count, bool onlyCommitted = true)
    {
        await using var consumer = kafka.CreateConsumer<string, string>(new() { Topics = [topic], OnlyCommitted = onlyCommitted });
        var records = new List<ConsumerRecord<string, string>>();
        while (records.Count < count) records.Add(await consumer.ReadAsync(TestContext.Current.CancellationToken));
        return records;
    }

    public async ValueTask DisposeAsync()
    {
        await Kafka.DisposeAsync();
        await Broker.DisposeAsync();
    }
}
