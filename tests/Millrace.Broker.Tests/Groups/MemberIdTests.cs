using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Groups;

public sealed class MemberIdTests
{
    [Theory]
    [InlineData("")]
    [InlineData("shop")]
    public async Task A_member_is_named_after_its_client_and_never_like_an_option(string client)
    {
        await using var broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache }, cancellation: TestContext.Current.CancellationToken);
        using var asking = new BrokerClient(broker) { Name = client };
        var classic = await asking.AskAsync<JoinGroupRequest, JoinGroupResponse>(new() { GroupId = "c", ProtocolType = "consumer", SessionTimeoutMs = 30_000, RebalanceTimeoutMs = 30_000, Protocols = [new() { Name = "range" }] }, 3);
        Assert.Equal(ErrorCode.None, classic.ErrorCode);
        Assert.True(Guid.TryParse(client.Length > 0 ? classic.MemberId.Replace(client + "-", "", StringComparison.Ordinal) : classic.MemberId, out _), classic.MemberId);
        var consumer = await asking.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(new() { GroupId = "g", RebalanceTimeoutMs = 30_000, SubscribedTopicNames = ["t"], TopicPartitions = [] }, 0);
        Assert.Equal(ErrorCode.None, consumer.ErrorCode);
        Assert.True(Guid.TryParse(consumer.MemberId, out _), consumer.MemberId);
    }
}
