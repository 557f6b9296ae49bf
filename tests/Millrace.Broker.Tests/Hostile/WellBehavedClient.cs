using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Hostile;

/// <summary>Produces, consumes and stays in a group, and is refused nothing.</summary>
sealed class WellBehavedClient : IDisposable
{
    const string Topic = "well", Group = "well";

    // Also where the others are soon done.
    const int Least = 50;

    readonly EmbeddedBroker broker;
    readonly BrokerClient client;
    // Taken while something is under way, joining at first.
    readonly SemaphoreSlim turn = new(0);
    (string Id, int Generation) member;

    internal WellBehavedClient(EmbeddedBroker broker)
    {
        this.broker = broker;
        client = new(broker) { Name = "well" };
    }

    internal int Records { get; private set; }

    internal int Heartbeats { get; private set; }

    internal async Task RunAsync(CancellationToken stop)
    {
        await client.CreateAsync(Topic);
        member = await JoinAsync();
        turn.Release();
        do
        {
            await turn.WaitAsync(CancellationToken.None);
            var written = await client.ProduceAsync(Topic, 0, Wire.Batch([$"w{Records}"]));
            Assert.Equal((ErrorCode.None, (long)Records), (written.ErrorCode, written.BaseOffset));
            var found = (await client.AskAsync<FetchRequest, FetchResponse>(BrokerClient.Fetch(Topic, 0, Records), 12)).Responses[0].Partitions[0];
            Assert.Equal([$"w{Records}"], Wire.ValuesOf(found.Records!.Value));
            Records++;
            var beat = await client.AskAsync<HeartbeatRequest, HeartbeatResponse>(new() { GroupId = Group, GenerationId = member.Generation, MemberId = member.Id }, 4);
            Assert.Equal(ErrorCode.None, beat.ErrorCode);
            Heartbeats++;
            turn.Release();
        }
        while (!stop.IsCancellationRequested || Records < Least);
    }

    async Task<(string, int)> JoinAsync()
    {
        // Half an hour by the broker's clock, which tests advance by a minute or two.
        JoinGroupRequest Wish(string id) => new()
        {
            GroupId = Group, MemberId = id, ProtocolType = "consumer", SessionTimeoutMs = 1_800_000, RebalanceTimeoutMs = 1_800_000, Protocols = [new() { Name = "range" }],
        };
        var given = await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(Wish(""), 5);
        Assert.Equal(ErrorCode.MemberIdRequired, given.ErrorCode);
        var joined = await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(Wish(given.MemberId), 5);
        Assert.Equal(ErrorCode.None, joined.ErrorCode);
        var synced = await client.AskAsync<SyncGroupRequest, SyncGroupResponse>(new()
        {
            GroupId = Group, MemberId = joined.MemberId, GenerationId = joined.GenerationId, Assignments = [new() { MemberId = joined.MemberId, Assignment = [1] }],
        }, 3);
        Assert.Equal(ErrorCode.None, synced.ErrorCode);
        return (joined.MemberId, joined.GenerationId);
    }

    /// <summary>Does something while nothing of this client is under way.</summary>
    internal async Task BetweenAsync(Action action)
    {
        if (!await turn.WaitAsync(TimeSpan.FromMinutes(1))) throw new TimeoutException("The client that behaves well gets no answer.");
        try
        {
            await HostileBed.UntilAsync(() => broker.Listener.Connections.All(c => c.Client != "well" || c.IsIdle), () => "The client that behaves well has no rest.");
            action();
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>All that it produced is there, once and in order.</summary>
    internal async Task CheckAsync()
    {
        using var reader = new BrokerClient(broker);
        Assert.Equal(Enumerable.Range(0, Records).Select(i => $"w{i}"), await reader.ValuesAsync(Topic));
        Assert.True(Records > 0);
    }

    public void Dispose()
    {
        client.Dispose();
        turn.Dispose();
    }
}
