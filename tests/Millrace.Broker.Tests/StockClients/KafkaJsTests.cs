namespace Millrace.Broker.Tests.StockClients;

public sealed class KafkaJsTests
{
    [Fact]
    public async Task A_group_shares_a_topic_as_members_come_and_go()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        Assert.Equal("""
            one member has all
            two members share
            shop Stable consumer 2
            the first took over
            committed 20,20,20,20
            the third read order 80,order 81,order 82,order 83

            """, await StockClient.ScriptAsync("kafkajs-group.mjs", [broker.BootstrapServers]));
    }

    [Fact]
    public async Task Transactions_commit_abort_and_are_fenced()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        Assert.Equal("""
            committed: kept 1,kept 2,also kept 1,also kept 2
            all: kept 1,kept 2,dropped 1,dropped 2,also kept 1,also kept 2
            offset: -1
            offset: 4
            the first is fenced: INVALID_PRODUCER_EPOCH

            """, await StockClient.ScriptAsync("kafkajs-transactions.mjs", [broker.BootstrapServers]));
    }

    [Fact]
    public async Task The_admin_client_has_its_way()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new() { Users = new Dictionary<string, string> { ["ann"] = "secret" }, SuperUsers = ["ann"] }, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal("""
            topics: orders
            partitions: 0 led by 1,1 led by 1
            cluster: 1 broker
            retention: 1000000
            retention: 2000000
            offsets: 0: 0-3,1: 0-0
            offset at 2000: 1
            offsets: 0: 2-3,1: 0-0
            committed: 3,0
            committed: 2,0
            groups: shop
            group: Empty
            groups: 0
            rules: User:bob on or
            rules: 0
            topics: 0

            """, await StockClient.ScriptAsync("kafkajs-admin.mjs", [broker.BootstrapServers, "ann", "secret"]));
    }
}
