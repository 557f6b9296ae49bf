using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Topics;

/// <summary>What tools ask of the cluster, its only broker, and the broker's disk.</summary>
static class ClusterApis
{
    internal static Api Describe(BrokerNode node) => Api.Of<DescribeClusterRequest, DescribeClusterResponse>((request, asked) =>
    {
        if (request.Version >= 1 && asked.EndpointType != 1)
            return new() { ErrorCode = asked.EndpointType == 2 ? ErrorCode.MismatchedEndpointType : ErrorCode.UnsupportedEndpointType, ErrorMessage = "This is a broker." };
        return new()
        {
            ClusterId = node.ClusterId,
            ControllerId = BrokerNode.Id,
            Brokers = [new() { BrokerId = BrokerNode.Id, Host = node.AdvertisedHost(request), Port = node.AdvertisedPort }],
            ClusterAuthorizedOperations = asked.IncludeClusterAuthorizedOperations ? node.Security.OperationsOn(request, ResourceType.Cluster, Acls.ClusterName) : int.MinValue,
        };
    });

    internal static Api DescribePartitions(BrokerNode node) => Api.Of<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse>((request, asked) =>
    {
        var response = new DescribeTopicPartitionsResponse();
        var left = Math.Clamp(asked.ResponsePartitionLimit, 1, 2000);
        var wanted = asked.Topics.Count > 0 ? asked.Topics.Select(t => t.Name).Distinct() : node.Topics.All.Select(t => t.Name).Where(n => node.Security.May(request, AclOperation.Describe, ResourceType.Topic, n));
        foreach (var name in wanted.Order(StringComparer.Ordinal).Where(n => asked.Cursor is null || string.CompareOrdinal(n, asked.Cursor.TopicName) >= 0))
        {
            if (!node.Security.May(request, AclOperation.Describe, ResourceType.Topic, name)) response.Topics.Add(new() { Name = name, ErrorCode = ErrorCode.TopicAuthorizationFailed });
            else if (node.Topics.Find(name) is not { } topic) response.Topics.Add(new() { Name = name, ErrorCode = Topic.NameFlaw(name) is null ? ErrorCode.UnknownTopicOrPartition : ErrorCode.InvalidTopic });
            else
            {
                var from = asked.Cursor is { } cursor && cursor.TopicName == name ? Math.Max(cursor.PartitionIndex, 0) : 0;
                if (left == 0)
                {
                    response.NextCursor = new() { TopicName = name, PartitionIndex = from };
                    break;
                }
                var some = topic.Partitions.Skip(from).Take(left).ToList();
                response.Topics.Add(new()
                {
                    Name = name,
                    TopicId = topic.Id,
                    TopicAuthorizedOperations = node.Security.OperationsOn(request, ResourceType.Topic, name),
                    Partitions = [.. some.Select(p => new DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic.DescribeTopicPartitionsResponsePartition
                    {
                        PartitionIndex = p.Index,
                        LeaderId = BrokerNode.Id,
                        LeaderEpoch = node.Epoch,
                        ReplicaNodes = [BrokerNode.Id],
                        IsrNodes = [BrokerNode.Id],
                        EligibleLeaderReplicas = [],
                        LastKnownElr = [],
                    })],
                });
                left -= some.Count;
                if (from + some.Count >= topic.Partitions.Count) continue;
                response.NextCursor = new() { TopicName = name, PartitionIndex = from + some.Count };
                break;
            }
        }
        return response;
    });

    internal static Api LogDirs(BrokerNode node) => Api.Of<DescribeLogDirsRequest, DescribeLogDirsResponse>((request, asked) =>
    {
        if (!node.Security.May(request, AclOperation.Describe, ResourceType.Cluster, Acls.ClusterName)) return new() { ErrorCode = request.Version >= 3 ? ErrorCode.ClusterAuthorizationFailed : ErrorCode.None };
        var wanted = asked.Topics?.GroupBy(t => t.Topic).ToDictionary(g => g.Key, g => g.SelectMany(t => t.Partitions).ToHashSet());
        var result = new DescribeLogDirsResponse.DescribeLogDirsResult { LogDir = node.DataFolder };
        if (request.Version >= 4) (result.TotalBytes, result.UsableBytes) = node.Space();
        foreach (var topic in node.Topics.All.Where(t => wanted is null || wanted.ContainsKey(t.Name)).OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            result.Topics.Add(new()
            {
                Name = topic.Name,
                Partitions = [.. topic.Partitions.Where(p => wanted is null || wanted[topic.Name].Contains(p.Index)).Select(p => new DescribeLogDirsResponse.DescribeLogDirsResult.DescribeLogDirsTopic.DescribeLogDirsPartition
                {
                    PartitionIndex = p.Index,
                    PartitionSize = p.Log.Bytes,
                })],
            });
        }
        return new() { Results = [result] };
    });

    internal static Api Quorum(BrokerNode node) => Api.Of<DescribeQuorumRequest, DescribeQuorumResponse>((request, asked) =>
    {
        if (!node.Security.May(request, AclOperation.Describe, ResourceType.Cluster, Acls.ClusterName)) return new() { ErrorCode = ErrorCode.ClusterAuthorizationFailed };
        var now = node.Now;
        return new()
        {
            Topics = asked.Topics.ConvertAll(t => new DescribeQuorumResponse.TopicData
            {
                TopicName = t.TopicName,
                Partitions = t.Partitions.ConvertAll(p => t.TopicName != "__cluster_metadata" || p.PartitionIndex != 0
                    ? new DescribeQuorumResponse.TopicData.PartitionData { PartitionIndex = p.PartitionIndex, ErrorCode = ErrorCode.UnknownTopicOrPartition }
                    : new()
                    {
                        LeaderId = BrokerNode.Id,
                        LeaderEpoch = node.Epoch,
                        HighWatermark = node.State.EndOffset,
                        CurrentVoters = [new() { ReplicaId = BrokerNode.Id, LogEndOffset = node.State.EndOffset, LastFetchTimestamp = request.Version >= 1 ? now : -1, LastCaughtUpTimestamp = request.Version >= 1 ? now : -1 }],
                    }),
            }),
        };
    });
}
