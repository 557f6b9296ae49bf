using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;
using Millrace.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static Millrace.Broker.Tests.Quotas.QuotaChanges;

namespace Millrace.Broker.Tests.Quotas;

/// <summary>One partition a second, so that eleven may be changed at once.</summary>
public sealed class MutationQuotaTests : IAsyncDisposable
{
    readonly VirtualClock clock = new(DateTimeOffset.UtcNow);
    readonly EmbeddedBroker broker;
    readonly BrokerClient client;

    public MutationQuotaTests()
    {
        broker = EmbeddedBroker.Start(new() { Durability = Durability.PageCache }, NullLogger.Instance, clock);
        client = new BrokerClient(broker);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await broker.DisposeAsync();
    }

    Task LimitAsync() => SetAsync(client, Of(client: "test"), ("controller_mutation_rate", 1));

    async Task<(List<ErrorCode> Errors, int ThrottleMs)> CreateAsync(short version, bool onlyValidate, params (string Name, int Partitions)[] topics)
    {
        var answer = await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new()
        {
            Topics = [.. topics.Select(t => new CreateTopicsRequest.CreatableTopic { Name = t.Name, NumPartitions = t.Partitions, ReplicationFactor = 1 })],
            validateOnly = onlyValidate,
        }, version);
        return ([.. answer.Topics.Select(t => t.ErrorCode)], answer.ThrottleTimeMs);
    }

    async Task<(ErrorCode Error, int ThrottleMs)> GrowAsync(short version, string topic, int to)
    {
        var answer = await client.AskAsync<CreatePartitionsRequest, CreatePartitionsResponse>(new() { Topics = [new() { Name = topic, Count = to, Assignments = null }] }, version);
        return (answer.Results[0].ErrorCode, answer.ThrottleTimeMs);
    }

    async Task<(ErrorCode Error, int ThrottleMs)> DeleteAsync(short version, string topic)
    {
        var answer = await client.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(version >= 6 ? new() { Topics = [new() { Name = topic }] } : new() { TopicNames = [topic] }, version);
        return (answer.Responses[0].ErrorCode, answer.ThrottleTimeMs);
    }

    [Fact]
    public async Task Who_has_changed_too_much_is_refused_topic_by_topic_and_not_heard_until_it_may_again()
    {
        await LimitAsync();
        // Who owes nothing may take more than is left: one topic of many partitions can be made at all.
        var (errors, throttle) = await CreateAsync(7, false, ("a", 10), ("b", 5), ("c", 1), ("d", 1));
        Assert.Equal([ErrorCode.None, ErrorCode.None, ErrorCode.ThrottlingQuotaExceeded, ErrorCode.ThrottlingQuotaExceeded], errors);
        Assert.Equal(4000, throttle);
        Assert.Equal(["a", "b"], broker.Node.Topics.All.Select(t => t.Name).Order());

        await client.SendAsync(new MetadataRequest { Topics = [] }, 12);
        using (var other = new BrokerClient(broker) { Name = "other" }) Assert.Equal(ErrorCode.None, (await other.CreateAsync("e", 20)).Topics[0].ErrorCode);
        clock.Advance(TimeSpan.FromMilliseconds(throttle));
        await client.ReceiveAsync<MetadataResponse>(12);
        (errors, throttle) = await CreateAsync(7, false, ("c", 1));
        Assert.Equal((ErrorCode.None, 0), (errors[0], throttle));
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(6, true)]
    public async Task Creating_is_refused_from_version_6_on_and_before_only_slowed_down(short version, bool isRefused)
    {
        await LimitAsync();
        Assert.Equal(isRefused ? 0 : 4000, (await CreateAsync(version, false, ("a", 15))).ThrottleMs);
        clock.Advance(TimeSpan.FromSeconds(isRefused ? 2 : 4));
        var (errors, throttle) = await CreateAsync(version, false, ("b", 3));
        Assert.Equal(isRefused ? (ErrorCode.ThrottlingQuotaExceeded, 2000) : (ErrorCode.None, 3000), (errors[0], throttle));
        Assert.Equal(!isRefused, broker.Node.Topics.Find("b") is not null);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public async Task Growing_is_refused_from_version_3_on_and_counts_what_is_added(short version, bool isRefused)
    {
        await client.CreateAsync("a", 3);
        await client.CreateAsync("b", 1);
        await LimitAsync();
        Assert.Equal((ErrorCode.None, isRefused ? 0 : 2000), await GrowAsync(version, "a", 16));
        if (!isRefused) clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(isRefused ? (ErrorCode.ThrottlingQuotaExceeded, 2000) : (ErrorCode.None, 1000), await GrowAsync(version, "b", 2));
        Assert.Equal(isRefused ? 1 : 2, broker.Node.Topics.Find("b")!.Partitions.Count);
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    [InlineData(6, true)]
    public async Task Deleting_is_refused_from_version_5_on_and_counts_the_partitions_that_go(short version, bool isRefused)
    {
        await client.CreateAsync("a", 12);
        await client.CreateAsync("b", 1);
        await LimitAsync();
        Assert.Equal((ErrorCode.None, isRefused ? 0 : 1000), await DeleteAsync(version, "a"));
        if (!isRefused) clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(isRefused ? (ErrorCode.ThrottlingQuotaExceeded, 1000) : (ErrorCode.None, 1000), await DeleteAsync(version, "b"));
        Assert.Equal(isRefused, broker.Node.Topics.Find("b") is not null);
    }

    [Fact]
    public async Task Asking_whether_one_could_counts_and_what_is_refused_for_another_reason_does_not()
    {
        await LimitAsync();
        Assert.Equal(ErrorCode.InvalidReplicationFactor, (await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new() { Topics = [new() { Name = "a", NumPartitions = 20, ReplicationFactor = 3 }] }, 7)).Topics[0].ErrorCode);
        Assert.Equal(ErrorCode.None, (await CreateAsync(7, true, ("a", 12))).Errors[0]);
        Assert.Equal(ErrorCode.ThrottlingQuotaExceeded, (await CreateAsync(7, true, ("a", 12))).Errors[0]);
        Assert.Empty(broker.Node.Topics.All);
    }

    [Fact]
    public async Task A_topic_is_not_made_by_itself_for_who_has_changed_too_much()
    {
        await LimitAsync();
        await CreateAsync(7, false, ("a", 12));
        Task<MetadataResponse> AskAsync() => client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = "b" }], AllowAutoTopicCreation = true }, 12);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, (await AskAsync()).Topics[0].ErrorCode);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ErrorCode.None, (await AskAsync()).Topics[0].ErrorCode);
    }
}
