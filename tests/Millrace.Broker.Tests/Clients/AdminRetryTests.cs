using System.Net;
using System.Net.Sockets;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Clients;

/// <summary>What <see cref="KafkaAdmin"/> does when brokers or answers are lost.</summary>
public sealed class AdminRetryTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_broker_that_starts_late_is_waited_for()
    {
        int port;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }
        await using var kafka = new KafkaClient($"127.0.0.1:{port}");
        var creating = kafka.Admin.CreateTopicAsync("users", cancellation: Token).AsTask();
        Assert.False(creating.IsCompleted);
        await using var broker = await EmbeddedBroker.StartAsync(new() { Port = port }, cancellation: Token);
        await creating;
        Assert.Equal("users", Assert.Single(await kafka.Admin.ListTopicsAsync(cancellation: Token)).Name);
    }

    [Fact]
    public async Task A_broker_that_does_not_come_is_named_when_the_time_is_over()
    {
        await using var kafka = new KafkaClient(new KafkaOptions { BootstrapServers = "127.0.0.1:1", RetryTimeout = TimeSpan.FromMilliseconds(50) });
        var failed = await Assert.ThrowsAsync<KafkaException>(async () => await kafka.Admin.ListTopicsAsync(cancellation: Token));
        Assert.Equal(ErrorCode.NetworkException, failed.Code);
        Assert.Contains("127.0.0.1:1", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_ends_when_it_is_cancelled()
    {
        await using var kafka = new KafkaClient("127.0.0.1:1");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var listing = kafka.Admin.ListTopicsAsync(cancellation: stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listing);
    }

    // The first answer never comes: whether it was done is found out by asking again.
    [Theory]
    [InlineData((short)ApiKey.CreateTopics)]
    [InlineData((short)ApiKey.CreatePartitions)]
    [InlineData((short)ApiKey.DeleteTopics)]
    [InlineData((short)ApiKey.DeleteGroups)]
    public async Task What_was_done_and_not_answered_counts_as_done(short api)
    {
        var lost = 0;
        await using var relay = new WireRelay((about, _, answer) => about == (ApiKey)api && Interlocked.Increment(ref lost) == 1 ? null : answer);
        await using var broker = await EmbeddedBroker.StartAsync(new() { Advertised = $"127.0.0.1:{relay.Port}" }, cancellation: Token);
        relay.BrokerPort = broker.Port;
        await using var kafka = new KafkaClient($"127.0.0.1:{relay.Port}");
        await kafka.Admin.CreateTopicAsync("users", cancellation: Token);
        await kafka.Admin.AddPartitionsAsync("users", total: 3, Token);
        Assert.Equal(3, Assert.Single(await kafka.Admin.ListTopicsAsync(cancellation: Token)).Partitions.Count);
        await kafka.Admin.AlterGroupOffsetsAsync("shop", new Dictionary<TopicPartition, long> { [new("users", 0)] = 0 }, Token);
        await kafka.Admin.DeleteGroupAsync("shop", Token);
        await kafka.Admin.DeleteTopicAsync("users", Token);
        Assert.Empty(await kafka.Admin.ListTopicsAsync(cancellation: Token));
        Assert.Equal(2, lost);
        // Only once is it taken for ours.
        await AdminTopicTests.RefusesAsync(ErrorCode.UnknownTopicOrPartition, "users", () => kafka.Admin.DeleteTopicAsync("users", Token));
    }
}
