using Millrace.Broker.Connections;
using Millrace.Broker.Groups;
using Millrace.Broker.Quotas;
using Millrace.Broker.Security;
using Millrace.Broker.Topics;
using Millrace.Broker.Transactions;

namespace Millrace.Broker;

/// <summary>The APIs that the broker has.</summary>
static class ApiList
{
    internal static ApiTable Of(BrokerNode node) => new(
    [
        ProduceApi.Create(node),
        FetchApi.Create(node),
        ListOffsetsApi.Create(node),
        MetadataApi.Create(node),
        OffsetCommitApi.Create(node),
        OffsetFetchApi.Create(node),
        MembershipApis.FindCoordinator(node),
        MembershipApis.Join(node),
        MembershipApis.Heartbeat(node),
        MembershipApis.Leave(node),
        MembershipApis.Sync(node),
        GroupApis.Describe(node),
        GroupApis.List(node),
        SaslApis.Handshake(node),
        ApiVersionsApi.Create(() => node.Apis),
        CreateTopicsApi.Create(node),
        TopicApis.Delete(node),
        RecordApis.Delete(node),
        InitProducerIdApi.Create(node),
        RecordApis.EpochEnds(node),
        TransactionApis.AddPartitions(node),
        TransactionApis.AddOffsets(node),
        TransactionApis.End(node),
        MarkersApi.Create(node),
        TransactionApis.CommitOffsets(node),
        AclApis.Describe(node),
        AclApis.Create(node),
        AclApis.Delete(node),
        DescribeConfigsApi.Create(node),
        AlterConfigsApis.All(node),
        ClusterApis.LogDirs(node),
        SaslApis.Authenticate(node),
        TopicApis.Grow(node),
        GroupApis.Delete(node),
        ReplicaApis.ElectLeaders(node),
        AlterConfigsApis.Some(node),
        ReplicaApis.AlterReassignments(node),
        ReplicaApis.ListReassignments(node),
        GroupApis.DeleteOffsets(node),
        QuotaApis.Describe(node),
        QuotaApis.Alter(node),
        ScramApis.Describe(node),
        ScramApis.Alter(node),
        ClusterApis.Quorum(node),
        ClusterApis.Describe(node),
        IntrospectionApis.Producers(node),
        IntrospectionApis.Describe(node),
        IntrospectionApis.List(node),
        ConsumerGroupHeartbeatApi.Create(node),
        ConsumerGroupDescribeApi.Create(node),
        AlterConfigsApis.List(node),
        ClusterApis.DescribePartitions(node),
    ]);
}
