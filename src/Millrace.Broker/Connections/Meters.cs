using System.Diagnostics;
using System.Diagnostics.Metrics;
using Millrace.Broker.Topics;

namespace Millrace.Broker.Connections;

/// <summary>What the broker counts, under the meter "Millrace.Broker".</summary>
sealed class Meters : IDisposable
{
    readonly Meter meter = new("Millrace.Broker");
    readonly Histogram<double> latency;
    readonly Counter<long> received;
    readonly Counter<long> sent;
    readonly Counter<long> bytesIn;
    readonly Counter<long> recordsIn;
    readonly Counter<long> bytesOut;

    internal Meters()
    {
        latency = meter.CreateHistogram<double>("millrace.broker.request.duration", "ms", "From a request being read to its response being ready, by API");
        received = meter.CreateCounter<long>("millrace.broker.received", "By", "Bytes of requests");
        sent = meter.CreateCounter<long>("millrace.broker.sent", "By", "Bytes of responses");
        bytesIn = meter.CreateCounter<long>("millrace.broker.produced.bytes", "By", "Bytes of batches appended, by topic");
        recordsIn = meter.CreateCounter<long>("millrace.broker.produced.records", "{record}", "Records appended, by topic");
        bytesOut = meter.CreateCounter<long>("millrace.broker.fetched.bytes", "By", "Bytes of batches read by consumers, by topic");
    }

    internal Meter Meter => meter;

    internal ValueTask<Reply> MeasureAsync(Api api, Request request, object message)
    {
        received.Add(request.Size);
        if (!latency.Enabled && !sent.Enabled) return api.Handle(request, message);
        return MeasuredAsync(api, request, message);
    }

    async ValueTask<Reply> MeasuredAsync(Api api, Request request, object message)
    {
        var began = Stopwatch.GetTimestamp();
        var reply = await api.Handle(request, message).ConfigureAwait(false);
        latency.Record(Stopwatch.GetElapsedTime(began).TotalMilliseconds, new KeyValuePair<string, object?>("api", api.Key.ToString()));
        sent.Add(reply.Length);
        return reply;
    }

    internal void Appended(Partition partition, int records, int bytes)
    {
        if (!recordsIn.Enabled && !bytesIn.Enabled) return;
        var topic = new KeyValuePair<string, object?>("topic", partition.Topic.Name);
        recordsIn.Add(records, topic);
        bytesIn.Add(bytes, topic);
    }

    internal void Fetched(IEnumerable<(string Topic, int Bytes)> parts)
    {
        if (!bytesOut.Enabled) return;
        foreach (var (topic, bytes) in parts)
            if (bytes > 0) bytesOut.Add(bytes, new KeyValuePair<string, object?>("topic", topic));
    }

    public void Dispose() => meter.Dispose();
}
