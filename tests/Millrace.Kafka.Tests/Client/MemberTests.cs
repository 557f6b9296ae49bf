using Millrace.Broker;
using Millrace.Broker.Tests.Clients;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Tests.Client;

/// <summary>Consumers at moments at which partitions come, go, or are not known of yet.</summary>
public sealed class MemberTests
{
    static CancellationToken Patience => TestContext.Current.CancellationToken;

    static ConsumerOptions Options(GroupProtocol protocol) => new() { Topics = ["work"], Group = "team", Protocol = protocol, HeartbeatInterval = TimeSpan.FromMilliseconds(50) };

    /// <summary>A broker behind a relay, and a topic with one record.</summary>
    static async Task<ClientBed> StartAsync(WireRelay relay)
    {
        var broker = await EmbeddedBroker.StartAsync(new()
        {
            Durability = Durability.PageCache,
            Advertised = $"127.0.0.1:{relay.Port}",
            Settings = new Dictionary<string, string> { ["group.consumer.heartbeat.interval.ms"] = "50" },
        }, cancellation: Patience);
        relay.BrokerPort = broker.Port;
        var bed = new ClientBed { Broker = broker, Kafka = new($"127.0.0.1:{relay.Port}") };
        await bed.Kafka.Admin.CreateTopicAsync("work", cancellation: Patience);
        await SendAsync(bed, new("work", "k", "v"));
        return bed;
    }

    static async Task SendAsync(ClientBed bed, ProducerRecord<string, string> record)
    {
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        await producer.SendAsync(record, Patience);
    }

    [Theory]
    [InlineData(GroupProtocol.Classic)]
    [InlineData(GroupProtocol.Consumer)]
    public async Task A_reader_that_is_cancelled_while_it_is_given_partitions_has_them_when_it_comes_back(GroupProtocol protocol)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Patience);
        await using var relay = new WireRelay((api, _, answer) =>
        {
            if (api != ApiKey.OffsetFetch || stop.IsCancellationRequested) return answer;
            stop.Cancel();
            return null;
        });
        await using var bed = await StartAsync(relay);
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(Options(protocol));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await consumer.ReadAsync(stop.Token));
        Assert.Equal("v", (await consumer.ReadAsync(Patience)).Value);
    }

    [Fact]
    public async Task A_reader_that_comes_back_before_it_is_heard_that_it_has_left_joins_again()
    {
        TaskCompletionSource leaves = new(TaskCreationOptions.RunContinuationsAsynchronously), isHeard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var relay = new WireRelay((api, version, answer) =>
        {
            if (api == ApiKey.ConsumerGroupHeartbeat && !isHeard.Task.IsCompleted) WireRelay.Change<ConsumerGroupHeartbeatResponse>(answer, version, told =>
            {
                if (told.MemberEpoch >= 0) return;
                leaves.TrySetResult();
                isHeard.Task.Wait(Patience);
            });
            return answer;
        });
        await using var bed = await StartAsync(relay);
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(Options(GroupProtocol.Consumer) with { MaxPollInterval = TimeSpan.FromMilliseconds(200) });
        Assert.Equal("v", (await consumer.ReadAsync(Patience)).Value);
        await leaves.Task.WaitAsync(Patience);
        var again = consumer.ReadAsync(Patience).AsTask();
        isHeard.SetResult();
        Assert.Equal("v", (await again).Value);
    }

    [Fact]
    public async Task New_partitions_are_shared_out_whoever_has_heard_of_them()
    {
        await using var relay = new WireRelay((_, _, answer) => answer);
        await using var bed = await StartAsync(relay);
        var owned = 0;
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(Options(GroupProtocol.Classic) with
        {
            OnAssigned = given =>
            {
                Interlocked.Add(ref owned, given.Count);
                return default;
            },
            OnRevoked = taken =>
            {
                Interlocked.Add(ref owned, -taken.Count);
                return default;
            },
        });
        Assert.Equal("v", (await consumer.ReadAsync(Patience)).Value);
        var next = consumer.ReadAsync(Patience).AsTask();
        await bed.Kafka.Admin.AddPartitionsAsync("work", total: 3, Patience);
        // As a producer does whose leader has moved.
        await bed.Kafka.Metadata.RefreshAsync(bed.Kafka.Metadata.View);
        await SendAsync(bed, new("work", "k", "new") { Partition = 2 });
        Assert.Equal("new", (await next).Value);
        Assert.Equal(3, Volatile.Read(ref owned));
    }

    [Fact]
    public async Task Who_reads_all_of_a_topic_reads_partitions_that_come_later()
    {
        await using var relay = new WireRelay((_, _, answer) => answer);
        await using var bed = await StartAsync(relay);
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(new() { Topics = ["work"] });
        Assert.Equal("v", (await consumer.ReadAsync(Patience)).Value);
        await bed.Kafka.Admin.AddPartitionsAsync("work", total: 3, Patience);
        await bed.Kafka.Metadata.RefreshAsync(bed.Kafka.Metadata.View);
        await SendAsync(bed, new("work", "k", "new") { Partition = 2 });
        Assert.Equal("new", (await consumer.ReadAsync(Patience)).Value);
    }

    [Fact]
    public async Task A_place_that_may_not_be_looked_up_is_told_to_the_reader_and_a_broker_that_can_not_say_why_is_asked_again()
    {
        var refusals = new Queue<ErrorCode>([ErrorCode.UnknownServerError, ErrorCode.TopicAuthorizationFailed]);
        await using var relay = new WireRelay((api, version, answer) => api == ApiKey.ListOffsets && refusals.TryDequeue(out var refusal)
            ? WireRelay.Change<ListOffsetsResponse>(answer, version, told => told.Topics.ForEach(t => t.Partitions.ForEach(p => p.ErrorCode = refusal)))
            : answer);
        await using var bed = await StartAsync(relay);
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(new() { Topics = ["work"] });
        var refused = await Assert.ThrowsAsync<KafkaException>(async () => await consumer.ReadAsync(Patience));
        Assert.Equal("The offsets of work-0 can't be found: the user may not do this with the topic (TopicAuthorizationFailed). Let an administrator add an ACL for the user.", refused.Message);
        Assert.Equal("v", (await consumer.ReadAsync(Patience)).Value);
    }

    [Fact]
    public async Task Who_reads_to_the_end_reads_partitions_that_came_since_the_topic_was_looked_up()
    {
        await using var relay = new WireRelay((_, _, answer) => answer);
        await using var bed = await StartAsync(relay);
        await using var other = new KafkaClient($"127.0.0.1:{relay.Port}");
        await other.Admin.AddPartitionsAsync("work", total: 3, Patience);
        await using (var producer = other.CreateProducer<string, string>()) await producer.SendAsync(new("work", "k", "new") { Partition = 2 }, Patience);
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(new() { Topics = ["work"] });
        var values = new List<string>();
        await foreach (var record in consumer.ReadToEndAsync(Patience)) values.Add(record.Value);
        Assert.Equal(["new", "v"], values.Order());
    }
}
