using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;

namespace Millrace.Kafka.Tests.Records;

public sealed class OldMessagesTests
{
    const int Most = 1 << 20;

    static IEnumerable<(int Magic, CompressionKind Kind, byte[] Bytes)> Fixtures() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "old-messages.txt")).Select(line => line.Split(' '))
            .Select(parts => (int.Parse(parts[0], CultureInfo.InvariantCulture), (CompressionKind)int.Parse(parts[1], CultureInfo.InvariantCulture), Convert.FromHexString(parts[2])));

    static byte[] Fixture(int magic, CompressionKind kind) => Fixtures().Single(f => f.Magic == magic && f.Kind == kind).Bytes;

    static List<(long Offset, long Time, string? Key, string? Value)> Read(ReadOnlyMemory<byte> batch)
    {
        var head = batch.Span;
        Assert.True(BatchHeader.CrcHolds(head));
        using var unpacked = new RentedBytes(Most);
        Packing.Unpack(BatchHeader.Compression(head), batch[BatchHeader.Size..], unpacked);
        var reader = new RecordReader(unpacked.Span, BatchHeader.Count(head));
        var records = new List<(long, long, string?, string?)>();
        while (reader.Read(out var record))
        {
            records.Add((BatchHeader.BaseOffset(head) + record.OffsetDelta, BatchHeader.BaseTimestamp(head) + record.TimestampDelta,
                record.HasKey ? Encoding.UTF8.GetString(record.Key) : null, record.HasValue ? Encoding.UTF8.GetString(record.Value) : null));
        }
        Assert.True(reader.IsWhole);
        return records;
    }

    [Fact]
    public void Old_messages_of_another_client_become_a_batch_in_the_same_compression()
    {
        using var builder = new BatchBuilder();
        foreach (var (magic, kind, bytes) in Fixtures())
        {
            Assert.True(OldMessages.AreIn(bytes));
            var batch = OldMessages.ToBatch(bytes, builder, keepsOffsets: false, Most);
            Assert.False(OldMessages.AreIn(batch.Span));
            Assert.Equal(kind, BatchHeader.Compression(batch.Span));
            Assert.Equal([(0, magic == 0 ? -1 : 1000, "k0", "v0"), (1, magic == 0 ? -1 : 1005, null, new string('a', 50)), (2, magic == 0 ? -1 : 999, "", null)], Read(batch));
            Assert.Equal(magic == 0 ? -1 : 1005, BatchHeader.MaxTimestamp(batch.Span));
        }
    }

    [Fact]
    public void Packed_messages_count_back_from_the_offset_of_what_packs_them()
    {
        using var builder = new BatchBuilder();
        var bytes = Fixture(1, CompressionKind.Gzip);
        BinaryPrimitives.WriteInt64BigEndian(bytes, 1002);
        Assert.Equal([1000, 1001, 1002], Read(OldMessages.ToBatch(bytes, builder, keepsOffsets: true, Most)).Select(r => r.Offset));
        // Before that they had offsets of their own.
        bytes = Fixture(0, CompressionKind.Gzip);
        BinaryPrimitives.WriteInt64BigEndian(bytes, 2);
        Assert.Equal([0, 1, 2], Read(OldMessages.ToBatch(bytes, builder, keepsOffsets: true, Most)).Select(r => r.Offset));
    }

    [Fact]
    public void Messages_that_follow_each_other_are_one_batch()
    {
        using var builder = new BatchBuilder();
        byte[] both = [.. Fixture(1, CompressionKind.Snappy), .. Fixture(1, CompressionKind.None)];
        var batch = OldMessages.ToBatch(both, builder, keepsOffsets: false, Most);
        Assert.Equal((CompressionKind.Snappy, 6, 5), (BatchHeader.Compression(batch.Span), BatchHeader.Count(batch.Span), BatchHeader.LastOffsetDelta(batch.Span)));
    }

    [Fact]
    public void What_all_messages_unpack_to_has_one_limit()
    {
        using var builder = new BatchBuilder();
        var one = Fixture(1, CompressionKind.Gzip);
        byte[] many = [.. Enumerable.Repeat(one, 20).SelectMany(bytes => bytes)];
        OldMessages.ToBatch(one, builder, keepsOffsets: false, 400);
        Assert.Throws<CompressionException>(() => OldMessages.ToBatch(many, builder, keepsOffsets: false, 400));
    }

    [Fact]
    public void The_time_of_appending_holds_for_all_that_is_packed()
    {
        using var builder = new BatchBuilder();
        var bytes = Fixture(1, CompressionKind.Gzip);
        bytes[17] |= 0x08;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(18), 7_777);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), Crc32.Of(bytes.AsSpan(16)));
        var batch = OldMessages.ToBatch(bytes, builder, keepsOffsets: false, Most);
        Assert.Equal((true, 7_777), (BatchHeader.HasAppendTime(batch.Span), BatchHeader.MaxTimestamp(batch.Span)));
        Assert.All(Read(batch), r => Assert.Equal(7_777, r.Time));
    }

    [Fact]
    public void Wrong_messages_are_refused_by_what_is_wrong()
    {
        Refused([], "A set of messages is empty.");
        Refused(Fixture(1, CompressionKind.None)[..^1], "A message is cut off, or has a size out of range.");
        Refused(Changed(30), "The checksum of message 0 is not that of its content.");
        // A packed message in a packed message: what a bomb is made of.
        var inner = Fixture(1, CompressionKind.Gzip);
        using var packed = new RentedBytes(Most);
        Packing.Pack(CompressionKind.Gzip, inner, packed);
        var wrapper = new byte[34 + packed.Length];
        BinaryPrimitives.WriteInt32BigEndian(wrapper.AsSpan(8), wrapper.Length - 12);
        (wrapper[16], wrapper[17]) = (1, 1);
        BinaryPrimitives.WriteInt32BigEndian(wrapper.AsSpan(26), -1);
        BinaryPrimitives.WriteInt32BigEndian(wrapper.AsSpan(30), packed.Length);
        packed.Span.CopyTo(wrapper.AsSpan(34));
        BinaryPrimitives.WriteUInt32BigEndian(wrapper.AsSpan(12), Crc32.Of(wrapper.AsSpan(16)));
        Refused(wrapper, "Message 0 holds packed messages within packed ones.");

        static byte[] Changed(int at)
        {
            var bytes = Fixture(1, CompressionKind.None);
            bytes[at] ^= 1;
            return bytes;
        }

        static void Refused(byte[] bytes, string why)
        {
            using var builder = new BatchBuilder();
            Assert.Equal(why, Assert.Throws<RecordsException>(() => OldMessages.ToBatch(bytes, builder, keepsOffsets: false, Most)).Message);
        }
    }

    [Fact]
    public void Changed_messages_with_a_right_checksum_are_read_or_refused()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MILLRACE_TEST_SEED"), out var given) ? given : Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var builder = new BatchBuilder();
        foreach (var (_, _, bytes) in Fixtures())
        {
            for (var round = 0; round < 1_000; round++)
            {
                var changed = bytes.ToArray();
                for (var changes = random.Next(1, 4); changes > 0; changes--) changed[random.Next(changed.Length)] = (byte)(random.Next(3) == 0 ? 0xff : random.Next(256));
                var size = BinaryPrimitives.ReadInt32BigEndian(changed.AsSpan(8));
                if (size > 4 && size <= changed.Length - 12) BinaryPrimitives.WriteUInt32BigEndian(changed.AsSpan(12), Crc32.Of(changed.AsSpan(16, size - 4)));
                try
                {
                    OldMessages.ToBatch(changed, builder, random.Next(2) == 0, Most);
                }
                catch (Exception e) when (e is RecordsException or CompressionException)
                {
                }
            }
        }
    }
}
