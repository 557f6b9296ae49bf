namespace Millrace.Broker.Tests.StockClients;

public sealed class PythonTests
{
    const string Shared = """
        one member has all
        two members share
        the first took over
        committed 20 20 20 20
        the third read order 80, order 81, order 82, order 83

        """;

    static readonly BrokerOptions WithUsers = new() { Users = new Dictionary<string, string> { ["ann"] = "secret" }, SuperUsers = ["ann"] };

    [Fact]
    public async Task Confluent_kafka_has_its_transactions()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        await StockClient.ScriptAsync("confluent-transactions.py", [broker.BootstrapServers]);
    }

    [Theory]
    [InlineData("range")]
    [InlineData("cooperative-sticky")]
    public async Task Confluent_kafka_shares_a_topic_as_members_come_and_go(string strategy)
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(Shared, await StockClient.ScriptAsync("confluent-group.py", [broker.BootstrapServers, strategy]));
    }

    [Fact]
    public async Task Kafka_python_shares_a_topic_as_members_come_and_go()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(Shared, await StockClient.ScriptAsync("kafka-python-group.py", [broker.BootstrapServers]));
    }

    [Fact]
    public async Task The_admin_client_of_confluent_kafka_has_its_way()
    {
        await using var broker = await EmbeddedBroker.StartAsync(WithUsers, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal("""
            topics: orders
            partitions: 2
            retention: 1000000
            retention: 2000000
            offsets: 0 3 at 2000: 1
            committed: 3
            groups: shop Empty
            cluster: 1
            topics: 0

            """, await StockClient.ScriptAsync("confluent-admin.py", [broker.BootstrapServers, "ann", "secret"]));
    }

    [Fact]
    public async Task The_admin_client_of_kafka_python_has_its_way()
    {
        await using var broker = await EmbeddedBroker.StartAsync(WithUsers, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal("""
            topics: orders
            partitions: 2
            cluster: 1
            retention: 1000000
            retention: 2000000
            offsets: 0 3 at 2000: 1
            committed: 3
            groups: shop
            group: Empty
            groups: 0
            rules: User:bob on or
            rules: 0
            topics: 0

            """, await StockClient.ScriptAsync("kafka-python-admin.py", [broker.BootstrapServers, "ann", "secret"]));
    }
}
