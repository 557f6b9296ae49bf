using Millrace.Broker.Tests.Connections;
using Millrace.Broker.Tests.Files;
using Millrace.Broker.Transactions;
using Millrace.Kafka.Wire;
using Millrace.Testing;

namespace Millrace.Broker.Tests.Crashes;

/// <summary>Transactions whose end the disk refuses. They are of the broker's state, a log in the folder "state", and of their partitions.</summary>
public sealed class RefusedTransactionTests
{
    const string State = "/disk/state";

    readonly VirtualClock clock = new(DateTimeOffset.UtcNow);

    static bool IsState(string path) => path == State || path.StartsWith(State + "/", StringComparison.Ordinal);

    sealed record Begun(BrokerClient Client, long Id, short Epoch)
    {
        internal Task<EndTxnResponse> EndAsync(bool isCommit = true) =>
            Client.AskAsync<EndTxnRequest, EndTxnResponse>(new() { TransactionalId = "tx", ProducerId = Id, ProducerEpoch = Epoch, Committed = isCommit }, 5);
    }

    /// <summary>A transaction with a record in each of two partitions, and an offset of a group.</summary>
    static async Task<Begun> BeginAsync(NodeBed bed)
    {
        var client = bed.Connect();
        await client.CreateAsync("t", 2);
        var producer = await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = "tx", TransactionTimeoutMs = 600_000 }, 4);
        var (id, epoch) = (producer.ProducerId, producer.ProducerEpoch);
        for (var p = 0; p < 2; p++) Assert.Equal(ErrorCode.None, (await client.ProduceAsync("t", p, Wire.Batch([$"{p}"], id, epoch, 0, true), "tx")).ErrorCode);
        var committed = await client.AskAsync<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(new()
        {
            TransactionalId = "tx",
            GroupId = "g",
            ProducerId = id,
            ProducerEpoch = epoch,
            Topics = [new() { Name = "t", Partitions = [new() { PartitionIndex = 0, CommittedOffset = 41 }] }],
        }, 5);
        Assert.Equal(ErrorCode.None, committed.Topics[0].Partitions[0].ErrorCode);
        return new(client, id, epoch);
    }

    static async Task<(long, ErrorCode)> OffsetAsync(BrokerClient client)
    {
        var found = (await client.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(new() { RequireStable = true, Groups = [new() { GroupId = "g", Topics = [new() { Name = "t", PartitionIndexes = [0] }] }] }, 8)).Groups[0].Topics[0].Partitions[0];
        return (found.CommittedOffset, found.ErrorCode);
    }

    static long[] Ends(NodeBed bed) => [.. bed.Node.Topics.Find("t")!.Partitions.Select(p => p.Log.EndOffset)];

    /// <summary>All or nothing: the records of both partitions, and the offset.</summary>
    static async Task<bool> IsCommittedAsync(BrokerClient client)
    {
        var seen = new List<string>();
        for (var p = 0; p < 2; p++) seen.AddRange(await client.ValuesAsync("t", p, onlyCommitted: true));
        var (offset, error) = await OffsetAsync(client);
        Assert.Equal(ErrorCode.None, error);
        Assert.True((seen.Count, offset) is (2, 41) or (0, -1), $"The transaction is in pieces: {seen.Count} of 2 records, and the offset {offset}.");
        return offset == 41;
    }

    /// <summary>Lets the broker try by itself, as it does each second, until something holds.</summary>
    async Task TriesUntilAsync(Func<bool> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            patience.Token.ThrowIfCancellationRequested();
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_marker_is_written_before_the_decision_is_safely_on_the_disk(bool isCommit)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            await using var bed = new NodeBed(seed, time: clock);
            var begun = await BeginAsync(bed);
            var refused = 0;
            bed.Disk.Refuses = (step, path) => step == DiskStep.Flush && IsState(path) && Interlocked.Increment(ref refused) > 0;
            Assert.Equal(ErrorCode.CoordinatorNotAvailable, (await begun.EndAsync(isCommit)).ErrorCode);
            Assert.Equal([1, 1], Ends(bed));
            // Nor when it's tried again, by the client or by the broker itself.
            Assert.Equal(ErrorCode.CoordinatorNotAvailable, (await begun.EndAsync(isCommit)).ErrorCode);
            var before = refused;
            await TriesUntilAsync(() => Volatile.Read(ref refused) >= before + 2);
            Assert.Equal([1, 1], Ends(bed));
            // The power goes: the decision is on the disk or it isn't, and all of the transaction goes by that.
            await bed.RestartAsync(withPower: true);
            var later = bed.Connect();
            var transaction = bed.Node.Transactions.Find("tx")!;
            if (transaction.IsOpen)
            {
                Assert.Equal([1, 1], Ends(bed));
                Assert.Equal((ErrorCode.None, isCommit), ((await (begun with { Client = later }).EndAsync(isCommit)).ErrorCode, await IsCommittedAsync(later)));
            }
            else
            {
                Assert.Equal((isCommit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort, isCommit), (transaction.State, await IsCommittedAsync(later)));
            }
        }
    }

    [Fact]
    public async Task A_decision_to_commit_is_not_turned_round_by_hand()
    {
        await using var bed = new NodeBed(1, time: clock);
        var begun = await BeginAsync(bed);
        bed.Disk.Refuses = (step, path) => step == DiskStep.Flush && IsState(path);
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, (await begun.EndAsync()).ErrorCode);
        Assert.Equal(ErrorCode.KafkaStorageError, await GiveUpAsync());
        Assert.Equal([1, 1], Ends(bed));
        bed.Disk.Refuses = null;
        Assert.Equal(ErrorCode.None, await GiveUpAsync());
        Assert.True(await IsCommittedAsync(begun.Client));
        Assert.Equal([2, 2], Ends(bed));

        async Task<ErrorCode> GiveUpAsync() => (await begun.Client.AskAsync<WriteTxnMarkersRequest, WriteTxnMarkersResponse>(new()
        {
            Markers = [new() { ProducerId = begun.Id, ProducerEpoch = begun.Epoch, Topics = [new() { Name = "t", PartitionIndexes = [0] }] }],
        }, 1)).Markers[0].Topics[0].Partitions[0].ErrorCode;
    }

    /// <summary>Ends the transaction, and lets the disk refuse one kind of operation on the state from its markers on.</summary>
    static async Task<Begun> EndRefusedAsync(NodeBed bed, DiskStep step)
    {
        var begun = await BeginAsync(bed);
        var isMarked = false;
        bed.Disk.Refuses = (done, path) =>
        {
            isMarked |= done == DiskStep.Write && path.StartsWith("/disk/topics/", StringComparison.Ordinal);
            return isMarked && done == step && IsState(path);
        };
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, (await begun.EndAsync()).ErrorCode);
        // The decision was made, and its markers are there.
        Assert.Equal([2, 2], Ends(bed));
        Assert.True(bed.Node.Transactions.Find("tx")!.IsEnding);
        return begun;
    }

    [Theory]
    [InlineData(DiskStep.Write)]
    [InlineData(DiskStep.Flush)]
    public async Task An_end_that_the_disk_refused_keeps_the_offsets_for_the_next_try_and_that_tells_the_new_epoch(object step)
    {
        await using var bed = new NodeBed(1, time: clock);
        var begun = await EndRefusedAsync(bed, (DiskStep)step);
        Assert.Equal((-1, ErrorCode.UnstableOffsetCommit), await OffsetAsync(begun.Client));
        bed.Disk.Refuses = null;
        for (var tries = 0; tries < 2; tries++)
        {
            var ended = await begun.EndAsync();
            Assert.Equal((ErrorCode.None, begun.Id, (short)(begun.Epoch + 1)), (ended.ErrorCode, ended.ProducerId, ended.ProducerEpoch));
            Assert.True(await IsCommittedAsync(begun.Client));
        }
        await bed.RestartAsync(withPower: true);
        Assert.True(await IsCommittedAsync(bed.Connect()));
    }

    [Theory]
    [InlineData(DiskStep.Write)]
    [InlineData(DiskStep.Flush)]
    public async Task An_end_that_the_disk_refused_is_tried_again_without_the_client_which_may_ask_afterwards(object step)
    {
        await using var bed = new NodeBed(1, time: clock);
        var begun = await EndRefusedAsync(bed, (DiskStep)step);
        bed.Disk.Refuses = null;
        var transaction = bed.Node.Transactions.Find("tx")!;
        await TriesUntilAsync(() => transaction.State == TransactionState.CompleteCommit);
        // The state is set under the transaction's gate, and the offsets apply then.
        await transaction.Turn.WaitAsync(TestContext.Current.CancellationToken);
        transaction.Turn.Release();
        // That may have been long enough for an idle connection to be ended.
        begun = begun with { Client = bed.Connect() };
        Assert.True(await IsCommittedAsync(begun.Client));
        // A client of transactions of the second kind asks again with the epoch that it knows.
        var ended = await begun.EndAsync();
        Assert.Equal((ErrorCode.None, begun.Id, (short)(begun.Epoch + 1)), (ended.ErrorCode, ended.ProducerId, ended.ProducerEpoch));
        Assert.Equal(ErrorCode.None, (await begun.Client.ProduceAsync("t", 0, Wire.Batch(["next"], begun.Id, ended.ProducerEpoch, 0, true), "tx")).ErrorCode);
        // And can't touch what came since.
        Assert.Equal(ErrorCode.ProducerFenced, (await begun.EndAsync()).ErrorCode);
    }
}
