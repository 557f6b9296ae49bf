using System.Diagnostics;

namespace Millrace.Cli.Bench.Broker;

/// <summary>The broker in a process of its own, driven over plain sockets with batches that were encoded before.</summary>
static class BrokerBench
{
    const int BatchBytes = 1_000_000, InFlight = 5, SmallRecords = 5_000_000, LargeRecords = 1_000_000, Partitions = 2_000;

    internal static Task<Dictionary<string, object>> RunAsync(BenchOptions options, CancellationToken cancellation) => Task.Run(async () =>
    {
        var starts = new List<double>();
        var idle = new List<double>();
        var figures = new Dictionary<string, List<double>>();
        var loaded = 0.0;
        for (var i = 0; i < options.Repeat; i++)
        {
            using var folder = new BenchFolder();
            await using (var broker = await BrokerChild.StartAsync(folder.Path, options.Durability, cancellation))
            {
                starts.Add(broker.StartTime.TotalMilliseconds);
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
                idle.Add(broker.Megabytes);
                Measure(broker, figures);
                loaded = Math.Max(loaded, broker.Megabytes);
            }
        }
        var results = new Dictionary<string, object> { ["durability"] = options.Durability };
        foreach (var (name, all) in figures) results[name] = Round(BenchOptions.Median(all));
        results["start_ms"] = Round(BenchOptions.Median(starts));
        results["idle_rss_mb"] = Round(BenchOptions.Median(idle));
        results["loaded_rss_mb"] = Round(loaded);
        results["restart_2000_partitions_ms"] = Round(await RestartAsync(options, cancellation));
        return results;
    }, cancellation);

    static double Round(double value) => value >= 100 ? Math.Round(value) : Math.Round(value, 3);

    static void Measure(BrokerChild broker, Dictionary<string, List<double>> figures)
    {
        void Note(string name, double value)
        {
            if (!figures.TryGetValue(name, out var all)) figures.Add(name, all = []);
            all.Add(value);
        }

        using var wire = new BrokerWire(broker.Port);
        Produce(broker, wire, "warm-up", 100, SmallRecords / 5);
        wire.DeleteTopic("warm-up");
        var (perSecond, cpu) = Produce(broker, wire, "small", 100, SmallRecords);
        Note("produce_100b_per_s", perSecond);
        Note("broker_cpu_s_per_million", cpu);
        Note("consume_100b_per_s", Consume(wire, "small", SmallRecords));
        wire.DeleteTopic("small");
        Note("produce_1kb_per_s", Produce(broker, wire, "large", 1_000, LargeRecords).PerSecond);
        wire.DeleteTopic("large");
        Note("paced_5k_p99_ms", BenchOptions.Percentile(Paced(broker, wire, 5_000, TimeSpan.FromSeconds(5)), 0.99));
        var ends = EndToEnd(broker, wire, 3_000);
        Note("e2e_p50_ms", BenchOptions.Percentile(ends, 0.5));
        Note("e2e_p99_ms", BenchOptions.Percentile(ends, 0.99));
    }

    /// <summary>One partition, acks=all, as many requests on their way as stock producers have.</summary>
    static (double PerSecond, double CpuPerMillion) Produce(BrokerChild broker, BrokerWire wire, string topic, int valueSize, int records)
    {
        wire.CreateTopic(topic, 1);
        var frame = BrokerWire.Produce(topic, 0, BrokerWire.Batch(valueSize, BatchBytes, out var inBatch));
        var requests = (records + inBatch - 1) / inBatch;
        using var room = new SemaphoreSlim(InFlight);
        var (since, cpu) = (Stopwatch.GetTimestamp(), broker.ProcessorTime);
        var sender = Task.Factory.StartNew(() =>
        {
            for (var i = 0; i < requests; i++)
            {
                room.Wait();
                wire.Send(frame);
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (var i = 0; i < requests; i++)
        {
            wire.Acknowledged();
            room.Release();
        }
        var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        sender.Wait();
        var sent = (double)requests * inBatch;
        return (sent / seconds, (broker.ProcessorTime - cpu).TotalSeconds / sent * 1e6);
    }

    static double Consume(BrokerWire wire, string topic, int records)
    {
        var (since, offset, seen) = (Stopwatch.GetTimestamp(), 0L, 0L);
        while (seen < records)
        {
            wire.Send(BrokerWire.Fetch(topic, 0, offset, 4 << 20));
            var (count, next) = wire.Fetched(offset);
            if (count == 0) throw new InvalidOperationException($"The broker gave no records from offset {offset} on.");
            seen += count;
            offset = next;
        }
        return seen / Stopwatch.GetElapsedTime(since).TotalSeconds;
    }

    /// <summary>Records of a kilobyte, each a request of its own, sent when they are due: from then to the acknowledgement.</summary>
    static double[] Paced(BrokerChild broker, BrokerWire control, int perSecond, TimeSpan time)
    {
        control.CreateTopic("paced", 1);
        using var wire = new BrokerWire(broker.Port);
        var frame = BrokerWire.Produce("paced", 0, BrokerWire.Batch(1_000, 0, out _));
        var took = new double[(int)(perSecond * time.TotalSeconds)];
        var since = Stopwatch.GetTimestamp();
        long Due(int i) => since + (long)(i * (double)Stopwatch.Frequency / perSecond);
        var sender = Task.Factory.StartNew(() =>
        {
            for (var i = 0; i < took.Length; i++)
            {
                while (Stopwatch.GetTimestamp() < Due(i)) Thread.Sleep(0);
                wire.Send(frame);
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (var i = 0; i < took.Length; i++)
        {
            wire.Acknowledged();
            took[i] = Stopwatch.GetElapsedTime(Due(i)).TotalMilliseconds;
        }
        sender.Wait();
        control.DeleteTopic("paced");
        return took;
    }

    /// <summary>A consumer waits; a record is sent; it arrives. Then the next.</summary>
    static double[] EndToEnd(BrokerChild broker, BrokerWire producer, int rounds)
    {
        producer.CreateTopic("round", 1);
        using var consumer = new BrokerWire(broker.Port);
        var frame = BrokerWire.Produce("round", 0, BrokerWire.Batch(100, 0, out _));
        var took = new double[rounds];
        for (var i = 0; i < rounds; i++)
        {
            consumer.Send(BrokerWire.Fetch("round", 0, i, 1 << 20));
            var since = Stopwatch.GetTimestamp();
            producer.Send(frame);
            if (consumer.Fetched(i).Next != i + 1) throw new InvalidOperationException($"The record at offset {i} didn't arrive.");
            took[i] = Stopwatch.GetElapsedTime(since).TotalMilliseconds;
            producer.Acknowledged();
        }
        producer.DeleteTopic("round");
        // The first ones warm up.
        return took[(rounds / 10)..];
    }

    /// <summary>Many partitions with records, a kill, and the start after it.</summary>
    static async Task<double> RestartAsync(BenchOptions options, CancellationToken cancellation)
    {
        using var folder = new BenchFolder();
        await using (var broker = await BrokerChild.StartAsync(folder.Path, options.Durability, cancellation))
        {
            using var wire = new BrokerWire(broker.Port);
            wire.CreateTopic("wide", Partitions);
            var batch = BrokerWire.Batch(100, 10_000, out _);
            for (var i = 0; i < Partitions; i++)
            {
                wire.Send(BrokerWire.Produce("wide", i, batch));
                wire.Acknowledged();
            }
            await broker.KillAsync();
        }
        await using var again = await BrokerChild.StartAsync(folder.Path, options.Durability, cancellation);
        return again.StartTime.TotalMilliseconds;
    }

    /// <summary>A folder for a broker's data, on the disk and gone at the end.</summary>
    sealed class BenchFolder : IDisposable
    {
        internal string Path { get; } = Directory.CreateTempSubdirectory("millrace-bench-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
