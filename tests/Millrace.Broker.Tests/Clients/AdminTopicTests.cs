namespace Millrace.Broker.Tests.Clients;

/// <summary>What <see cref="KafkaAdmin"/> does with topics, records and settings.</summary>
public sealed class AdminTopicTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_topic_is_created_as_asked_listed_described_and_deleted()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: Token);
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        await kafka.Admin.CreateTopicAsync("users", partitions: 2, replication: 1, configs: new Dictionary<string, string> { ["retention.ms"] = "1000000" }, cancellation: Token);
        await kafka.Admin.CreateTopicAsync("events", cancellation: Token);
        Assert.Equal(["events", "users"], (await kafka.Admin.ListTopicsAsync(cancellation: Token)).Select(t => t.Name));
        var users = await kafka.Admin.DescribeTopicAsync("users", Token);
        Assert.Equal([0, 1], users.Partitions.Select(p => p.Partition));
        Assert.All(users.Partitions, p => Assert.Equal((1, "1", "1", ""), (p.Leader, string.Join(',', p.Replicas), string.Join(',', p.InSync), string.Join(',', p.Offline))));
        Assert.NotEqual(Guid.Empty, users.Id);
        Assert.Single((await kafka.Admin.DescribeTopicAsync("events", Token)).Partitions);
        Assert.Contains(await kafka.Admin.DescribeTopicConfigsAsync("users", Token), c => c is { Name: "retention.ms", Value: "1000000", Origin: ConfigOrigin.Topic });
        await kafka.Admin.DeleteTopicAsync("users", Token);
        Assert.Equal(["events"], (await kafka.Admin.ListTopicsAsync(cancellation: Token)).Select(t => t.Name));
    }

    [Fact]
    public async Task A_topic_that_was_created_is_known_to_the_client_and_one_that_was_deleted_is_not()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: Token);
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        await kafka.Admin.CreateTopicAsync("users", partitions: 2, cancellation: Token);
        Assert.Equal(2, kafka.Metadata.View.Topics["users"].Partitions.Length);
        await kafka.Admin.AddPartitionsAsync("users", total: 5, Token);
        Assert.Equal(5, kafka.Metadata.View.Topics["users"].Partitions.Length);
        Assert.Equal(5, (await kafka.Admin.ListOffsetsAsync("users", OffsetSpec.Latest, Token)).Count);
        await kafka.Admin.DeleteTopicAsync("users", Token);
        Assert.Empty(kafka.Metadata.View.Topics);
    }

    [Fact]
    public async Task What_is_refused_names_the_topic_and_the_reason_at_once()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: Token);
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        await kafka.Admin.CreateTopicAsync("users", partitions: 2, cancellation: Token);
        await RefusesAsync(ErrorCode.TopicAlreadyExists, "users", () => kafka.Admin.CreateTopicAsync("users", cancellation: Token));
        await RefusesAsync(ErrorCode.InvalidTopic, "a/b", () => kafka.Admin.CreateTopicAsync("a/b", cancellation: Token));
        await RefusesAsync(ErrorCode.InvalidReplicationFactor, "orders", () => kafka.Admin.CreateTopicAsync("orders", replication: 3, cancellation: Token));
        await RefusesAsync(ErrorCode.InvalidConfig, "orders", () => kafka.Admin.CreateTopicAsync("orders", configs: new Dictionary<string, string> { ["retention.ms"] = "soon" }, cancellation: Token));
        await RefusesAsync(ErrorCode.InvalidPartitions, "users", () => kafka.Admin.AddPartitionsAsync("users", 1, Token));
        await RefusesAsync(ErrorCode.UnknownTopicOrPartition, "none", () => kafka.Admin.DeleteTopicAsync("none", Token));
        await RefusesAsync(ErrorCode.UnknownTopicOrPartition, "none", () => kafka.Admin.AddPartitionsAsync("none", 3, Token));
        await RefusesAsync(ErrorCode.UnknownTopicOrPartition, "none", async () => await kafka.Admin.DescribeTopicAsync("none", Token));
        await RefusesAsync(ErrorCode.UnknownTopicOrPartition, "none", async () => await kafka.Admin.DescribeTopicConfigsAsync("none", Token));
        await RefusesAsync(ErrorCode.UnknownTopicOrPartition, "0 to 1", async () => await kafka.Admin.ListOffsetsAsync([new("users", 2)], OffsetSpec.Latest, Token));
        await RefusesAsync(ErrorCode.OffsetOutOfRange, "users-0", async () => await kafka.Admin.DeleteRecordsAsync(new("users", 0), 7, Token));
        await RefusesAsync(ErrorCode.ResourceNotFound, "broker 7", async () => await kafka.Admin.DescribeBrokerConfigsAsync(7, Token));
    }

    [Fact]
    public async Task Offsets_are_found_by_place_and_time_and_records_before_one_are_deleted()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: Token);
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        await kafka.Admin.CreateTopicAsync("users", partitions: 2, cancellation: Token);
        using var producer = new Connections.BrokerClient(broker);
        var second = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        foreach (var at in (int[])[1, 3, 2])
            Assert.Equal(ErrorCode.None, (await producer.ProduceAsync("users", 1, Connections.Wire.Batch(["a record"], time: second.AddSeconds(at)))).ErrorCode);
        var (empty, full) = (new TopicPartition("users", 0), new TopicPartition("users", 1));
        Task<IReadOnlyDictionary<TopicPartition, PartitionOffset>> FindAsync(OffsetSpec which) => kafka.Admin.ListOffsetsAsync("users", which, Token).AsTask();
        Assert.Equal((0, 3), ((await FindAsync(OffsetSpec.Latest))[empty].Offset, (await FindAsync(OffsetSpec.Latest))[full].Offset));
        Assert.Equal((0, 0), ((await FindAsync(OffsetSpec.Earliest))[empty].Offset, (await FindAsync(OffsetSpec.Earliest))[full].Offset));
        Assert.Equal(new(1, second.AddSeconds(3)), (await FindAsync(OffsetSpec.At(second.AddSeconds(1.5))))[full]);
        Assert.Equal(new(null, null), (await FindAsync(OffsetSpec.At(second.AddSeconds(3).AddTicks(1))))[full]);
        Assert.Equal(new(1, second.AddSeconds(3)), (await FindAsync(OffsetSpec.MaxTimestamp))[full]);
        Assert.Null((await FindAsync(OffsetSpec.MaxTimestamp))[empty].Offset);
        Assert.Equal(2, await kafka.Admin.DeleteRecordsAsync(full, 2, Token));
        Assert.Equal(2, (await FindAsync(OffsetSpec.Earliest))[full].Offset);
        Assert.Equal(3, await kafka.Admin.DeleteRecordsAsync(full, -1, Token));
    }

    [Fact]
    public async Task Settings_are_set_extended_and_put_back()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: Token);
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        await kafka.Admin.CreateTopicAsync("users", cancellation: Token);
        async Task<ConfigEntry> SettingAsync(string name) => (await kafka.Admin.DescribeTopicConfigsAsync("users", Token)).Single(c => c.Name == name);
        var before = await SettingAsync("retention.ms");
        await kafka.Admin.AlterTopicConfigsAsync("users", [ConfigChange.Set("retention.ms", "2000000"), ConfigChange.Append("cleanup.policy", "compact")], Token);
        Assert.Equal(("2000000", ConfigOrigin.Topic), ((await SettingAsync("retention.ms")).Value, (await SettingAsync("retention.ms")).Origin));
        Assert.Equal("delete,compact", (await SettingAsync("cleanup.policy")).Value);
        await kafka.Admin.AlterTopicConfigsAsync("users", [ConfigChange.Reset("retention.ms"), ConfigChange.Subtract("cleanup.policy", "compact")], Token);
        Assert.Equal(before, await SettingAsync("retention.ms"));
        Assert.Equal("delete", (await SettingAsync("cleanup.policy")).Value);
        await kafka.Admin.AlterBrokerConfigsAsync(1, [ConfigChange.Set("log.retention.ms", "5000000")], Token);
        Assert.Equal("5000000", (await SettingAsync("retention.ms")).Value);
        Assert.Contains(await kafka.Admin.DescribeBrokerConfigsAsync(1, Token), c => c is { Name: "log.retention.ms", Origin: ConfigOrigin.Broker });
        await kafka.Admin.AlterBrokerConfigsAsync(null, [ConfigChange.Reset("log.retention.ms")], Token);
        await RefusesAsync(ErrorCode.InvalidConfig, "users", () => kafka.Admin.AlterTopicConfigsAsync("users", [ConfigChange.Set("retention.ms", "soon")], Token));
    }

    [Fact]
    public async Task The_cluster_names_its_brokers_and_its_controller()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: Token);
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        var cluster = await kafka.Admin.DescribeClusterAsync(Token);
        Assert.Equal(1, cluster.Controller);
        Assert.NotEmpty(cluster.Id!);
        Assert.Equal([new(1, "127.0.0.1", broker.Port, null)], cluster.Brokers);
    }

    [Fact]
    public async Task Many_tasks_share_one_administrator()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache }, cancellation: Token);
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => kafka.Admin.CreateTopicAsync($"topic-{i:00}", partitions: 3, cancellation: Token).AsTask()));
        Assert.Equal(50, (await kafka.Admin.ListTopicsAsync(cancellation: Token)).Count);
    }

    internal static async Task RefusesAsync(ErrorCode code, string names, Func<ValueTask> what)
    {
        var refused = await Assert.ThrowsAsync<KafkaException>(async () => await what());
        Assert.Equal(code, refused.Code);
        Assert.Contains(names, refused.Message, StringComparison.Ordinal);
    }

}
