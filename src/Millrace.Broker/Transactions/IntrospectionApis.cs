using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Transactions;

/// <summary>What tools ask of producers and transactions.</summary>
static class IntrospectionApis
{
    internal static Api Producers(BrokerNode node) => Api.Of<DescribeProducersRequest, DescribeProducersResponse>((request, asked) => new()
    {
        Topics = [.. asked.Topics.DistinctBy(t => t.Name).Select(topic => new DescribeProducersResponse.TopicResponse
        {
            Name = topic.Name,
            Partitions = [.. topic.PartitionIndexes.Distinct().Select(index => Describe(node, request, topic.Name, index))],
        })],
    });

    static DescribeProducersResponse.TopicResponse.PartitionResponse Describe(BrokerNode node, Request request, string topic, int index)
    {
        var described = new DescribeProducersResponse.TopicResponse.PartitionResponse { PartitionIndex = index };
        if (!node.Security.May(request, AclOperation.Read, ResourceType.Topic, topic)) described.ErrorCode = ErrorCode.TopicAuthorizationFailed;
        else if (node.Topics.Find(topic, index) is not { } partition) described.ErrorCode = ErrorCode.UnknownTopicOrPartition;
        else
        {
            described.ActiveProducers = [.. partition.Log.Producers().Select(p => new DescribeProducersResponse.TopicResponse.PartitionResponse.ProducerState
            {
                ProducerId = p.Key,
                ProducerEpoch = p.Value.Epoch,
                LastSequence = p.Value.Batches.Count > 0 ? p.Value.Batches[^1].Last : -1,
                LastTimestamp = p.Value.LastTimestamp,
                CoordinatorEpoch = node.Epoch,
                CurrentTxnStartOffset = p.Value.OpenSince ?? -1,
            })];
        }
        return described;
    }

    internal static Api Describe(BrokerNode node) => Api.Of<DescribeTransactionsRequest, DescribeTransactionsResponse>((request, asked) => new()
    {
        TransactionStates = [.. asked.TransactionalIds.Distinct().Select(id =>
        {
            var described = new DescribeTransactionsResponse.TransactionStatePart { TransactionalId = id };
            if (!node.Security.May(request, AclOperation.Describe, ResourceType.TransactionalId, id)) described.ErrorCode = ErrorCode.TransactionalIdAuthorizationFailed;
            else if (node.Transactions.Find(id) is not { } transaction) described.ErrorCode = ErrorCode.TransactionalIdNotFound;
            else
            {
                lock (transaction.Gate)
                {
                    described.TransactionState = transaction.State.ToString();
                    described.TransactionTimeoutMs = transaction.TimeoutMs;
                    described.TransactionStartTimeMs = transaction.IsOpen || transaction.IsEnding ? transaction.StartedAt : -1;
                    (described.ProducerId, described.ProducerEpoch) = (transaction.ProducerId, transaction.Epoch);
                    described.Topics = [.. transaction.Partitions.Where(p => node.Security.May(request, AclOperation.Describe, ResourceType.Topic, p.Topic)).GroupBy(p => p.Topic)
                        .Select(g => new DescribeTransactionsResponse.TransactionStatePart.TopicData { Topic = g.Key, Partitions = [.. g.Select(p => p.Partition).Order()] })];
                }
            }
            return described;
        })],
    });

    internal static Api List(BrokerNode node) => Api.Of<ListTransactionsRequest, ListTransactionsResponse>((request, asked) =>
    {
        var response = new ListTransactionsResponse { UnknownStateFilters = asked.StateFilters.FindAll(s => !Enum.TryParse<TransactionState>(s, out _)) };
        System.Text.RegularExpressions.Regex? pattern = null;
        if (asked.TransactionalIdPattern is { Length: > 0 } text)
        {
            try
            {
                pattern = new($"^(?:{text})$", System.Text.RegularExpressions.RegexOptions.NonBacktracking);
            }
            catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
            {
                return new() { ErrorCode = ErrorCode.InvalidRegularExpression };
            }
        }
        foreach (var transaction in node.Transactions.All.OrderBy(t => t.Id, StringComparer.Ordinal))
        {
            if (!node.Security.May(request, AclOperation.Describe, ResourceType.TransactionalId, transaction.Id)) continue;
            if (asked.StateFilters.Count > 0 && !asked.StateFilters.Contains(transaction.State.ToString())) continue;
            if (asked.ProducerIdFilters.Count > 0 && !asked.ProducerIdFilters.Contains(transaction.ProducerId)) continue;
            if (asked.DurationFilter >= 0 && (!transaction.IsOpen || node.Now - transaction.StartedAt <= asked.DurationFilter)) continue;
            if (pattern is not null && !pattern.IsMatch(transaction.Id)) continue;
            response.TransactionStates.Add(new() { TransactionalId = transaction.Id, ProducerId = transaction.ProducerId, TransactionState = transaction.State.ToString() });
        }
        return response;
    });
}
