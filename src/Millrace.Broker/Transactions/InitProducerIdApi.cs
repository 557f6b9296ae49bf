using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Transactions;

static class InitProducerIdApi
{
    internal static Api Create(BrokerNode node) => Api.Of<InitProducerIdRequest, InitProducerIdResponse>(async (request, asked) =>
    {
        if (asked.TransactionalId is not { } id)
        {
            if (!node.Security.May(request, AclOperation.IdempotentWrite, ResourceType.Cluster, Acls.ClusterName) && !node.Security.MayAny(request, AclOperation.Write, ResourceType.Topic))
                return Refuse(ErrorCode.ClusterAuthorizationFailed);
            try
            {
                return new() { ProducerId = await node.Transactions.NextIdAsync().ConfigureAwait(false), ProducerEpoch = 0 };
            }
            catch (IOException)
            {
                return Refuse(ErrorCode.CoordinatorNotAvailable);
            }
        }
        if (id.Length == 0) return Refuse(ErrorCode.InvalidRequest);
        if (!node.Security.May(request, AclOperation.Write, ResourceType.TransactionalId, id)) return Refuse(ErrorCode.TransactionalIdAuthorizationFailed);
        var answer = await node.Transactions.InitAsync(id, asked.TransactionTimeoutMs, asked.ProducerId, asked.ProducerEpoch).ConfigureAwait(false);
        return new()
        {
            // The word for it is newer than the thing.
            ErrorCode = answer.Error == ErrorCode.ProducerFenced && request.Version < 4 ? ErrorCode.InvalidProducerEpoch : answer.Error,
            ProducerId = answer.ProducerId,
            ProducerEpoch = answer.Epoch,
        };
    });

    static InitProducerIdResponse Refuse(ErrorCode error) => new() { ErrorCode = error, ProducerEpoch = -1 };
}
