using System.Collections.Concurrent;
using System.Globalization;
using Millrace.Broker;

namespace Millrace.Kafka.Tests.Client;

/// <summary>
/// Networks that cut and stall, and brokers that restart, at moments that a seed chooses. What was acknowledged is there once
/// and in order, whatever happened in between. MILLRACE_FAULT_SEED repeats one seed, MILLRACE_FAULT_SEEDS tries that many.
/// </summary>
public sealed class FaultTests(ITestOutputHelper output)
{
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(100);

    // What goes on, for whoever reads that it goes on no more.
    static volatile string doing = "";

    const int Keys = 3, Each = 1_500;

    static CancellationToken Patience => TestContext.Current.CancellationToken;

    internal static IEnumerable<int> Seeds()
    {
        if (Environment.GetEnvironmentVariable("MILLRACE_FAULT_SEED") is { Length: > 0 } one) return [int.Parse(one, CultureInfo.InvariantCulture)];
        var count = Environment.GetEnvironmentVariable("MILLRACE_FAULT_SEEDS") is { Length: > 0 } many ? int.Parse(many, CultureInfo.InvariantCulture) : 6;
        return Enumerable.Range(1, count);
    }

    [Fact]
    public async Task What_is_acknowledged_is_there_once_and_in_order_whatever_the_network_does()
    {
        var (faults, records) = (0, 0);
        foreach (var seed in Seeds())
        {
            try
            {
                await using var scene = new Scene(seed);
                await scene.RunAsync().WaitAsync(Longest, Patience);
                await scene.CheckAsync().WaitAsync(Longest, Patience);
                faults += scene.Faults;
                records += scene.Acknowledged.Values.Sum(v => v.Count);
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                throw new InvalidOperationException($"Seed {seed}, in {doing}: {failed.Message} Repeat it with MILLRACE_FAULT_SEED={seed}.", failed);
            }
        }
        output.WriteLine($"{Seeds().Count()} seeds, {faults} faults, {records} records acknowledged");
        Assert.True(faults > 0);
    }

    sealed class Scene : IAsyncDisposable
    {
        readonly Random random;
        readonly FaultProxy proxy = new();
        readonly string folder = Path.Combine(Path.GetTempPath(), $"millrace-faults-{Guid.NewGuid():N}");
        readonly KafkaClient kafka;
        EmbeddedBroker? broker;

        internal Scene(int seed)
        {
            random = new(seed);
            kafka = new(new KafkaOptions { BootstrapServers = $"127.0.0.1:{proxy.Port}", RequestTimeout = TimeSpan.FromSeconds(2), ConnectTimeout = TimeSpan.FromSeconds(2) });
        }

        internal int Faults { get; private set; }

        /// <summary>By key, the numbers that were acknowledged.</summary>
        internal ConcurrentDictionary<string, List<int>> Acknowledged { get; } = new();

        async Task StartAsync()
        {
            broker = await EmbeddedBroker.StartAsync(new()
            {
                Folder = folder,
                Durability = Durability.PageCache,
                Advertised = $"127.0.0.1:{proxy.Port}",
                Settings = new Dictionary<string, string> { ["num.partitions"] = "2" },
            });
            proxy.SendTo(broker.Port);
        }

        internal async Task RunAsync()
        {
            await StartAsync();
            await using var producer = kafka.CreateProducer<string, int>(new() { BatchBytes = 1024 + random.Next(4_000), Linger = TimeSpan.FromMilliseconds(random.Next(3)), Compression = (CompressionKind)random.Next(5) });
            var sending = Enumerable.Range(0, Keys).Select(k => Task.Run(() => SendAsync(producer, $"k{k}", Each))).ToArray();
            var all = Task.WhenAll(sending);
            while (!all.IsCompleted)
            {
                await FaultAsync();
                // Work goes on for a while between two faults.
                await Task.WhenAny(all, Task.Delay(random.Next(20), Patience));
            }
            doing = "sending the rest";
            proxy.Release();
            await all;
            doing = "closing the producer";
        }

        async Task SendAsync(Producer<string, int> producer, string key, int count)
        {
            var mine = Acknowledged.GetOrAdd(key, _ => []);
            for (var i = 0; i < count;)
            {
                // Some at once, as far as the order of their answers is still known.
                var burst = Enumerable.Range(i, Math.Min(10, count - i)).Select(n => producer.SendAsync("log", key, n, Patience).AsTask()).ToArray();
                await Task.WhenAll(burst);
                mine.AddRange(Enumerable.Range(i, burst.Length));
                i += burst.Length;
            }
        }

        async Task FaultAsync()
        {
            Faults++;
            var fault = random.Next(6);
            doing = $"fault {fault}, the {Faults}. one";
            switch (fault)
            {
                case 0:
                    proxy.Cut();
                    break;
                case 1:
                    proxy.CutAfterRequests(1 + random.Next(4));
                    break;
                case 2:
                    proxy.CutAfterAnswers(1 + random.Next(4));
                    break;
                case 3:
                    proxy.Stall();
                    await Task.Delay(random.Next(100), Patience);
                    proxy.Release();
                    break;
                case 4:
                    proxy.Stall();
                    proxy.Cut();
                    proxy.Release();
                    break;
                default:
                    doing = "ending the broker";
                    await broker!.DisposeAsync();
                    proxy.Cut();
                    doing = "starting the broker";
                    await StartAsync();
                    break;
            }
            doing = "sending";
        }

        internal async Task CheckAsync()
        {
            doing = "reading";
            var read = new Dictionary<string, List<int>>();
            await using var consumer = kafka.CreateConsumer<string, int>(new() { Topics = ["log"] });
            for (var left = Keys * Each; left > 0; left--)
            {
                var record = await consumer.ReadAsync(Patience);
                if (!read.TryGetValue(record.Key, out var values)) read[record.Key] = values = [];
                values.Add(record.Value);
                if (left % 100 == 0) doing = $"reading, {left} left";
            }
            foreach (var (key, values) in Acknowledged)
                if (!values.SequenceEqual(read.GetValueOrDefault(key) ?? [])) throw new InvalidOperationException($"Key {key} has {string.Join(",", read.GetValueOrDefault(key) ?? [])}.");
            foreach (var partition in consumer.Assignment)
                if (consumer.Lag(partition) is > 0 and var more) throw new InvalidOperationException($"{partition} has {more} records too many.");
        }

        public async ValueTask DisposeAsync()
        {
            proxy.Release();
            await kafka.DisposeAsync();
            if (broker is not null) await broker.DisposeAsync();
            await proxy.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
