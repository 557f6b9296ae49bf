using Millrace.Broker.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Transactions;

static class InitProducerIdApi
{
    internal static Api Create(BrokerNode node) => Api.Of<InitProducerIdRequest, InitProducerIdResponse>(async (request, asked) =>
        new() { ProducerId = await node.Transactions.NextIdAsync().ConfigureAwait(false), ProducerEpoch = 0 });
}
