using Millrace.Broker.Connections;
using Millrace.Broker.State;
using Millrace.Broker.Topics;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Transactions;

sealed class TransactionCoordinator(BrokerNode node) : IDisposable
{
    internal ErrorCode Admit(Request request, string? transactionalId, Partition partition, ReadOnlySpan<byte> batch) => node is null ? ErrorCode.UnknownServerError : ErrorCode.None;
    readonly ProducerIds ids = new(node.State);
    internal ValueTask<long> NextIdAsync() => ids.NextAsync();
    public void Dispose() => ids.Dispose();
}
