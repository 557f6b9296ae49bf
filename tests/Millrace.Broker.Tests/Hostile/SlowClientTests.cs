using System.Buffers.Binary;
using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Hostile;

/// <summary>Clients that stop half way, send a byte now and then, or take no answer.</summary>
public sealed class SlowClientTests(ITestOutputHelper output)
{
    static byte[] Announcing(int length, int there)
    {
        var bytes = new byte[4 + there];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        return bytes;
    }

    [Fact]
    public Task Clients_that_announce_much_and_leave_half_way_hold_nothing_once_they_are_gone() => HostileBed.RunAsync(output, usual: 2, async bed =>
    {
        for (var i = 0; i < 200; i++)
            await bed.SendAsync(Announcing(bed.Random.Next(10_000, i % 2 == 0 ? 100_000 : 60_000_000), bed.Random.Next(0, 6_000))[..^bed.Random.Next(0, 4)], leaves: true);
    });

    [Fact]
    public Task Clients_that_fall_silent_half_way_are_let_go_with_what_they_held() => HostileBed.RunAsync(output, usual: 1, async bed =>
    {
        var silent = new List<RawClient>();
        for (var i = 0; i < 20; i++)
        {
            silent.Add(new(bed.Broker.Port));
            await silent[^1].SendAsync(Announcing(1_000_000, there: i * 100));
        }
        await HostileBed.UntilAsync(() => bed.Node.RequestMemory.Used == 20_000_000, () => $"{bed.Node.RequestMemory.Used:N0} bytes are held");
        await bed.AdvanceAsync(TimeSpan.FromSeconds(36));
        foreach (var client in silent)
        {
            Assert.Empty(await client.ReadAllAsync());
            client.Dispose();
        }
        await HostileBed.UntilAsync(() => bed.Node.RequestMemory.Used == 0, () => $"{bed.Node.RequestMemory.Used:N0} bytes are held");
    });

    [Fact]
    public Task Who_sends_a_byte_now_and_then_does_not_hold_the_memory_of_a_request_for_ever() => HostileBed.RunAsync(output, usual: 1, async bed =>
    {
        using var slow = new RawClient(bed.Broker.Port);
        await slow.SendAsync(Announcing(60_000_000, there: 10));
        await HostileBed.UntilAsync(() => bed.Node.RequestMemory.Used == 60_000_000, () => "The request is not being received.");
        var minutes = 0;
        // Each time it has sent a byte within half a minute.
        for (; minutes < 30 && bed.Node.RequestMemory.Used > 0; minutes++)
        {
            for (var i = 0; i < 3; i++)
            {
                await slow.SendAsync(new byte[1]);
                await bed.AdvanceAsync(TimeSpan.FromSeconds(20));
            }
        }
        await HostileBed.UntilAsync(() => bed.Node.RequestMemory.Used == 0, () => $"It still holds {bed.Node.RequestMemory.Used:N0} bytes after {minutes} minutes.");
    });

    [Fact]
    public Task A_good_request_that_comes_byte_by_byte_is_answered() => HostileBed.RunAsync(output, usual: 1, async bed =>
    {
        using var slow = new RawClient(bed.Broker.Port);
        foreach (var one in Frames.Of(new MetadataRequest { Topics = [] }, 12)) await slow.SendAsync(new[] { one });
        slow.EndSending();
        Assert.Single(await slow.ReadAllAsync());
    });

    [Fact]
    public Task Who_takes_no_answers_is_let_go_and_holds_no_more_than_a_connection_may() => HostileBed.RunAsync(output, usual: 1, async bed =>
    {
        using var first = new BrokerClient(bed.Broker);
        await first.CreateAsync("many", partitions: 1000);
        var ask = Frames.Of(new MetadataRequest { Topics = [new() { Name = "many" }] }, 12);
        var produce = Frames.Of(BrokerClient.Produce("many", 0, Wire.Batch(["x"])), 12);
        // The answers to Produce are so short that the network holds them all.
        var deaf = new List<RawClient>();
        var sending = new List<Task>();
        for (var i = 0; i < 10; i++)
        {
            var client = new RawClient(bed.Broker.Port);
            deaf.Add(client);
            var flood = Enumerable.Repeat(i % 2 == 0 ? ask : produce, 2_000).SelectMany(f => f).ToArray();
            sending.Add(client.SendAsync(flood));
        }
        // All that read nothing are stuck in sending, and the client beside them is not.
        await HostileBed.UntilAsync(() => bed.Broker.Listener.Connections.Count(c => c.IsSending) >= 5, () => $"{bed.Broker.Listener.Connections.Count(c => c.IsSending)} connections are sending");
        await bed.AdvanceAsync(TimeSpan.FromSeconds(40));
        await Task.WhenAll(sending).WaitAsync(TimeSpan.FromMinutes(1));
        foreach (var client in deaf) client.Dispose();
    });

    [Fact]
    public Task A_flood_of_requests_at_once_is_answered_in_full_where_the_answers_are_taken() => HostileBed.RunAsync(output, usual: 1, async bed =>
    {
        using var first = new BrokerClient(bed.Broker);
        await first.CreateAsync("flood");
        var produce = Frames.Of(BrokerClient.Produce("flood", 0, Wire.Batch(["x"])), 12);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            using var client = new RawClient(bed.Broker.Port);
            var sending = client.SendAsync(Enumerable.Repeat(produce, 2_000).SelectMany(f => f).ToArray());
            for (var i = 0; i < 2_000; i++) Assert.NotNull(await client.ReadAsync(TestContext.Current.CancellationToken));
            Assert.True(await sending);
        }));
    });

    [Fact]
    public Task Who_leaves_while_its_answer_is_waited_for_does_not_keep_its_connection() => HostileBed.RunAsync(output, usual: 1, async bed =>
    {
        using var first = new BrokerClient(bed.Broker);
        await first.CreateAsync("empty");
        for (var i = 0; i < 50; i++)
        {
            await bed.SendAsync(Frames.Of(BrokerClient.Fetch("empty", 0, 0, maxWaitMs: int.MaxValue), 12), leaves: true);
            await bed.SendAsync(Frames.Of(new JoinGroupRequest
            {
                GroupId = "g", ProtocolType = "consumer", SessionTimeoutMs = 1_800_000, RebalanceTimeoutMs = int.MaxValue, Protocols = [new() { Name = "range" }],
            }, 3), leaves: true);
        }
    });
}
