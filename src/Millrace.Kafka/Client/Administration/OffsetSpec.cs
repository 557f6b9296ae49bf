namespace Millrace.Kafka;

/// <summary>A place in a partition that its leader can find.</summary>
public readonly record struct OffsetSpec
{
    OffsetSpec(long timestamp) => Timestamp = timestamp;

    /// <summary>The first record that is still there.</summary>
    public static OffsetSpec Earliest { get; } = new(-2);

    /// <summary>Behind the last record.</summary>
    public static OffsetSpec Latest { get; } = new(-1);

    /// <summary>The record with the highest timestamp, which need not be the last one. Needs brokers of version 3.0.</summary>
    public static OffsetSpec MaxTimestamp { get; } = new(-3);

    internal long Timestamp { get; }

    /// <summary>The first record of that time or later.</summary>
    public static OffsetSpec At(DateTimeOffset time) => Milliseconds(time) is >= 0 and var timestamp ? new(timestamp)
        : throw new ArgumentOutOfRangeException(nameof(time), time, "Records have no times before 1970. Use OffsetSpec.Earliest.");

    // Records know milliseconds: one of the same millisecond may be earlier.
    static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() + (time.Ticks % TimeSpan.TicksPerMillisecond == 0 ? 0 : 1);
}

/// <param name="Offset">Null where no record is as asked: none that late, or none at all.</param>
/// <param name="Timestamp">That of the record, where one was asked for by its time.</param>
public readonly record struct PartitionOffset(long? Offset, DateTimeOffset? Timestamp);
