using System.Buffers.Binary;
using System.Globalization;
using Millrace.Broker.Files;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Logs;

/// <summary>
/// The producers of a partition as they were before an offset, which names the file (.producers):
/// <code>
///  | producers, 4 bytes | id, 8 | epoch, 2 | last timestamp, 8 | open since, 8, or -1 | batches, 1 |
///  | first sequence, 4 | last sequence, 4 | offset, 8 | timestamp, 8 | ... | crc, 4 |
/// </code>
/// </summary>
static class ProducerSnapshot
{
    const string End = ".producers";
    const int ProducerSize = 27, BatchSize = 24;

    internal static void Write(DiskFolder folder, long offset, ProducerStates states)
    {
        var all = states.All;
        var bytes = new byte[8 + all.Sum(p => ProducerSize + p.Value.Batches.Count * BatchSize)];
        var rest = bytes.AsSpan();
        BinaryPrimitives.WriteInt32BigEndian(rest, all.Count);
        rest = rest[4..];
        foreach (var (id, producer) in all)
        {
            BinaryPrimitives.WriteInt64BigEndian(rest, id);
            BinaryPrimitives.WriteInt16BigEndian(rest[8..], producer.Epoch);
            BinaryPrimitives.WriteInt64BigEndian(rest[10..], producer.LastTimestamp);
            BinaryPrimitives.WriteInt64BigEndian(rest[18..], producer.OpenSince ?? -1);
            rest[26] = (byte)producer.Batches.Count;
            rest = rest[ProducerSize..];
            foreach (var batch in producer.Batches)
            {
                BinaryPrimitives.WriteInt32BigEndian(rest, batch.First);
                BinaryPrimitives.WriteInt32BigEndian(rest[4..], batch.Last);
                BinaryPrimitives.WriteInt64BigEndian(rest[8..], batch.Offset);
                BinaryPrimitives.WriteInt64BigEndian(rest[16..], batch.Timestamp);
                rest = rest[BatchSize..];
            }
        }
        BinaryPrimitives.WriteUInt32BigEndian(rest, Crc32C.Of(bytes.AsSpan(0, bytes.Length - 4)));
        folder.Replace(Segment.Name(offset, End), bytes);
        foreach (var old in Offsets(folder).Where(o => o < offset).SkipLast(1)) folder.Delete(Segment.Name(old, End));
    }

    /// <summary>Reads the newest snapshot that holds and is not behind an offset. Returns the offset that it stands before.</summary>
    internal static long Newest(DiskFolder folder, long notAfter, ProducerStates into)
    {
        foreach (var offset in Offsets(folder).Where(o => o <= notAfter).Reverse())
            if (TryRead(folder.ReadAll(Segment.Name(offset, End)), into)) return offset;
        into.Clear();
        return 0;
    }

    static List<long> Offsets(DiskFolder folder) =>
        [.. folder.FileNames().Where(n => n.EndsWith(End, StringComparison.Ordinal)).Select(n => long.Parse(n.AsSpan(0, n.Length - End.Length), CultureInfo.InvariantCulture)).Order()];

    static bool TryRead(byte[]? bytes, ProducerStates into)
    {
        into.Clear();
        if (bytes is not { Length: >= 8 } || BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(bytes.Length - 4)) != Crc32C.Of(bytes.AsSpan(0, bytes.Length - 4))) return false;
        ReadOnlySpan<byte> rest = bytes;
        var count = BinaryPrimitives.ReadInt32BigEndian(rest);
        rest = rest[4..];
        for (var i = 0; i < count; i++)
        {
            var open = BinaryPrimitives.ReadInt64BigEndian(rest[18..]);
            var producer = new Producer
            {
                Epoch = BinaryPrimitives.ReadInt16BigEndian(rest[8..]),
                LastTimestamp = BinaryPrimitives.ReadInt64BigEndian(rest[10..]),
                OpenSince = open < 0 ? null : open,
            };
            var id = BinaryPrimitives.ReadInt64BigEndian(rest);
            var batches = rest[26];
            rest = rest[ProducerSize..];
            for (var b = 0; b < batches; b++, rest = rest[BatchSize..])
            {
                producer.Batches.Add(new(BinaryPrimitives.ReadInt32BigEndian(rest), BinaryPrimitives.ReadInt32BigEndian(rest[4..]),
                    BinaryPrimitives.ReadInt64BigEndian(rest[8..]), BinaryPrimitives.ReadInt64BigEndian(rest[16..])));
            }
            into.Restore(id, producer);
        }
        return true;
    }
}
