using Millrace.Broker.Tests.Connections;
using Millrace.Broker.Tests.Quotas;

namespace Millrace.Broker.Tests.StockClients;

public sealed class PlatformaticTests
{
    [Theory]
    [InlineData("classic")]
    [InlineData("consumer")]
    public async Task A_group_shares_a_topic_as_members_come_and_go(string protocol)
    {
        // This client heartbeats as often as the broker asks it to.
        await using var broker = await EmbeddedBroker.StartAsync(new() { Settings = new Dictionary<string, string> { ["group.consumer.heartbeat.interval.ms"] = "100" } }, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal($"""
            one member has all
            two members share
            shop stable {protocol}
            the first took over
            committed 20,20,20,20
            the third read order 80,order 81,order 82,order 83

            """, await StockClient.ScriptAsync("platformatic-groups.mjs", [broker.BootstrapServers, protocol]));
    }

    [Fact]
    public async Task Transactions_commit_and_abort()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        Assert.Equal("""
            committed: kept 1,kept 2,also kept 1,also kept 2
            all: kept 1,kept 2,dropped 1,dropped 2,also kept 1,also kept 2
            offset: -1
            offset: 2

            """, await StockClient.ScriptAsync("platformatic-transactions.mjs", [broker.BootstrapServers]));
    }

    [Fact]
    public async Task The_admin_client_has_its_way()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new() { Users = new Dictionary<string, string> { ["ann"] = "secret" }, SuperUsers = ["ann"] }, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal("""
            created: orders 1
            topics: orders
            partitions: 2
            retention: 1000000
            retention: 2000000
            offsets: 0-3, at 2000: 1
            low: 2
            committed: 3
            committed: 0
            group: empty
            groups: 0
            rules: User:bob on or
            rules: 0
            disk: orders
            topics: 0

            """, await StockClient.ScriptAsync("platformatic-admin.mjs", [broker.BootstrapServers, "ann", "secret"]));
    }

    [Fact]
    public async Task Quotas_are_set_and_kept()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        // The one quota that this client has no name for.
        using (var client = new BrokerClient(broker)) await QuotaChanges.SetAsync(client, QuotaChanges.Of(client: "admin"), ("controller_mutation_rate", 0.5));
        Assert.Equal("""
            admin: controller_mutation_rate=0.5
            reader: consumer_byte_rate=2000,request_percentage=50
            read: 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23
            refused: THROTTLING_QUOTA_EXCEEDED

            """, await StockClient.ScriptAsync("platformatic-quotas.mjs", [broker.BootstrapServers]));
    }
}
