using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;
using Millrace.Testing.Servers;

namespace Millrace.Broker.Tests.Topics;

public sealed class RecordTests
{
    [Theory]
    [InlineData(Durability.Disk)]
    [InlineData(Durability.PageCache)]
    public async Task What_was_acknowledged_is_there_after_a_restart_in_a_later_leader_epoch(Durability durability)
    {
        using var folder = new TempFolder();
        var options = new BrokerOptions { Folder = folder.FullPath, Durability = durability };
        int epoch;
        await using (var broker = await EmbeddedBroker.StartAsync(options, cancellation: TestContext.Current.CancellationToken))
        {
            using var client = new BrokerClient(broker);
            await client.CreateAsync("t", 3, ("retention.ms", "1234567"));
            foreach (var kind in new[] { CompressionKind.None, CompressionKind.Gzip, CompressionKind.Snappy, CompressionKind.Lz4 })
                Assert.Equal(ErrorCode.None, (await client.ProduceAsync("t", 2, Wire.Batch([$"{kind}"], compression: kind))).ErrorCode);
            epoch = (await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = "t" }] }, 12)).Topics[0].Partitions[0].LeaderEpoch;
        }
        await using var again = await EmbeddedBroker.StartAsync(options, cancellation: TestContext.Current.CancellationToken);
        using var later = new BrokerClient(again);
        Assert.Equal(["None", "Gzip", "Snappy", "Lz4"], await later.ValuesAsync("t", 2));
        var topic = (await later.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = "t" }] }, 12)).Topics[0];
        Assert.Equal(3, topic.Partitions.Count);
        Assert.Equal(epoch + 1, topic.Partitions[0].LeaderEpoch);
        var config = await later.AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(new() { Resources = [new() { ResourceType = 2, ResourceName = "t", ConfigurationKeys = ["retention.ms"] }] }, 4);
        Assert.Equal("1234567", config.Results[0].Configs[0].Value);
    }

    [Fact]
    public async Task A_consumer_that_waits_is_answered_when_records_come()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var consumer = new BrokerClient(broker);
        using var producer = new BrokerClient(broker);
        await producer.CreateAsync("t");
        var waiting = consumer.AskAsync<FetchRequest, FetchResponse>(BrokerClient.Fetch("t", 0, 0, maxWaitMs: 25_000), 12);
        await producer.ProduceAsync("t", 0, Wire.Batch(["news"]));
        var found = (await waiting).Responses[0].Partitions[0];
        Assert.Equal(["news"], Wire.ValuesOf(found.Records!.Value));
    }

    [Fact]
    public async Task A_fetch_session_tells_only_what_is_new()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t", 2);
        var begin = BrokerClient.Fetch("t", 0, 0);
        begin.SessionEpoch = 0;
        begin.Topics[0].Partitions.Add(new() { Partition = 1, PartitionMaxBytes = 1 << 20 });
        var began = await client.AskAsync<FetchRequest, FetchResponse>(begin, 12);
        Assert.NotEqual(0, began.SessionId);
        Assert.Equal(2, began.Responses[0].Partitions.Count);
        await client.ProduceAsync("t", 1, Wire.Batch(["news"]));
        var next = await client.AskAsync<FetchRequest, FetchResponse>(new() { SessionId = began.SessionId, SessionEpoch = 1, MaxBytes = 1 << 20 }, 12);
        Assert.Equal(1, Assert.Single(Assert.Single(next.Responses).Partitions).PartitionIndex);
        var wrong = await client.AskAsync<FetchRequest, FetchResponse>(new() { SessionId = began.SessionId, SessionEpoch = 1, MaxBytes = 1 << 20 }, 12);
        Assert.Equal(ErrorCode.InvalidFetchSessionEpoch, wrong.ErrorCode);
    }

    [Fact]
    public async Task A_batch_that_comes_twice_is_appended_once_and_a_gap_is_an_error()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        var id = (await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = null }, 4)).ProducerId;
        Assert.Equal(0, (await client.ProduceAsync("t", 0, Wire.Batch(["a", "b"], id, 0, 0))).BaseOffset);
        Assert.Equal(0, (await client.ProduceAsync("t", 0, Wire.Batch(["a", "b"], id, 0, 0))).BaseOffset);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, (await client.ProduceAsync("t", 0, Wire.Batch(["d"], id, 0, 3))).ErrorCode);
        Assert.Equal(["a", "b"], await client.ValuesAsync("t"));
    }

    [Fact]
    public async Task A_batch_with_a_wrong_checksum_is_refused()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        var batch = Wire.Batch(["a"]);
        batch[^1] ^= 1;
        Assert.Equal(ErrorCode.CorruptMessage, (await client.ProduceAsync("t", 0, batch)).ErrorCode);
        Assert.Empty(await client.ValuesAsync("t"));
    }

    [Fact]
    public async Task Two_replicas_are_more_than_one_broker_has()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        var made = await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new() { Topics = [new() { Name = "t", NumPartitions = 1, ReplicationFactor = 2 }] }, 7);
        Assert.Equal(ErrorCode.InvalidReplicationFactor, made.Topics[0].ErrorCode);
    }

    [Fact]
    public async Task A_topic_that_is_deleted_and_made_again_is_empty_and_another()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        var first = (await client.CreateAsync("t")).Topics[0].TopicId;
        await client.ProduceAsync("t", 0, Wire.Batch(["old"]));
        var deleted = await client.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [new() { Name = "t" }] }, 6);
        Assert.Equal(ErrorCode.None, deleted.Responses[0].ErrorCode);
        Assert.NotEqual(first, (await client.CreateAsync("t")).Topics[0].TopicId);
        Assert.Empty(await client.ValuesAsync("t"));
    }
}
