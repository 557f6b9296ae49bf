using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;
using Millrace.Testing.Servers;

namespace Millrace.Broker.Tests.Transactions;

public sealed class TransactionTests
{
    static Task<InitProducerIdResponse> InitAsync(BrokerClient client, int timeoutMs = 60_000) =>
        client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = "tx", TransactionTimeoutMs = timeoutMs }, 4);

    static Task<EndTxnResponse> EndAsync(BrokerClient client, long id, short epoch, bool isCommit, short version = 5) =>
        client.AskAsync<EndTxnRequest, EndTxnResponse>(new() { TransactionalId = "tx", ProducerId = id, ProducerEpoch = epoch, Committed = isCommit }, version);

    [Fact]
    public async Task Readers_of_what_is_committed_see_neither_open_nor_aborted_records()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        var producer = await InitAsync(client);
        var (id, epoch) = (producer.ProducerId, producer.ProducerEpoch);
        Assert.Equal(ErrorCode.None, (await client.ProduceAsync("t", 0, Wire.Batch(["kept"], id, epoch, 0, true), "tx")).ErrorCode);
        Assert.Empty(await client.ValuesAsync("t", onlyCommitted: true));
        var ended = await EndAsync(client, id, epoch, isCommit: true);
        Assert.Equal((ErrorCode.None, (short)(epoch + 1)), (ended.ErrorCode, ended.ProducerEpoch));
        // The answer was lost and the client asks again.
        Assert.Equal(ErrorCode.None, (await EndAsync(client, id, epoch, isCommit: true)).ErrorCode);
        epoch = ended.ProducerEpoch;
        await client.ProduceAsync("t", 0, Wire.Batch(["dropped"], id, epoch, 0, true), "tx");
        Assert.Equal(ErrorCode.None, (await EndAsync(client, id, epoch, isCommit: false)).ErrorCode);
        Assert.Equal(["kept"], await client.ValuesAsync("t", onlyCommitted: true));
        Assert.Equal(["kept", "dropped"], await client.ValuesAsync("t"));
    }

    [Fact]
    public async Task A_late_end_does_not_touch_a_later_transaction()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        var producer = await InitAsync(client);
        var (id, epoch) = (producer.ProducerId, producer.ProducerEpoch);
        await client.ProduceAsync("t", 0, Wire.Batch(["first"], id, epoch, 0, true), "tx");
        var next = (await EndAsync(client, id, epoch, isCommit: true)).ProducerEpoch;
        await client.ProduceAsync("t", 0, Wire.Batch(["second"], id, next, 0, true), "tx");
        Assert.Equal(ErrorCode.ProducerFenced, (await EndAsync(client, id, epoch, isCommit: true)).ErrorCode);
        Assert.Equal(["first"], await client.ValuesAsync("t", onlyCommitted: true));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, (await client.ProduceAsync("t", 0, Wire.Batch(["zombie"], id, epoch, 1, true), "tx")).ErrorCode);
    }

    [Fact]
    public async Task A_new_producer_of_the_same_id_fences_the_old_one_and_gives_up_what_it_had_begun()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        var old = await InitAsync(client);
        await client.ProduceAsync("t", 0, Wire.Batch(["zombie"], old.ProducerId, old.ProducerEpoch, 0, true), "tx");
        var young = await InitAsync(client);
        Assert.True(young.ProducerEpoch > old.ProducerEpoch);
        Assert.Equal(ErrorCode.ProducerFenced, (await EndAsync(client, old.ProducerId, old.ProducerEpoch, isCommit: true, version: 4)).ErrorCode);
        Assert.Empty(await client.ValuesAsync("t", onlyCommitted: true));
    }

    [Fact]
    public async Task Offsets_come_with_their_transaction_or_not_at_all_and_an_open_one_outlives_a_restart()
    {
        using var folder = new TempFolder();
        var options = new BrokerOptions { Folder = folder.FullPath };
        long id;
        short epoch;
        await using (var broker = await EmbeddedBroker.StartAsync(options, cancellation: TestContext.Current.CancellationToken))
        {
            using var client = new BrokerClient(broker);
            await client.CreateAsync("t");
            var producer = await InitAsync(client);
            (id, epoch) = (producer.ProducerId, producer.ProducerEpoch);
            await client.ProduceAsync("t", 0, Wire.Batch(["a"], id, epoch, 0, true), "tx");
            Assert.Equal(ErrorCode.None, await CommitAsync(client, id, epoch, 41));
            Assert.Equal((-1, ErrorCode.UnstableOffsetCommit), await FetchOffsetAsync(client));
        }
        await using var again = await EmbeddedBroker.StartAsync(options, cancellation: TestContext.Current.CancellationToken);
        using var later = new BrokerClient(again);
        Assert.Empty(await later.ValuesAsync("t", onlyCommitted: true));
        Assert.Equal((-1, ErrorCode.UnstableOffsetCommit), await FetchOffsetAsync(later));
        Assert.Equal(ErrorCode.None, (await EndAsync(later, id, epoch, isCommit: true)).ErrorCode);
        Assert.Equal(["a"], await later.ValuesAsync("t", onlyCommitted: true));
        Assert.Equal((41, ErrorCode.None), await FetchOffsetAsync(later));
    }

    static async Task<ErrorCode> CommitAsync(BrokerClient client, long id, short epoch, long offset) =>
        (await client.AskAsync<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(new()
        {
            TransactionalId = "tx",
            GroupId = "g",
            ProducerId = id,
            ProducerEpoch = epoch,
            Topics = [new() { Name = "t", Partitions = [new() { PartitionIndex = 0, CommittedOffset = offset }] }],
        }, 5)).Topics[0].Partitions[0].ErrorCode;

    static async Task<(long, ErrorCode)> FetchOffsetAsync(BrokerClient client)
    {
        var found = (await client.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(new() { RequireStable = true, Groups = [new() { GroupId = "g", Topics = [new() { Name = "t", PartitionIndexes = [0] }] }] }, 8)).Groups[0].Topics[0].Partitions[0];
        return (found.CommittedOffset, found.ErrorCode);
    }
}
