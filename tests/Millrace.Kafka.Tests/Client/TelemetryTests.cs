using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Millrace.Kafka.Tests.Client;

public sealed class TelemetryTests
{
    [Fact]
    public async Task A_trace_goes_with_its_record_and_metrics_count_it()
    {
        // Others send at the same time: what is theirs has another topic.
        const string Topic = "traced";
        var counted = new ConcurrentDictionary<string, long>();
        using var meters = new MeterListener { InstrumentPublished = (instrument, listener) => { if (instrument.Meter.Name == KafkaTelemetry.Name) listener.EnableMeasurementEvents(instrument); } };
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            foreach (var tag in tags)
                if (tag is { Key: "messaging.destination.name", Value: Topic }) counted.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value);
        });
        meters.Start();
        var ended = new ConcurrentQueue<Activity>();
        using var traces = new ActivityListener { ShouldListenTo = source => source.Name == KafkaTelemetry.Name, Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Name.EndsWith(Topic, StringComparison.Ordinal) ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None, ActivityStopped = ended.Enqueue };
        ActivitySource.AddActivityListener(traces);

        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        using var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        request.TraceStateString = "a=1";
        await producer.SendAsync(new(Topic, "k", "v") { Headers = [new("mine", "1")] });
        await producer.EnqueueAsync(Topic, "k", "w");
        await producer.FlushAsync();
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(new() { Topics = [Topic] });
        var record = await consumer.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["mine", "traceparent", "tracestate"], record.Headers.Select(h => h.Name));
        using (var handling = record.StartActivity())
        {
            Assert.Equal((request.TraceId, "a=1"), (handling!.TraceId, handling.TraceStateString));
            Assert.Equal(ended.First(a => a.DisplayName == $"send {Topic}").SpanId, handling.ParentSpanId);
        }
        Assert.Equal(2, ended.Count(a => a.DisplayName == $"send {Topic}"));
        Assert.Equal((2, 2), (counted["messaging.client.sent.messages"], counted["messaging.client.consumed.messages"]));
    }
}
