using System.Collections.Concurrent;
using Millrace.Broker;
using Millrace.Testing.Servers;

namespace Millrace.Kafka.Tests.Client;

/// <summary>Clocks that are set and machines that sleep, at moments that a seed chooses. MILLRACE_FAULT_SEED and MILLRACE_FAULT_SEEDS choose the seeds.</summary>
public sealed class ClockTests(ITestOutputHelper output)
{
    const int Partitions = 2;

    static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(GroupProtocol.Classic)]
    [InlineData(GroupProtocol.Consumer)]
    public async Task A_clock_that_is_set_by_hours_changes_the_times_of_records_and_nothing_else(GroupProtocol protocol)
    {
        var seed = FaultTests.Seeds().First();
        output.WriteLine($"Seed {seed}");
        var (random, time) = (new Random(seed), new JumpingTime());
        await using var broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache, Settings = new Dictionary<string, string> { ["group.consumer.heartbeat.interval.ms"] = "50" } }, cancellation: Patience);
        await using var kafka = new KafkaClient(new KafkaOptions
        {
            BootstrapServers = broker.BootstrapServers,
            Time = time,
            RequestTimeout = TimeSpan.FromSeconds(20),
            ConnectTimeout = TimeSpan.FromSeconds(20),
            RetryTimeout = TimeSpan.FromSeconds(20),
        });
        await kafka.Admin.CreateTopicAsync("log", Partitions, configs: new Dictionary<string, string> { ["message.timestamp.after.max.ms"] = $"{TimeSpan.FromDays(2).TotalMilliseconds}" }, cancellation: Patience);
        var (changes, read) = (new Changes(), new ConcurrentDictionary<int, DateTimeOffset>());
        var (owned, moved) = (new int[Partitions], 0);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Patience);
        Task[] members = [.. Enumerable.Range(0, Partitions).Select(m => Task.Run(() => ReadAsync(m)))];
        await changes.UntilAsync(() => Array.TrueForAll(owned, o => o == 1) || members.Any(m => m.IsFaulted), Patience);
        moved = 0;
        var sent = new Dictionary<int, (DateTimeOffset From, DateTimeOffset To)>();
        await using (var producer = kafka.CreateProducer<string, int>(new() { DeliveryTimeout = TimeSpan.FromSeconds(20), Linger = TimeSpan.FromMilliseconds(2) }))
        {
            // The first looks the topic up.
            for (var i = -1; i < 400; i++)
            {
                time.Clock = TimeSpan.FromHours(random.Next(-24, 24));
                var from = time.GetUtcNow();
                var sending = producer.SendAsync(new("log", "k", i) { Partition = (i + 1) % Partitions }, Patience);
                sent[i] = (from, time.GetUtcNow());
                // While the record is under way, too.
                time.Clock = TimeSpan.FromHours(random.Next(-24, 24));
                await sending;
            }
        }
        await changes.UntilAsync(() => read.Count == sent.Count || members.Any(m => m.IsFaulted), Patience);
        await stop.CancelAsync();
        await Task.WhenAll(members);
        Assert.Equal(0, moved);
        Assert.All(sent.Where(s => s.Key >= 0), s => Assert.InRange(read[s.Key], s.Value.From.AddMilliseconds(-1), s.Value.To));

        async Task ReadAsync(int member)
        {
            await using var consumer = kafka.CreateConsumer<string, int>(new()
            {
                Topics = ["log"],
                Group = "readers",
                Protocol = protocol,
                HeartbeatInterval = TimeSpan.FromMilliseconds(20),
                AutoCommit = TimeSpan.FromMilliseconds(20),
                MaxPollInterval = TimeSpan.FromSeconds(20),
                OnAssigned = partitions => Count(member, partitions.Count),
                OnRevoked = partitions => Count(member, -partitions.Count),
                OnLost = partitions => Count(member, -partitions.Count),
            });
            try
            {
                await foreach (var record in consumer.ReadAllAsync(stop.Token))
                {
                    if (!read.TryAdd(record.Value, record.Timestamp)) throw new InvalidOperationException($"{record.Value} was read twice.");
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

        ValueTask Count(int member, int partitions)
        {
            Interlocked.Add(ref owned[member], partitions);
            Interlocked.Increment(ref moved);
            changes.Tell();
            return default;
        }
    }

    [Fact]
    public async Task A_machine_that_sleeps_an_hour_loses_no_record_without_saying_so_and_doubles_none()
    {
        var (acknowledged, failed) = (0, 0);
        foreach (var seed in FaultTests.Seeds())
        {
            await using var scene = new Sleeper(seed);
            try
            {
                await scene.RunAsync().WaitAsync(Longest, Patience);
                acknowledged += scene.Acknowledged.Count;
                failed += scene.Failed.Count;
            }
            catch (Exception wrong) when (wrong is not OperationCanceledException)
            {
                throw new InvalidOperationException($"Seed {seed}: {wrong.Message} Repeat it with MILLRACE_FAULT_SEED={seed}.", wrong);
            }
        }
        output.WriteLine($"{FaultTests.Seeds().Count()} seeds, {acknowledged} records acknowledged, {failed} failed");
    }

    sealed class Sleeper(int seed) : IAsyncDisposable
    {
        readonly Random random = new(seed);
        readonly JumpingTime time = new();
        readonly FaultProxy proxy = new();
        readonly Changes changes = new();
        readonly ConcurrentQueue<int> read = new();
        volatile bool isEnding;

        internal List<int> Acknowledged { get; } = [];

        internal List<int> Failed { get; } = [];

        internal async Task RunAsync()
        {
            await using var broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache, Advertised = $"127.0.0.1:{proxy.Port}", Settings = new Dictionary<string, string> { ["num.partitions"] = "1" } }, cancellation: Patience);
            proxy.SendTo(broker.Port);
            await using var kafka = new KafkaClient(new KafkaOptions { BootstrapServers = $"127.0.0.1:{proxy.Port}", Time = time });
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Patience);
            await using var consumer = kafka.CreateConsumer<string, int>(new() { Topics = ["log"], Group = "readers", HeartbeatInterval = TimeSpan.FromMilliseconds(50) });
            var reading = Task.Run(() => ReadAsync(consumer, stop.Token));
            await using (var producer = kafka.CreateProducer<string, int>(new() { BatchBytes = 1024 + random.Next(2_000) }))
            {
                // Who looks a topic up when the machine falls asleep is told so, and has sent nothing yet.
                await producer.SendAsync("log", "k", -1, Patience);
                Acknowledged.Add(-1);
                var sending = Task.Run(() => SendAsync(producer));
                for (var turn = 0; turn < 4; turn++)
                {
                    await Task.Delay(random.Next(100), Patience);
                    // Some sleep with something under way, and wake to a network that takes its time.
                    if (turn % 2 == 0) proxy.Stall();
                    await Task.Delay(random.Next(20), Patience);
                    time.Sleep(TimeSpan.FromHours(1));
                    await Task.Delay(random.Next(turn % 2 == 0 ? 1_200 : 20), Patience);
                    proxy.Release();
                }
                isEnding = true;
                await sending;
            }
            await changes.UntilAsync(() => read.Distinct().Count(Acknowledged.Contains) == Acknowledged.Count || reading.IsCompleted, Patience);
            await stop.CancelAsync();
            await reading;
            await CheckAsync(kafka);
        }

        async Task SendAsync(Producer<string, int> producer)
        {
            for (var i = 0; !isEnding; i += 20)
            {
                var burst = Enumerable.Range(i, 20).Select(n => (Number: n, Sending: producer.SendAsync("log", "k", n, Patience).AsTask())).ToArray();
                foreach (var (number, sending) in burst)
                {
                    try
                    {
                        await sending;
                        Acknowledged.Add(number);
                    }
                    catch (KafkaException late) when (late.Message.Contains("ProducerOptions.DeliveryTimeout", StringComparison.Ordinal))
                    {
                        Failed.Add(number);
                    }
                }
            }
        }

        async Task ReadAsync(Consumer<string, int> consumer, CancellationToken stop)
        {
            try
            {
                while (true) await ReadOnAsync(consumer, stop);
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

        async Task ReadOnAsync(Consumer<string, int> consumer, CancellationToken stop)
        {
            try
            {
                await foreach (var record in consumer.ReadAllAsync(stop))
                {
                    read.Enqueue(record.Value);
                    changes.Tell();
                }
            }
            catch (KafkaException slept) when (slept.IsRetriable)
            {
                // Who was about to join has slept through the time for it, is told so, and may read on.
            }
        }

        async Task CheckAsync(KafkaClient kafka)
        {
            await using var consumer = kafka.CreateConsumer<string, int>(new() { Topics = ["log"] });
            var log = new List<int>();
            await foreach (var record in consumer.ReadToEndAsync(Patience)) log.Add(record.Value);
            if (Acknowledged.Except(log).ToArray() is { Length: > 0 } lost) throw new InvalidOperationException($"{string.Join(",", lost)} were acknowledged and are not there.");
            if (log.Except(Acknowledged).Except(Failed).ToArray() is { Length: > 0 } strange) throw new InvalidOperationException($"{string.Join(",", strange)} are there and were not sent.");
            if (log.GroupBy(v => v).Where(g => g.Count() > 1).ToArray() is { Length: > 0 } doubled) throw new InvalidOperationException($"{string.Join(",", doubled.Select(d => d.Key))} are there twice.");
            if (!log.SequenceEqual(log.Order())) throw new InvalidOperationException("The log is not in order.");
        }

        public async ValueTask DisposeAsync()
        {
            proxy.Release();
            await proxy.DisposeAsync();
        }
    }
}
