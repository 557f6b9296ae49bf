using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Millrace.Testing.Servers;
using Partitioner = Millrace.Kafka.Partitioner;

namespace Millrace.Broker.Tests.StockClients;

/// <summary>Our client beside those of others: in one group, with the same keys, through transactions, and at brokers that aren't ours.</summary>
public sealed class OwnClientTests
{
    static CancellationToken Patience => TestContext.Current.CancellationToken;

    static string[] Keys => [.. Enumerable.Range(0, 200).Select(i => string.Create(CultureInfo.InvariantCulture, $"key {i * i} grün"))];

    static async Task<int[]> OwnPartitionsAsync(KafkaClient kafka, string topic, Partitioner partitioner)
    {
        await using var producer = kafka.CreateProducer<string, string>(new() { Partitioner = partitioner });
        var deliveries = new List<int>();
        foreach (var key in Keys) deliveries.Add((await producer.SendAsync(topic, key, key, Patience)).Partition);
        return [.. deliveries];
    }

    [Fact]
    public async Task Keys_have_the_partitions_that_kcat_and_kafkajs_give_them()
    {
        StockClient.Need("kcat", "-V");
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: Patience);
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        await kafka.Admin.CreateTopicAsync("keys", partitions: 7, cancellation: Patience);
        await kafka.Admin.CreateTopicAsync("kcat", partitions: 7, cancellation: Patience);
        await StockClient.RunAsync("kcat", ["-b", broker.BootstrapServers, "-P", "-t", "kcat", "-K|"], string.Concat(Keys.Select(k => $"{k}|{k}\n")));
        var byKcat = new Dictionary<string, int>();
        await using (var consumer = kafka.CreateConsumer<string, string>(new() { Topics = ["kcat"] }))
            await foreach (var record in consumer.ReadToEndAsync(Patience)) byKcat[record.Key] = record.Partition;
        Assert.Equal(Keys.Select(k => byKcat[k]), await OwnPartitionsAsync(kafka, "keys", Partitioner.Crc32));

        var byKafkaJs = (await StockClient.ScriptAsync("kafkajs-keys.mjs", [broker.BootstrapServers, "keys"], string.Join('\n', Keys) + "\n")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(byKafkaJs.Select(p => int.Parse(p, CultureInfo.InvariantCulture)), await OwnPartitionsAsync(kafka, "keys", Partitioner.Murmur2));
    }

    [Fact]
    public async Task Ours_and_kafkajs_share_a_group_and_take_over_from_each_other()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: Patience);
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        await kafka.Admin.CreateTopicAsync("orders", partitions: 4, cancellation: Patience);
        var (seen, changes) = (new ConcurrentQueue<string>(), new Changes());
        ValueTask Told(IReadOnlyCollection<TopicPartition> partitions)
        {
            changes.Tell();
            return default;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Patience);
        await using var ours = kafka.CreateConsumer<string, string>(new() { Topics = ["orders"], Group = "shop", HeartbeatInterval = TimeSpan.FromMilliseconds(50), OnAssigned = Told });
        var reading = ReadAsync();
        await changes.UntilAsync(() => ours.Assignment.Count == 4, Patience);
        // Which fetches the packages where they aren't yet.
        await StockClient.ScriptAsync("kafkajs-keys.mjs", [broker.BootstrapServers, "warm-up"], "k\n");
        using var theirs = StockClient.Start("kafkajs-member.mjs", broker.BootstrapServers, "shop", "orders");
        var has = "";
        theirs.OutputDataReceived += (_, line) =>
        {
            if (line.Data is not { } text) return;
            if (text.StartsWith("has ", StringComparison.Ordinal)) Volatile.Write(ref has, text[4..]);
            else seen.Enqueue("theirs " + text["read ".Length..]);
            changes.Tell();
        };
        theirs.BeginOutputReadLine();
        await changes.UntilAsync(() => ours.Assignment.Count == 2 && Volatile.Read(ref has).Length == 3, Patience);
        await SendAsync(0);
        await changes.UntilAsync(() => seen.Count >= 40, Patience);
        Assert.Equal(20, seen.Count(s => s.StartsWith("ours", StringComparison.Ordinal)));
        theirs.StandardInput.Close();
        await theirs.WaitForExitAsync(Patience);
        await changes.UntilAsync(() => ours.Assignment.Count == 4, Patience);
        await SendAsync(40);
        await changes.UntilAsync(() => seen.Count >= 80, Patience);
        Assert.Equal(Enumerable.Range(0, 80).Select(i => $"{i}").Order(), seen.Select(s => s.Split(' ')[1]).Order());
        await stop.CancelAsync();
        await reading;

        async Task ReadAsync()
        {
            await Task.Yield();
            try
            {
                await foreach (var record in ours.ReadAllAsync(stop.Token))
                {
                    seen.Enqueue($"ours {record.Value}");
                    changes.Tell();
                }
            }
            catch (OperationCanceledException)
            {
                // Stopped.
            }
        }

        async Task SendAsync(int from)
        {
            await using var producer = kafka.CreateProducer<string, string>();
            for (var i = from; i < from + 40; i++) await producer.SendAsync(new("orders", "k", $"{i}") { Partition = i % 4 }, Patience);
        }
    }

    [Fact]
    public async Task Of_our_transactions_others_read_what_was_committed_and_the_other_way_round()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: Patience);
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        await StockClient.ScriptAsync("confluent-transactions.py", [broker.BootstrapServers]);
        var values = new List<string>();
        await using (var consumer = kafka.CreateConsumer<byte[], string>(new() { Topics = ["records"] }))
            await foreach (var record in consumer.ReadToEndAsync(Patience)) values.Add(record.Value);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"kept {i % 5}"), values);

        await using var producer = kafka.CreateProducer<string, string>(new() { TransactionalId = "ours" });
        for (var i = 0; i < 4; i++)
        {
            await using var transaction = await producer.BeginTransactionAsync(Patience);
            await producer.EnqueueAsync("ours", "k", $"v{i}", Patience);
            if (i % 2 == 0) await transaction.CommitAsync(Patience);
        }
        Assert.Equal("v0\nv2\n", await StockClient.RunAsync("kcat", ["-b", broker.BootstrapServers, "-C", "-t", "ours", "-e", "-q", "-X", "isolation.level=read_committed"]));
    }

    [Fact]
    public async Task A_cluster_of_several_brokers_is_written_and_read_wherever_its_leaders_are()
    {
        await using var cluster = await MockCluster.StartAsync(brokers: 3, "records");
        await using var kafka = new KafkaClient(cluster.BootstrapServers);
        await using var producer = kafka.CreateProducer<string, string>();
        var deliveries = new List<Delivery>();
        for (var i = 0; i < 200; i++) deliveries.Add(await producer.SendAsync(new("records", $"k{i}", $"v{i}") { Partition = i % 4 }, Patience));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => 10L + i / 4), deliveries.Select(d => d.Offset));
        for (var i = 200; i < 5_000; i++) await producer.EnqueueAsync("records", $"k{i}", $"v{i}", Patience);
        await producer.FlushAsync(Patience);

        var values = new List<string>();
        await using (var consumer = kafka.CreateConsumer<byte[]?, string>(new() { Topics = ["records"], Group = "readers" }))
            while (values.Count < 5_040) values.Add((await consumer.ReadAsync(Patience)).Value);
        Assert.Equal(Enumerable.Range(0, 5_000).Select(i => $"v{i}").Concat(Enumerable.Range(0, 40).Select(i => $"record {i}")).Order(), values.Order());
        Assert.Equal(5_040, (await StockClient.RunAsync("kcat", ["-b", cluster.BootstrapServers, "-C", "-t", "records", "-e", "-q", "-o", "beginning"])).Count(c => c == '\n'));
    }
}
