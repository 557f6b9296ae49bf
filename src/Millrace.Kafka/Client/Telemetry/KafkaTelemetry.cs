using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Millrace.Kafka;

/// <summary>The names under which the client's metrics and traces are collected, as in <c>AddMeter(KafkaTelemetry.Name)</c> and <c>AddSource(KafkaTelemetry.Name)</c>.</summary>
public static class KafkaTelemetry
{
    public const string Name = "Millrace.Kafka";

    const string Destination = "messaging.destination.name";

    static readonly Meter meter = new(Name);
    static readonly Counter<long> sent = meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Records that were delivered, and with error.type those that were not.");
    static readonly Counter<long> consumed = meter.CreateCounter<long>("messaging.client.consumed.messages", "{message}", "Records that brokers sent.");
    static readonly Counter<long> sentBytes = meter.CreateCounter<long>("millrace.kafka.producer.bytes", "By", "Bytes of records that were delivered, before they were packed.");
    static readonly Counter<long> consumedBytes = meter.CreateCounter<long>("millrace.kafka.consumer.bytes", "By", "Bytes of batches that brokers sent.");
    static readonly Counter<long> retries = meter.CreateCounter<long>("millrace.kafka.producer.retries", "{batch}", "Batches that had to be sent again.");
    static readonly Counter<long> rebalances = meter.CreateCounter<long>("millrace.kafka.consumer.rebalances", "{rebalance}", "How often partitions came or went.");
    static readonly Histogram<double> deliveries = meter.CreateHistogram<double>("messaging.client.operation.duration", "s", "From the first record of a batch to its delivery.");

    internal static ActivitySource Source { get; } = new(Name);

    internal static void Delivered(string topic, int records, int bytes, TimeSpan took)
    {
        sent.Add(records, new KeyValuePair<string, object?>(Destination, topic));
        sentBytes.Add(bytes, new KeyValuePair<string, object?>(Destination, topic));
        deliveries.Record(took.TotalSeconds, new KeyValuePair<string, object?>(Destination, topic));
    }

    internal static void Failed(string topic, int records, ErrorCode error) =>
        sent.Add(records, new KeyValuePair<string, object?>(Destination, topic), new("error.type", error.ToString()));

    internal static void Retried(string topic) => retries.Add(1, new KeyValuePair<string, object?>(Destination, topic));

    internal static void Fetched(string topic, long records, int bytes)
    {
        consumed.Add(records, new KeyValuePair<string, object?>(Destination, topic));
        consumedBytes.Add(bytes, new KeyValuePair<string, object?>(Destination, topic));
    }

    internal static void Rebalanced(string group) => rebalances.Add(1, new KeyValuePair<string, object?>("messaging.consumer.group.name", group));
}
