using System.Net;
using System.Net.Sockets;
using Millrace.Kafka.Wire;
using Millrace.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Millrace.Broker.Tests.Connections;

/// <summary>Consumers that ask for records, and never take them.</summary>
public sealed class StuckConsumerTests : IAsyncDisposable
{
    const int Batches = 10, BatchBytes = 900_000, MostBytes = 64 << 20;

    readonly VirtualClock clock = new(DateTimeOffset.UtcNow);
    readonly EmbeddedBroker broker;
    readonly List<Socket> stuck = [];

    public StuckConsumerTests() => broker = EmbeddedBroker.Start(new() { Durability = Durability.PageCache }, NullLogger.Instance, clock);

    public async ValueTask DisposeAsync()
    {
        foreach (var one in stuck) one.Dispose();
        await broker.DisposeAsync();
    }

    async Task<BrokerClient> FillAsync()
    {
        var client = new BrokerClient(broker) { Name = "reader" };
        await client.CreateAsync("t");
        for (var i = 0; i < Batches; i++) Assert.Equal(ErrorCode.None, (await client.ProduceAsync("t", 0, Wire.Batch([$"{i} {new string('x', BatchBytes)}"]))).ErrorCode);
        return client;
    }

    /// <summary>Connects some that ask for all there is, several times, and waits until the broker has something for so many that they don't take.</summary>
    async Task StickAsync(int count, int served)
    {
        var asked = BrokerClient.Fetch("t", 0, 0);
        asked.Topics[0].Partitions[0].PartitionMaxBytes = asked.MaxBytes;
        var request = BrokerClient.Bytes(asked, 12);
        for (var i = 0; i < count; i++)
        {
            // Little room in between, so that what the broker sends comes back to it soon.
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
            stuck.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, broker.Port);
            for (var times = 0; times < 3; times++) await socket.SendAsync(request);
        }
        await ServedAsync(served);
    }

    [Fact]
    public async Task While_there_is_memory_others_go_on_undisturbed()
    {
        using var client = await FillAsync();
        await StickAsync(5, served: 5);
        Assert.InRange(broker.Node.ResponseMemory.Used, 5L * Batches * BatchBytes, MostBytes);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(ErrorCode.None, (await client.ProduceAsync("t", 0, Wire.Batch(["more"]))).ErrorCode);
            Assert.Equal(Batches + 1 + i, (await client.ValuesAsync("t")).Count);
        }
        Assert.InRange(broker.Node.ResponseMemory.Used, 5L * Batches * BatchBytes, MostBytes);
        await ReleasedAsync();
    }

    [Fact]
    public async Task When_they_hold_all_memory_they_are_ended_and_others_go_on_then()
    {
        const int served = 7;
        using var client = await FillAsync();
        await StickAsync(2 * served, served);
        while (broker.Listener.Connections.Count(c => !c.IsIdle) < 2 * served) await Task.Yield();
        Assert.InRange(broker.Node.ResponseMemory.Used, served * (long)Batches * BatchBytes, MostBytes);
        // Producers need nothing of that memory; this consumer waits in line.
        Assert.Equal(ErrorCode.None, (await client.ProduceAsync("t", 0, Wire.Batch(["more"]))).ErrorCode);
        await client.SendAsync(BrokerClient.Fetch("t", 0, Batches), 12);
        while (!broker.Listener.Connections.Any(c => c is { Client: "reader", IsIdle: false, IsSending: false })) await Task.Yield();
        clock.Advance(TimeSpan.FromSeconds(40));
        while (broker.Listener.Connections.Count() > served + 1) await Task.Yield();
        await ServedAsync(served);
        Assert.InRange(broker.Node.ResponseMemory.Used, served * (long)Batches * BatchBytes, MostBytes);
        clock.Advance(TimeSpan.FromSeconds(40));
        var found = await client.ReceiveAsync<FetchResponse>(12);
        Assert.Equal(["more"], Wire.ValuesOf(found.Responses[0].Partitions[0].Records!.Value));
        await ReleasedAsync();
    }

    async Task ServedAsync(int count)
    {
        while (broker.Listener.Connections.Count(c => c.IsSending) < count || broker.Node.ResponseMemory.Used < count * (long)Batches * BatchBytes) await Task.Yield();
    }

    /// <summary>When they are gone, so is what was kept for them.</summary>
    async Task ReleasedAsync()
    {
        foreach (var one in stuck) one.Dispose();
        while (broker.Node.ResponseMemory.Used > 0 || broker.Listener.Connections.Count() > 1) await Task.Yield();
    }
}
