using System.Buffers.Binary;

namespace Millrace.Kafka.Records;

/// <summary>
/// The head of a record batch (magic 2), read and changed where it lies:
/// <code>
///  0             8        12            16      17    21           23
///  | base offset | length | leader epoch | magic | crc | attributes | last offset delta |
///  27               35              43            51      53              57      61
///  | base timestamp | max timestamp | producer id | epoch | base sequence | count | records ...
/// </code>
/// The length counts from the leader epoch on, the CRC covers all from the attributes on: offset and leader epoch can be set
/// without computing it again.
/// </summary>
static class BatchHeader
{
    internal const int Size = 61;
    const int LengthAt = 8, LeaderEpochAt = 12, MagicAt = 16, CrcAt = 17, AttributesAt = 21, LastDeltaAt = 23, BaseTimestampAt = 27, MaxTimestampAt = 35,
        ProducerIdAt = 43, ProducerEpochAt = 51, BaseSequenceAt = 53, CountAt = 57;

    /// <summary>What stands before the part that the length counts.</summary>
    internal const int Prefix = 12;

    const short CompressionBits = 0x07, AppendTimeBit = 0x08, TransactionalBit = 0x10, ControlBit = 0x20, DeleteHorizonBit = 0x40;

    internal static long BaseOffset(ReadOnlySpan<byte> batch) => BinaryPrimitives.ReadInt64BigEndian(batch);

    /// <summary>Bytes of the whole batch, which may be more than are here.</summary>
    internal static long TotalLength(ReadOnlySpan<byte> batch) => Prefix + (long)BinaryPrimitives.ReadInt32BigEndian(batch[LengthAt..]);

    internal static int LeaderEpoch(ReadOnlySpan<byte> batch) => BinaryPrimitives.ReadInt32BigEndian(batch[LeaderEpochAt..]);

    internal static byte Magic(ReadOnlySpan<byte> batch) => batch[MagicAt];

    internal static uint Crc(ReadOnlySpan<byte> batch) => BinaryPrimitives.ReadUInt32BigEndian(batch[CrcAt..]);

    static short Attributes(ReadOnlySpan<byte> batch) => BinaryPrimitives.ReadInt16BigEndian(batch[AttributesAt..]);

    internal static CompressionKind Compression(ReadOnlySpan<byte> batch) => (CompressionKind)(Attributes(batch) & CompressionBits);

    internal static bool HasAppendTime(ReadOnlySpan<byte> batch) => (Attributes(batch) & AppendTimeBit) != 0;

    internal static bool IsTransactional(ReadOnlySpan<byte> batch) => (Attributes(batch) & TransactionalBit) != 0;

    internal static bool IsControl(ReadOnlySpan<byte> batch) => (Attributes(batch) & ControlBit) != 0;

    /// <summary>Whether the base timestamp is the time from which compaction may drop tombstones.</summary>
    internal static bool HasDeleteHorizon(ReadOnlySpan<byte> batch) => (Attributes(batch) & DeleteHorizonBit) != 0;

    internal static int LastOffsetDelta(ReadOnlySpan<byte> batch) => BinaryPrimitives.ReadInt32BigEndian(batch[LastDeltaAt..]);

    internal static long LastOffset(ReadOnlySpan<byte> batch) => BaseOffset(batch) + LastOffsetDelta(batch);

    internal static long BaseTimestamp(ReadOnlySpan<byte> batch) => BinaryPrimitives.ReadInt64BigEndian(batch[BaseTimestampAt..]);

    internal static long MaxTimestamp(ReadOnlySpan<byte> batch) => BinaryPrimitives.ReadInt64BigEndian(batch[MaxTimestampAt..]);

    internal static long ProducerId(ReadOnlySpan<byte> batch) => BinaryPrimitives.ReadInt64BigEndian(batch[ProducerIdAt..]);

    internal static short ProducerEpoch(ReadOnlySpan<byte> batch) => BinaryPrimitives.ReadInt16BigEndian(batch[ProducerEpochAt..]);

    internal static int BaseSequence(ReadOnlySpan<byte> batch) => BinaryPrimitives.ReadInt32BigEndian(batch[BaseSequenceAt..]);

    internal static int Count(ReadOnlySpan<byte> batch) => BinaryPrimitives.ReadInt32BigEndian(batch[CountAt..]);

    /// <summary>The records, packed as the attributes say.</summary>
    internal static ReadOnlySpan<byte> Records(ReadOnlySpan<byte> batch) => batch[Size..];

    internal static uint ComputeCrc(ReadOnlySpan<byte> batch) => Crc32C.Of(batch[AttributesAt..]);

    internal static bool CrcHolds(ReadOnlySpan<byte> batch) => Crc(batch) == ComputeCrc(batch);

    internal static void SetBaseOffset(Span<byte> batch, long offset) => BinaryPrimitives.WriteInt64BigEndian(batch, offset);

    internal static void SetLeaderEpoch(Span<byte> batch, int epoch) => BinaryPrimitives.WriteInt32BigEndian(batch[LeaderEpochAt..], epoch);

    /// <summary>Gives all records the time at which they were appended.</summary>
    internal static void SetAppendTime(Span<byte> batch, long timestamp)
    {
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], (short)(Attributes(batch) | AppendTimeBit));
        BinaryPrimitives.WriteInt64BigEndian(batch[MaxTimestampAt..], timestamp);
        SetCrc(batch);
    }

    internal static void SetCrc(Span<byte> batch) => BinaryPrimitives.WriteUInt32BigEndian(batch[CrcAt..], ComputeCrc(batch));

    /// <summary>Writes the head before records that lie behind it already.</summary>
    internal static void Write(Span<byte> batch, in BatchFacts facts)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch, facts.BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch[LengthAt..], batch.Length - Prefix);
        BinaryPrimitives.WriteInt32BigEndian(batch[LeaderEpochAt..], facts.LeaderEpoch);
        batch[MagicAt] = 2;
        var attributes = (short)facts.Compression;
        if (facts.IsTransactional) attributes |= TransactionalBit;
        if (facts.IsControl) attributes |= ControlBit;
        if (facts.HasAppendTime) attributes |= AppendTimeBit;
        if (facts.HasDeleteHorizon) attributes |= DeleteHorizonBit;
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], attributes);
        BinaryPrimitives.WriteInt32BigEndian(batch[LastDeltaAt..], facts.LastOffsetDelta);
        BinaryPrimitives.WriteInt64BigEndian(batch[BaseTimestampAt..], facts.BaseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[MaxTimestampAt..], facts.MaxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[ProducerIdAt..], facts.ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(batch[ProducerEpochAt..], facts.ProducerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(batch[BaseSequenceAt..], facts.BaseSequence);
        BinaryPrimitives.WriteInt32BigEndian(batch[CountAt..], facts.Count);
        SetCrc(batch);
    }
}

/// <summary>What the head of a batch says of its records.</summary>
readonly record struct BatchFacts()
{
    internal long BaseOffset { get; init; }
    internal int LeaderEpoch { get; init; } = -1;
    internal CompressionKind Compression { get; init; }
    internal bool IsTransactional { get; init; }
    internal bool IsControl { get; init; }
    internal bool HasAppendTime { get; init; }
    internal bool HasDeleteHorizon { get; init; }
    internal int LastOffsetDelta { get; init; }
    internal long BaseTimestamp { get; init; }
    internal long MaxTimestamp { get; init; }
    internal long ProducerId { get; init; } = -1;
    internal short ProducerEpoch { get; init; } = -1;
    internal int BaseSequence { get; init; } = -1;
    internal int Count { get; init; }
}
