using Millrace.Broker.Tests.Connections;
using Millrace.Broker.Tests.StockClients;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Clients;

/// <summary>What <see cref="KafkaAdmin"/> does with groups of either protocol.</summary>
public sealed class AdminGroupTests
{
    static readonly TopicPartition first = new("orders", 0), second = new("orders", 1);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    static async Task<(EmbeddedBroker, KafkaClient)> StartAsync()
    {
        var broker = await EmbeddedBroker.StartAsync(cancellation: Token);
        var kafka = new KafkaClient(broker.BootstrapServers);
        await kafka.Admin.CreateTopicAsync("orders", partitions: 2, cancellation: Token);
        return (broker, kafka);
    }

    [Fact]
    public async Task Offsets_of_a_group_are_written_read_with_their_lag_and_forgotten()
    {
        var (broker, kafka) = await StartAsync();
        await using (broker)
        await using (kafka)
        {
            using var producer = new BrokerClient(broker);
            await producer.ProduceAsync("orders", 1, Connections.Wire.Batch(["a", "b", "c"]));
            Assert.Empty(await kafka.Admin.ListGroupOffsetsAsync("shop", Token));
            await kafka.Admin.AlterGroupOffsetsAsync("shop", new Dictionary<TopicPartition, long> { [first] = 0, [second] = 1 }, Token);
            var offsets = await kafka.Admin.ListGroupOffsetsAsync("shop", Token);
            Assert.Equal([new(first, 0, 0, ""), new(second, 1, 3, "")], offsets);
            Assert.Equal([0, 2], offsets.Select(o => o.Lag!.Value));
            await kafka.Admin.DeleteGroupOffsetsAsync("shop", [first], Token);
            Assert.Equal([second], (await kafka.Admin.ListGroupOffsetsAsync("shop", Token)).Select(o => o.Partition));
            Assert.Equal([new("shop", "", GroupState.Empty, GroupKind.Classic)], await kafka.Admin.ListGroupsAsync(Token));
            await kafka.Admin.DeleteGroupAsync("shop", Token);
            Assert.Empty(await kafka.Admin.ListGroupsAsync(Token));
        }
    }

    [Fact]
    public async Task A_group_of_the_classic_protocol_is_described_and_guarded_while_it_has_members()
    {
        StockClient.Need("kcat", "-V");
        var (broker, kafka) = await StartAsync();
        await using (broker)
        await using (kafka)
        await using (var member = new KcatMember(broker, "shop", "orders", 1))
        {
            Assert.Equal(2, (await member.AssignedAsync(2)).Length);
            Assert.Equal(new("shop", "consumer", GroupState.Stable, GroupKind.Classic), Assert.Single(await kafka.Admin.ListGroupsAsync(Token)));
            var group = await kafka.Admin.DescribeGroupAsync("shop", Token);
            Assert.Equal((GroupKind.Classic, GroupState.Stable, "range"), (group.Kind, group.State, group.Assignor));
            var described = Assert.Single(group.Members);
            Assert.Equal([first, second], described.Assignment);
            Assert.Equal(("rdkafka", null), (described.ClientId, described.InstanceId));
            Assert.Contains("127.0.0.1", described.Host, StringComparison.Ordinal);
            await GuardedAsync(kafka);
        }
    }

    [Fact]
    public async Task A_group_whose_partitions_the_broker_gives_is_described_and_guarded_while_it_has_members()
    {
        var (broker, kafka) = await StartAsync();
        await using (broker)
        await using (kafka)
        {
            using var member = new BrokerClient(broker) { Name = "till" };
            ConsumerGroupHeartbeatRequest beat = new() { GroupId = "shop", MemberId = "m1", MemberEpoch = 0, RebalanceTimeoutMs = 60_000, SubscribedTopicNames = ["orders"], TopicPartitions = [] };
            var joined = await member.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(beat, 1);
            Assert.Equal(ErrorCode.None, joined.ErrorCode);
            Assert.Equal(new("shop", "consumer", GroupState.Stable, GroupKind.Consumer), Assert.Single(await kafka.Admin.ListGroupsAsync(Token)) with { State = GroupState.Stable });
            var group = await kafka.Admin.DescribeGroupAsync("shop", Token);
            Assert.Equal((GroupKind.Consumer, "uniform"), (group.Kind, group.Assignor));
            Assert.NotEqual(GroupState.Unknown, group.State);
            var described = Assert.Single(group.Members);
            Assert.Equal(("m1", "till"), (described.Id, described.ClientId));
            Assert.Equal([first, second], described.Assignment);
            await GuardedAsync(kafka);
        }
    }

    static async Task GuardedAsync(KafkaClient kafka)
    {
        await AdminTopicTests.RefusesAsync(ErrorCode.NonEmptyGroup, "shop", () => kafka.Admin.AlterGroupOffsetsAsync("shop", new Dictionary<TopicPartition, long> { [first] = 0 }, Token));
        await AdminTopicTests.RefusesAsync(ErrorCode.NonEmptyGroup, "shop", () => kafka.Admin.DeleteGroupAsync("shop", Token));
        await AdminTopicTests.RefusesAsync(ErrorCode.GroupSubscribedToTopic, "orders-0", () => kafka.Admin.DeleteGroupOffsetsAsync("shop", [first], Token));
    }

    [Fact]
    public async Task A_stock_client_goes_on_where_its_group_was_put()
    {
        StockClient.Need("kcat", "-V");
        var (broker, kafka) = await StartAsync();
        await using (broker)
        await using (kafka)
        {
            using var producer = new BrokerClient(broker);
            await producer.ProduceAsync("orders", 0, Connections.Wire.Batch(["a", "b", "c", "d"]));
            await kafka.Admin.AlterGroupOffsetsAsync("shop", new Dictionary<TopicPartition, long> { [first] = 2 }, Token);
            await using var member = new KcatMember(broker, "shop", "orders", 2);
            Assert.Equal("c d", string.Join(' ', await member.ReadAsync(2)));
        }
    }

    [Fact]
    public async Task A_group_that_is_not_there_is_told()
    {
        var (broker, kafka) = await StartAsync();
        await using (broker)
        await using (kafka)
        {
            await AdminTopicTests.RefusesAsync(ErrorCode.GroupIdNotFound, "'none'", async () => await kafka.Admin.DescribeGroupAsync("none", Token));
            await AdminTopicTests.RefusesAsync(ErrorCode.GroupIdNotFound, "'none'", () => kafka.Admin.DeleteGroupAsync("none", Token));
            await AdminTopicTests.RefusesAsync(ErrorCode.UnknownTopicOrPartition, "nothing-0", () => kafka.Admin.AlterGroupOffsetsAsync("shop", new Dictionary<TopicPartition, long> { [new("nothing", 0)] = 0 }, Token));
        }
    }

    [Fact]
    public async Task What_a_group_committed_for_a_topic_that_is_gone_has_no_end()
    {
        var (broker, kafka) = await StartAsync();
        await using (broker)
        await using (kafka)
        {
            await kafka.Admin.AlterGroupOffsetsAsync("shop", new Dictionary<TopicPartition, long> { [first] = 5 }, Token);
            Assert.Equal(0, Assert.Single(await kafka.Admin.ListGroupOffsetsAsync("shop", Token)).Lag);
            await kafka.Admin.DeleteTopicAsync("orders", Token);
            // Whether a broker forgets them at once is its own affair.
            Assert.All(await kafka.Admin.ListGroupOffsetsAsync("shop", Token), o => Assert.Null(o.Lag));
        }
    }

    [Fact]
    public async Task Several_brokers_are_asked_each_for_what_is_its_own()
    {
        await using var cluster = await MockCluster.StartAsync(brokers: 4, topic: "orders");
        await using var kafka = new KafkaClient(cluster.BootstrapServers);
        Assert.Equal(4, (await kafka.Admin.DescribeClusterAsync(Token)).Brokers.Count);
        var topic = await kafka.Admin.DescribeTopicAsync("orders", Token);
        Assert.Equal(4, topic.Partitions.Count);
        // Of more than one partition in an answer about offsets, librdkafka 2.0 tells in a shape that nobody can read.
        var some = topic.Partitions.DistinctBy(p => p.Leader).Select(p => new TopicPartition("orders", p.Partition)).ToList();
        var ends = await kafka.Admin.ListOffsetsAsync(some, OffsetSpec.Latest, Token);
        Assert.Equal(some.Select(p => p.Partition).Order(), ends.Keys.Select(p => p.Partition).Order());
        Assert.All(ends.Values, e => Assert.Equal(10, e.Offset));
        await kafka.Admin.AlterGroupOffsetsAsync("shop", ends.ToDictionary(e => e.Key, e => e.Value.Offset!.Value - 1), Token);
        await AdminTopicTests.RefusesAsync(ErrorCode.UnsupportedVersion, "DescribeAcls", async () => await kafka.Admin.ListAclsAsync(cancellation: Token));
    }
}
