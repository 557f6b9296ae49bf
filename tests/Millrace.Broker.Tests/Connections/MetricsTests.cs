using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Connections;

public sealed class MetricsTests
{
    [Fact]
    public async Task Whoever_listens_learns_lag_sizes_flushes_connections_and_memory()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var told = new Told(broker);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t", 2);
        for (var i = 0; i < 5; i++) await client.ProduceAsync("t", 1, Wire.Batch([$"{i}"]));
        await client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new()
        {
            GroupId = "g",
            GenerationIdOrMemberEpoch = -1,
            Topics = [new() { Name = "t", Partitions = [new() { PartitionIndex = 1, CommittedOffset = 2 }] }],
        }, 8);

        var now = told.Look();
        Assert.Equal(3, now["millrace.broker.group.lag group=g partition=1 topic=t"]);
        Assert.Equal(0, now["millrace.broker.log.size partition=0 topic=t"]);
        Assert.Equal(5 * Wire.Batch(["0"]).Length, now["millrace.broker.log.size partition=1 topic=t"]);
        Assert.Equal(1, now["millrace.broker.connections"]);
        Assert.Equal(0, now["millrace.broker.request.memory"]);
        Assert.Equal(0, now["millrace.broker.response.memory"]);
        Assert.True(now["millrace.broker.flushes"] >= 5, $"{now["millrace.broker.flushes"]} flushes");
        Assert.True(told.Durations >= 5, $"{told.Durations} durations of flushes");
    }

    [Fact]
    public async Task A_partition_that_is_gone_has_no_lag_and_no_size()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var told = new Told(broker);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        Assert.Contains("millrace.broker.log.size partition=0 topic=t", told.Look().Keys);
        await client.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { TopicNames = ["t"], TimeoutMs = 1000 }, 5);
        Assert.DoesNotContain(told.Look().Keys, k => k.Contains("topic=t", StringComparison.Ordinal));
    }

    /// <summary>A listener of one broker's meter.</summary>
    internal sealed class Told : IDisposable
    {
        readonly MeterListener listener = new();
        readonly ConcurrentDictionary<string, long> seen = [];
        int durations;

        internal Told(EmbeddedBroker broker)
        {
            listener.InstrumentPublished = (instrument, all) =>
            {
                if (ReferenceEquals(instrument.Meter, broker.Node.Meters.Meter)) all.EnableMeasurementEvents(instrument);
            };
            listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
            listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
            listener.SetMeasurementEventCallback<double>((instrument, _, _, _) =>
            {
                if (instrument.Name == "millrace.broker.flush.duration") Interlocked.Increment(ref durations);
            });
            listener.Start();
        }

        internal int Durations => Volatile.Read(ref durations);

        internal ConcurrentDictionary<string, long> Look()
        {
            seen.Clear();
            listener.RecordObservableInstruments();
            return seen;
        }

        void Keep(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (!instrument.IsObservable) return;
            var key = string.Join(' ', tags.ToArray().OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key}={t.Value}").Prepend(instrument.Name));
            seen[key] = value;
        }

        public void Dispose() => listener.Dispose();
    }
}
