namespace Millrace.Broker.Tests.StockClients;

public sealed class PythonTests
{
    const string Python = "/usr/bin/python3";

    [Fact]
    public async Task Confluent_kafka_has_its_transactions()
    {
        StockClient.Need(Python, "-c", "import confluent_kafka");
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        await StockClient.RunAsync(Python, [Path.Combine(AppContext.BaseDirectory, "StockClients", "transactions.py"), broker.BootstrapServers]);
    }

    [Fact]
    public async Task Kafka_python_shares_a_topic_in_a_group()
    {
        StockClient.Need(Python, "-c", "import kafka");
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        await StockClient.RunAsync(Python, [Path.Combine(AppContext.BaseDirectory, "StockClients", "group.py"), broker.BootstrapServers]);
    }
}
