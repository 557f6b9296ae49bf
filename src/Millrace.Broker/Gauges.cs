using System.Diagnostics.Metrics;

namespace Millrace.Broker;

/// <summary>What the broker holds and how far consumers are behind: looked up when somebody asks, and else for nothing.</summary>
static class Gauges
{
    internal static void AddTo(Meter meter, BrokerNode node)
    {
        meter.CreateObservableGauge("millrace.broker.group.lag", () => Lags(node), "{record}", "Records that a group has yet to consume, by group, topic and partition: from what it committed to what it may see");
        meter.CreateObservableGauge("millrace.broker.log.size", () => Sizes(node), "By", "Bytes of logs, by topic and partition");
        meter.CreateObservableGauge("millrace.broker.request.memory", () => node.RequestMemory.Used, "By", "What requests that are being received hold (queued.max.request.bytes)");
        meter.CreateObservableGauge("millrace.broker.object.memory", () => node.Objects.Used, "By", "What requests hold that are being answered");
        meter.CreateObservableGauge("millrace.broker.unpacking.memory", () => node.Logs.Unpacking.Used, "By", "What large batches hold that are being looked into");
        meter.CreateObservableGauge("millrace.broker.response.memory", () => node.ResponseMemory.Used + node.AnswerMemory.Used, "By", "What records and long answers hold that clients have not yet taken");
        meter.CreateObservableGauge("millrace.broker.group.memory", () => Held(node), "By", "What groups hold, by kind: members, and committed offsets");
        meter.CreateObservableCounter("millrace.broker.flushes", () => node.Logs.Flushes, "{flush}", "Flushes of files that acknowledgements waited for");
        if (node.Logs.Flusher is { } flusher)
            flusher.Durations = meter.CreateHistogram<double>("millrace.broker.flush.duration", "ms", "How long it took to bring what had gathered to the disk");
    }

    static IEnumerable<Measurement<long>> Held(BrokerNode node) =>
    [
        new(node.Groups.Memory.Members, new KeyValuePair<string, object?>("kind", "members")),
        new(node.Groups.Memory.Offsets, new KeyValuePair<string, object?>("kind", "offsets")),
    ];

    static IEnumerable<Measurement<long>> Lags(BrokerNode node)
    {
        foreach (var group in node.Groups.All)
            foreach (var (of, offset, _) in node.Groups.OffsetsOf(group.Id))
                if (offset.Offset >= 0 && node.Topics.Find(of.Topic)?.Find(of.Partition) is { } partition)
                    yield return new(Math.Max(partition.Log.HighWatermark - offset.Offset, 0), new("group", group.Id), new("topic", of.Topic), new("partition", of.Partition));
    }

    static IEnumerable<Measurement<long>> Sizes(BrokerNode node)
    {
        foreach (var topic in node.Topics.All)
            foreach (var partition in topic.Partitions)
                yield return new(partition.Log.Bytes, new("topic", topic.Name), new("partition", partition.Index));
    }
}
