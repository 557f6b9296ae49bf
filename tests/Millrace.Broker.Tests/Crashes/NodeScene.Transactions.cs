using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Crashes;

sealed partial class NodeScene
{
    enum Stage { Lost, Ready, Writing, Ending }

    /// <summary>A producer whose transactions write the same to two partitions, and say how far they are in an offset.</summary>
    sealed class Transacting(int index, bool isSecondKind)
    {
        internal string Name => $"tx{index}";
        internal int Index => index;
        internal bool IsSecondKind => isSecondKind;
        internal Stage Stage { get; set; }
        internal (long Id, short Epoch) Now { get; set; } = (-1, -1);
        // As it was before it was fenced, or its last transaction ended.
        internal (long Id, short Epoch) Before { get; set; } = (-1, -1);
        internal int Next { get; set; }
        internal int Sequence { get; set; }
        internal int Written { get; set; }
        internal bool HasOffsets { get; set; }
        internal bool? IsCommit { get; set; }
        internal string Value => $"{Name} {Next}";
        internal HashSet<string> Committed { get; } = [];
        internal HashSet<string> Aborted { get; } = [];
        internal Dictionary<string, long> Offsets { get; } = [];
    }

    const int TransactionalPartitions = 2;

    readonly Transacting[] transacting = [new(0, isSecondKind: true), new(1, isSecondKind: true), new(2, isSecondKind: false)];

    async Task StepsOfAsync(Transacting producer)
    {
        for (var steps = random.Next(1, 8); steps > 0 && !disk.IsOff; steps--) await StepOfAsync(producer);
    }

    async Task StepOfAsync(Transacting producer)
    {
        if (random.Next(15) == 0 && producer.Before.Id >= 0) await HauntAsync(producer);
        if (random.Next(40) == 0) await GiveUpAsync(producer);
        switch (producer.Stage)
        {
            case Stage.Lost:
                await InitAsync(producer);
                break;
            case Stage.Ready:
                (producer.Next, producer.Written, producer.HasOffsets, producer.IsCommit, producer.Stage) = (++number, 0, false, null, Stage.Writing);
                if (!producer.IsSecondKind) await AddAsync(producer);
                break;
            case Stage.Writing when producer.Written < TransactionalPartitions:
                await WriteAsync(producer);
                break;
            case Stage.Writing when !producer.HasOffsets && random.Next(2) == 0:
                await CommitOffsetsAsync(producer);
                break;
            default:
                await EndAsync(producer);
                break;
        }
    }

    /// <summary>What isn't known to be committed may be either, unless nobody ever asked for it to be committed.</summary>
    static void Lose(Transacting producer)
    {
        if (producer.Stage != Stage.Lost && producer.Next > 0 && producer.IsCommit != true) producer.Aborted.Add(producer.Value);
        producer.Stage = Stage.Lost;
    }

    async Task InitAsync(Transacting producer)
    {
        var answer = await AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = producer.Name, TransactionTimeoutMs = 600_000 }, 4);
        Demand(answer?.ErrorCode, $"{producer.Name} can't begin anew");
        if (answer?.ErrorCode != ErrorCode.None) return;
        var now = (answer.ProducerId, answer.ProducerEpoch);
        if (now.ProducerId != producer.Now.Id) Holds(ids.Add(now.ProducerId), $"the producer id {now.ProducerId} was given twice.");
        else Holds(now.ProducerEpoch > producer.Now.Epoch, $"the epoch of {producer.Name} is {now.ProducerEpoch} after {producer.Now.Epoch}.");
        (producer.Before, producer.Now, producer.Sequence, producer.Stage) = (producer.Now, now, 0, Stage.Ready);
    }

    /// <summary>A zombie writes, and ends what isn't its own: nothing may come of either.</summary>
    async Task HauntAsync(Transacting producer)
    {
        var (id, epoch) = producer.Before;
        if (producer.Stage == Stage.Lost || producer.Before == producer.Now) return;
        var written = await AskAsync<ProduceRequest, ProduceResponse>(BrokerClient.Produce(Paired, 0, Wire.Batch([$"zombie {++number}"], id, epoch, 0, isTransactional: true), producer.Name), 12);
        if (written is not null) Holds(written.Responses[0].PartitionResponses[0].ErrorCode != ErrorCode.None, $"a zombie of {producer.Name} could write with the epoch {epoch}, which is {producer.Now.Epoch} by now.");
        // In the second kind of transactions that may be the repeated question whose answer was lost: it's answered, and does nothing.
        await AskAsync<EndTxnRequest, EndTxnResponse>(new() { TransactionalId = producer.Name, ProducerId = id, ProducerEpoch = epoch, Committed = true }, 4);
    }

    /// <summary>Somebody ends by hand what the producer has open in one of its partitions: it's given up in both, and the producer fenced.</summary>
    async Task GiveUpAsync(Transacting producer)
    {
        var isOpen = producer.Stage == Stage.Writing && producer.Written > 0;
        if (!isOpen && producer.Stage != Stage.Ending) return;
        var answer = await AskAsync<WriteTxnMarkersRequest, WriteTxnMarkersResponse>(new()
        {
            Markers = [new() { ProducerId = producer.Now.Id, ProducerEpoch = producer.Now.Epoch, Topics = [new() { Name = Paired, PartitionIndexes = [0] }] }],
        }, 1);
        var error = answer?.Markers[0].Topics[0].Partitions[0].ErrorCode;
        Demand(error, $"{producer.Name} can't be given up by hand");
        if (isOpen && error == ErrorCode.None)
        {
            GivenUp++;
            var late = await AskAsync<EndTxnRequest, EndTxnResponse>(new() { TransactionalId = producer.Name, ProducerId = producer.Now.Id, ProducerEpoch = producer.Now.Epoch, Committed = true }, 4);
            if (late is not null) Holds(late.ErrorCode != ErrorCode.None, $"{producer.Name} could commit what was given up.");
        }
        Lose(producer);
    }

    async Task AddAsync(Transacting producer)
    {
        var answer = await AskAsync<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(new()
        {
            V3AndBelowTransactionalId = producer.Name,
            V3AndBelowProducerId = producer.Now.Id,
            V3AndBelowProducerEpoch = producer.Now.Epoch,
            V3AndBelowTopics = [new() { Name = Paired, Partitions = [0, 1] }],
        }, 3);
        var error = (ErrorCode?)answer?.ResultsByTopicV3AndBelow[0].ResultsByPartition[0].PartitionErrorCode;
        Demand(error, $"{producer.Name} can't begin");
        if (error != ErrorCode.None) Lose(producer);
    }

    async Task WriteAsync(Transacting producer)
    {
        var batch = Wire.Batch([producer.Value], producer.Now.Id, producer.Now.Epoch, producer.Sequence, isTransactional: true);
        var answer = await AskAsync<ProduceRequest, ProduceResponse>(BrokerClient.Produce(Paired, producer.Written, batch, producer.Name), producer.IsSecondKind ? (short)12 : (short)11, random.Next(clients.Count));
        var error = answer?.Responses[0].PartitionResponses[0].ErrorCode;
        Demand(error, $"{producer.Name} can't write to {producer.Written}");
        if (error != ErrorCode.None) Lose(producer);
        else producer.Written++;
    }

    async Task CommitOffsetsAsync(Transacting producer)
    {
        if (!producer.IsSecondKind)
        {
            var added = await AskAsync<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>(new() { TransactionalId = producer.Name, ProducerId = producer.Now.Id, ProducerEpoch = producer.Now.Epoch, GroupId = "g" }, 3);
            Demand(added?.ErrorCode, $"{producer.Name} can't add offsets");
            if (added?.ErrorCode != ErrorCode.None)
            {
                Lose(producer);
                return;
            }
        }
        var answer = await AskAsync<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(new()
        {
            TransactionalId = producer.Name,
            GroupId = "g",
            ProducerId = producer.Now.Id,
            ProducerEpoch = producer.Now.Epoch,
            Topics = [new() { Name = Plain, Partitions = [new() { PartitionIndex = producer.Index, CommittedOffset = producer.Next }] }],
        }, producer.IsSecondKind ? (short)5 : (short)3);
        var error = answer?.Topics[0].Partitions[0].ErrorCode;
        Demand(error, $"{producer.Name} can't commit offsets");
        if (error != ErrorCode.None)
        {
            Lose(producer);
            return;
        }
        producer.HasOffsets = true;
        producer.Offsets[producer.Value] = producer.Next;
    }

    async Task EndAsync(Transacting producer)
    {
        producer.IsCommit ??= random.Next(3) > 0;
        producer.Stage = Stage.Ending;
        var answer = await AskAsync<EndTxnRequest, EndTxnResponse>(new() { TransactionalId = producer.Name, ProducerId = producer.Now.Id, ProducerEpoch = producer.Now.Epoch, Committed = producer.IsCommit == true }, producer.IsSecondKind ? (short)5 : (short)4);
        // Clients ask again, or the application begins anew and doesn't know.
        if (answer?.ErrorCode != ErrorCode.None)
        {
            Demand(answer?.ErrorCode, $"{producer.Name} can't end its transaction ({(producer.IsCommit == true ? "commit" : "abort")})");
            if (random.Next(4) == 0) Lose(producer);
            return;
        }
        (producer.IsCommit == true ? producer.Committed : producer.Aborted).Add(producer.Value);
        if (producer.IsCommit == true) Committed++;
        (producer.Stage, producer.Sequence) = (Stage.Ready, producer.Sequence + 1);
        if (!producer.IsSecondKind) return;
        Holds(answer.ProducerId == producer.Now.Id && answer.ProducerEpoch > producer.Now.Epoch, $"the epoch of {producer.Name} is {answer.ProducerEpoch} after {producer.Now.Epoch}.");
        (producer.Before, producer.Now, producer.Sequence) = (producer.Now, (answer.ProducerId, answer.ProducerEpoch), 0);
    }

    async Task FinishAsync(Transacting producer)
    {
        if (producer.Stage == Stage.Ending) await EndAsync(producer);
        else if (producer.Stage == Stage.Writing) Lose(producer);
        if (producer.Stage == Stage.Lost) await InitAsync(producer);
    }

    async Task CheckTransactionsAsync()
    {
        var (one, other) = (await ValuesAsync(Paired, 0, onlyCommitted: true), await ValuesAsync(Paired, 1, onlyCommitted: true));
        foreach (var there in new[] { one, other }) Holds(there.Distinct().Count() == there.Count && !there.Exists(v => v.StartsWith("zombie", StringComparison.Ordinal)), $"{Paired} has a record twice, or of a zombie.");
        var isSettled = transacting.All(p => p.Stage is Stage.Ready);
        foreach (var producer in transacting)
        {
            var (own, others) = (Of(producer, one), Of(producer, other));
            Holds(!own.Concat(others).Any(producer.Aborted.Contains), $"a reader of what is committed sees what {producer.Name} gave up: {string.Join(", ", own.Concat(others).Where(producer.Aborted.Contains))}");
            // Open transactions of others hide what lies behind them, in each partition by itself.
            if (!isSettled) continue;
            Holds(own.SequenceEqual(others), $"a transaction of {producer.Name} is torn: {string.Join(", ", own.Except(others).Concat(others.Except(own)))}");
            Holds(producer.Committed.IsSubsetOf(own), $"a transaction of {producer.Name} is lost: {string.Join(", ", producer.Committed.Except(own))}");
            Holds(own.SequenceEqual(own.OrderBy(v => int.Parse(v[(producer.Name.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture))), $"transactions of {producer.Name} are out of order.");
            producer.Committed.UnionWith(own);
            var wanted = own.Where(producer.Offsets.ContainsKey).Select(v => producer.Offsets[v]).DefaultIfEmpty(-1).Max();
            var offset = await OffsetOfAsync("g", Plain, producer.Index);
            Holds(offset == wanted, $"the offset of {producer.Name} is {offset}, and its records say {wanted}.");
        }
    }

    static List<string> Of(Transacting producer, List<string> values) => values.FindAll(v => v.StartsWith(producer.Name + " ", StringComparison.Ordinal));
}
