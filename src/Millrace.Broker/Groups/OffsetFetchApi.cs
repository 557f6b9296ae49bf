using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;
using Found = Millrace.Kafka.Wire.OffsetFetchResponse.OffsetFetchResponseGroup;

namespace Millrace.Broker.Groups;

static class OffsetFetchApi
{
    internal static Api Create(BrokerNode node) => Api.Of<OffsetFetchRequest, OffsetFetchResponse>((request, asked) =>
    {
        if (request.Version >= 8) return new() { Groups = [.. asked.Groups.DistinctBy(g => g.GroupId).Select(g => Find(node, request, g, asked.RequireStable))] };
        var one = Find(node, request, new()
        {
            GroupId = asked.GroupId,
            Topics = asked.Topics?.ConvertAll(t => new OffsetFetchRequest.OffsetFetchRequestGroup.OffsetFetchRequestTopics { Name = t.Name, PartitionIndexes = t.PartitionIndexes }),
        }, asked.RequireStable);
        return new()
        {
            ErrorCode = request.Version >= 2 ? one.ErrorCode : ErrorCode.None,
            Topics = one.Topics.ConvertAll(t => new OffsetFetchResponse.OffsetFetchResponseTopic
            {
                Name = t.Name,
                Partitions = t.Partitions.ConvertAll(p => new OffsetFetchResponse.OffsetFetchResponseTopic.OffsetFetchResponsePartition
                {
                    PartitionIndex = p.PartitionIndex,
                    CommittedOffset = p.CommittedOffset,
                    CommittedLeaderEpoch = p.CommittedLeaderEpoch,
                    Metadata = p.Metadata,
                    ErrorCode = p.ErrorCode,
                }),
            }),
        };
    });

    static Found Find(BrokerNode node, Request request, OffsetFetchRequest.OffsetFetchRequestGroup asked, bool onlyStable)
    {
        var found = new Found { GroupId = asked.GroupId };
        if (!node.Security.May(request, AclOperation.Describe, ResourceType.Group, asked.GroupId))
        {
            found.ErrorCode = ErrorCode.GroupAuthorizationFailed;
            return found;
        }
        if (asked.MemberEpoch >= 0 && node.Groups.CheckMember(asked.GroupId, asked.MemberId ?? "", asked.MemberEpoch) is not ErrorCode.None and var stale)
        {
            found.ErrorCode = stale;
            return found;
        }
        var offsets = node.Groups.OffsetsOf(asked.GroupId).ToDictionary(o => o.Of, o => (o.Offset, o.IsPending));
        var wanted = asked.Topics ?? [.. offsets.Keys.GroupBy(k => k.Topic).Where(g => node.Security.May(request, AclOperation.Describe, ResourceType.Topic, g.Key))
            .Select(g => new OffsetFetchRequest.OffsetFetchRequestGroup.OffsetFetchRequestTopics { Name = g.Key, TopicId = node.Topics.Find(g.Key)?.Id ?? Guid.Empty, PartitionIndexes = [.. g.Select(k => k.Partition).Order()] })];
        foreach (var topic in wanted)
        {
            var name = request.Version >= 10 ? node.Topics.Find(topic.TopicId)?.Name : topic.Name;
            var error = name is null ? ErrorCode.UnknownTopicId : node.Security.May(request, AclOperation.Describe, ResourceType.Topic, name) ? ErrorCode.None : ErrorCode.TopicAuthorizationFailed;
            found.Topics.Add(new()
            {
                Name = topic.Name,
                TopicId = topic.TopicId,
                Partitions = topic.PartitionIndexes.ConvertAll(index => error != ErrorCode.None ? None(index, error)
                    : offsets.TryGetValue(new(name!, index), out var o) ? o.IsPending && onlyStable ? None(index, ErrorCode.UnstableOffsetCommit) : Some(index, o.Offset)
                    : None(index, ErrorCode.None)),
            });
        }
        return found;
    }

    static Found.OffsetFetchResponseTopics.OffsetFetchResponsePartitions None(int index, ErrorCode error) =>
        new() { PartitionIndex = index, CommittedOffset = -1, Metadata = "", ErrorCode = error };

    static Found.OffsetFetchResponseTopics.OffsetFetchResponsePartitions Some(int index, CommittedOffset offset) =>
        new() { PartitionIndex = index, CommittedOffset = offset.Offset, CommittedLeaderEpoch = offset.LeaderEpoch, Metadata = offset.Metadata };
}
