using System.Buffers.Binary;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Tests.Hostile;

/// <summary>Batches and old messages that are small on the wire and large when they are unpacked.</summary>
static class Bombs
{
    internal static IEnumerable<CompressionKind> Packed => Enum.GetValues<CompressionKind>().Where(k => k != CompressionKind.None);

    /// <summary>A batch of one record that says it is that long, packed. Made without ever having it whole: zstd is written by hand.</summary>
    internal static byte[] Batch(CompressionKind kind, int megabytes)
    {
        var packed = kind == CompressionKind.Zstd ? Zstd(megabytes) : PackedZeros(kind, megabytes);
        return Around(kind, packed, count: 1);
    }

    /// <summary>A batch with a true head around whatever is to be its records.</summary>
    internal static byte[] Around(CompressionKind kind, ReadOnlySpan<byte> records, int count)
    {
        var batch = new byte[BatchHeader.Size + records.Length];
        records.CopyTo(batch.AsSpan(BatchHeader.Size));
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        BatchHeader.Write(batch, new() { Compression = kind, Count = count, LastOffsetDelta = count - 1, BaseTimestamp = now, MaxTimestamp = now });
        return batch;
    }

    /// <summary>A frame whose blocks say "131,071 times this byte" in four bytes each.</summary>
    internal static byte[] Zstd(int megabytes)
    {
        var blocks = megabytes * 8;
        var frame = new byte[6 + blocks * 4];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, 0xFD2FB528);
        // No content size, and a window of a megabyte.
        frame[5] = 10 << 3;
        for (var i = 0; i < blocks; i++)
        {
            var head = 131_071u << 3 | 1 << 1 | (i == blocks - 1 ? 1u : 0);
            var at = frame.AsSpan(6 + i * 4);
            (at[0], at[1], at[2]) = ((byte)head, (byte)(head >> 8), (byte)(head >> 16));
        }
        return frame;
    }

    static byte[] PackedZeros(CompressionKind kind, int megabytes)
    {
        using var packed = new RentedBytes(int.MaxValue);
        Packing.Pack(kind, new byte[megabytes << 20], packed);
        return packed.Span.ToArray();
    }

    /// <summary>An old message of magic 1 that holds a set of messages, packed.</summary>
    internal static byte[] OldMessage(CompressionKind kind, ReadOnlySpan<byte> value, byte magic = 1)
    {
        var times = magic == 1 ? 8 : 0;
        var message = new byte[26 + times + value.Length];
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(8), message.Length - 12);
        message[16] = magic;
        message[17] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(18 + times), -1);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(22 + times), value.Length);
        value.CopyTo(message.AsSpan(26 + times));
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(12), Crc32.Of(message.AsSpan(16)));
        return message;
    }

    internal static byte[] PackedOldMessage(CompressionKind kind, ReadOnlySpan<byte> messages, byte magic = 1)
    {
        using var packed = new RentedBytes(int.MaxValue);
        Packing.Pack(kind, messages, packed);
        return OldMessage(kind, packed.Span, magic);
    }
}
