using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Broker;
using Millrace.Broker.Tests.Clients;
using Millrace.Testing.Servers;

namespace Millrace.Kafka.Tests.Client;

/// <summary>
/// Brokers that say what isn't so, for a while that a seed chooses or for ever. MILLRACE_FAULT_SEED repeats one seed,
/// MILLRACE_FAULT_SEEDS tries that many.
/// </summary>
public sealed class LieTests(ITestOutputHelper output)
{
    const int Partitions = 3, Keys = 4, Turns = 30;

    static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_acknowledged_is_there_once_and_is_read_once_whatever_brokers_said_in_between()
    {
        var (lies, records) = (0, 0);
        foreach (var seed in FaultTests.Seeds())
        {
            await using var scene = await Scene.StartAsync(seed);
            try
            {
                await scene.RunAsync().WaitAsync(Longest, Patience);
                lies += scene.Liar.Told;
                records += scene.Acknowledged.Values.Sum(v => v.Count);
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                throw new InvalidOperationException($"Seed {seed}, after {scene.Doing}: {failed.Message} Repeat it with MILLRACE_FAULT_SEED={seed}.", failed);
            }
        }
        output.WriteLine($"{FaultTests.Seeds().Count()} seeds, {lies} lies, {records} records acknowledged");
        Assert.True(lies > 0);
    }

    // Alone, as other lies make a client forget it.
    [Fact]
    public async Task A_leadership_that_never_was_is_given_up_when_everybody_speaks_of_another()
    {
        await using var bed = await Scene.StartAsync(seed: 1);
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        await producer.SendAsync("log", "k", "v", Patience);
        bed.Liar.Tells = Lie.LaterEpoch;
        await bed.Kafka.Metadata.RefreshAsync(bed.Kafka.Metadata.View);
        bed.Liar.Tells = Lie.None;
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(new() { Topics = ["log"] });
        Assert.Equal("v", (await consumer.ReadAsync(Patience)).Value);
    }

    [Fact]
    public async Task What_can_not_be_read_for_long_is_a_warning_with_its_name_and_is_read_when_it_can_be()
    {
        var warnings = new Warnings();
        await using var bed = await Scene.StartAsync(seed: 1, retryFor: TimeSpan.FromMilliseconds(300), warnings);
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        await producer.SendAsync(new("log", "k", "v") { Partition = 1 }, Patience);
        bed.Liar.Tells = Lie.NoLeader;
        await bed.Kafka.Metadata.RefreshAsync(bed.Kafka.Metadata.View);
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(new() { Partitions = [new("log", 1)] });
        var reading = consumer.ReadAsync(Patience).AsTask();
        await warnings.Changes.UntilAsync(() => warnings.Said.Any(w => w == "log-1 could not be read for 00:00:00.3000000, and is tried again: log-1 has no leader."), Patience);
        Assert.False(reading.IsCompleted);
        bed.Liar.Tells = Lie.None;
        Assert.Equal("v", (await reading).Value);
    }

    sealed class Warnings : ILogger
    {
        internal ConcurrentQueue<string> Said { get; } = new();

        internal Changes Changes { get; } = new();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel level) => level >= LogLevel.Warning;

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> format)
        {
            Said.Enqueue(format(state, exception));
            Changes.Tell();
        }
    }

    // A lie, and what the error says to do when it lasts.
    [Theory]
    [InlineData((int)Lie.DeadLeader, "127.0.0.1:1 can't be reached: Connection refused. Check that it runs, and that the address it advertises can be reached from here.")]
    [InlineData((int)Lie.LaterLeader, "127.0.0.1:1 can't be reached: Connection refused. Check that it runs, and that the address it advertises can be reached from here.")]
    [InlineData((int)Lie.NoLeader, "the partition has no leader (LeaderNotAvailable). Start the brokers that have its replicas.")]
    [InlineData((int)Lie.NoTopic, "there is no such topic or partition (UnknownTopicOrPartition). Create the topic, or check its name.")]
    [InlineData((int)Lie.FewerPartitions, "there is no such topic or partition (UnknownTopicOrPartition). Create the topic, or check its name.")]
    [InlineData((int)Lie.ProduceRefused, "Brokers and metadata disagree over who leads: look at the cluster's controller.")]
    public async Task A_lie_that_lasts_fails_the_record_in_time_by_name_and_none_behind_it_is_lost(int lie, string remedy)
    {
        await using var bed = await Scene.StartAsync(seed: 1);
        await using var producer = bed.Kafka.CreateProducer<string, string>(new() { DeliveryTimeout = TimeSpan.FromMilliseconds(500) });
        List<string> acknowledged = [];
        await SendAsync("before");
        bed.Liar.Tells = (Lie)lie;
        KafkaException? failed = null;
        // Until the lie is heard all is well.
        for (var i = 0; failed is null; i++)
        {
            try
            {
                await SendAsync($"meanwhile {i}");
            }
            catch (KafkaException refused)
            {
                failed = refused;
            }
        }
        Assert.StartsWith("1 record for log-2 was not delivered within 0.5 s (ProducerOptions.DeliveryTimeout)", failed!.Message, StringComparison.Ordinal);
        Assert.EndsWith(remedy, failed.Message, StringComparison.Ordinal);
        // Only what was sent can have been written.
        Assert.Equal((Lie)lie == Lie.ProduceRefused, failed!.Message.Contains("may have been written", StringComparison.Ordinal));
        bed.Liar.Tells = Lie.None;
        for (var i = 0; i < 10; i++) await SendAsync($"after {i}");
        var read = (await bed.ReadAllAsync<string>()).ConvertAll(r => r.Value);
        Assert.Equal(acknowledged, read.Where(acknowledged.Contains));
        Assert.True(read.Count <= acknowledged.Count + 1, string.Join(", ", read));

        async Task SendAsync(string value)
        {
            await producer.SendAsync(new("log", "k", value) { Partition = 2 }, Patience);
            acknowledged.Add(value);
        }
    }

    [Fact]
    public async Task A_producer_that_is_never_given_an_id_says_so_by_the_name_of_the_partition()
    {
        await using var bed = await Scene.StartAsync(seed: 1);
        await using var producer = bed.Kafka.CreateProducer<string, string>(new() { DeliveryTimeout = TimeSpan.FromMilliseconds(300) });
        bed.Liar.Tells = Lie.NoProducerId;
        var failed = await Assert.ThrowsAsync<KafkaException>(async () => await producer.SendAsync(new("log", "k", "v") { Partition = 1 }, Patience));
        Assert.Equal("1 record for log-1 was not delivered within 0.3 s (ProducerOptions.DeliveryTimeout). The last attempt: The broker gave the producer no id: no broker coordinates it at the moment (CoordinatorNotAvailable). Look whether all brokers are up.", failed.Message);
        bed.Liar.Tells = Lie.None;
        Assert.Equal(0, (await producer.SendAsync(new("log", "k", "v") { Partition = 1 }, Patience)).Offset);
    }

    [Theory]
    [InlineData((int)Lie.CoordinatorElsewhere, "The coordinator of group 'readers' can't be asked: The broker 127.0.0.1:1 can't be reached")]
    [InlineData((int)Lie.NoCoordinator, "The coordinator of group 'readers' was not found: no broker coordinates it at the moment (CoordinatorNotAvailable). Look whether all brokers are up.")]
    public async Task A_coordinator_that_is_never_found_is_told_by_the_name_of_the_group_and_reading_on_goes_on(int lie, string says)
    {
        await using var bed = await Scene.StartAsync(seed: 1, retryFor: TimeSpan.FromMilliseconds(300));
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        await producer.SendAsync("log", "k", "v", Patience);
        bed.Liar.Tells = (Lie)lie;
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(new() { Topics = ["log"], Group = "readers" });
        var failed = await Assert.ThrowsAsync<KafkaException>(async () => await consumer.ReadAsync(Patience));
        Assert.StartsWith(says, failed.Message, StringComparison.Ordinal);
        bed.Liar.Tells = Lie.None;
        Assert.Equal("v", (await consumer.ReadAsync(Patience)).Value);
    }

    sealed class Scene : IAsyncDisposable
    {
        readonly string folder = Path.Combine(Path.GetTempPath(), $"millrace-lies-{Guid.NewGuid():N}");
        readonly Random random;
        readonly WireRelay relay;
        readonly GroupProtocol protocol;
        readonly ConcurrentQueue<(int Partition, string Key, int Value)> read = new();
        readonly Changes changes = new();
        EmbeddedBroker? broker;
        volatile bool isEnding;

        Scene(int seed, TimeSpan retryFor, ILogger? logger)
        {
            random = new(seed);
            relay = new(Liar.Change);
            protocol = seed % 2 == 0 ? GroupProtocol.Consumer : GroupProtocol.Classic;
            Kafka = new(new KafkaOptions
            {
                BootstrapServers = $"127.0.0.1:{relay.Port}",
                RequestTimeout = TimeSpan.FromSeconds(2),
                RetryTimeout = retryFor,
                Logger = logger ?? NullLogger.Instance,
                // Asked for all the time: no lie is missed.
                MetadataMaxAge = TimeSpan.FromMilliseconds(10),
            });
        }

        internal Liar Liar { get; } = new();

        internal KafkaClient Kafka { get; }

        internal string Doing { get; private set; } = "nothing";

        /// <summary>By key, the numbers that were acknowledged.</summary>
        internal ConcurrentDictionary<string, List<int>> Acknowledged { get; } = new();

        internal static async Task<Scene> StartAsync(int seed, TimeSpan? retryFor = null, ILogger? logger = null)
        {
            var scene = new Scene(seed, retryFor ?? TimeSpan.FromMinutes(1), logger);
            // Once more, so that there is an earlier leadership to lie about.
            await (await scene.OpenAsync()).DisposeAsync();
            scene.broker = await scene.OpenAsync();
            scene.relay.BrokerPort = scene.broker.Port;
            await scene.Kafka.Admin.CreateTopicAsync("log", Partitions, cancellation: Patience);
            return scene;
        }

        Task<EmbeddedBroker> OpenAsync() => EmbeddedBroker.StartAsync(new()
        {
            Folder = folder,
            Durability = Durability.PageCache,
            Advertised = $"127.0.0.1:{relay.Port}",
            Settings = new Dictionary<string, string> { ["group.consumer.heartbeat.interval.ms"] = "50" },
        }, cancellation: Patience);

        internal async Task RunAsync()
        {
            Liar.Tells = NextLie();
            await using var consumer = Kafka.CreateConsumer<string, int>(new() { Topics = ["log"], Group = "readers", Protocol = protocol, HeartbeatInterval = TimeSpan.FromMilliseconds(50), AutoCommit = TimeSpan.FromMilliseconds(20) });
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Patience);
            var reading = Task.Run(() => ReadOnAsync(consumer, stop.Token));
            await using (var producer = Kafka.CreateProducer<string, int>(new() { BatchBytes = 1024 + random.Next(4_000), Linger = TimeSpan.FromMilliseconds(random.Next(3)) }))
            {
                var sending = Task.WhenAll(Enumerable.Range(0, Keys).Select(k => Task.Run(() => SendAsync(producer, $"k{k}"))));
                for (var turn = 0; turn < Turns && !sending.IsFaulted && !reading.IsFaulted; turn++)
                {
                    await Task.Delay(random.Next(60), Patience);
                    Liar.Tells = Lie.None;
                    await Task.Delay(random.Next(20), Patience);
                    Liar.Tells = NextLie();
                }
                isEnding = true;
                // The last lie lasts until nobody sends any more, if they get that far.
                await Task.WhenAny(sending, Task.Delay(random.Next(60), Patience));
                Liar.Tells = Lie.None;
                Doing = "the last of them";
                await sending;
            }
            await changes.UntilAsync(() => read.Count >= Acknowledged.Values.Sum(v => v.Count) || reading.IsCompleted, Patience);
            await stop.CancelAsync();
            await reading;
            await foreach (var more in consumer.ReadToEndAsync(Patience)) read.Enqueue((more.Partition, more.Key, more.Value));
            Check([.. read], "The group");
            Check([.. (await ReadAllAsync<int>()).Select(r => (r.Partition, r.Key, r.Value))], "The log");
        }

        Lie NextLie()
        {
            var lie = (Lie)(1 + random.Next((int)Lie.Silence));
            Doing = $"'{lie}', {Liar.Told} lies told,";
            return lie;
        }

        async Task SendAsync(Producer<string, int> producer, string key)
        {
            var mine = Acknowledged.GetOrAdd(key, _ => []);
            for (var i = 0; !isEnding; i += 10)
            {
                var burst = Enumerable.Range(i, 10).Select(n => producer.SendAsync("log", key, n, Patience).AsTask()).ToArray();
                await Task.WhenAll(burst);
                mine.AddRange(Enumerable.Range(i, 10));
            }
        }

        async Task ReadOnAsync(Consumer<string, int> consumer, CancellationToken stop)
        {
            try
            {
                await foreach (var record in consumer.ReadAllAsync(stop))
                {
                    read.Enqueue((record.Partition, record.Key, record.Value));
                    changes.Tell();
                }
            }
            catch (OperationCanceledException)
            {
                // All is read.
            }
            finally
            {
                changes.Tell();
            }
        }

        internal async Task<List<ConsumerRecord<string, TValue>>> ReadAllAsync<TValue>()
        {
            await using var consumer = Kafka.CreateConsumer<string, TValue>(new() { Topics = ["log"] });
            var all = new List<ConsumerRecord<string, TValue>>();
            await foreach (var record in consumer.ReadToEndAsync(Patience)) all.Add(record);
            return all;
        }

        void Check(List<(int Partition, string Key, int Value)> records, string of)
        {
            foreach (var (key, values) in Acknowledged)
            {
                var found = records.Where(r => r.Key == key).ToArray();
                var missing = values.Except(found.Select(f => f.Value));
                if (found.Length != values.Count || missing.Any())
                    throw new InvalidOperationException($"{of} lacks {string.Join(",", missing)} of key {key}, and has twice {string.Join(",", found.GroupBy(f => f.Value).Where(g => g.Count() > 1).Select(g => g.Key))}.");
                // A key may have moved where fewer partitions were known at first.
                foreach (var partition in found.GroupBy(f => f.Partition, f => f.Value))
                    if (!partition.SequenceEqual(partition.Order())) throw new InvalidOperationException($"{of} has of key {key} in partition {partition.Key} {partition.Zip(partition.Skip(1)).First(p => p.Second < p.First)} in that order.");
            }
        }

        public async ValueTask DisposeAsync()
        {
            Liar.Tells = Lie.None;
            await Kafka.DisposeAsync();
            if (broker is not null) await broker.DisposeAsync();
            await relay.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
