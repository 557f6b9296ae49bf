using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Clients;

/// <summary>What <see cref="KafkaAdmin"/> does with brokers of other ages: they know the requests and versions that Apache Kafka knew then.</summary>
public sealed class AdminVersionTests
{
    // The newest version of each request that the client sends, by age.
    static readonly Dictionary<string, Dictionary<ApiKey, short>> ages = new()
    {
        ["2.0"] = new()
        {
            [ApiKey.Produce] = 6, [ApiKey.ListOffsets] = 3, [ApiKey.Metadata] = 6, [ApiKey.OffsetCommit] = 4, [ApiKey.OffsetFetch] = 4, [ApiKey.FindCoordinator] = 2,
            [ApiKey.DescribeGroups] = 2, [ApiKey.ListGroups] = 2, [ApiKey.CreateTopics] = 3, [ApiKey.DeleteTopics] = 2, [ApiKey.DeleteRecords] = 1, [ApiKey.DescribeConfigs] = 2,
            [ApiKey.AlterConfigs] = 1, [ApiKey.CreatePartitions] = 1, [ApiKey.DeleteGroups] = 1,
        },
        ["2.4"] = new()
        {
            [ApiKey.Produce] = 8, [ApiKey.ListOffsets] = 5, [ApiKey.Metadata] = 9, [ApiKey.OffsetCommit] = 8, [ApiKey.OffsetFetch] = 6, [ApiKey.FindCoordinator] = 3,
            [ApiKey.DescribeGroups] = 5, [ApiKey.ListGroups] = 3, [ApiKey.CreateTopics] = 5, [ApiKey.DeleteTopics] = 4, [ApiKey.DeleteRecords] = 1, [ApiKey.DescribeConfigs] = 2,
            [ApiKey.AlterConfigs] = 1, [ApiKey.IncrementalAlterConfigs] = 1, [ApiKey.CreatePartitions] = 1, [ApiKey.DeleteGroups] = 2, [ApiKey.OffsetDelete] = 0,
        },
        ["3.0"] = new()
        {
            [ApiKey.Produce] = 9, [ApiKey.ListOffsets] = 7, [ApiKey.Metadata] = 11, [ApiKey.OffsetCommit] = 8, [ApiKey.OffsetFetch] = 8, [ApiKey.FindCoordinator] = 4,
            [ApiKey.DescribeGroups] = 5, [ApiKey.ListGroups] = 4, [ApiKey.CreateTopics] = 7, [ApiKey.DeleteTopics] = 6, [ApiKey.DeleteRecords] = 2, [ApiKey.DescribeConfigs] = 4,
            [ApiKey.AlterConfigs] = 2, [ApiKey.IncrementalAlterConfigs] = 1, [ApiKey.CreatePartitions] = 3, [ApiKey.DeleteGroups] = 2, [ApiKey.OffsetDelete] = 0,
        },
    };

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("2.0")]
    [InlineData("2.4")]
    [InlineData("3.0")]
    public async Task A_broker_of_another_age_is_administered_all_the_same(string age)
    {
        await using var relay = new WireRelay((api, version, answer) => api == ApiKey.ApiVersions ? Age(answer, version, ages[age]) : answer);
        await using var broker = await EmbeddedBroker.StartAsync(new() { Advertised = $"127.0.0.1:{relay.Port}" }, cancellation: Token);
        relay.BrokerPort = broker.Port;
        await using var kafka = new KafkaClient($"127.0.0.1:{relay.Port}");
        await kafka.Admin.CreateTopicAsync("users", configs: new Dictionary<string, string> { ["retention.ms"] = "1000000" }, cancellation: Token);
        await kafka.Admin.AddPartitionsAsync("users", total: 2, Token);
        Assert.Equal(2, (await kafka.Admin.DescribeTopicAsync("users", Token)).Partitions.Count);
        Assert.Equal(1, (await kafka.Admin.DescribeClusterAsync(Token)).Controller);

        await kafka.Admin.AlterTopicConfigsAsync("users", [ConfigChange.Append("cleanup.policy", "compact"), ConfigChange.Set("segment.ms", "5000000")], Token);
        Assert.Equal(["cleanup.policy=delete,compact", "retention.ms=1000000", "segment.ms=5000000"], await SetAsync(kafka));
        await kafka.Admin.AlterTopicConfigsAsync("users", [ConfigChange.Subtract("cleanup.policy", "compact"), ConfigChange.Reset("retention.ms")], Token);
        Assert.Equal(["cleanup.policy=delete", "segment.ms=5000000"], await SetAsync(kafka));

        TopicPartition first = new("users", 0), second = new("users", 1);
        Assert.Equal(0, (await kafka.Admin.ListOffsetsAsync("users", OffsetSpec.Latest, Token))[second].Offset);
        Assert.Equal(0, await kafka.Admin.DeleteRecordsAsync(first, -1, Token));
        await kafka.Admin.AlterGroupOffsetsAsync("shop", new Dictionary<TopicPartition, long> { [first] = 0, [second] = 0 }, Token);
        Assert.Equal([0, 0], (await kafka.Admin.ListGroupOffsetsAsync("shop", Token)).Select(o => o.Lag!.Value));
        var listed = Assert.Single(await kafka.Admin.ListGroupsAsync(Token));
        Assert.Equal(("shop", age == "3.0" ? GroupState.Empty : GroupState.Unknown, GroupKind.Unknown), (listed.Id, listed.State, listed.Kind));
        Assert.Equal(GroupState.Empty, (await kafka.Admin.DescribeGroupAsync("shop", Token)).State);
        await AdminTopicTests.RefusesAsync(ErrorCode.GroupIdNotFound, "'none'", async () => await kafka.Admin.DescribeGroupAsync("none", Token));
        if (age == "2.0") await AdminTopicTests.RefusesAsync(ErrorCode.UnsupportedVersion, "OffsetDelete", () => kafka.Admin.DeleteGroupOffsetsAsync("shop", [first], Token));
        else await kafka.Admin.DeleteGroupOffsetsAsync("shop", [first], Token);
        if (age != "3.0") await AdminTopicTests.RefusesAsync(ErrorCode.UnsupportedVersion, "OffsetSpec.Latest", async () => await kafka.Admin.ListOffsetsAsync("users", OffsetSpec.MaxTimestamp, Token));
        await kafka.Admin.DeleteGroupAsync("shop", Token);
        await kafka.Admin.DeleteTopicAsync("users", Token);
        Assert.Empty(await kafka.Admin.ListTopicsAsync(cancellation: Token));
    }

    static async Task<IEnumerable<string>> SetAsync(KafkaClient kafka) =>
        (await kafka.Admin.DescribeTopicConfigsAsync("users", Token)).Where(c => c.Origin == ConfigOrigin.Topic).Select(c => $"{c.Name}={c.Value}");

    static byte[] Age(byte[] answer, short version, Dictionary<ApiKey, short> newest) => WireRelay.Change<ApiVersionsResponse>(answer, version, told =>
    {
        told.ApiKeys = [.. told.ApiKeys.Where(a => newest.ContainsKey((ApiKey)a.ApiKey) || (ApiKey)a.ApiKey == ApiKey.ApiVersions)];
        foreach (var api in told.ApiKeys.Where(a => newest.ContainsKey((ApiKey)a.ApiKey))) api.MaxVersion = Math.Min(api.MaxVersion, newest[(ApiKey)api.ApiKey]);
    });
}
