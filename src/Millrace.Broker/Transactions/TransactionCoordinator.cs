using System.Collections.Concurrent;
using Millrace.Broker.Connections;
using Millrace.Broker.Groups;
using Millrace.Broker.Logs;
using Millrace.Broker.State;
using Millrace.Broker.Topics;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;
using Microsoft.Extensions.Logging;

namespace Millrace.Broker.Transactions;

/// <summary>
/// The transactions of producers. A transaction ends in three steps: the decision is remembered, a marker goes into each of its
/// partitions, and the end is remembered together with the offsets that were part of it. What a crash interrupts
/// between the first and the last is done at the next start.
/// </summary>
sealed partial class TransactionCoordinator : IDisposable
{
    static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);

    readonly BrokerNode node;
    readonly ProducerIds ids;
    readonly ConcurrentDictionary<string, Transaction> transactions = [];
    readonly ITimer sweep;

    internal TransactionCoordinator(BrokerNode node)
    {
        this.node = node;
        ids = new(node.State);
        foreach (var (id, value) in node.State.All(StateKind.Transaction)) transactions[id] = Transaction.Read(id, value);
        FinishAsync().GetAwaiter().GetResult();
        sweep = node.Time.CreateTimer(_ => _ = SweepAsync(), null, SweepEvery, SweepEvery);
    }

    internal IEnumerable<Transaction> All => transactions.Values;

    internal Transaction? Find(string id) => transactions.GetValueOrDefault(id);

    internal ValueTask<long> NextIdAsync() => ids.NextAsync();

    /// <summary>
    /// Appends a batch if the transaction that it belongs to takes it. Clients of the second kind of transactions don't tell
    /// beforehand which partitions they write to: the first batch does. It needs no note of its own, since the next start
    /// finds open transactions in the partitions.
    /// </summary>
    internal AppendResult Append(Request request, string? transactionalId, Partition partition, Memory<byte> batch, long now)
    {
        if (!BatchHeader.IsTransactional(batch.Span)) return partition.Log.Append(batch, node.Epoch, now);
        if (transactionalId is null || Find(transactionalId) is not { } transaction) return new(ErrorCode.InvalidProducerIdMapping);
        var place = new TopicPartition(partition.Topic.Name, partition.Index);
        lock (transaction.Gate)
        {
            if (transaction.ProducerId != BatchHeader.ProducerId(batch.Span)) return new(ErrorCode.InvalidProducerIdMapping);
            if (transaction.Epoch != BatchHeader.ProducerEpoch(batch.Span)) return new(ErrorCode.InvalidProducerEpoch);
            if (transaction.IsEnding) return new(ErrorCode.ConcurrentTransactions);
            var isImplicit = request.Version >= 12;
            if (!isImplicit && !(transaction.IsOpen && transaction.Partitions.Contains(place))) return new(ErrorCode.InvalidTxnState);
            var result = partition.Log.Append(batch, node.Epoch, now);
            if (result.Error != ErrorCode.None || !isImplicit) return result;
            transaction.Begin(now);
            transaction.Partitions.Add(place);
            return result;
        }
    }

    static ErrorCode Check(Transaction transaction, long producerId, short epoch) =>
        transaction.ProducerId != producerId ? ErrorCode.InvalidProducerIdMapping : transaction.Epoch != epoch ? ErrorCode.ProducerFenced : transaction.IsEnding ? ErrorCode.ConcurrentTransactions : ErrorCode.None;

    /// <summary>Does something in a transaction when it's its turn. What can't be written leaves an error that the client tries again after.</summary>
    async Task<T> InTurnAsync<T>(Transaction transaction, Func<Task<T>> act, Func<ErrorCode, T> failed)
    {
        await transaction.Turn.WaitAsync().ConfigureAwait(false);
        try
        {
            return await act().ConfigureAwait(false);
        }
        catch (IOException e)
        {
            Log.NotWritten(node.Log, transaction.Id, e.Message);
            return failed(ErrorCode.CoordinatorNotAvailable);
        }
        finally
        {
            transaction.Turn.Release();
        }
    }

    ValueTask RememberAsync(Transaction transaction)
    {
        transaction.ChangedAt = node.Now;
        return node.State.PutAsync(StateKind.Transaction, transaction.Id, transaction.Write());
    }

    /// <summary>Adds partitions or a group's offsets to a transaction, which begins with the first.</summary>
    internal Task<ErrorCode> AddAsync(string id, long producerId, short epoch, IReadOnlyCollection<TopicPartition> partitions)
    {
        if (Find(id) is not { } transaction) return Task.FromResult(ErrorCode.InvalidProducerIdMapping);
        return InTurnAsync(transaction, async () =>
        {
            ValueTask safe;
            lock (transaction.Gate)
            {
                if (Check(transaction, producerId, epoch) is not ErrorCode.None and var error) return error;
                if (transaction.IsOpen && partitions.Count > 0 && transaction.Partitions.IsSupersetOf(partitions)) return ErrorCode.None;
                transaction.Begin(node.Now);
                transaction.Partitions.UnionWith(partitions);
                safe = RememberAsync(transaction);
            }
            await safe.ConfigureAwait(false);
            return ErrorCode.None;
        }, error => error);
    }

    internal ErrorCode Verify(string id, long producerId, short epoch, TopicPartition place)
    {
        if (Find(id) is not { } transaction) return ErrorCode.InvalidProducerIdMapping;
        lock (transaction.Gate)
        {
            if (Check(transaction, producerId, epoch) is not ErrorCode.None and var error) return error;
            return transaction.IsOpen && transaction.Partitions.Contains(place) ? ErrorCode.None : ErrorCode.TransactionAbortable;
        }
    }

    /// <summary>Commits offsets within a transaction.</summary>
    /// <param name="isImplicit">Whether it begins the transaction where none was begun.</param>
    internal Task<ErrorCode> CommitOffsetsAsync(string id, long producerId, short epoch, bool isImplicit, string groupId, Func<Group, ErrorCode> mayCommit, List<(TopicPartition, CommittedOffset)> offsets)
    {
        if (Find(id) is not { } transaction) return Task.FromResult(ErrorCode.InvalidProducerIdMapping);
        return InTurnAsync(transaction, () =>
        {
            lock (transaction.Gate)
            {
                if (Check(transaction, producerId, epoch) is not ErrorCode.None and var error)
                    return Task.FromResult(error == ErrorCode.ProducerFenced ? ErrorCode.InvalidProducerEpoch : error);
                if (!isImplicit && !transaction.IsOpen) return Task.FromResult(ErrorCode.InvalidTxnState);
                transaction.Begin(node.Now);
            }
            return node.Groups.CommitInTransactionAsync(groupId, producerId, mayCommit, offsets);
        }, error => error);
    }

    public void Dispose()
    {
        sweep.Dispose();
        ids.Dispose();
    }

    static partial class Log
    {
        [LoggerMessage(5401, LogLevel.Error, "The transaction of {Id} could not go on: {Reason}")]
        internal static partial void NotWritten(ILogger logger, string id, string reason);

        [LoggerMessage(5402, LogLevel.Warning, "The transaction of {Id} was given up after its timeout of {Timeout} ms")]
        internal static partial void TimedOut(ILogger logger, string id, int timeout);

        [LoggerMessage(5403, LogLevel.Information, "Finished {Ended} transactions that the last process had left, and gave up {Lost} that nobody owned")]
        internal static partial void Finished(ILogger logger, int ended, int lost);

        [LoggerMessage(5404, LogLevel.Warning, "The transaction of {Id} was given up, since a client asked for that in {Topic}-{Partition}")]
        internal static partial void GivenUp(ILogger logger, string id, string topic, int partition);

        [LoggerMessage(5405, LogLevel.Error, "What producer {Producer} left open in {Topic}-{Partition} could not be given up: {Reason}")]
        internal static partial void NotMarked(ILogger logger, long producer, string topic, int partition, string reason);
    }
}
