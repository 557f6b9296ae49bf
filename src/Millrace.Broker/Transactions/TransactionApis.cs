using System.Text;
using Millrace.Broker.Connections;
using Millrace.Broker.Groups;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;
using AddResult = Millrace.Kafka.Wire.AddPartitionsToTxnResponse;

namespace Millrace.Broker.Transactions;

/// <summary>What a producer asks of its transaction.</summary>
static class TransactionApis
{
    internal static Api AddPartitions(BrokerNode node) => Api.Of<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(async (request, asked) =>
    {
        if (request.Version < 4)
            return new() { ResultsByTopicV3AndBelow = await AddAsync(node, request, asked.V3AndBelowTransactionalId, asked.V3AndBelowProducerId, asked.V3AndBelowProducerEpoch, asked.V3AndBelowTopics, onlyVerify: false).ConfigureAwait(false) };
        var response = new AddPartitionsToTxnResponse();
        foreach (var one in asked.Transactions)
        {
            response.ResultsByTransaction.Add(new()
            {
                TransactionalId = one.TransactionalId,
                TopicResults = await AddAsync(node, request, one.TransactionalId, one.ProducerId, one.ProducerEpoch, one.Topics, one.VerifyOnly).ConfigureAwait(false),
            });
        }
        return response;
    });

    static async ValueTask<List<AddResult.AddPartitionsToTxnTopicResult>> AddAsync(BrokerNode node, Request request, string id, long producerId, short epoch, List<AddPartitionsToTxnRequest.AddPartitionsToTxnTopic> topics, bool onlyVerify)
    {
        var places = topics.SelectMany(t => t.Partitions.Select(p => new TopicPartition(t.Name, p))).ToList();
        var errors = new Dictionary<TopicPartition, ErrorCode>();
        var mayWrite = node.Security.May(request, AclOperation.Write, ResourceType.TransactionalId, id);
        foreach (var place in places)
        {
            errors[place] = !mayWrite ? ErrorCode.TransactionalIdAuthorizationFailed
                : !node.Security.May(request, AclOperation.Write, ResourceType.Topic, place.Topic) ? ErrorCode.TopicAuthorizationFailed
                : node.Topics.Find(place.Topic, place.Partition) is null ? ErrorCode.UnknownTopicOrPartition
                : onlyVerify ? node.Transactions.Verify(id, producerId, epoch, place)
                : ErrorCode.None;
        }
        // All or none: where one can't be added, the others are told that they weren't tried.
        if (!onlyVerify && errors.Values.Any(e => e != ErrorCode.None))
        {
            foreach (var place in places)
                if (errors[place] == ErrorCode.None) errors[place] = ErrorCode.OperationNotAttempted;
        }
        else if (!onlyVerify)
        {
            var error = await node.Transactions.AddAsync(id, producerId, epoch, places).ConfigureAwait(false);
            if (error == ErrorCode.ProducerFenced && request.Version < 2) error = ErrorCode.InvalidProducerEpoch;
            foreach (var place in places) errors[place] = error;
        }
        return topics.ConvertAll(t => new AddResult.AddPartitionsToTxnTopicResult
        {
            Name = t.Name,
            ResultsByPartition = t.Partitions.ConvertAll(p => new AddResult.AddPartitionsToTxnPartitionResult { PartitionIndex = p, PartitionErrorCode = (short)errors[new(t.Name, p)] }),
        });
    }

    internal static Api AddOffsets(BrokerNode node) => Api.Of<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>(async (request, asked) =>
    {
        if (!node.Security.May(request, AclOperation.Write, ResourceType.TransactionalId, asked.TransactionalId)) return new() { ErrorCode = ErrorCode.TransactionalIdAuthorizationFailed };
        if (!node.Security.May(request, AclOperation.Read, ResourceType.Group, asked.GroupId)) return new() { ErrorCode = ErrorCode.GroupAuthorizationFailed };
        var error = await node.Transactions.AddAsync(asked.TransactionalId, asked.ProducerId, asked.ProducerEpoch, []).ConfigureAwait(false);
        return new() { ErrorCode = error == ErrorCode.ProducerFenced && request.Version < 2 ? ErrorCode.InvalidProducerEpoch : error };
    });

    internal static Api End(BrokerNode node) => Api.Of<EndTxnRequest, EndTxnResponse>(async (request, asked) =>
    {
        if (!node.Security.May(request, AclOperation.Write, ResourceType.TransactionalId, asked.TransactionalId)) return new() { ErrorCode = ErrorCode.TransactionalIdAuthorizationFailed };
        var isSecondKind = request.Version >= 5;
        var answer = await node.Transactions.EndAsync(asked.TransactionalId, asked.ProducerId, asked.ProducerEpoch, asked.Committed, isSecondKind).ConfigureAwait(false);
        var response = new EndTxnResponse { ErrorCode = answer.Error == ErrorCode.ProducerFenced && request.Version < 2 ? ErrorCode.InvalidProducerEpoch : answer.Error };
        if (isSecondKind) (response.ProducerId, response.ProducerEpoch) = (answer.ProducerId, answer.Epoch);
        return response;
    });

    internal static Api CommitOffsets(BrokerNode node) => Api.Of<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(async (request, asked) =>
    {
        var accepted = new List<(TopicPartition, CommittedOffset)>();
        var places = new List<TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic.TxnOffsetCommitResponsePartition>();
        var error = !node.Security.May(request, AclOperation.Write, ResourceType.TransactionalId, asked.TransactionalId) ? ErrorCode.TransactionalIdAuthorizationFailed
            : !node.Security.May(request, AclOperation.Read, ResourceType.Group, asked.GroupId) ? ErrorCode.GroupAuthorizationFailed
            : asked.GroupId.Length == 0 ? ErrorCode.InvalidGroupId : ErrorCode.None;
        var response = new TxnOffsetCommitResponse();
        foreach (var topic in asked.Topics)
        {
            var known = request.Version >= 6 ? node.Topics.Find(topic.TopicId) : node.Topics.Find(topic.Name);
            var name = known?.Name ?? topic.Name;
            var done = new TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic { Name = topic.Name, TopicId = topic.TopicId };
            foreach (var p in topic.Partitions)
            {
                var place = new TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic.TxnOffsetCommitResponsePartition { PartitionIndex = p.PartitionIndex };
                done.Partitions.Add(place);
                place.ErrorCode = error != ErrorCode.None ? error
                    : known is null && request.Version >= 6 ? ErrorCode.UnknownTopicId
                    : !node.Security.May(request, AclOperation.Read, ResourceType.Topic, name) ? ErrorCode.TopicAuthorizationFailed
                    : known?.Find(p.PartitionIndex) is null ? ErrorCode.UnknownTopicOrPartition
                    : Encoding.UTF8.GetByteCount(p.CommittedMetadata ?? "") > node.Settings.Int("offset.metadata.max.bytes") ? ErrorCode.OffsetMetadataTooLarge
                    : ErrorCode.None;
                if (place.ErrorCode != ErrorCode.None) continue;
                accepted.Add((new(name, p.PartitionIndex), new(p.CommittedOffset, p.CommittedLeaderEpoch, p.CommittedMetadata ?? "", node.Now)));
                places.Add(place);
            }
            response.Topics.Add(done);
        }
        if (error != ErrorCode.None || accepted.Count == 0) return response;
        var ended = await node.Transactions.CommitOffsetsAsync(asked.TransactionalId, asked.ProducerId, asked.ProducerEpoch, request.Version >= 5, asked.GroupId,
            group => MayCommit(node, group, asked), accepted).ConfigureAwait(false);
        foreach (var place in places) place.ErrorCode = ended;
        return response;
    });

    static ErrorCode MayCommit(BrokerNode node, Group group, TxnOffsetCommitRequest asked)
    {
        // Older clients don't say which member they are: the transaction's own fencing is all there is.
        if (asked.GenerationIdOrMemberEpoch < 0 && asked.MemberId.Length == 0) return ErrorCode.None;
        if (group.Consumer is { IsEmpty: false } consumer) return consumer.MayCommit(asked.MemberId, asked.GenerationIdOrMemberEpoch);
        if (group.Classic is { } classic) return classic.MayCommit(asked.MemberId, asked.GroupInstanceId, asked.GenerationIdOrMemberEpoch, isTransactional: true, node.Now);
        return ErrorCode.UnknownMemberId;
    }
}
