namespace Millrace.Kafka;

/// <summary>A record to be sent.</summary>
public readonly record struct ProducerRecord<TKey, TValue>(string Topic, TKey Key, TValue Value)
{
    /// <summary>Null lets the partitioner choose.</summary>
    public int? Partition { get; init; }

    /// <summary>Null for now.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    public IReadOnlyList<RecordHeader>? Headers { get; init; }
}

/// <summary>Where a record lies now.</summary>
/// <param name="Offset">-1 where brokers are not asked to acknowledge.</param>
public readonly record struct Delivery(string Topic, int Partition, long Offset, DateTimeOffset Timestamp);

/// <summary>What became of a record that was queued.</summary>
/// <param name="State">What was given with the record.</param>
/// <param name="Error">Why it was not delivered, or null.</param>
public readonly record struct DeliveryReport(Delivery Delivery, object? State, KafkaException? Error);
