using System.Diagnostics;
using System.Text;
using Millrace.Kafka.Records;

namespace Millrace.Kafka;

/// <summary>A record that was read.</summary>
public readonly struct ConsumerRecord<TKey, TValue>
{
    internal ReadOnlyMemory<byte> HeaderBytes { get; init; }

    internal int HeaderCount { get; init; }

    public string Topic { get; internal init; }

    public int Partition { get; internal init; }

    public long Offset { get; internal init; }

    public DateTimeOffset Timestamp { get; internal init; }

    /// <summary>Null, or the type's default, where the record has none.</summary>
    public TKey Key { get; internal init; }

    /// <summary>Null, or the type's default, where the record has none: in a compacted topic that deletes its key.</summary>
    public TValue Value { get; internal init; }

    /// <summary>Read when they are asked for, which must be before the next record is.</summary>
    public IReadOnlyList<RecordHeader> Headers => HeaderCount == 0 ? [] : RecordHeaders.Read(HeaderBytes.Span, HeaderCount);

    /// <summary>Begins the handling of the record as a part of the trace that it was sent in. Null where nobody listens; the caller ends it.</summary>
    public Activity? StartActivity()
    {
        if (!KafkaTelemetry.Source.HasListeners()) return null;
        var activity = KafkaTelemetry.Source.StartActivity($"process {Topic}", ActivityKind.Consumer, TraceHeaders.Read(Headers));
        return activity?.SetTag("messaging.system", "kafka").SetTag("messaging.operation.type", "process").SetTag("messaging.destination.name", Topic)
            .SetTag("messaging.destination.partition.id", Partition).SetTag("messaging.kafka.offset", Offset);
    }

    public TopicPartition TopicPartition => new(Topic, Partition);
}

static class RecordHeaders
{
    internal static RecordHeader[] Read(ReadOnlySpan<byte> bytes, int count)
    {
        var headers = new RecordHeader[count];
        var position = 0;
        for (var i = 0; i < count; i++)
        {
            // The reader of the batch has checked them.
            Varint.TryRead(bytes, ref position, out var length);
            var name = Encoding.UTF8.GetString(bytes.Slice(position, (int)length));
            position += (int)length;
            Varint.TryRead(bytes, ref position, out length);
            headers[i] = new(name, length < 0 ? null : (ReadOnlyMemory<byte>?)bytes.Slice(position, (int)length).ToArray());
            position += (int)Math.Max(length, 0);
        }
        return headers;
    }
}
