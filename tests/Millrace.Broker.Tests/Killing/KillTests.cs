using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;
using Millrace.Testing.Servers;

namespace Millrace.Broker.Tests.Killing;

public sealed class KillTests(ITestOutputHelper output)
{
    const int Kills = 8;

    [Fact]
    public async Task A_broker_that_is_killed_under_load_has_all_that_it_acknowledged_and_no_half_transaction()
    {
        using var folder = new TempFolder();
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var (acknowledged, committed, number) = (new List<string>(), new List<string>(), 0);
        for (var kill = 0; kill < Kills; kill++)
        {
            using var broker = await BrokerProcess.StartAsync(folder.FullPath);
            using (var reader = new BrokerClient(broker.Port))
            {
                await reader.CreateAsync("plain");
                await reader.CreateAsync("paired", 2);
                await CheckAsync(reader, acknowledged, committed);
            }
            // The load decides when: so many answers from now on.
            var left = random.Next(50, 400);
            var reached = new TaskCompletionSource();
            void Count()
            {
                if (Interlocked.Decrement(ref left) == 0) reached.TrySetResult();
            }
            var plain = ProduceAsync(broker.Port, acknowledged, () => Interlocked.Increment(ref number), Count);
            var paired = TransactAsync(broker.Port, committed, () => Interlocked.Increment(ref number), Count, random.Next());
            await Task.WhenAny(reached.Task, Task.WhenAll(plain, paired));
            broker.Kill();
            await Task.WhenAll(plain, paired);
        }
        using var last = await BrokerProcess.StartAsync(folder.FullPath);
        using var client = new BrokerClient(last.Port);
        await CheckAsync(client, acknowledged, committed);
        output.WriteLine($"{acknowledged.Count} records and {committed.Count} transactions were acknowledged over {Kills} kills");
        Assert.NotEmpty(acknowledged);
        Assert.NotEmpty(committed);
    }

    static async Task CheckAsync(BrokerClient client, List<string> acknowledged, List<string> committed)
    {
        var there = await client.ValuesAsync("plain");
        // What was never answered may be there too: in its place, and once.
        Assert.Equal(there.Distinct(), there);
        var wanted = acknowledged.ToHashSet();
        Assert.Equal(acknowledged, there.Where(wanted.Contains));
        // A transaction that was decided before the kill is finished by the start, so both halves are alike.
        var (one, other) = (await client.ValuesAsync("paired", 0, onlyCommitted: true), await client.ValuesAsync("paired", 1, onlyCommitted: true));
        Assert.Equal(one, other);
        Assert.Empty(committed.Except(one));
        Assert.DoesNotContain(one, v => v.StartsWith("dropped", StringComparison.Ordinal));
    }

    static async Task ProduceAsync(int port, List<string> acknowledged, Func<int> next, Action count)
    {
        try
        {
            using var client = new BrokerClient(port);
            while (true)
            {
                var value = $"v{next()}";
                if ((await client.ProduceAsync("plain", 0, Wire.Batch([value]))).ErrorCode != ErrorCode.None) return;
                acknowledged.Add(value);
                count();
            }
        }
        catch (Exception gone) when (gone is IOException or System.Net.Sockets.SocketException)
        {
            // The broker was killed, as it should be.
        }
    }

    static async Task TransactAsync(int port, List<string> committed, Func<int> next, Action count, int seed)
    {
        var random = new Random(seed);
        try
        {
            using var client = new BrokerClient(port);
            var producer = await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = "tx", TransactionTimeoutMs = 60_000 }, 4);
            var (id, epoch) = (producer.ProducerId, producer.ProducerEpoch);
            while (true)
            {
                var keeps = random.Next(3) > 0;
                var value = $"{(keeps ? "kept" : "dropped")} {next()}";
                for (var partition = 0; partition < 2; partition++)
                    if ((await client.ProduceAsync("paired", partition, Wire.Batch([value], id, epoch, 0, isTransactional: true), "tx")).ErrorCode != ErrorCode.None) return;
                var ended = await client.AskAsync<EndTxnRequest, EndTxnResponse>(new() { TransactionalId = "tx", ProducerId = id, ProducerEpoch = epoch, Committed = keeps }, 5);
                if (ended.ErrorCode != ErrorCode.None) return;
                if (keeps) committed.Add(value);
                (id, epoch) = (ended.ProducerId, ended.ProducerEpoch);
                count();
            }
        }
        catch (Exception gone) when (gone is IOException or System.Net.Sockets.SocketException)
        {
            // The broker was killed, as it should be.
        }
    }
}
