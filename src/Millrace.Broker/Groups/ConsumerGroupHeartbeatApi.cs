using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Groups;

static class ConsumerGroupHeartbeatApi
{
    internal static Api Create(BrokerNode node) => Api.Of<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>((request, asked) =>
        Refusal(node, request, asked) ?? node.Groups.Heartbeat(asked, request.ClientId, $"/{request.Connection.Remote.Address}"));

    static ConsumerGroupHeartbeatResponse? Refusal(BrokerNode node, Request request, ConsumerGroupHeartbeatRequest asked)
    {
        if (!node.Security.May(request, AclOperation.Read, ResourceType.Group, asked.GroupId)) return new() { ErrorCode = ErrorCode.GroupAuthorizationFailed };
        if (asked.SubscribedTopicNames?.Find(t => !node.Security.May(request, AclOperation.Describe, ResourceType.Topic, t)) is { } hidden)
            return new() { ErrorCode = ErrorCode.TopicAuthorizationFailed, ErrorMessage = $"You may not read '{hidden}'." };
        var flaw = asked.GroupId.Length == 0 ? "A group needs an id."
            : asked.MemberEpoch < -2 ? $"There is no member epoch {asked.MemberEpoch}."
            : asked.MemberEpoch != 0 && asked.MemberId.Length == 0 ? "A member needs its id."
            : request.Version >= 1 && asked.MemberId.Length == 0 ? "A member chooses its id in this version."
            : asked.InstanceId is "" ? "An instance id isn't empty."
            : asked.MemberEpoch == 0 && (asked.RebalanceTimeoutMs < 0 || asked.TopicPartitions is not { Count: 0 }) ? "Who joins says its rebalance timeout, and owns nothing."
            : asked.MemberEpoch == 0 && asked.SubscribedTopicNames is not { Count: > 0 } && asked.SubscribedTopicRegex is not { Length: > 0 } && asked.SubscribedTopicNames is null ? "Who joins says which topics it wants."
            : null;
        if (flaw is not null) return new() { ErrorCode = ErrorCode.InvalidRequest, ErrorMessage = flaw };
        if (asked.ServerAssignor is { } assignor && !Assignor.Names.Contains(assignor))
            return new() { ErrorCode = ErrorCode.UnsupportedAssignor, ErrorMessage = $"There is no assignor '{assignor}'. There are {string.Join(" and ", Assignor.Names)}." };
        return null;
    }
}
