using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;
using Elected = Millrace.Kafka.Wire.ElectLeadersResponse.ReplicaElectionResult;
using Reassigned = Millrace.Kafka.Wire.AlterPartitionReassignmentsResponse.ReassignableTopicResponse;

namespace Millrace.Broker.Topics;

/// <summary>Where partitions lie and who leads them. With one broker there is one answer, so nothing moves; tools are told that in their own words.</summary>
static class ReplicaApis
{
    internal static Api ElectLeaders(BrokerNode node) => Api.Of<ElectLeadersRequest, ElectLeadersResponse>((request, asked) =>
    {
        var mayAlter = node.Security.May(request, AclOperation.Alter, ResourceType.Cluster, Acls.ClusterName);
        var isKnown = asked.ElectionType is 0 or 1;
        // Version 0 has no error of its own: there it's at each partition.
        var refused = !mayAlter ? ErrorCode.ClusterAuthorizationFailed : !isKnown ? ErrorCode.InvalidRequest : ErrorCode.None;
        return new()
        {
            ErrorCode = request.Version >= 1 ? refused : ErrorCode.None,
            // Who asks for all partitions is told of those whose leader changed, which are none.
            ReplicaElectionResults = [.. (asked.TopicPartitions ?? []).GroupBy(t => t.Topic).Select(topic => new Elected
            {
                Topic = topic.Key,
                PartitionResult = [.. topic.SelectMany(t => t.Partitions).Distinct().Select(index => Elect(node, topic.Key, index, refused))],
            })],
        };
    });

    static Elected.PartitionResultPart Elect(BrokerNode node, string topic, int index, ErrorCode refused)
    {
        var result = new Elected.PartitionResultPart { PartitionId = index };
        (result.ErrorCode, result.ErrorMessage) = refused != ErrorCode.None ? (refused, null)
            : node.Topics.Find(topic, index) is null ? (ErrorCode.UnknownTopicOrPartition, $"There is no partition {index} of a topic '{topic}'.")
            : (ErrorCode.ElectionNotNeeded, $"Broker {BrokerNode.Id} leads the partition, and is the only one.");
        return result;
    }

    internal static Api AlterReassignments(BrokerNode node) => Api.Of<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>((request, asked) =>
    {
        if (!node.Security.May(request, AclOperation.Alter, ResourceType.Cluster, Acls.ClusterName)) return new() { ErrorCode = ErrorCode.ClusterAuthorizationFailed };
        return new()
        {
            AllowReplicationFactorChange = asked.AllowReplicationFactorChange,
            Responses = asked.Topics.ConvertAll(topic => new Reassigned
            {
                Name = topic.Name,
                Partitions = topic.Partitions.ConvertAll(partition => Reassign(node, topic.Name, partition)),
            }),
        };
    });

    static Reassigned.ReassignablePartitionResponse Reassign(BrokerNode node, string topic, AlterPartitionReassignmentsRequest.ReassignableTopic.ReassignablePartition wish)
    {
        var result = new Reassigned.ReassignablePartitionResponse { PartitionIndex = wish.PartitionIndex };
        (result.ErrorCode, result.ErrorMessage) = node.Topics.Find(topic, wish.PartitionIndex) is null ? (ErrorCode.UnknownTopicOrPartition, $"There is no partition {wish.PartitionIndex} of a topic '{topic}'.")
            : wish.Replicas is not { } replicas ? (ErrorCode.NoReassignmentInProgress, "No reassignment of this partition is under way, so there is none to cancel.")
            : replicas is [BrokerNode.Id] ? (ErrorCode.None, null)
            : (ErrorCode.InvalidReplicaAssignment, $"There is one broker here, {BrokerNode.Id}, and it has the only replica of each partition. Name [{BrokerNode.Id}].");
        return result;
    }

    internal static Api ListReassignments(BrokerNode node) => Api.Of<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>((request, asked) => new()
    {
        ErrorCode = node.Security.May(request, AclOperation.Describe, ResourceType.Cluster, Acls.ClusterName) ? ErrorCode.None : ErrorCode.ClusterAuthorizationFailed,
    });
}
