using System.Buffers.Binary;
using Millrace.Kafka.Compression;

namespace Millrace.Kafka.Records;

/// <summary>
/// What was sent before there were record batches: a set of messages of magic 0 or 1, made into a batch.
/// <code>
///  0        8      12    16      17           18
///  | offset | size | crc | magic | attributes | timestamp, 8 bytes, magic 1 only | key length, -1: null | key | value length | value |
/// </code>
/// The size counts from the checksum on, the checksum covers what is behind it. A message with compression in its attributes
/// holds a set of messages as its value: its offset is that of the last of them, and from magic 1 on they count from 0.
/// </summary>
static class OldMessages
{
    const int SizeAt = 8, CrcAt = 12, MagicAt = 16, AttributesAt = 17, BodyAt = 18, LeastSize = 14;
    const byte CompressionBits = 0x07, AppendTimeBit = 0x08;
    const long NoTimestamp = -1;

    /// <summary>Whether these are old messages rather than batches, as their first tells.</summary>
    internal static bool AreIn(ReadOnlySpan<byte> records) => records.Length > MagicAt && records[MagicAt] < 2;

    /// <summary>Makes one batch of all messages, packed as the first of them is. It's good until the builder is used again.</summary>
    /// <param name="keepsOffsets">Whether the offsets mean something: those that producers send don't.</param>
    /// <param name="mostUnpacked">The most bytes that all packed messages together may unpack to.</param>
    /// <param name="room">What unpacking shares with others.</param>
    internal static ReadOnlyMemory<byte> ToBatch(ReadOnlyMemory<byte> messages, BatchBuilder builder, bool keepsOffsets, int mostUnpacked, SharedRoom? room = null)
    {
        if (messages.IsEmpty) throw new RecordsException("A set of messages is empty.");
        builder.Clear();
        var set = new Target(builder, keepsOffsets);
        using var unpacked = new RentedBytes(mostUnpacked, room);
        for (var rest = messages; rest.Length > 0;)
        {
            var message = Next(ref rest);
            if (builder.Count == 0) set.Facts = set.Facts with { Compression = message.Compression };
            if (message.Compression == CompressionKind.None) set.Add(message, message.Offset);
            else AddPacked(message, ref set, unpacked);
        }
        return builder.Build(set.Facts);
    }

    static void AddPacked(in Message wrapper, ref Target set, RentedBytes unpacked)
    {
        if (!wrapper.HasValue || wrapper.Value.IsEmpty) throw new RecordsException($"Message {wrapper.Offset} is packed and holds nothing.");
        // What was unpacked before is kept, so that the limit holds for all messages of the set together.
        var start = unpacked.Length;
        Packing.Unpack(wrapper.Compression, wrapper.Value, unpacked);
        var last = 0L;
        for (var rest = unpacked.Memory[start..]; rest.Length > 0;) last = Next(ref rest).Offset;
        for (var rest = unpacked.Memory[start..]; rest.Length > 0;)
        {
            var message = Next(ref rest);
            if (message.Compression != CompressionKind.None) throw new RecordsException($"Message {wrapper.Offset} holds packed messages within packed ones.");
            if (wrapper.HasAppendTime) message = message with { HasAppendTime = true, Timestamp = wrapper.Timestamp };
            set.Add(message, wrapper.Magic > 0 ? wrapper.Offset - last + message.Offset : message.Offset);
        }
    }

    static Message Next(ref ReadOnlyMemory<byte> rest)
    {
        var bytes = rest.Span;
        var size = bytes.Length >= CrcAt ? BinaryPrimitives.ReadInt32BigEndian(bytes[SizeAt..]) : -1;
        if (size < LeastSize || size > bytes.Length - CrcAt) throw new RecordsException("A message is cut off, or has a size out of range.");
        var message = rest[..(CrcAt + size)];
        rest = rest[(CrcAt + size)..];
        bytes = message.Span;
        var (offset, magic, attributes) = (BinaryPrimitives.ReadInt64BigEndian(bytes), bytes[MagicAt], bytes[AttributesAt]);
        if (magic > 1) throw new RecordsException($"Message {offset} is of magic {magic} among older ones.");
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes[CrcAt..]) != Crc32.Of(bytes[MagicAt..])) throw new RecordsException($"The checksum of message {offset} is not that of its content.");
        var at = BodyAt;
        var timestamp = NoTimestamp;
        if (magic == 1)
        {
            if (bytes.Length < BodyAt + 8 + 8) throw new RecordsException($"Message {offset} is cut off.");
            timestamp = BinaryPrimitives.ReadInt64BigEndian(bytes[at..]);
            at += 8;
        }
        var key = Part(message, ref at, offset);
        var value = Part(message, ref at, offset);
        if (at != bytes.Length) throw new RecordsException($"Message {offset} is not as long as it says.");
        return new Message(offset, magic, (CompressionKind)(attributes & CompressionBits), magic == 1 && (attributes & AppendTimeBit) != 0, timestamp,
            key ?? default, key is not null, value ?? default, value is not null);
    }

    static ReadOnlyMemory<byte>? Part(ReadOnlyMemory<byte> message, ref int at, long offset)
    {
        var length = at + 4 <= message.Length ? BinaryPrimitives.ReadInt32BigEndian(message.Span[at..]) : int.MinValue;
        if (length < -1 || length > message.Length - at - 4) throw new RecordsException($"Message {offset} has a part that is longer than itself.");
        at += 4;
        if (length < 0) return null;
        at += length;
        return message.Slice(at - length, length);
    }

    readonly record struct Message(long Offset, byte Magic, CompressionKind Compression, bool HasAppendTime, long Timestamp,
        ReadOnlyMemory<byte> Key, bool HasKey, ReadOnlyMemory<byte> Value, bool HasValue);

    /// <summary>The batch that is being made.</summary>
    struct Target(BatchBuilder builder, bool keepsOffsets)
    {
        internal BatchFacts Facts { get; set; } = new();

        long lastOffset = long.MinValue;

        internal void Add(in Message message, long offset)
        {
            if (builder.Count == 0) Facts = Facts with { BaseOffset = keepsOffsets ? offset : 0 };
            if (message.HasAppendTime) Facts = Facts with { HasAppendTime = true, MaxTimestamp = message.Timestamp };
            var delta = keepsOffsets ? offset - Facts.BaseOffset : builder.Count;
            if (keepsOffsets && (offset <= lastOffset || delta > int.MaxValue)) throw new RecordsException($"Message {offset} is out of order.");
            lastOffset = offset;
            builder.Add((int)delta, message.Timestamp, message.Key.Span, message.HasKey, message.Value.Span, message.HasValue, 0, []);
        }
    }
}
