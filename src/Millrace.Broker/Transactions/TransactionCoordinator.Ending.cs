using Millrace.Broker.Groups;
using Millrace.Broker.State;
using Millrace.Broker.Topics;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Transactions;

/// <summary>What a producer is told of itself.</summary>
readonly record struct ProducerAnswer(ErrorCode Error, long ProducerId = -1, short Epoch = -1);

sealed partial class TransactionCoordinator
{
    /// <summary>Above it, a producer gets a new id: the last epoch is for the marker that fences.</summary>
    const short LastEpoch = short.MaxValue - 1;

    /// <summary>Gives the producer of a transactional id its number and a new epoch. What an older one had begun is given up.</summary>
    internal async Task<ProducerAnswer> InitAsync(string id, int timeoutMs, long producerId, short epoch)
    {
        if (timeoutMs <= 0 || timeoutMs > node.Settings.Int("transaction.max.timeout.ms")) return new(ErrorCode.InvalidTransactionTimeout);
        var transaction = transactions.GetOrAdd(id, static id => new Transaction(id));
        return await InTurnAsync(transaction, async () =>
        {
            if (producerId >= 0 && transaction.ProducerId >= 0 && (producerId != transaction.ProducerId || (epoch != transaction.Epoch && epoch != transaction.Epoch - 1)))
                return new(ErrorCode.ProducerFenced);
            // The answer to the first try was lost: it's given again.
            if (producerId >= 0 && epoch == transaction.Epoch - 1 && !transaction.IsOpen && !transaction.IsEnding) return new(ErrorCode.None, transaction.ProducerId, transaction.Epoch);
            if (transaction.IsEnding) await CompleteAsync(transaction).ConfigureAwait(false);
            if (transaction.IsOpen) await EndAsync(transaction, isCommit: false, bumps: true).ConfigureAwait(false);
            var next = transaction.ProducerId < 0 || transaction.Epoch >= LastEpoch ? (Id: await ids.NextAsync().ConfigureAwait(false), Epoch: (short)0) : (Id: transaction.ProducerId, Epoch: (short)(transaction.Epoch + 1));
            ValueTask safe;
            lock (transaction.Gate)
            {
                (transaction.ProducerId, transaction.Epoch, transaction.TimeoutMs, transaction.State) = (next.Id, next.Epoch, timeoutMs, TransactionState.Empty);
                transaction.Partitions.Clear();
                safe = RememberAsync(transaction);
            }
            await safe.ConfigureAwait(false);
            return new ProducerAnswer(ErrorCode.None, next.Id, next.Epoch);
        }, error => new(error)).ConfigureAwait(false);
    }

    /// <summary>Ends a transaction for its producer.</summary>
    /// <param name="bumps">Whether the producer gets a new epoch for its next transaction, so that nothing late can touch that.</param>
    internal Task<ProducerAnswer> EndAsync(string id, long producerId, short epoch, bool isCommit, bool bumps)
    {
        if (Find(id) is not { } transaction) return Task.FromResult(new ProducerAnswer(ErrorCode.InvalidProducerIdMapping));
        return InTurnAsync(transaction, async () =>
        {
            var complete = isCommit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort;
            if (transaction.IsEnding && transaction.ProducerId == producerId) await CompleteAsync(transaction).ConfigureAwait(false);
            // The first try got no answer, or an error: the epoch has moved on, and nothing was begun since.
            if (bumps && transaction.State == complete && IsBefore(transaction, producerId, epoch)) return new(ErrorCode.None, transaction.ProducerId, transaction.Epoch);
            if (Check(transaction, producerId, epoch) is not ErrorCode.None and var error) return new(error);
            if (!transaction.IsOpen)
            {
                if (!bumps) return new(transaction.State == complete ? ErrorCode.None : ErrorCode.InvalidTxnState);
                // A client that begun a transaction and sent nothing may give it up.
                if (isCommit) return new(ErrorCode.InvalidTxnState);
            }
            await EndAsync(transaction, isCommit, bumps).ConfigureAwait(false);
            return new ProducerAnswer(ErrorCode.None, transaction.ProducerId, transaction.Epoch);
        }, error => new(error));
    }

    bool IsBefore(Transaction transaction, long producerId, short epoch) =>
        transaction.ProducerId == producerId ? epoch == transaction.Epoch - 1 : transaction.Epoch == 0 && retired.TryGetValue(transaction.Id, out var old) && old == (producerId, epoch);

    /// <summary>Producers that got a new id because their epochs were used up, as they were before.</summary>
    readonly System.Collections.Concurrent.ConcurrentDictionary<string, (long, short)> retired = [];

    async Task EndAsync(Transaction transaction, bool isCommit, bool bumps)
    {
        ValueTask safe;
        lock (transaction.Gate)
        {
            var before = (transaction.State, transaction.Epoch);
            transaction.State = isCommit ? TransactionState.PrepareCommit : TransactionState.PrepareAbort;
            if (bumps) transaction.Epoch++;
            transaction.IsDecided = false;
            try
            {
                safe = RememberAsync(transaction);
            }
            catch (IOException)
            {
                (transaction.State, transaction.Epoch) = before;
                throw;
            }
        }
        await safe.ConfigureAwait(false);
        transaction.IsDecided = true;
        await CompleteAsync(transaction).ConfigureAwait(false);
    }

    /// <summary>Does what a remembered decision says. Doing it again does no harm: a partition takes no marker of an older epoch.</summary>
    async Task CompleteAsync(Transaction transaction)
    {
        var isCommit = transaction.State == TransactionState.PrepareCommit;
        if (!transaction.IsDecided)
        {
            // The flush of the decision failed: whether it's on the disk nobody knows, and no marker may be there without it.
            await RememberAsync(transaction).ConfigureAwait(false);
            transaction.IsDecided = true;
        }
        await MarkAsync(transaction, isCommit).ConfigureAwait(false);
        var (changes, apply) = node.Groups.EndTransaction(transaction.ProducerId, isCommit);
        var renewed = transaction.Epoch > LastEpoch ? await ids.NextAsync().ConfigureAwait(false) : -1;
        var ended = new Transaction(transaction.Id)
        {
            ProducerId = renewed >= 0 ? renewed : transaction.ProducerId,
            Epoch = renewed >= 0 ? (short)0 : transaction.Epoch,
            TimeoutMs = transaction.TimeoutMs,
            State = isCommit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort,
            StartedAt = transaction.StartedAt,
            ChangedAt = node.Now,
        };
        await node.State.PutAsync([.. changes, new StateChange(StateKind.Transaction, transaction.Id, ended.Write())]).ConfigureAwait(false);
        // Only now: had it failed, the transaction would still have to be ended, with its offsets.
        lock (transaction.Gate)
        {
            if (renewed >= 0) retired[transaction.Id] = (transaction.ProducerId, LastEpoch);
            (transaction.ProducerId, transaction.Epoch, transaction.State, transaction.ChangedAt) = (ended.ProducerId, ended.Epoch, ended.State, ended.ChangedAt);
            transaction.Partitions.Clear();
        }
        apply();
    }

    async Task MarkAsync(Transaction transaction, bool isCommit)
    {
        var marked = new List<Task>();
        foreach (var place in transaction.Partitions)
        {
            // A topic that was deleted meanwhile has taken its records along.
            if (node.Topics.Find(place.Topic, place.Partition) is { } partition) marked.Add(Mark(partition, transaction.ProducerId, transaction.Epoch, isCommit));
        }
        await Task.WhenAll(marked).ConfigureAwait(false);
    }

    Task Mark(Partition partition, long producerId, short epoch, bool isCommit)
    {
        var result = partition.Log.Append(Marker.Write(producerId, epoch, isCommit, node.Epoch, node.Now), node.Epoch, node.Now);
        if (result.Error == ErrorCode.KafkaStorageError) throw new IOException(result.Message ?? $"{partition.Topic.Name}-{partition.Index} can't be written.");
        return result.Error == ErrorCode.None ? partition.SafeAsync(result) : Task.CompletedTask;
    }

    /// <summary>
    /// Gives up by hand what a producer left open in a partition. A transaction that is known here is given up as a whole,
    /// as after its timeout: one whose other partitions were committed later would be torn.
    /// </summary>
    /// <param name="isAbove">Whether the epoch was made for the marker, and must be above that of the records.</param>
    internal Task<ErrorCode> GiveUpAsync(Partition partition, long producerId, short epoch, bool isAbove)
    {
        if (partition.Log.Damage is not null) return Task.FromResult(ErrorCode.KafkaStorageError);
        if (Judge() is { } verdict) return Task.FromResult(verdict);
        // Looked for only now: what is open in a partition has an owner already, if it has one at all.
        if (transactions.Values.FirstOrDefault(t => t.ProducerId == producerId) is not { } owner) return MarkLostAsync(partition, producerId, epoch);
        return InTurnAsync(owner, async () =>
        {
            // Its end was decided already, and may not be turned round.
            if (owner.IsEnding) await CompleteAsync(owner).ConfigureAwait(false);
            lock (owner.Gate)
            {
                if (Judge() is { } meanwhile) return meanwhile;
                owner.Begin(node.Now);
                owner.Partitions.Add(new(partition.Topic.Name, partition.Index));
            }
            Log.GivenUp(node.Log, owner.Id, partition.Topic.Name, partition.Index);
            await EndAsync(owner, isCommit: false, bumps: true).ConfigureAwait(false);
            return ErrorCode.None;
        }, _ => ErrorCode.KafkaStorageError);

        ErrorCode? Judge() => partition.Log.FindProducer(producerId) switch
        {
            null => ErrorCode.None,
            // The end of a transaction takes an epoch more: who asks again isn't told of an error.
            { OpenSince: null } ended => epoch < ended.Epoch - 1 ? ErrorCode.InvalidProducerEpoch : ErrorCode.None,
            var open => epoch < open.Epoch || (isAbove && epoch == open.Epoch) ? ErrorCode.InvalidProducerEpoch : null,
        };
    }

    async Task<ErrorCode> MarkLostAsync(Partition partition, long producerId, short epoch)
    {
        try
        {
            await Mark(partition, producerId, epoch, isCommit: false).ConfigureAwait(false);
            return ErrorCode.None;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Log.NotMarked(node.Log, producerId, partition.Topic.Name, partition.Index, e.Message);
            return ErrorCode.KafkaStorageError;
        }
    }

    /// <summary>Brings what the last process left to its end: decisions that were made, and transactions that only their partitions know of.</summary>
    async Task FinishAsync()
    {
        var byProducer = transactions.Values.ToDictionary(t => t.ProducerId);
        var (ended, lost) = (0, 0);
        foreach (var partition in node.Topics.All.SelectMany(t => t.Partitions).Where(p => p.Log.Damage is null))
        {
            foreach (var (producerId, producer) in partition.Log.Producers())
            {
                if (producer.OpenSince is null) continue;
                if (byProducer.TryGetValue(producerId, out var owner) && (owner.IsEnding || owner.Epoch == producer.Epoch))
                {
                    if (!owner.IsEnding) owner.Begin(node.Now);
                    owner.Partitions.Add(new(partition.Topic.Name, partition.Index));
                    continue;
                }
                await Mark(partition, producerId, producer.Epoch, isCommit: false).ConfigureAwait(false);
                lost++;
            }
        }
        foreach (var transaction in node.Groups.All.SelectMany(g => g.Pending.Keys).Distinct().Select(p => byProducer.GetValueOrDefault(p)).OfType<Transaction>())
            if (!transaction.IsEnding) transaction.Begin(node.Now);
        foreach (var transaction in transactions.Values.Where(t => t.IsEnding))
        {
            await CompleteAsync(transaction).ConfigureAwait(false);
            ended++;
        }
        // A process that was away for long is no reason to give up what clients are still at.
        foreach (var open in transactions.Values.Where(t => t.IsOpen)) open.StartedAt = node.Now;
        if (ended + lost > 0) Log.Finished(node.Log, ended, lost);
    }

    async Task SweepAsync()
    {
        foreach (var transaction in transactions.Values)
        {
            if (transaction.IsOpen && node.Now - transaction.StartedAt > transaction.TimeoutMs)
            {
                await InTurnAsync(transaction, async () =>
                {
                    if (!transaction.IsOpen || node.Now - transaction.StartedAt <= transaction.TimeoutMs) return ErrorCode.None;
                    Log.TimedOut(node.Log, transaction.Id, transaction.TimeoutMs);
                    await EndAsync(transaction, isCommit: false, bumps: true).ConfigureAwait(false);
                    return ErrorCode.None;
                }, error => error).ConfigureAwait(false);
            }
            else if (transaction.IsEnding)
            {
                // The disk refused, and the client may not come back: others can't read past it meanwhile.
                await InTurnAsync(transaction, async () =>
                {
                    if (transaction.IsEnding) await CompleteAsync(transaction).ConfigureAwait(false);
                    return ErrorCode.None;
                }, error => error).ConfigureAwait(false);
            }
            else if (transaction is { IsOpen: false, IsEnding: false } && node.Now - transaction.ChangedAt > node.Settings.Int("transactional.id.expiration.ms")) await ForgetAsync(transaction).ConfigureAwait(false);
        }
    }

    Task<ErrorCode> ForgetAsync(Transaction transaction) => InTurnAsync(transaction, async () =>
    {
        if (transaction.IsOpen || transaction.IsEnding) return ErrorCode.None;
        transactions.TryRemove(transaction.Id, out _);
        await node.State.PutAsync(StateKind.Transaction, transaction.Id, null).ConfigureAwait(false);
        return ErrorCode.None;
    }, error => error);
}
