using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Connections;

// Memory is of the whole process, so nothing else may run beside.
[CollectionDefinition(nameof(MemoryIsMeasured), DisableParallelization = true)]
public sealed class MemoryIsMeasured;

[Collection(nameof(MemoryIsMeasured))]
public sealed class ManyConnectionsTests
{
    const int Many = 5_000;

    /// <summary>Of both ends of a connection, which are in this process; the broker's is about 5 KB.</summary>
    const long MostBytesEach = 24 << 10;

    [Fact]
    public async Task Thousands_of_idle_connections_hold_little_and_disturb_nobody()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache }, cancellation: TestContext.Current.CancellationToken);
        using var told = new MetricsTests.Told(broker);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        var many = Math.Min(Many, (Handles() - 1_000) / 2);
        TestContext.Current.TestOutputHelper?.WriteLine($"{many} connections");
        var idle = new List<Socket>(many);
        try
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            for (var i = 0; i < many; i++) idle.Add(await OnceAsync(broker.Port));
            await EventuallyAsync(() => broker.Listener.Connections.Count(c => c.IsIdle) == many + 1);
            var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / many;
            TestContext.Current.TestOutputHelper?.WriteLine($"{each} bytes each");
            Assert.True(each < MostBytesEach, $"An idle connection holds {each:N0} bytes.");
            Assert.Equal(many + 1, told.Look()["millrace.broker.connections"]);
            Assert.Equal(0, told.Look()["millrace.broker.request.memory"]);

            Assert.Equal(ErrorCode.None, (await client.ProduceAsync("t", 0, Wire.Batch(["still here"]))).ErrorCode);
            using var newcomer = new BrokerClient(broker);
            Assert.Equal(["still here"], await newcomer.ValuesAsync("t"));
            // Those that were idle are heard as soon as they speak.
            foreach (var one in idle.Where((_, i) => i % 500 == 0)) await AskAsync(one);
        }
        finally
        {
            foreach (var one in idle) one.Dispose();
        }
        await EventuallyAsync(() => told.Look()["millrace.broker.connections"] == 1);
        Assert.Equal(["still here"], await client.ValuesAsync("t"));
    }

    /// <summary>How many files and sockets this process may have open.</summary>
    static int Handles()
    {
        const string limits = "/proc/self/limits";
        if (!File.Exists(limits)) return 3_000;
        var most = File.ReadLines(limits).First(l => l.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
        return int.TryParse(most, CultureInfo.InvariantCulture, out var count) ? count : int.MaxValue;
    }

    /// <summary>A connection that has asked for something once.</summary>
    static async Task<Socket> OnceAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await AskAsync(socket);
        return socket;
    }

    // ApiVersions in version 0, with an empty client id.
    static readonly byte[] Question = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0, 0];
    static readonly byte[] Answer = new byte[4096];

    static async Task AskAsync(Socket socket)
    {
        await socket.SendAsync(Question);
        Assert.InRange(await socket.ReceiveAsync(Answer), 12, Answer.Length);
        Assert.Equal([0, 0, 0, 7, 0, 0], Answer[4..10]);
    }

    static async Task EventuallyAsync(Func<bool> holds)
    {
        while (!holds()) await Task.Yield();
    }
}
