using System.Diagnostics;
using Millrace.Cli.Bench.Broker;
using Millrace.Kafka;

namespace Millrace.Cli.Bench.Client;

/// <summary>The managed client, one producer or consumer at a time, against a broker in another process that leaves records to the operating system.</summary>
static class ClientBench
{
    const int SmallRecords = 4_000_000, LargeRecords = 500_000, AwaitedRecords = 30_000, PacedPerSecond = 10_000;

    // Before that nothing is optimised: a program that sends millions of records is soon behind it.
    const int WarmUp = 1_000_000;

    internal static Task<Dictionary<string, object>> RunAsync(BenchOptions options, CancellationToken cancellation) => Task.Run(async () =>
    {
        var figures = new Dictionary<string, List<double>>();
        for (var i = 0; i < options.Repeat; i++)
        {
            var folder = Directory.CreateTempSubdirectory("millrace-bench-").FullName;
            try
            {
                await using var broker = await BrokerChild.StartAsync(folder, "page-cache", cancellation);
                await using var kafka = new KafkaClient($"127.0.0.1:{broker.Port}");
                await MeasureAsync(kafka, (name, value) =>
                {
                    if (!figures.TryGetValue(name, out var all)) figures.Add(name, all = []);
                    all.Add(value);
                }, cancellation);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        return figures.ToDictionary(f => f.Key, f => (object)Round(BenchOptions.Median(f.Value)));
    }, cancellation);

    static double Round(double value) => value >= 100 ? Math.Round(value) : Math.Round(value, 3);

    static async Task MeasureAsync(KafkaClient kafka, Action<string, double> note, CancellationToken cancellation)
    {
        await ProduceAsync(kafka, "warm-up", 100, WarmUp, cancellation);
        await ConsumeAsync(kafka, "warm-up", WarmUp, cancellation);
        var (perSecond, bytes) = await ProduceAsync(kafka, "small", 100, SmallRecords, cancellation);
        note("produce_100b_per_s", perSecond);
        note("bytes_per_record_produce", bytes);
        (perSecond, bytes) = await ConsumeAsync(kafka, "small", SmallRecords, cancellation);
        note("consume_100b_per_s", perSecond);
        note("bytes_per_record_consume", bytes);
        note("produce_1kb_per_s", (await ProduceAsync(kafka, "large", 1_000, LargeRecords, cancellation)).PerSecond);
        note("awaited_per_s", await AwaitedAsync(kafka, cancellation));
        note("e2e_p99_ms", BenchOptions.Percentile(await EndToEndAsync(kafka, cancellation), 0.99));
    }

    /// <summary>Acknowledged by all, idempotent, as options are by themselves.</summary>
    static async Task<(double PerSecond, double Bytes)> ProduceAsync(KafkaClient kafka, string topic, int size, int records, CancellationToken cancellation)
    {
        await using var producer = kafka.CreateProducer<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(new() { Linger = TimeSpan.FromMilliseconds(5) });
        var value = new byte[size];
        new Random(1).NextBytes(value);
        await producer.SendAsync(topic, default, value, cancellation);
        // A tenth of it fills the pools: what a program that runs for hours allocates is what comes after.
        for (var i = 0; i < records / 10; i++) await producer.EnqueueAsync(topic, default, value, cancellation);
        await producer.FlushAsync(cancellation);
        var (since, before) = (Stopwatch.GetTimestamp(), GC.GetTotalAllocatedBytes(precise: true));
        for (var i = 0; i < records; i++) await producer.EnqueueAsync(topic, default, value, cancellation);
        await producer.FlushAsync(cancellation);
        return (records / Stopwatch.GetElapsedTime(since).TotalSeconds, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)records);
    }

    static async Task<(double PerSecond, double Bytes)> ConsumeAsync(KafkaClient kafka, string topic, int records, CancellationToken cancellation)
    {
        await using var consumer = kafka.CreateConsumer<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(new() { Topics = [topic] });
        var (read, bytes, first) = (0, 0L, records / 10);
        var (since, before) = (0L, 0L);
        await foreach (var record in consumer.ReadAllAsync(cancellation))
        {
            bytes += record.Value.Length;
            read++;
            if (read == first) (since, before) = (Stopwatch.GetTimestamp(), GC.GetTotalAllocatedBytes(precise: true));
            if (read == records) break;
        }
        if (bytes == 0) throw new InvalidOperationException("The records are empty.");
        return ((read - first) / Stopwatch.GetElapsedTime(since).TotalSeconds, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)(read - first));
    }

    /// <summary>One record after the other, each when the one before it is acknowledged.</summary>
    static async Task<double> AwaitedAsync(KafkaClient kafka, CancellationToken cancellation)
    {
        await using var producer = kafka.CreateProducer<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>();
        var value = new byte[100];
        for (var i = 0; i < AwaitedRecords / 10; i++) await producer.SendAsync("awaited", default, value, cancellation);
        var since = Stopwatch.GetTimestamp();
        for (var i = 0; i < AwaitedRecords; i++) await producer.SendAsync("awaited", default, value, cancellation);
        return AwaitedRecords / Stopwatch.GetElapsedTime(since).TotalSeconds;
    }

    /// <summary>Records that are sent when they are due, with the time in them: from then until the consumer has them.</summary>
    static async Task<double[]> EndToEndAsync(KafkaClient kafka, CancellationToken cancellation)
    {
        const int Records = PacedPerSecond * 3;
        await using var producer = kafka.CreateProducer<ReadOnlyMemory<byte>, long>();
        await using var consumer = kafka.CreateConsumer<ReadOnlyMemory<byte>, long>(new() { Topics = ["round"] });
        await producer.SendAsync("round", default, 0, cancellation);
        await consumer.ReadAsync(cancellation);
        var reading = Task.Run(async () =>
        {
            var took = new double[Records];
            for (var i = 0; i < Records; i++)
                took[i] = Stopwatch.GetElapsedTime((await consumer.ReadAsync(cancellation)).Value).TotalMilliseconds;
            return took;
        }, cancellation);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Records; i++)
        {
            var due = start + (long)(i * (double)Stopwatch.Frequency / PacedPerSecond);
            // No timer is as exact as a fifth of a millisecond; whoever waits here gives the other core away, not this one.
            while (Stopwatch.GetTimestamp() < due) Thread.Yield();
            await producer.EnqueueAsync("round", default, due, cancellation);
        }
        await producer.FlushAsync(cancellation);
        return (await reading)[(Records / 10)..];
    }
}
