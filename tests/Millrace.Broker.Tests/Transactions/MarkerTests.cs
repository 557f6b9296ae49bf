using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;
using Millrace.Testing.Servers;

namespace Millrace.Broker.Tests.Transactions;

/// <summary>Transactions that somebody ends by hand.</summary>
public sealed class MarkerTests
{
    /// <summary>A producer that the coordinator has never heard of.</summary>
    const long Stranger = 777_777;

    static async Task<(long Id, short Epoch)> InitAsync(BrokerClient client)
    {
        var producer = await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = "tx", TransactionTimeoutMs = 60_000 }, 4);
        return (producer.ProducerId, producer.ProducerEpoch);
    }

    static Task<EndTxnResponse> EndAsync(BrokerClient client, long id, short epoch, bool isCommit = true, short version = 5) =>
        client.AskAsync<EndTxnRequest, EndTxnResponse>(new() { TransactionalId = "tx", ProducerId = id, ProducerEpoch = epoch, Committed = isCommit }, version);

    static async Task<List<ErrorCode>> MarkAsync(BrokerClient client, long id, short epoch, int[] partitions, bool isCommit = false, short version = 1, sbyte kind = 0)
    {
        var answer = await client.AskAsync<WriteTxnMarkersRequest, WriteTxnMarkersResponse>(new()
        {
            Markers = [new() { ProducerId = id, ProducerEpoch = epoch, TransactionResult = isCommit, TransactionVersion = kind, Topics = [new() { Name = "t", PartitionIndexes = [.. partitions] }] }],
        }, version);
        var marker = Assert.Single(answer.Markers);
        Assert.Equal((id, "t"), (marker.ProducerId, Assert.Single(marker.Topics).Name));
        Assert.Equal(partitions, marker.Topics[0].Partitions.Select(p => p.PartitionIndex));
        return marker.Topics[0].Partitions.ConvertAll(p => p.ErrorCode);
    }

    static async Task<ErrorCode> MarkAsync(BrokerClient client, long id, short epoch, bool isCommit = false, short version = 1, sbyte kind = 0) =>
        Assert.Single(await MarkAsync(client, id, epoch, [0], isCommit, version, kind));

    /// <summary>Leaves records in a partition of whose transaction the coordinator knows nothing, as a lost state would.</summary>
    static Task HangAsync(EmbeddedBroker broker, short epoch, int partition = 0)
    {
        var there = broker.Node.Topics.Find("t", partition)!;
        return there.SafeAsync(there.Log.Append(Wire.Batch(["hanging"], Stranger, epoch, 0, true), broker.Node.Epoch, broker.Node.Now));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_nobody_knows_any_more_is_given_up_and_stays_so(short version)
    {
        using var folder = new TempFolder();
        var options = new BrokerOptions { Folder = folder.FullPath };
        await using (var broker = await EmbeddedBroker.StartAsync(options, cancellation: TestContext.Current.CancellationToken))
        {
            using var client = new BrokerClient(broker);
            await client.CreateAsync("t", 2);
            await HangAsync(broker, epoch: 3);
            await HangAsync(broker, epoch: 3, partition: 1);
            await client.ProduceAsync("t", 0, Wire.Batch(["behind"]));
            Assert.Empty(await client.ValuesAsync("t", onlyCommitted: true));
            Assert.Equal([ErrorCode.None], await MarkAsync(client, Stranger, 3, [0], version: version));
            Assert.Equal(["behind"], await client.ValuesAsync("t", onlyCommitted: true));
            // Nobody spoke of the other partition.
            Assert.NotNull(broker.Node.Topics.Find("t", 1)!.Log.FindProducer(Stranger)!.OpenSince);
            Assert.Equal([ErrorCode.None, ErrorCode.None], await MarkAsync(client, Stranger, 3, [0, 1], version: version));
            Assert.Equal((3, 2), (broker.Node.Topics.Find("t", 0)!.Log.EndOffset, broker.Node.Topics.Find("t", 1)!.Log.EndOffset));
        }
        await using var again = await EmbeddedBroker.StartAsync(options, cancellation: TestContext.Current.CancellationToken);
        using var later = new BrokerClient(again);
        Assert.Equal(["behind"], await later.ValuesAsync("t", onlyCommitted: true));
        Assert.Equal((3, 2), (again.Node.Topics.Find("t", 0)!.Log.EndOffset, again.Node.Topics.Find("t", 1)!.Log.EndOffset));
    }

    [Theory]
    [InlineData(12)]
    [InlineData(11)]
    public async Task What_the_coordinator_has_open_is_given_up_as_a_whole_and_cannot_be_committed(short produce)
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t", 2);
        var (id, epoch) = await InitAsync(client);
        if (produce < 12)
        {
            await client.AskAsync<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(new()
            {
                V3AndBelowTransactionalId = "tx",
                V3AndBelowProducerId = id,
                V3AndBelowProducerEpoch = epoch,
                V3AndBelowTopics = [new() { Name = "t", Partitions = [0, 1] }],
            }, 3);
        }
        for (var p = 0; p < 2; p++) Assert.Equal(ErrorCode.None, (await client.ProduceAsync("t", p, Wire.Batch(["torn"], id, epoch, 0, true), "tx", produce)).ErrorCode);
        Assert.Equal(ErrorCode.None, await MarkAsync(client, id, epoch));
        // The answer was lost, and the tool asks again.
        Assert.Equal(ErrorCode.None, await MarkAsync(client, id, epoch));
        Assert.Equal(ErrorCode.ProducerFenced, (await EndAsync(client, id, epoch, version: 4)).ErrorCode);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, (await client.ProduceAsync("t", 1, Wire.Batch(["late"], id, epoch, 1, true), "tx", produce)).ErrorCode);
        await client.ProduceAsync("t", 0, Wire.Batch(["behind"]));
        Assert.Equal(["behind"], await client.ValuesAsync("t", 0, onlyCommitted: true));
        Assert.Empty(await client.ValuesAsync("t", 1, onlyCommitted: true));
        Assert.Equal(["torn"], await client.ValuesAsync("t", 1));
        var (next, above) = await InitAsync(client);
        Assert.Equal((id, true), (next, above > epoch));
        Assert.Equal(ErrorCode.None, (await client.ProduceAsync("t", 1, Wire.Batch(["kept"], next, above, 0, true), "tx")).ErrorCode);
        Assert.Equal(ErrorCode.None, (await EndAsync(client, next, above)).ErrorCode);
        Assert.Equal(["kept"], await client.ValuesAsync("t", 1, onlyCommitted: true));
    }

    [Fact]
    public async Task An_epoch_that_is_too_old_ends_nothing()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        await HangAsync(broker, epoch: 3);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, await MarkAsync(client, Stranger, 2));
        // A marker of the second kind of transactions has an epoch of its own.
        Assert.Equal(ErrorCode.InvalidProducerEpoch, await MarkAsync(client, Stranger, 3, version: 2, kind: 2));
        Assert.NotNull(broker.Node.Topics.Find("t", 0)!.Log.FindProducer(Stranger)!.OpenSince);
        Assert.Equal(ErrorCode.None, await MarkAsync(client, Stranger, 4, version: 2, kind: 2));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, await MarkAsync(client, Stranger, 2));
        // A transaction that was begun since is not the one that was meant.
        var (id, epoch) = await InitAsync(client);
        await client.ProduceAsync("t", 0, Wire.Batch(["first"], id, epoch, 0, true), "tx");
        var next = (await EndAsync(client, id, epoch)).ProducerEpoch;
        await client.ProduceAsync("t", 0, Wire.Batch(["second"], id, next, 0, true), "tx");
        Assert.Equal(ErrorCode.InvalidProducerEpoch, await MarkAsync(client, id, epoch));
        Assert.Equal(ErrorCode.None, (await EndAsync(client, id, next)).ErrorCode);
        Assert.Equal(["first", "second"], await client.ValuesAsync("t", onlyCommitted: true));
    }

    [Fact]
    public async Task Nothing_is_committed_by_hand_and_what_is_not_there_is_told()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        await HangAsync(broker, epoch: 3);
        Assert.Equal([ErrorCode.InvalidTxnState, ErrorCode.UnknownTopicOrPartition], await MarkAsync(client, Stranger, 3, [0, 1], isCommit: true));
        Assert.Empty(await client.ValuesAsync("t", onlyCommitted: true));
        Assert.Equal([ErrorCode.UnknownTopicOrPartition, ErrorCode.None, ErrorCode.UnknownTopicOrPartition], await MarkAsync(client, Stranger, 3, [-1, 0, 1]));
        var end = broker.Node.Topics.Find("t", 0)!.Log.EndOffset;
        // Neither a producer that was never here nor one that is done leaves a trace, or could lock anybody out.
        Assert.Equal(ErrorCode.None, await MarkAsync(client, 123, short.MaxValue));
        Assert.Equal(ErrorCode.None, await MarkAsync(client, Stranger, short.MaxValue));
        Assert.Equal(end, broker.Node.Topics.Find("t", 0)!.Log.EndOffset);
    }
}
