using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Topics;

/// <summary>Deleting records from the front, and finding where a leader epoch ended.</summary>
static class RecordApis
{
    internal static Api Delete(BrokerNode node) => Api.Of<DeleteRecordsRequest, DeleteRecordsResponse>((request, asked) => new()
    {
        Topics = asked.Topics.ConvertAll(topic => new DeleteRecordsResponse.DeleteRecordsTopicResult
        {
            Name = topic.Name,
            Partitions = topic.Partitions.ConvertAll(p =>
            {
                var (error, low) = Delete(node, request, topic.Name, p.PartitionIndex, p.Offset);
                return new DeleteRecordsResponse.DeleteRecordsTopicResult.DeleteRecordsPartitionResult { PartitionIndex = p.PartitionIndex, ErrorCode = error, LowWatermark = low };
            }),
        }),
    });

    static (ErrorCode, long) Delete(BrokerNode node, Request request, string topic, int index, long offset)
    {
        if (!node.Security.May(request, AclOperation.Delete, ResourceType.Topic, topic)) return (ErrorCode.TopicAuthorizationFailed, -1);
        if (node.Topics.Find(topic, index) is not { } partition) return (ErrorCode.UnknownTopicOrPartition, -1);
        // Of a topic that is only compacted, old records say what is so now.
        if (!partition.Topic.Settings.IsDeleted) return (ErrorCode.PolicyViolation, -1);
        try
        {
            var error = partition.Log.DeleteBefore(offset);
            return (error, error == ErrorCode.None ? partition.Log.StartOffset : -1);
        }
        catch (IOException)
        {
            return (ErrorCode.KafkaStorageError, -1);
        }
    }

    internal static Api EpochEnds(BrokerNode node) => Api.Of<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>((request, asked) => new()
    {
        Topics = [.. asked.Topics.Select(topic => new OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult
        {
            Topic = topic.Topic,
            Partitions = topic.Partitions.ConvertAll(p => EndOf(node, request, topic.Topic, p)),
        })],
    });

    static OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult.EpochEndOffset EndOf(BrokerNode node, Request request, string topic, OffsetForLeaderEpochRequest.OffsetForLeaderTopic.OffsetForLeaderPartition asked)
    {
        var found = new OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult.EpochEndOffset { Partition = asked.Partition };
        if (!node.Security.May(request, AclOperation.Describe, ResourceType.Topic, topic)) found.ErrorCode = ErrorCode.TopicAuthorizationFailed;
        else if (node.Topics.Find(topic, asked.Partition) is not { } partition) found.ErrorCode = ErrorCode.UnknownTopicOrPartition;
        else if (node.EpochError(asked.CurrentLeaderEpoch) is not ErrorCode.None and var error) found.ErrorCode = error;
        else (found.LeaderEpoch, found.EndOffset) = asked.LeaderEpoch == node.Epoch ? (node.Epoch, partition.Log.HighWatermark) : partition.Log.Epochs.EndOf(asked.LeaderEpoch, partition.Log.HighWatermark);
        return found;
    }
}
