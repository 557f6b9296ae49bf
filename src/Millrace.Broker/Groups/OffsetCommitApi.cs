using System.Text;
using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;
using Asked = Millrace.Kafka.Wire.OffsetCommitRequest.OffsetCommitRequestTopic;
using Done = Millrace.Kafka.Wire.OffsetCommitResponse.OffsetCommitResponseTopic;

namespace Millrace.Broker.Groups;

static class OffsetCommitApi
{
    internal static Api Create(BrokerNode node) => Api.Of<OffsetCommitRequest, OffsetCommitResponse>(async (request, asked) =>
    {
        var response = new OffsetCommitResponse();
        var mayRead = node.Security.May(request, AclOperation.Read, ResourceType.Group, asked.GroupId);
        var accepted = new List<(TopicPartition, CommittedOffset)>();
        var places = new List<Done.OffsetCommitResponsePartition>();
        foreach (var topic in asked.Topics)
        {
            var known = request.Version >= 10 ? node.Topics.Find(topic.TopicId) : node.Topics.Find(topic.Name);
            var name = known?.Name ?? topic.Name;
            var done = new Done { Name = topic.Name, TopicId = topic.TopicId };
            foreach (var partition in topic.Partitions)
            {
                var place = new Done.OffsetCommitResponsePartition { PartitionIndex = partition.PartitionIndex };
                done.Partitions.Add(place);
                place.ErrorCode = !mayRead ? ErrorCode.GroupAuthorizationFailed : Refusal(node, request, known, name, partition);
                if (place.ErrorCode != ErrorCode.None) continue;
                accepted.Add((new(name, partition.PartitionIndex), new(partition.CommittedOffset, partition.CommittedLeaderEpoch, partition.CommittedMetadata ?? "", node.Now)));
                places.Add(place);
            }
            response.Topics.Add(done);
        }
        if (!mayRead) return response;
        var error = await node.Groups.CommitAsync(asked.GroupId, group => MayCommit(node, group, asked), accepted).ConfigureAwait(false);
        foreach (var place in places) place.ErrorCode = error;
        return response;
    });

    static ErrorCode MayCommit(BrokerNode node, Group group, OffsetCommitRequest asked)
    {
        if (group.Consumer is { IsEmpty: false } consumer) return consumer.MayCommit(asked.MemberId, asked.GenerationIdOrMemberEpoch);
        if (group.Classic is { } classic) return classic.MayCommit(asked.MemberId, asked.GroupInstanceId, asked.GenerationIdOrMemberEpoch, isTransactional: false, node.Now);
        return asked.GenerationIdOrMemberEpoch < 0 ? ErrorCode.None : ErrorCode.UnknownMemberId;
    }

    static ErrorCode Refusal(BrokerNode node, Request request, Topics.Topic? topic, string name, Asked.OffsetCommitRequestPartition partition)
    {
        if (topic is null && request.Version >= 10) return ErrorCode.UnknownTopicId;
        if (!node.Security.May(request, AclOperation.Read, ResourceType.Topic, name)) return ErrorCode.TopicAuthorizationFailed;
        if (topic?.Find(partition.PartitionIndex) is null) return ErrorCode.UnknownTopicOrPartition;
        // Any offset is taken, as in Kafka: clients commit -2 and -1 for "from the first" and "from the last".
        return Encoding.UTF8.GetByteCount(partition.CommittedMetadata ?? "") > node.Settings.Int("offset.metadata.max.bytes") ? ErrorCode.OffsetMetadataTooLarge : ErrorCode.None;
    }
}
