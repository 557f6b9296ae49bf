using System.Globalization;
using System.Text;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;

namespace Millrace.Kafka.Tests.Records;

public sealed class BatchTests
{
    readonly Random random;

    public BatchTests()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MILLRACE_TEST_SEED"), out var given) ? given : Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        random = new Random(seed);
    }

    sealed record Plain(long Offset, long Timestamp, string? Key, string? Value, string Headers);

    /// <summary>The records of python3-kafka's batches, as it was given them.</summary>
    static List<(long Time, string? Key, string? Value, (string, string?)[] Headers)> Given(bool large)
    {
        if (!large) return [(1000, "k0", "v0", []), (1005, null, new string('a', 50), [("h1", "x"), ("höh", null)]), (999, "", null, [])];
        return
        [
            .. Enumerable.Range(0, 60).Select(i => (1_700_000_000_000 + i * 777L, i % 3 != 0 ? $"key-{i % 7}" : null,
                i % 11 != 0 ? string.Concat(Enumerable.Repeat($"value {i} ", i % 40)) : null,
                Enumerable.Repeat(("n", (string?)i.ToString(CultureInfo.InvariantCulture)), i % 3).ToArray())),
        ];
    }

    static byte[] HeaderBytes((string Name, string? Value)[] headers)
    {
        var room = new byte[1_000];
        var at = 0;
        foreach (var (name, value) in headers)
        {
            Put(Encoding.UTF8.GetBytes(name));
            if (value is null) at = Varint.Write(room, at, -1);
            else Put(Encoding.UTF8.GetBytes(value));
        }
        return room[..at];

        void Put(byte[] bytes)
        {
            at = Varint.Write(room, at, bytes.Length);
            bytes.CopyTo(room, at);
            at += bytes.Length;
        }
    }

    static void Fill(BatchBuilder builder, bool large)
    {
        builder.Clear();
        foreach (var (time, key, value, headers) in Given(large))
            builder.Add(time, Encoding.UTF8.GetBytes(key ?? ""), key is not null, Encoding.UTF8.GetBytes(value ?? ""), value is not null, headers.Length, HeaderBytes(headers));
    }

    static IEnumerable<(CompressionKind Kind, bool Large, byte[] Bytes)> Fixtures() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "batches.txt")).Select(line => line.Split(' '))
            .Select(parts => ((CompressionKind)int.Parse(parts[0], CultureInfo.InvariantCulture), parts[1] == "1", Convert.FromHexString(parts[2])));

    static List<Plain> Read(ReadOnlyMemory<byte> batch)
    {
        var head = batch.Span;
        Assert.True(BatchHeader.CrcHolds(head));
        Assert.Equal(2, BatchHeader.Magic(head));
        Assert.Equal(batch.Length, BatchHeader.TotalLength(head));
        using var unpacked = new RentedBytes(1 << 20);
        Packing.Unpack(BatchHeader.Compression(head), batch[BatchHeader.Size..], unpacked);
        var reader = new RecordReader(unpacked.Span, BatchHeader.Count(head));
        var records = new List<Plain>();
        while (reader.Read(out var record))
        {
            records.Add(new(BatchHeader.BaseOffset(head) + record.OffsetDelta, BatchHeader.BaseTimestamp(head) + record.TimestampDelta,
                record.HasKey ? Encoding.UTF8.GetString(record.Key) : null, record.HasValue ? Encoding.UTF8.GetString(record.Value) : null,
                $"{record.HeaderCount}:{Convert.ToHexString(record.Headers)}"));
        }
        Assert.True(reader.IsWhole);
        return records;
    }

    [Fact]
    public void Batches_of_another_client_are_read()
    {
        foreach (var (kind, large, bytes) in Fixtures())
        {
            Assert.Equal(kind, BatchHeader.Compression(bytes));
            Assert.Equal(large, BatchHeader.IsTransactional(bytes));
            Assert.Equal(large ? (4711L, (short)3, 99) : (-1L, (short)-1, -1), (BatchHeader.ProducerId(bytes), BatchHeader.ProducerEpoch(bytes), BatchHeader.BaseSequence(bytes)));
            var given = Given(large);
            Assert.Equal((given[0].Time, given.Max(g => g.Time), given.Count - 1), (BatchHeader.BaseTimestamp(bytes), BatchHeader.MaxTimestamp(bytes), BatchHeader.LastOffsetDelta(bytes)));
            Assert.Equal([.. given.Select((g, i) => new Plain(i, g.Time, g.Key, g.Value, $"{g.Headers.Length}:{Convert.ToHexString(HeaderBytes(g.Headers))}"))], Read(bytes));
        }
    }

    [Fact]
    public void A_batch_is_written_as_another_client_writes_it()
    {
        using var builder = new BatchBuilder();
        foreach (var (_, large, bytes) in Fixtures().Where(f => f.Kind == CompressionKind.None))
        {
            Fill(builder, large);
            var facts = large ? new BatchFacts { IsTransactional = true, ProducerId = 4711, ProducerEpoch = 3, BaseSequence = 99 } : new();
            // It leaves the epoch of the leader 0, we say that it isn't known.
            BatchHeader.SetLeaderEpoch(bytes, -1);
            Assert.Equal(Convert.ToHexStringLower(bytes), Convert.ToHexStringLower(builder.Build(facts).Span));
        }
    }

    [Fact]
    public void Any_records_are_read_as_they_were_written_in_every_compression()
    {
        using var builder = new BatchBuilder();
        for (var round = 0; round < 200; round++)
        {
            var (kind, horizon, written) = ((CompressionKind)random.Next(5), random.Next(3) == 0 ? random.NextInt64(1L << 40) : (long?)null, new List<Plain>());
            var baseOffset = random.NextInt64(1L << 50);
            builder.Clear(horizon);
            var delta = random.Next(3);
            for (var i = random.Next(1, 30); i > 0; i--, delta += random.Next(1, 1 << random.Next(1, 20)))
            {
                var (time, key, value) = (random.Next(9) == 0 ? -1 : random.NextInt64(1L << 42), Text(), Text());
                (string, string?)[] headers = random.Next(4) == 0 ? [("", null), (Text() ?? "a", Text())] : [];
                builder.Add(delta, time, Encoding.UTF8.GetBytes(key ?? ""), key is not null, Encoding.UTF8.GetBytes(value ?? ""), value is not null, headers.Length, HeaderBytes(headers));
                written.Add(new(baseOffset + delta, time, key, value, $"{headers.Length}:{Convert.ToHexString(HeaderBytes(headers))}"));
            }
            var batch = builder.Build(new() { BaseOffset = baseOffset, Compression = kind, LeaderEpoch = 7 });
            Assert.Equal(written, Read(batch));
            Assert.Equal((written[^1].Offset, horizon is not null), (BatchHeader.LastOffset(batch.Span), BatchHeader.HasDeleteHorizon(batch.Span)));
            Assert.Equal((horizon ?? written[0].Timestamp, written.Max(w => w.Timestamp)), (BatchHeader.BaseTimestamp(batch.Span), BatchHeader.MaxTimestamp(batch.Span)));
        }

        string? Text() => random.Next(6) == 0 ? null : new string((char)random.Next('a', 'ÿ'), random.Next(random.Next(4) == 0 ? 200 : 8));
    }

    [Fact]
    public void Offset_and_leader_epoch_are_set_without_the_checksum_and_the_time_of_appending_with_it()
    {
        using var builder = new BatchBuilder();
        Fill(builder, large: true);
        var batch = builder.Build(new()).ToArray();
        var crc = BatchHeader.Crc(batch);
        BatchHeader.SetBaseOffset(batch, 1L << 40);
        BatchHeader.SetLeaderEpoch(batch, 5);
        Assert.Equal((1L << 40, 5, crc, true), (BatchHeader.BaseOffset(batch), BatchHeader.LeaderEpoch(batch), BatchHeader.Crc(batch), BatchHeader.CrcHolds(batch)));
        BatchHeader.SetAppendTime(batch, 123);
        Assert.Equal((true, 123, true), (BatchHeader.HasAppendTime(batch), BatchHeader.MaxTimestamp(batch), BatchHeader.CrcHolds(batch)));
    }

    [Fact]
    public void Every_bit_that_flips_behind_the_checksum_is_found()
    {
        var batch = Fixtures().First().Bytes;
        for (var bit = 17 * 8; bit < batch.Length * 8; bit++)
        {
            batch[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(BatchHeader.CrcHolds(batch));
            batch[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    [Fact]
    public void Crc_32C_is_that_of_its_standard()
    {
        Assert.Equal(0xE3069283, Crc32C.Of("123456789"u8));
        Assert.Equal(0xCBF43926, Crc32.Of("123456789"u8));
        Assert.Equal(Crc32C.Of("123456789abc"u8), ~Crc32C.Continue(Crc32C.Continue(uint.MaxValue, "123"u8), "456789abc"u8));
    }

    [Fact]
    public void Varints_at_the_edges_have_the_bytes_of_the_format()
    {
        (long Value, string Hex)[] edges =
        [
            (0, "00"), (-1, "01"), (1, "02"), (63, "7e"), (-64, "7f"), (64, "8001"), (-65, "8101"), (8191, "fe7f"), (-8192, "ff7f"), (8192, "808001"),
            (int.MaxValue, "feffffff0f"), (int.MinValue, "ffffffff0f"), (long.MaxValue, "feffffffffffffffff01"), (long.MinValue, "ffffffffffffffffff01"),
        ];
        foreach (var (value, hex) in edges)
        {
            var bytes = new byte[Varint.MostBytes];
            var length = Varint.Write(bytes, 0, value);
            Assert.Equal(hex, Convert.ToHexStringLower(bytes.AsSpan(0, length)));
            Assert.Equal(length, Varint.Size(value));
            var position = 0;
            Assert.True(Varint.TryRead(bytes, ref position, out var read));
            Assert.Equal((value, length), (read, position));
            position = 0;
            Assert.False(Varint.TryRead(bytes.AsSpan(0, length - 1), ref position, out _));
        }
        var start = 0;
        Assert.False(Varint.TryRead(Convert.FromHexString("ffffffffffffffffffffff"), ref start, out _));
    }

    [Fact]
    public void Changed_records_are_read_or_refused()
    {
        var plain = Fixtures().First(f => f.Large).Bytes;
        for (var round = 0; round < 20_000; round++)
        {
            var records = plain[BatchHeader.Size..];
            for (var changes = random.Next(1, 4); changes > 0; changes--) records[random.Next(records.Length)] = (byte)(random.Next(3) == 0 ? 0xff : random.Next(256));
            if (random.Next(4) == 0) records = records[..random.Next(records.Length)];
            var reader = new RecordReader(records, random.Next(4) == 0 ? random.Next() : 60);
            try
            {
                while (reader.Read(out var record)) Assert.InRange(record.Key.Length + record.Value.Length + record.Headers.Length, 0, record.Bytes.Length);
            }
            catch (RecordsException)
            {
            }
        }
    }

    [Fact]
    public void Building_and_reading_records_allocates_nothing()
    {
        using var builder = new BatchBuilder();
        var (key, value, allocated, sum) = ("key"u8.ToArray(), new byte[100], 0L, 0L);
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            builder.Clear();
            for (var i = 0; i < 10_000; i++) builder.Add(i, key, true, value, true);
            var batch = builder.Build(new()).Span;
            var reader = new RecordReader(BatchHeader.Records(batch), BatchHeader.Count(batch));
            while (reader.Read(out var record)) sum += record.Value.Length;
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal((0, 3_000_000), (allocated, sum));
    }
}
