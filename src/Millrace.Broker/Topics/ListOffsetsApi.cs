using Millrace.Broker.Connections;
using Millrace.Broker.Logs;
using Millrace.Broker.Security;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Wire;
using Found = Millrace.Kafka.Wire.ListOffsetsResponse.ListOffsetsTopicResponse.ListOffsetsPartitionResponse;

namespace Millrace.Broker.Topics;

static class ListOffsetsApi
{
    // What stands for a place rather than a time. The tiered ones are as of a log that has nothing in a second tier.
    const long Latest = -1, Earliest = -2, MaxTimestamp = -3, EarliestLocal = -4, LatestTiered = -5, EarliestPendingUpload = -6;

    internal static Api Create(BrokerNode node) => Api.Of<ListOffsetsRequest, ListOffsetsResponse>((request, asked) => new()
    {
        Topics = [.. asked.Topics.Select(topic => new ListOffsetsResponse.ListOffsetsTopicResponse
        {
            Name = topic.Name,
            Partitions = topic.Partitions.ConvertAll(p =>
            {
                var found = Find(node, request, topic.Name, p.PartitionIndex, p.CurrentLeaderEpoch, p.Timestamp, asked.IsolationLevel == 1);
                if (request.Version < 4) found.LeaderEpoch = -1;
                return found;
            }),
        })],
    });

    static Found Find(BrokerNode node, Request request, string topic, int index, int leaderEpoch, long timestamp, bool onlyCommitted)
    {
        if (!node.Security.May(request, AclOperation.Describe, ResourceType.Topic, topic)) return Error(index, ErrorCode.TopicAuthorizationFailed);
        if (node.Topics.Find(topic, index) is not { } partition) return Error(index, ErrorCode.UnknownTopicOrPartition);
        if (node.EpochError(leaderEpoch) is not ErrorCode.None and var error) return Error(index, error);
        var log = partition.Log;
        if (log.Damage is not null) return Error(index, ErrorCode.KafkaStorageError);
        var end = onlyCommitted ? log.StableOffset : log.HighWatermark;
        try
        {
            return timestamp switch
            {
                Latest => Place(index, log, end, -1),
                Earliest or EarliestLocal => Place(index, log, log.StartOffset, -1),
                LatestTiered or EarliestPendingUpload => Place(index, log, -1, -1),
                MaxTimestamp => log.Latest() is { } latest && latest.Offset < end ? Place(index, log, latest.Offset, latest.Timestamp) : Place(index, log, -1, -1),
                < 0 => Error(index, ErrorCode.UnsupportedVersion),
                _ => log.FindTime(timestamp, end) is { } found ? Place(index, log, found.Offset, found.Timestamp) : Place(index, log, -1, -1),
            };
        }
        catch (Exception failed) when (failed is IOException or ObjectDisposedException or CompressionException)
        {
            // Retriable: where there is no room to unpack, there will be.
            return Error(index, ErrorCode.KafkaStorageError);
        }
    }

    static Found Place(int index, PartitionLog log, long offset, long timestamp) =>
        new() { PartitionIndex = index, Offset = offset, Timestamp = timestamp, LeaderEpoch = offset < 0 ? -1 : log.Epochs.EpochAt(offset) };

    static Found Error(int index, ErrorCode error) => new() { PartitionIndex = index, ErrorCode = error, Offset = -1, Timestamp = -1 };
}
