using System.Buffers.Binary;
using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;
using Millrace.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Millrace.Broker.Tests.Groups;

/// <summary>A thousand members of one group, each with a connection of its own.</summary>
public sealed class LargeGroupTests : IAsyncDisposable
{
    const int Many = 1_000, Partitions = 1_200, SessionMs = 45_000;

    readonly VirtualClock clock = new(DateTimeOffset.UtcNow);
    readonly EmbeddedBroker broker;
    readonly List<Member> members = [];
    int messages;

    public LargeGroupTests() => broker = EmbeddedBroker.Start(new()
    {
        Durability = Durability.PageCache,
        Settings = new Dictionary<string, string> { ["group.initial.rebalance.delay.ms"] = "3000" },
    }, NullLogger.Instance, clock);

    public async ValueTask DisposeAsync()
    {
        foreach (var member in members) member.Client.Dispose();
        await broker.DisposeAsync();
    }

    sealed class Member(BrokerClient client)
    {
        internal BrokerClient Client => client;
        internal string Id { get; set; } = "";
        internal int Generation { get; set; }
        internal HashSet<int> Owned { get; set; } = [];
        internal bool IsOver { get; set; }
    }

    async Task<List<TResponse>> AskAllAsync<TRequest, TResponse>(Func<Member, TRequest> request, short version, Action? whenSent = null)
        where TRequest : IMessage<TRequest> where TResponse : IMessage<TResponse>
    {
        messages += members.Count;
        foreach (var member in members) await member.Client.SendAsync(request(member), version);
        whenSent?.Invoke();
        var answers = new List<TResponse>(members.Count);
        foreach (var member in members) answers.Add(await member.Client.ReceiveAsync<TResponse>(version));
        return answers;
    }

    async Task PrepareAsync()
    {
        using var admin = new BrokerClient(broker);
        Assert.Equal(ErrorCode.None, (await admin.CreateAsync("t", Partitions)).Topics[0].ErrorCode);
        for (var i = 0; i < Many; i++) members.Add(new(new BrokerClient(broker)));
    }

    /// <summary>All join at once, and the clock goes on when the broker has all of them.</summary>
    async Task<List<JoinGroupResponse>> JoinAllAsync() => await AskAllAsync<JoinGroupRequest, JoinGroupResponse>(m => new()
    {
        GroupId = "g",
        SessionTimeoutMs = SessionMs,
        RebalanceTimeoutMs = 300_000,
        MemberId = m.Id,
        ProtocolType = "consumer",
        Protocols = [new() { Name = "range", Metadata = [1, 2, 3] }],
    }, 9, () =>
    {
        if (members[0].Id.Length == 0) return;
        var group = broker.Node.Groups.Find("g")!;
        while (true)
        {
            lock (group.Gate)
                if (group.Classic!.State != Millrace.Broker.Groups.ClassicState.PreparingRebalance || group.Classic.Members.Count(m => m.Joining is not null) == members.Count) break;
            Thread.Yield();
        }
        clock.Advance(TimeSpan.FromSeconds(3));
    });

    /// <summary>The leader gives each an equal part, and each learns its own.</summary>
    async Task ShareAsync(List<JoinGroupResponse> joined, int generation)
    {
        Assert.All(joined, j => Assert.Equal((ErrorCode.None, generation), (j.ErrorCode, j.GenerationId)));
        var leader = Assert.Single(joined, j => j.Members.Count > 0);
        Assert.Equal((leader.MemberId, members.Count), (leader.Leader, leader.Members.Count));
        Assert.Equal(members.Select(m => m.Id).Order(), leader.Members.Select(m => m.MemberId).Order());
        foreach (var member in members) member.Generation = generation;
        var parts = leader.Members.Select((m, i) => (m.MemberId, Part: Enumerable.Range(0, Partitions).Where(p => p % leader.Members.Count == i).ToArray())).ToList();
        var synced = await AskAllAsync<SyncGroupRequest, SyncGroupResponse>(m => new()
        {
            GroupId = "g",
            GenerationId = generation,
            MemberId = m.Id,
            ProtocolType = "consumer",
            ProtocolName = "range",
            Assignments = m.Id == leader.MemberId ? [.. parts.Select(p => new SyncGroupRequest.SyncGroupRequestAssignment { MemberId = p.MemberId, Assignment = Write(p.Part) })] : [],
        }, 5);
        Assert.All(synced, s => Assert.Equal(ErrorCode.None, s.ErrorCode));
        for (var i = 0; i < members.Count; i++) members[i].Owned = [.. Read(synced[i].Assignment)];
        EachHasOneOwner();
    }

    void EachHasOneOwner() => Assert.Equal(Enumerable.Range(0, Partitions), members.SelectMany(m => m.Owned).Order());

    static byte[] Write(int[] numbers)
    {
        var bytes = new byte[numbers.Length * sizeof(int)];
        for (var i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(i * sizeof(int)), numbers[i]);
        return bytes;
    }

    static IEnumerable<int> Read(byte[] bytes) => Enumerable.Range(0, bytes.Length / sizeof(int)).Select(i => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(i * sizeof(int))));

    async Task BeatAsync(ErrorCode expected)
    {
        var beats = await AskAllAsync<HeartbeatRequest, HeartbeatResponse>(m => new() { GroupId = "g", MemberId = m.Id, GenerationId = m.Generation }, 4);
        Assert.All(beats, b => Assert.Equal(expected, b.ErrorCode));
    }

    [Fact]
    public async Task A_thousand_who_divide_the_partitions_themselves_come_to_one_generation_and_to_the_next_when_one_leaves()
    {
        await PrepareAsync();
        var named = await JoinAllAsync();
        for (var i = 0; i < Many; i++)
        {
            Assert.Equal(ErrorCode.MemberIdRequired, named[i].ErrorCode);
            members[i].Id = named[i].MemberId;
        }
        Assert.Equal(Many, members.Select(m => m.Id).Distinct().Count());
        await ShareAsync(await JoinAllAsync(), 1);
        await BeatAsync(ErrorCode.None);

        var leaving = members[Many / 2];
        var left = await leaving.Client.AskAsync<LeaveGroupRequest, LeaveGroupResponse>(new() { GroupId = "g", Members = [new() { MemberId = leaving.Id }] }, 5);
        Assert.Equal(ErrorCode.None, Assert.Single(left.Members).ErrorCode);
        leaving.Client.Dispose();
        members.Remove(leaving);
        await BeatAsync(ErrorCode.RebalanceInProgress);
        await ShareAsync(await JoinAllAsync(), 2);
        await BeatAsync(ErrorCode.None);
        // Each asked only once for each thing.
        Assert.Equal(4 * Many + 4 * (Many - 1), messages);
        Assert.Equal(Many - 1, broker.Node.Groups.Find("g")!.Classic!.Members.Count);
    }

    async Task<List<ConsumerGroupHeartbeatResponse>> RoundAsync(Guid topic)
    {
        var answers = await AskAllAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(m => new()
        {
            GroupId = "g",
            MemberId = m.Id,
            MemberEpoch = m.Generation,
            RebalanceTimeoutMs = 300_000,
            SubscribedTopicNames = m.Generation == 0 ? ["t"] : null,
            TopicPartitions = m.Generation == 0 ? [] : [new() { TopicId = topic, Partitions = [.. m.Owned] }],
        }, 1);
        for (var i = 0; i < members.Count; i++)
        {
            Assert.Equal(ErrorCode.None, answers[i].ErrorCode);
            members[i].Generation = answers[i].MemberEpoch;
            if (answers[i].Assignment is { } assigned) members[i].Owned = [.. assigned.TopicPartitions.SelectMany(t => t.Partitions)];
        }
        var owned = members.SelectMany(m => m.Owned).ToList();
        Assert.Equal(owned.Count, owned.Distinct().Count());
        return answers;
    }

    [Fact]
    public async Task A_thousand_to_whom_the_broker_gives_partitions_have_each_of_them_once_after_a_few_heartbeats()
    {
        await PrepareAsync();
        var topic = broker.Node.Topics.Find("t")!.Id;
        foreach (var member in members) member.Id = Guid.NewGuid().ToString();
        await SettleAsync(topic);
        Assert.All(members, m => Assert.InRange(m.Owned.Count, 1, 2));

        var leaving = members[Many / 2];
        var left = await leaving.Client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(new() { GroupId = "g", MemberId = leaving.Id, MemberEpoch = -1 }, 1);
        Assert.Equal((ErrorCode.None, -1), (left.ErrorCode, left.MemberEpoch));
        leaving.Client.Dispose();
        members.Remove(leaving);
        await SettleAsync(topic);
        var described = (await members[0].Client.AskAsync<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse>(new() { GroupIds = ["g"] }, 1)).Groups[0];
        Assert.Equal(("Stable", Many - 1), (described.GroupState, described.Members.Count));
    }

    /// <summary>
    /// Everybody beats until nobody waits for anything: to join, to be told what to give up, to say so, and to get what others gave
    /// up, which those who beat before them learn with the next beat.
    /// </summary>
    async Task SettleAsync(Guid topic)
    {
        var group = broker.Node.Groups.Find("g");
        for (var rounds = 1; ; rounds++)
        {
            var before = group?.Consumer!.Assignments ?? 0;
            await RoundAsync(topic);
            group ??= broker.Node.Groups.Find("g")!;
            lock (group.Gate)
            {
                // Not once for each that joins, nor for each heartbeat.
                Assert.InRange(group.Consumer!.Assignments, before, before + 1);
                if (group.Consumer.State == "Stable") break;
            }
            // As long as members wait for their next heartbeat.
            clock.Advance(TimeSpan.FromSeconds(5));
            Assert.True(rounds < 6, $"After {rounds} heartbeats of each, {members.Sum(m => m.Owned.Count)} of {Partitions} partitions have an owner.");
        }
        EachHasOneOwner();
        Assert.Single(members.Select(m => m.Generation).Distinct());
        Assert.All(await RoundAsync(topic), a => Assert.Null(a.Assignment));
    }
}
