using Millrace.Broker.Connections;
using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Hostile;

/// <summary>What a request says takes no more memory than there is for that, and what it asks for no more than there is.</summary>
public sealed class RequestMemoryTests(ITestOutputHelper output)
{
    static byte[] Groups(int count) => Frames.Of(new DescribeGroupsRequest { Groups = [.. Enumerable.Repeat("g", count)] }, 5);

    [Fact]
    public Task A_request_that_lists_more_than_there_is_memory_for_ends_its_connection() => HostileBed.RunAsync(output, usual: 1, async bed =>
    {
        var frame = Groups(2_000_000);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ => Assert.Empty(await bed.SendAsync(frame))));
        Assert.Contains(bed.Warnings, w => w.Contains("Send several", StringComparison.Ordinal));
    });

    [Fact]
    public Task Large_requests_that_many_send_at_once_wait_for_each_other_and_not_in_the_way_of_small_ones() => HostileBed.RunAsync(output, usual: 1, async bed =>
    {
        var frame = Groups(300_000);
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ => Assert.Single(await bed.SendAsync(frame))));
        Assert.InRange(bed.Node.Objects.Peak, 10_000_000, bed.Node.Objects.Limit);
    });

    [Fact]
    public async Task Who_finds_no_memory_waits_in_line_and_gives_back_what_it_did_not_need()
    {
        var memory = new ObjectMemory(mostSmall: 100_000, mostLarge: 1_000_000);
        Assert.True(memory.TryTake(60_000));
        Assert.False(memory.TryTake(60_000));
        var small = memory.TakeAsync(60_000);
        Assert.False(small.IsCompleted);
        // Neither is in the way of the other.
        Assert.True(memory.TakeAsync(1_000_000).IsCompletedSuccessfully);
        var large = memory.TakeAsync(500_000);
        Assert.False(large.IsCompleted);
        memory.Trim(1_000_000, 400_000);
        await large;
        memory.Return(60_000);
        await small;
        Assert.Equal(960_000, memory.Used);
        memory.Return(60_000);
        memory.Return(400_000);
        memory.Return(500_000);
        Assert.Equal((0, 1_060_000), (memory.Used, memory.Peak));
    }

    [Theory]
    [MemberData(nameof(FrameTests.Lies), MemberType = typeof(FrameTests))]
    public async Task A_lie_about_a_length_makes_the_broker_take_no_memory_for_it(string what, byte[] bytes)
    {
        const int Times = 20;
        await using var broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache }, cancellation: TestContext.Current.CancellationToken);
        await SendAsync();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < Times; i++) await SendAsync();
        var each = (GC.GetTotalAllocatedBytes(precise: true) - before) / Times;
        // A connection, an exception, and whatever tests beside this one take.
        Assert.True(each < 4 << 20, $"{what} took {each:N0} bytes.");

        async Task SendAsync()
        {
            using var client = new RawClient(broker.Port);
            await client.SendAsync(bytes);
            client.EndSending();
            Assert.Empty(await client.ReadAllAsync());
        }
    }

    [Fact]
    public async Task What_is_asked_for_again_and_again_is_described_once()
    {
        const int Times = 1_000;
        await using var broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache }, cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t", partitions: 100);
        var metadata = await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [.. Enumerable.Range(0, Times).Select(_ => new MetadataRequest.MetadataRequestTopic { Name = "t" })] }, 12);
        Assert.Equal(100, Assert.Single(metadata.Topics).Partitions.Count);
        var configs = await client.AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(new() { Resources = [.. Enumerable.Range(0, Times).Select(_ => new DescribeConfigsRequest.DescribeConfigsResource { ResourceType = 2, ResourceName = "t", ConfigurationKeys = null })] }, 4);
        Assert.Single(configs.Results);
        var groups = await client.AskAsync<DescribeGroupsRequest, DescribeGroupsResponse>(new() { Groups = [.. Enumerable.Repeat("g", Times)] }, 5);
        Assert.Single(groups.Groups);
        var consumers = await client.AskAsync<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse>(new() { GroupIds = [.. Enumerable.Repeat("g", Times)] }, 0);
        Assert.Single(consumers.Groups);
        var offsets = await client.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(new() { Groups = [.. Enumerable.Range(0, Times).Select(_ => new OffsetFetchRequest.OffsetFetchRequestGroup { GroupId = "g", Topics = null })] }, 8);
        Assert.Single(offsets.Groups);
        var producers = await client.AskAsync<DescribeProducersRequest, DescribeProducersResponse>(new() { Topics = [new() { Name = "t", PartitionIndexes = [.. Enumerable.Repeat(0, Times)] }] }, 0);
        Assert.Single(producers.Topics[0].Partitions);
        var transactions = await client.AskAsync<DescribeTransactionsRequest, DescribeTransactionsResponse>(new() { TransactionalIds = [.. Enumerable.Repeat("x", Times)] }, 0);
        Assert.Single(transactions.TransactionStates);
    }

    [Fact]
    public async Task What_is_said_twice_is_no_reason_to_end_a_connection()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache }, cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        var made = await client.CreateAsync("t", 2, ("retention.ms", "1000"), ("retention.ms", "2000"));
        Assert.Equal(ErrorCode.None, made.Topics[0].ErrorCode);
        Assert.Equal("2000", made.Topics[0].Configs!.Single(c => c.Name == "retention.ms").Value);
        var sizes = await client.AskAsync<DescribeLogDirsRequest, DescribeLogDirsResponse>(new() { Topics = [new() { Topic = "t", Partitions = [0] }, new() { Topic = "t", Partitions = [1] }] }, 4);
        Assert.Equal([0, 1], sizes.Results[0].Topics.Single().Partitions.Select(p => p.PartitionIndex));
    }

    [Fact]
    public async Task A_session_that_would_follow_more_than_all_may_is_none_and_its_consumer_is_answered()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache }, cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        FetchRequest All(int partitions) => new()
        {
            MaxBytes = 1000, SessionEpoch = 0,
            Topics = [new() { Topic = "t", Partitions = [.. Enumerable.Range(0, partitions).Select(i => new FetchRequest.FetchTopic.FetchPartition { Partition = i, PartitionMaxBytes = 100 })] }],
        };
        var fits = await client.AskAsync<FetchRequest, FetchResponse>(All(200_000), 12);
        Assert.NotEqual(0, fits.SessionId);
        Assert.NotEqual(0, (await client.AskAsync<FetchRequest, FetchResponse>(All(200_000), 12)).SessionId);
        var more = await client.AskAsync<FetchRequest, FetchResponse>(All(200_000), 12);
        Assert.Equal((0, 200_000), (more.SessionId, more.Responses[0].Partitions.Count));
        var next = All(200_000);
        (next.SessionId, next.SessionEpoch) = (fits.SessionId, 1);
        Assert.Equal(ErrorCode.FetchSessionIdNotFound, (await client.AskAsync<FetchRequest, FetchResponse>(next, 12)).ErrorCode);
    }

    [Fact]
    public async Task A_broker_stops_though_a_member_waits_for_others()
    {
        var broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache }, cancellation: TestContext.Current.CancellationToken);
        JoinGroupRequest Wish() => new() { GroupId = "g", ProtocolType = "consumer", SessionTimeoutMs = 1_800_000, RebalanceTimeoutMs = 1_800_000, Protocols = [new() { Name = "range" }] };
        using var first = new BrokerClient(broker);
        await first.AskAsync<JoinGroupRequest, JoinGroupResponse>(Wish(), 3);
        using var second = new BrokerClient(broker);
        await second.SendAsync(Wish(), 3);
        await HostileBed.UntilAsync(() => broker.Node.Groups.Find("g")!.Classic!.State == Millrace.Broker.Groups.ClassicState.PreparingRebalance, () => "The second has not come.");
        await broker.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }
}
