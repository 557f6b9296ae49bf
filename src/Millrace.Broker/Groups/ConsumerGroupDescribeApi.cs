using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;
using Described = Millrace.Kafka.Wire.ConsumerGroupDescribeResponse.DescribedGroup;

namespace Millrace.Broker.Groups;

static class ConsumerGroupDescribeApi
{
    internal static Api Create(BrokerNode node) => Api.Of<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse>((request, asked) => new()
    {
        Groups = [.. asked.GroupIds.Distinct().Select(id =>
        {
            if (!node.Security.May(request, AclOperation.Describe, ResourceType.Group, id)) return new Described { GroupId = id, ErrorCode = ErrorCode.GroupAuthorizationFailed };
            var described = Describe(node, id, request.Version);
            if (asked.IncludeAuthorizedOperations) described.AuthorizedOperations = node.Security.OperationsOn(request, ResourceType.Group, id);
            return described;
        })],
    });

    static Described Describe(BrokerNode node, string id, short version)
    {
        var missing = new Described { GroupId = id, ErrorCode = ErrorCode.GroupIdNotFound, ErrorMessage = $"There is no group '{id}' to which the broker gives partitions." };
        if (node.Groups.Find(id) is not { } group) return missing;
        lock (group.Gate)
        {
            if (group.Consumer is not { } consumer) return missing;
            return new()
            {
                GroupId = id,
                GroupState = consumer.State,
                GroupEpoch = consumer.Epoch,
                AssignmentEpoch = consumer.TargetEpoch,
                AssignorName = consumer.AssignorName,
                Members = [.. consumer.Members.Select(m => Describe(node, m, version))],
            };
        }
    }

    static Described.Member Describe(BrokerNode node, ConsumerMember member, short version)
    {
        var described = new Described.Member
        {
            MemberId = member.Id,
            InstanceId = member.InstanceId,
            RackId = member.RackId,
            MemberEpoch = member.Epoch,
            ClientId = member.ClientId,
            ClientHost = member.ClientHost,
            SubscribedTopicNames = [.. member.Names],
            SubscribedTopicRegex = member.Regex,
            Assignment = Write(node, member.Assigned),
            TargetAssignment = Write(node, member.Target),
        };
        if (version >= 1) described.MemberType = 1;
        return described;
    }

    static ConsumerGroupDescribeResponse.AssignmentPart Write(BrokerNode node, HashSet<Place> places) => new()
    {
        TopicPartitions = [.. places.GroupBy(p => p.Topic).Select(g => new ConsumerGroupDescribeResponse.TopicPartitionsPart
        {
            TopicId = g.Key,
            TopicName = node.Topics.Find(g.Key)?.Name ?? "",
            Partitions = [.. g.Select(p => p.Partition).Order()],
        })],
    };
}
