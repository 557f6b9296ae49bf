using Millrace.Kafka.Cluster;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Producing;

/// <summary>The transaction that is open. With <c>transaction.version</c> 2 brokers take partitions in as they come, and each transaction has an epoch of its own (KIP-890).</summary>
sealed partial class SendQueue
{
    // The newest versions that speak of transactions of the first kind.
    const short FirstKindAdd = 3, FirstKindEnd = 4, FirstKindProduce = 11, FirstKindOffsets = 4;

    Coordinator? coordinator;
    bool addsByItself, hasBegun, isOpen, isAdding;
    KafkaException? transactionFailure;

    void CheckTransaction()
    {
        if (!isOpen) throw new InvalidOperationException($"The producer '{options.TransactionalId}' sends in transactions. Begin one first: await using var transaction = await producer.BeginTransactionAsync();");
        if (transactionFailure is not null) throw new KafkaException(transactionFailure.Code, $"The transaction has failed; abort it. {transactionFailure.Message}", transactionFailure);
    }

    bool IsPartOfTransaction(PartitionQueue queue)
    {
        hasBegun = true;
        if (addsByItself || queue.IsInTransaction) return true;
        AddPartitions();
        return false;
    }

    /// <summary>What makes the transaction fail; some of it ends the producer.</summary>
    void FailTransaction(ErrorCode code, KafkaException why)
    {
        transactionFailure ??= why;
        if (code is ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch or ErrorCode.InvalidProducerIdMapping or ErrorCode.TransactionalIdAuthorizationFailed or ErrorCode.TransactionCoordinatorFenced) fatal ??= why;
    }

    internal async ValueTask BeginAsync(CancellationToken cancellation)
    {
        if (options.TransactionalId is not { } id) throw new InvalidOperationException("Only producers with a ProducerOptions.TransactionalId have transactions. Set it.");
        lock (gate)
        {
            if (fatal is not null) throw new KafkaException(fatal.Code, fatal.Message, fatal);
            if (isOpen) throw new InvalidOperationException($"A transaction of '{id}' is open. Commit or abort it first.");
        }
        if (identity is null) await InitializeAsync(id, cancellation).ConfigureAwait(false);
        lock (gate)
        {
            (isOpen, hasBegun, transactionFailure) = (true, false, null);
            foreach (var queue in topics.Values.SelectMany(t => t.Partitions)) queue.IsInTransaction = false;
        }
    }

    /// <summary>Takes the id over: who had it before can no longer write, and what it left open is aborted.</summary>
    async ValueTask InitializeAsync(string id, CancellationToken cancellation)
    {
        coordinator ??= new(client, connections, CoordinatorKind.Transaction, id);
        var before = failedIdentity ?? ProducerIdentity.None;
        var knowsSecondKind = false;
        var answer = await coordinator.AskByVersionAsync<InitProducerIdRequest, InitProducerIdResponse>(versions =>
        {
            knowsSecondKind = versions.Feature("transaction.version") >= 2;
            return new() { TransactionalId = id, TransactionTimeoutMs = (int)options.TransactionTimeout.TotalMilliseconds, ProducerId = before.Id, ProducerEpoch = before.Epoch };
        }, static a => a.ErrorCode, cancellation).ConfigureAwait(false);
        if (answer.ErrorCode != ErrorCode.None)
        {
            var refused = KafkaException.Of(answer.ErrorCode, $"The transactional id '{id}' can't be used");
            if (before.Id >= 0) lock (gate) FailTransaction(answer.ErrorCode, refused);
            throw refused;
        }
        lock (gate)
        {
            addsByItself = knowsSecondKind;
            failedIdentity = null;
            Become(new(answer.ProducerId, answer.ProducerEpoch));
        }
    }

    /// <summary>Who the producer was before a transaction of the first kind failed: its numbers are not to be trusted.</summary>
    ProducerIdentity? failedIdentity;

    void Become(ProducerIdentity next)
    {
        identity = next;
        foreach (var queue in topics.Values.SelectMany(t => t.Partitions))
        {
            queue.Epoch = -1;
            queue.Renumber(0);
            queue.IsDraining = false;
        }
    }

    /// <summary>Tells the coordinator of partitions that it must end the transaction in.</summary>
    void AddPartitions()
    {
        if (isAdding || transactionFailure is not null) return;
        isAdding = true;
        _ = AddPartitionsAsync();
    }

    async Task AddPartitionsAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        PartitionQueue[] missing;
        lock (gate) missing = [.. topics.Values.SelectMany(t => t.Partitions).Where(q => q.Waiting.Count > 0 && !q.IsInTransaction)];
        KafkaException? failed = null;
        try
        {
            var answer = await coordinator!.AskAsync<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(new()
            {
                V3AndBelowTransactionalId = options.TransactionalId!,
                V3AndBelowProducerId = identity!.Value.Id,
                V3AndBelowProducerEpoch = identity.Value.Epoch,
                V3AndBelowTopics = [.. missing.GroupBy(q => q.Partition.Topic, (topic, queues) => new AddPartitionsToTxnRequest.AddPartitionsToTxnTopic { Name = topic, Partitions = [.. queues.Select(q => q.Partition.Partition)] })],
            }, Worst, closing.Token, FirstKindAdd).ConfigureAwait(false);
            if (Worst(answer) is not ErrorCode.None and var error) failed = KafkaException.Of(error, $"The transaction '{options.TransactionalId}' can't take in {string.Join(", ", missing.Select(m => m.Partition))}");
        }
        catch (KafkaException lost)
        {
            failed = lost;
        }
        catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
        {
            return;
        }
        lock (gate)
        {
            isAdding = false;
            if (failed is null)
                foreach (var queue in missing) queue.IsInTransaction = true;
            else FailTransaction(failed.Code, failed);
        }
        if (failed is not null) DropWaiting(failed);
        PumpAll();
    }

    static ErrorCode Worst(AddPartitionsToTxnResponse answer) =>
        answer.ResultsByTopicV3AndBelow.SelectMany(t => t.ResultsByPartition).Select(p => (ErrorCode)p.PartitionErrorCode).Where(e => e is not ErrorCode.None and not ErrorCode.OperationNotAttempted).FirstOrDefault();

    /// <summary>Makes the offsets of a group part of the transaction.</summary>
    internal async ValueTask AddOffsetsAsync(GroupMembership group, IReadOnlyDictionary<TopicPartition, long> offsets, CancellationToken cancellation)
    {
        lock (gate)
        {
            Check();
            hasBegun = true;
        }
        var (id, epoch) = identity!.Value;
        if (!addsByItself)
        {
            var added = await coordinator!.AskAsync<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>(new() { TransactionalId = options.TransactionalId!, ProducerId = id, ProducerEpoch = epoch, GroupId = group.Group },
                static a => a.ErrorCode, cancellation, FirstKindAdd).ConfigureAwait(false);
            Expect(added.ErrorCode, group.Group);
        }
        var keeper = new Coordinator(client, connections, CoordinatorKind.Group, group.Group);
        var answer = await keeper.AskAsync<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(new()
        {
            TransactionalId = options.TransactionalId!,
            GroupId = group.Group,
            ProducerId = id,
            ProducerEpoch = epoch,
            GenerationIdOrMemberEpoch = group.Generation,
            MemberId = group.Member,
            GroupInstanceId = group.Instance,
            Topics = [.. offsets.GroupBy(o => o.Key.Topic, (topic, some) => new TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic
            {
                Name = topic,
                Partitions = [.. some.Select(o => new TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic.TxnOffsetCommitRequestPartition { PartitionIndex = o.Key.Partition, CommittedOffset = o.Value })],
            })],
        }, static a => a.Topics.SelectMany(t => t.Partitions).Select(p => p.ErrorCode).FirstOrDefault(e => e != ErrorCode.None), cancellation, addsByItself ? (short)5 : FirstKindOffsets).ConfigureAwait(false);
        Expect(answer.Topics.SelectMany(t => t.Partitions).Select(p => p.ErrorCode).FirstOrDefault(e => e != ErrorCode.None), group.Group);
    }

    void Expect(ErrorCode error, string group)
    {
        if (error == ErrorCode.None) return;
        var refused = KafkaException.Of(error, $"The offsets of group '{group}' can't be part of the transaction '{options.TransactionalId}'");
        lock (gate) FailTransaction(error, refused);
        throw refused;
    }

    internal async ValueTask EndAsync(bool isCommit, CancellationToken cancellation)
    {
        if (isCommit) await SettleAllAsync(cancellation).ConfigureAwait(false);
        else
        {
            var aborted = new KafkaException(ErrorCode.TransactionAbortable, "The transaction was aborted.");
            lock (gate) transactionFailure ??= aborted;
            DropWaiting(transactionFailure);
            await SettleAllAsync(cancellation).ConfigureAwait(false);
        }
        KafkaException? failure;
        lock (gate)
        {
            // What failed within the transaction is told by the transaction.
            (lost, firstLoss, failure) = (0, null, transactionFailure);
            if (fatal is not null) throw new KafkaException(fatal.Code, fatal.Message, fatal);
        }
        if (isCommit && failure is not null) throw new KafkaException(failure.Code, $"The transaction can't be committed; abort it. {failure.Message}", failure);
        if (hasBegun) await EndBegunAsync(isCommit, cancellation).ConfigureAwait(false);
        lock (gate) isOpen = false;
    }

    async ValueTask EndBegunAsync(bool isCommit, CancellationToken cancellation)
    {
        var (id, epoch) = identity!.Value;
        var answer = await coordinator!.AskAsync<EndTxnRequest, EndTxnResponse>(new() { TransactionalId = options.TransactionalId!, ProducerId = id, ProducerEpoch = epoch, Committed = isCommit },
            static a => a.ErrorCode, cancellation, addsByItself ? short.MaxValue : FirstKindEnd).ConfigureAwait(false);
        // Brokers that were told of no partition have no transaction to end.
        var isNothing = answer.ErrorCode == ErrorCode.InvalidTxnState && !isCommit;
        if (answer.ErrorCode != ErrorCode.None && !isNothing)
        {
            var refused = KafkaException.Of(answer.ErrorCode, $"The transaction '{options.TransactionalId}' could not be {(isCommit ? "committed" : "aborted")}");
            lock (gate) FailTransaction(answer.ErrorCode, refused);
            throw refused;
        }
        lock (gate)
        {
            if (addsByItself && answer.ProducerId >= 0) Become(new(answer.ProducerId, answer.ProducerEpoch));
            else if (!isCommit) (failedIdentity, identity) = (identity, null);
        }
    }

    /// <summary>Waits until nothing waits or travels any more.</summary>
    async ValueTask SettleAllAsync(CancellationToken cancellation)
    {
        try
        {
            await FlushAsync(cancellation).ConfigureAwait(false);
        }
        catch (KafkaException)
        {
            // It has made the transaction fail.
        }
    }

    /// <summary>Gives up what was not sent.</summary>
    void DropWaiting(KafkaException why)
    {
        List<(PartitionQueue Queue, ProduceBatch Batch)> dropped = [];
        lock (gate)
        {
            foreach (var queue in topics.Values.SelectMany(t => t.Partitions))
            {
                dropped.AddRange(queue.Waiting.Select(b => (queue, b)));
                queue.Waiting.Clear();
            }
        }
        foreach (var (queue, batch) in dropped) Complete(queue, batch, -1, -1, why);
    }

    async ValueTask AbandonTransactionAsync()
    {
        if (!isOpen || fatal is not null) return;
        await EndAsync(isCommit: false, CancellationToken.None).ConfigureAwait(false);
    }
}

/// <summary>As which member of a group offsets are committed.</summary>
readonly record struct GroupMembership(string Group, int Generation, string Member, string? Instance);
