using System.Net;
using Millrace.Broker.Connections;
using Millrace.Broker.Tests.Connections;
using Millrace.Broker.Tests.Files;
using Millrace.Kafka.Wire;
using Millrace.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static Millrace.Broker.Tests.Quotas.QuotaChanges;

namespace Millrace.Broker.Tests.Quotas;

/// <summary>A broker whose disk takes its time, while the thread that writes waits.</summary>
public sealed class RequestQuotaTests : IAsyncDisposable
{
    readonly VirtualClock clock = new(DateTimeOffset.UtcNow);
    readonly SimulatedDisk disk = new(1);
    readonly BrokerNode node;
    readonly Listener listener;
    readonly BrokerClient client;

    public RequestQuotaTests()
    {
        node = new BrokerNode(disk.Root, new() { Durability = Durability.PageCache }, clock, NullLogger.Instance);
        listener = new Listener(node, IPAddress.Loopback, 0, tls: null);
        node.Advertise(listener.Port);
        listener.Start();
        client = new BrokerClient(listener.Port);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await listener.DisposeAsync();
        node.Dispose();
    }

    /// <summary>Produces while each write to the disk takes so long. Answers for how long the client is told to rest, and how long the writes took.</summary>
    async Task<(int ThrottleMs, double WorkedMs)> ProduceAsync(TimeSpan write)
    {
        var writes = 0;
        disk.Writing = () =>
        {
            writes++;
            clock.Advance(write);
        };
        var answer = await client.AskAsync<ProduceRequest, ProduceResponse>(BrokerClient.Produce("t", 0, Wire.Batch(["x"])), 12);
        disk.Writing = null;
        Assert.Equal(ErrorCode.None, answer.Responses[0].PartitionResponses[0].ErrorCode);
        return (answer.ThrottleTimeMs, writes * write.TotalMilliseconds);
    }

    [Fact]
    public async Task Who_keeps_threads_busy_for_longer_than_its_share_rests_until_that_is_made_good()
    {
        await client.CreateAsync("t");
        // Half of a thread: five seconds at once.
        await SetAsync(client, Of(client: "test"), ("request_percentage", 50));
        var (throttle, worked) = await ProduceAsync(TimeSpan.FromMilliseconds(5200));
        Assert.Equal((worked - 5000) * 2, throttle);

        await client.SendAsync(BrokerClient.Produce("t", 0, Wire.Batch(["later"])), 12);
        // It was sent later, and is heard earlier.
        using (var other = new BrokerClient(listener.Port) { Name = "other" }) Assert.Equal(1, (await other.ProduceAsync("t", 0, Wire.Batch(["meanwhile"]))).BaseOffset);
        clock.Advance(TimeSpan.FromMilliseconds(throttle));
        var answer = await client.ReceiveAsync<ProduceResponse>(12);
        Assert.Equal((2, 0), (answer.Responses[0].PartitionResponses[0].BaseOffset, answer.ThrottleTimeMs));
    }

    [Fact]
    public async Task It_rests_for_a_second_at_most_and_whatever_it_asks_next_again()
    {
        await client.CreateAsync("t");
        await SetAsync(client, Of(client: "test"), ("request_percentage", 10));
        var (throttle, _) = await ProduceAsync(TimeSpan.FromMilliseconds(1250));
        Assert.Equal(1000, throttle);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1000, (await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [] }, 12)).ThrottleTimeMs);
        clock.Advance(TimeSpan.FromSeconds(1));
        // A fetch brings nothing then, as little as where it's over its quota of bytes.
        var fetched = await client.AskAsync<FetchRequest, FetchResponse>(BrokerClient.Fetch("t", 0, 0), 12);
        Assert.Equal((0, 500), (fetched.Responses.Count, fetched.ThrottleTimeMs));
        clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(["x"], await client.ValuesAsync("t"));
    }
}
