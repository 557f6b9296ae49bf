using System.Buffers.Binary;
using Millrace.Kafka.Wire;
using Millrace.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Millrace.Broker.Tests.Connections;

public sealed class ConnectionTests
{
    [Fact]
    public async Task An_unknown_version_of_ApiVersions_is_answered_so_that_all_can_read_it()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        var request = new byte[4 + 10];
        BinaryPrimitives.WriteInt32BigEndian(request, 10);
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(4), (short)ApiKey.ApiVersions);
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(6), 99);
        BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(8), 7);
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(12), -1);
        // With an unknown version the head may have tagged fields: none here.
        BinaryPrimitives.WriteInt32BigEndian(request, 11);
        await client.SendBytesAsync([.. request, 0]);
        var answer = await client.ReceiveAsync<ApiVersionsResponse>(0);
        Assert.Equal(ErrorCode.UnsupportedVersion, answer.ErrorCode);
        Assert.Contains(answer.ApiKeys, k => k.ApiKey == (short)ApiKey.ApiVersions);
    }

    [Theory]
    [InlineData(new byte[] { 0x7f, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0, 0, 0, 8, 0x7f, 0, 0, 0, 0, 0, 0, 1 })]
    [InlineData(new byte[] { 0, 0, 0, 12, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0x7f, 0xff })]
    public async Task A_malformed_request_ends_its_connection_and_no_other(byte[] bytes)
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var good = new BrokerClient(broker);
        await good.CreateAsync("t");
        using var bad = new BrokerClient(broker);
        await bad.SendBytesAsync(bytes);
        Assert.Null(await bad.ReceiveAsync());
        Assert.Equal(ErrorCode.None, (await good.ProduceAsync("t", 0, Wire.Batch(["still here"]))).ErrorCode);
        Assert.Equal(["still here"], await good.ValuesAsync("t"));
    }

    [Fact]
    public async Task Requests_sent_at_once_are_answered_in_their_order()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        for (var i = 0; i < 200; i++) await client.SendAsync(BrokerClient.Produce("t", 0, Wire.Batch([$"{i}"])), 12);
        await client.SendAsync(new MetadataRequest { Topics = [] }, 12);
        for (var i = 0; i < 200; i++) Assert.Equal(i, (await client.ReceiveAsync<ProduceResponse>(12)).Responses[0].PartitionResponses[0].BaseOffset);
        Assert.Single((await client.ReceiveAsync<MetadataResponse>(12)).Brokers);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}"), await client.ValuesAsync("t"));
    }

    [Fact]
    public async Task A_request_that_comes_in_pieces_is_read_whole()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache, Settings = new Dictionary<string, string> { ["message.max.bytes"] = "20000000" } }, cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        var value = new string('x', 9_000_000);
        Assert.Equal(ErrorCode.None, (await client.ProduceAsync("t", 0, Wire.Batch([value]))).ErrorCode);
        Assert.Equal([value], await client.ValuesAsync("t"));
    }

    [Fact]
    public async Task Without_authentication_a_broker_does_not_listen_to_other_machines_unless_told_to()
    {
        var refused = await Assert.ThrowsAsync<BrokerException>(() => EmbeddedBroker.StartAsync(new() { Host = "0.0.0.0" }, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("--allow-anonymous", refused.Message, StringComparison.Ordinal);
        await using var told = await EmbeddedBroker.StartAsync(new() { Host = "0.0.0.0", AllowAnonymous = true }, cancellation: TestContext.Current.CancellationToken);
        await using var secured = await EmbeddedBroker.StartAsync(new() { Host = "0.0.0.0", Users = new Dictionary<string, string> { ["ann"] = "secret" } }, cancellation: TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_port_that_another_broker_has_is_refused_by_its_number()
    {
        await using var first = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<BrokerException>(() => EmbeddedBroker.StartAsync(new() { Port = first.Port }, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains($"127.0.0.1:{first.Port}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_that_a_broker_ended_do_not_keep_the_next_one_from_its_port()
    {
        var first = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(first);
        await client.CreateAsync("t");
        await first.DisposeAsync();
        await using var next = await EmbeddedBroker.StartAsync(new() { Port = first.Port }, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(first.Port, next.Port);
    }

    [Fact]
    public async Task A_connection_that_got_its_answer_late_is_idle_then_and_kept_for_as_long_as_others()
    {
        var clock = new VirtualClock(DateTimeOffset.UtcNow);
        await using var broker = EmbeddedBroker.Start(new(), NullLogger.Instance, clock);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        // Answered when the disk has it, while the next request is waited for.
        Assert.Equal(ErrorCode.None, (await client.ProduceAsync("t", 0, Wire.Batch(["x"]))).ErrorCode);
        await IdleAsync(broker);
        clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(["x"], await client.ValuesAsync("t"));
        await IdleAsync(broker);
        clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Null(await client.ReceiveAsync());
    }

    static async Task IdleAsync(EmbeddedBroker broker)
    {
        while (broker.Listener.Connections.SingleOrDefault() is not { IsIdle: true }) await Task.Yield();
    }
}
