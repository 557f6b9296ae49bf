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

    static byte[] AskForAll(int minBytes = 1)
    {
        var asked = BrokerClient.Fetch("t", 0, 0, maxWaitMs: minBytes > 1 ? int.MaxValue : 0);
        (asked.MinBytes, asked.Topics[0].Partitions[0].PartitionMaxBytes) = (minBytes, asked.MaxBytes);
        return BrokerClient.Bytes(asked, 12).ToArray();
    }

    /// <summary>Connects some that ask for all there is, several times, and waits until the broker has something for so many that they don't take.</summary>
    async Task StickAsync(int count, int served)
    {
        var request = AskForAll();
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

    /// <summary>Takes the next answer to a Fetch, as a client that was slow to do so.</summary>
    static async Task<byte[]> TakeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket);
        var head = new byte[4];
        await stream.ReadExactlyAsync(head);
        var answer = new byte[System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(head)];
        await stream.ReadExactlyAsync(answer);
        return answer;
    }

    async Task<byte[]> AnswerAsync()
    {
        using var usual = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await usual.ConnectAsync(IPAddress.Loopback, broker.Port);
        await usual.SendAsync(AskForAll());
        return await TakeAsync(usual);
    }

    [Fact]
    public async Task However_many_there_are_others_go_on_at_once_and_those_that_wake_up_get_all_they_asked_for()
    {
        const int many = 50;
        using var client = await FillAsync();
        var expected = await AnswerAsync();
        // What is memory for seven of them.
        await StickAsync(many, served: 0);
        while (broker.Listener.Connections.Count(c => c.IsSending) < many) await Task.Yield();
        Assert.InRange(broker.Node.ResponseMemory.Used, 1, MostBytes);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(ErrorCode.None, (await client.ProduceAsync("t", 0, Wire.Batch(["more"]))).ErrorCode);
            Assert.Equal(Batches + 1 + i, (await client.ValuesAsync("t")).Count);
        }
        Assert.Equal(many, broker.Listener.Connections.Count(c => c.IsSending));
        Assert.InRange(broker.Node.ResponseMemory.Peak, 1, MostBytes);
        // The first ones have lost their memory to the others.
        foreach (var socket in stuck.Take(5)) Assert.Equal(expected, await TakeAsync(socket));
        await ReleasedAsync();
    }

    [Fact]
    public async Task Those_whose_records_are_deleted_before_they_take_them_lose_their_connection()
    {
        using var client = await FillAsync();
        await StickAsync(10, served: 0);
        while (broker.Listener.Connections.Count(c => c.IsSending) < 10) await Task.Yield();
        var deleted = await client.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { TopicNames = ["t"] }, 5);
        Assert.Equal(ErrorCode.None, deleted.Responses[0].ErrorCode);
        var ended = 0;
        foreach (var socket in stuck)
        {
            try
            {
                Assert.InRange((await TakeAsync(socket)).Length, Batches * BatchBytes, 10 << 20);
            }
            catch (IOException)
            {
                ended++;
            }
        }
        // Seven answers are as many as there is memory for.
        Assert.InRange(ended, 3, 10);
        await ReleasedAsync();
    }

    [Fact]
    public async Task Who_waits_for_more_than_there_is_holds_nothing_meanwhile()
    {
        using var client = await FillAsync();
        var asked = AskForAll(minBytes: int.MaxValue);
        for (var i = 0; i < 20; i++)
        {
            stuck.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            await stuck[^1].ConnectAsync(IPAddress.Loopback, broker.Port, TestContext.Current.CancellationToken);
            await stuck[^1].SendAsync(asked);
        }
        while (broker.Listener.Connections.Count(c => !c.IsIdle) < 20 || broker.Node.ResponseMemory.Used > 0) await Task.Yield();
        Assert.Equal(Batches, (await client.ValuesAsync("t")).Count);
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
