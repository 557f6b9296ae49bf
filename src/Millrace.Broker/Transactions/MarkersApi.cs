using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;
using Marked = Millrace.Kafka.Wire.WriteTxnMarkersResponse.WritableTxnMarkerResult.WritableTxnMarkerTopicResult;
using Wish = Millrace.Kafka.Wire.WriteTxnMarkersRequest.WritableTxnMarker;

namespace Millrace.Broker.Transactions;

/// <summary>Ends by hand what a producer left open in partitions (KIP-664).</summary>
static class MarkersApi
{
    /// <summary>From here on the epoch of a marker is above that of the records which it ends.</summary>
    const int AboveFrom = 2;

    internal static Api Create(BrokerNode node) => Api.Of<WriteTxnMarkersRequest, WriteTxnMarkersResponse>(async (request, asked) =>
    {
        var mayMark = node.Security.May(request, AclOperation.Alter, ResourceType.Cluster, Acls.ClusterName) || node.Security.May(request, AclOperation.ClusterAction, ResourceType.Cluster, Acls.ClusterName);
        var response = new WriteTxnMarkersResponse();
        foreach (var marker in asked.Markers)
        {
            var result = new WriteTxnMarkersResponse.WritableTxnMarkerResult { ProducerId = marker.ProducerId };
            foreach (var topic in marker.Topics)
            {
                var marked = new Marked { Name = topic.Name };
                foreach (var index in topic.PartitionIndexes.Distinct())
                {
                    marked.Partitions.Add(new()
                    {
                        PartitionIndex = index,
                        ErrorCode = mayMark ? await MarkAsync(node, marker, topic.Name, index).ConfigureAwait(false) : ErrorCode.ClusterAuthorizationFailed,
                    });
                }
                result.Topics.Add(marked);
            }
            response.Markers.Add(result);
        }
        return response;
    });

    static Task<ErrorCode> MarkAsync(BrokerNode node, Wish marker, string topic, int index)
    {
        if (node.Topics.Find(topic, index) is not { } partition) return Task.FromResult(ErrorCode.UnknownTopicOrPartition);
        // Committing is the coordinator's, and it's in this process: nobody else may make records seen that no producer committed.
        if (marker.TransactionResult) return Task.FromResult(ErrorCode.InvalidTxnState);
        return node.Transactions.GiveUpAsync(partition, marker.ProducerId, marker.ProducerEpoch, marker.TransactionVersion >= AboveFrom);
    }
}
