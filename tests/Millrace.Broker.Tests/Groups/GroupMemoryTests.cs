using System.Globalization;
using Millrace.Broker.Groups;
using Millrace.Broker.Tests.Connections;
using Millrace.Broker.Topics;
using Millrace.Kafka.Wire;
using Millrace.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Millrace.Broker.Tests.Groups;

/// <summary>What clients have groups keep for them, for as long as they like.</summary>
public sealed class GroupMemoryTests : IAsyncDisposable
{
    const int HalfAnHourMs = 1_800_000;

    readonly VirtualClock clock = new(DateTimeOffset.UtcNow);
    readonly EmbeddedBroker broker;
    readonly BrokerClient client;

    public GroupMemoryTests()
    {
        broker = EmbeddedBroker.Start(new()
        {
            Durability = Durability.PageCache,
            Settings = new Dictionary<string, string> { ["offset.metadata.max.bytes"] = "4000000" },
        }, NullLogger.Instance, clock);
        client = new(broker);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await broker.DisposeAsync();
    }

    GroupMemory Memory => broker.Node.Groups.Memory;

    static JoinGroupRequest Join(string group, int metadata, string member = "") => new()
    {
        GroupId = group,
        MemberId = member,
        SessionTimeoutMs = HalfAnHourMs,
        RebalanceTimeoutMs = HalfAnHourMs,
        ProtocolType = "consumer",
        Protocols = [new() { Name = "range", Metadata = new byte[metadata] }],
    };

    [Fact]
    public async Task Members_hold_no_more_together_than_there_is_for_them_and_give_it_back_when_they_are_gone()
    {
        const int large = 1_000_000;
        var joined = 0;
        ErrorCode error;
        do
        {
            var answer = await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(Join($"g{joined}", large), 3);
            error = answer.ErrorCode;
            if (error == ErrorCode.None) joined++;
        }
        while (error == ErrorCode.None);
        Assert.Equal((ErrorCode.GroupMaxSizeReached, (int)(GroupMemory.MostOfMembers / large)), (error, joined));
        Assert.InRange(Memory.Members, (long)joined * large, GroupMemory.MostOfMembers);
        // Who says the same as before needs no more, and little ones still find room.
        Assert.Equal(ErrorCode.None, (await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(Join("little", 100), 3)).ErrorCode);
        var first = broker.Node.Groups.Find("g0")!.Classic!.Members.Single().Id;
        Assert.Equal(ErrorCode.None, (await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(Join("g0", large, first), 3)).ErrorCode);
        // The broker of this group is told by its leader who gets what.
        var synced = await client.AskAsync<SyncGroupRequest, SyncGroupResponse>(new() { GroupId = "g0", MemberId = first, GenerationId = 2, Assignments = [new() { MemberId = first, Assignment = new byte[3 * large] }] }, 3);
        Assert.Equal(ErrorCode.GroupMaxSizeReached, synced.ErrorCode);
        clock.Advance(TimeSpan.FromMilliseconds(2 * HalfAnHourMs + 1_000));
        while (Memory.Members > 0) await Task.Yield();
        Assert.Empty(broker.Node.Groups.All);
    }

    [Fact]
    public async Task Members_of_classic_groups_may_say_who_they_are_when_they_ask_for_offsets()
    {
        var joined = await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(Join("classic", 100), 3);
        foreach (var group in (string[])["classic", "nobody's"])
        {
            var found = await client.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(new() { Groups = [new() { GroupId = group, MemberId = joined.MemberId, MemberEpoch = joined.GenerationId, Topics = [] }] }, 9);
            Assert.Equal(ErrorCode.None, found.Groups.Single().ErrorCode);
        }
    }

    [Fact]
    public async Task A_member_that_says_too_much_or_an_id_that_nobody_comes_back_for_is_counted_too()
    {
        Assert.Equal(ErrorCode.InvalidRequest, (await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(Join("g", 2_000_000), 3)).ErrorCode);
        Assert.Equal(0, Memory.Members);
        Assert.Equal(ErrorCode.MemberIdRequired, (await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(Join("g", 100), 5)).ErrorCode);
        Assert.InRange(Memory.Members, 100, 1_000);
        var consumer = new ConsumerGroupHeartbeatRequest
        {
            GroupId = "c", MemberId = "m", RebalanceTimeoutMs = 1_000, TopicPartitions = [],
            SubscribedTopicNames = [.. Enumerable.Range(0, 20_000).Select(i => i.ToString(CultureInfo.InvariantCulture))],
        };
        Assert.Equal(ErrorCode.InvalidRequest, (await client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(consumer, 1)).ErrorCode);
        consumer.SubscribedTopicNames = ["t"];
        Assert.Equal(ErrorCode.None, (await client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(consumer, 1)).ErrorCode);
        Assert.InRange(Memory.Members, 1_000, 3_000);
        clock.Advance(TimeSpan.FromMilliseconds(HalfAnHourMs + 1_000));
        while (Memory.Members > 0) await Task.Yield();
    }

    [Fact]
    public async Task Committed_offsets_hold_no_more_than_there_is_for_them_and_give_it_back_with_their_group()
    {
        await client.CreateAsync("t");
        var text = new string('x', 3_900_000);
        async Task<ErrorCode> CommitAsync(string group, string metadata) => (await client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new()
        {
            GroupId = group,
            GenerationIdOrMemberEpoch = -1,
            Topics = [new() { Name = "t", Partitions = [new() { PartitionIndex = 0, CommittedOffset = 1, CommittedMetadata = metadata }] }],
        }, 8)).Topics[0].Partitions[0].ErrorCode;

        var groups = 0;
        ErrorCode error;
        while ((error = await CommitAsync($"g{groups}", text)) == ErrorCode.None) groups++;
        Assert.Equal((ErrorCode.InvalidCommitOffsetSize, (int)(GroupMemory.MostOfOffsets / (3 * text.Length))), (error, groups));
        Assert.InRange(Memory.Offsets, 3L * groups * text.Length, GroupMemory.MostOfOffsets);
        // The same again takes no more, and usual ones find room.
        Assert.Equal((ErrorCode.None, ErrorCode.None), (await CommitAsync("g0", text), await CommitAsync("usual", "")));
        var deleted = await client.AskAsync<DeleteGroupsRequest, DeleteGroupsResponse>(new() { GroupsNames = [.. Enumerable.Range(0, groups).Select(i => $"g{i}"), "usual"] }, 2);
        Assert.All(deleted.Results, r => Assert.Equal(ErrorCode.None, r.ErrorCode));
        Assert.Equal(0, Memory.Offsets);
    }

    [Fact]
    public async Task One_request_makes_a_hundred_topics_at_most_and_the_next_one_others()
    {
        var asked = new MetadataRequest { AllowAutoTopicCreation = true, Topics = [.. Enumerable.Range(0, 250).Select(i => new MetadataRequest.MetadataRequestTopic { Name = $"t{i}" })] };
        for (var times = 1; times <= 3; times++)
        {
            var answer = await client.AskAsync<MetadataRequest, MetadataResponse>(asked, 12);
            var there = Math.Min(times * MetadataApi.MostMade, 250);
            Assert.Equal((there, 250 - there), (answer.Topics.Count(t => t.ErrorCode == ErrorCode.None), answer.Topics.Count(t => t.ErrorCode == ErrorCode.UnknownTopicOrPartition)));
            Assert.Equal(there, broker.Node.Topics.All.Count());
        }
    }
}
