using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Hostile;

/// <summary>Batches and old messages that are none, sent over the wire and asked for again.</summary>
public sealed class RecordTests(ITestOutputHelper output)
{
    const string Open = "open", Compacted = "compacted";

    static async Task CreateAsync(BrokerClient client)
    {
        await client.CreateAsync(Open);
        await client.CreateAsync(Compacted, 1, ("cleanup.policy", "compact"));
    }

    static void SetCrc(byte[] batch)
    {
        if (batch.Length >= BatchHeader.Size) BatchHeader.SetCrc(batch);
    }

    static byte[] Good(CompressionKind kind)
    {
        using var builder = new BatchBuilder();
        builder.Clear();
        for (var i = 0; i < 3; i++) builder.Add(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), "k"u8, hasKey: true, "value"u8, hasValue: true);
        return builder.Build(new() { Compression = kind }).ToArray();
    }

    /// <summary>A batch with something wrong in it. Mostly the checksum is made to hold, so that what is behind it is looked at.</summary>
    static byte[] Wrong(Random random)
    {
        var batch = Good((CompressionKind)random.Next(5));
        switch (random.Next(4))
        {
            case 0:
                return batch[..random.Next(1, batch.Length)];
            case 1:
                batch = [.. batch, .. batch[..random.Next(1, batch.Length)]];
                break;
            case 2:
                // Cut off behind the head, and the head knows it.
                batch = Bombs.Around(BatchHeader.Compression(batch), batch.AsSpan(BatchHeader.Size, random.Next(0, batch.Length - BatchHeader.Size)), 3);
                break;
            default:
                for (var changes = random.Next(1, 4); changes > 0; changes--) batch[random.Next(8, batch.Length)] = random.Next(4) switch { 0 => 0xff, 1 => 0x7f, 2 => 0x80, _ => (byte)random.Next(256) };
                break;
        }
        if (random.Next(5) > 0) SetCrc(batch);
        return batch;
    }

    [Fact]
    public Task Batches_that_are_wrong_anywhere_are_told_so_and_those_that_are_kept_can_be_asked_for() => HostileBed.RunAsync(output, usual: 3, async bed =>
    {
        using var client = new BrokerClient(bed.Broker);
        await CreateAsync(client);
        var (refused, kept) = (0, 0);
        for (var i = 0; i < 300; i++)
        {
            var written = await client.ProduceAsync(i % 2 == 0 ? Open : Compacted, 0, Wrong(bed.Random));
            if (written.ErrorCode == ErrorCode.None) kept++;
            else refused++;
            Assert.True(written.ErrorCode is not (ErrorCode.UnknownServerError or ErrorCode.KafkaStorageError), $"{written.ErrorCode}: {written.ErrorMessage}");
        }
        foreach (var topic in new[] { Open, Compacted })
        {
            for (var round = 0; round < 20; round++)
            {
                var time = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - bed.Random.NextInt64(120_000);
                var found = await client.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(new() { ReplicaId = -1, Topics = [new() { Name = topic, Partitions = [new() { Timestamp = round == 0 ? -3 : time }] }] }, 7);
                Assert.Equal(ErrorCode.None, found.Topics[0].Partitions[0].ErrorCode);
                var fetched = await client.AskAsync<FetchRequest, FetchResponse>(BrokerClient.Fetch(topic, 0, bed.Random.Next(kept)), 12);
                Assert.True(fetched.Responses[0].Partitions[0].ErrorCode is ErrorCode.None or ErrorCode.OffsetOutOfRange);
            }
        }
        bed.Node.Housekeeping.Compact();
        Assert.True(kept > 0 && refused > 100, $"{kept} were kept and {refused} refused.");
    });

    [Fact]
    public Task Bombs_of_every_compression_that_many_send_at_once_are_refused_within_the_memory_there_is_for_them() => HostileBed.RunAsync(output, usual: 1, async bed =>
    {
        using var first = new BrokerClient(bed.Broker);
        await CreateAsync(first);
        byte[][] bombs =
        [
            .. Bombs.Packed.Where(k => k != CompressionKind.Snappy).Select(k => Bombs.Batch(k, megabytes: 140)),
            // Snappy makes no more than 21 bytes of one: this is as much as a topic takes.
            Bombs.Batch(CompressionKind.Snappy, megabytes: 20),
            .. Bombs.Packed.Where(k => k != CompressionKind.Snappy).Select(k => Bombs.PackedOldMessage(k, Bombs.PackedOldMessage(k, Bombs.OldMessage(CompressionKind.None, new byte[16 << 20])))),
            .. Bombs.Packed.Select(k => Bombs.PackedOldMessage(k, Bombs.PackedOldMessage(k, Bombs.OldMessage(CompressionKind.None, new byte[1 << 20])), magic: 0)),
            Bombs.OldMessage(CompressionKind.Zstd, Bombs.Zstd(140)),
        ];
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            using var client = new BrokerClient(bed.Broker);
            for (var round = 0; round < 3; round++)
            {
                var bomb = bombs[(i * 3 + round) % bombs.Length];
                var written = await client.ProduceAsync(Compacted, 0, bomb, version: bomb[16] == 2 ? (short)12 : (short)2);
                Assert.True(written.ErrorCode is (ErrorCode.CorruptMessage or ErrorCode.InvalidRecord or ErrorCode.MessageTooLarge or ErrorCode.KafkaStorageError), $"{written.ErrorCode}: {written.ErrorMessage}");
            }
        }));
        // Where nobody looks into them they are kept as they came. Asking for a time does look.
        Assert.Equal(ErrorCode.None, (await first.ProduceAsync(Open, 0, Bombs.Batch(CompressionKind.Zstd, megabytes: 140))).ErrorCode);
        var found = await first.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(new() { ReplicaId = -1, Topics = [new() { Name = Open, Partitions = [new() { Timestamp = 1 }] }] }, 7);
        Assert.Equal((ErrorCode.None, 0L), (found.Topics[0].Partitions[0].ErrorCode, found.Topics[0].Partitions[0].Offset));
        Assert.InRange(bed.Node.Logs.Unpacking.Peak, 1 << 20, bed.Node.Logs.Unpacking.Limit);
    });

    [Fact]
    public Task Old_messages_that_are_changed_or_cut_anywhere_are_told_so() => HostileBed.RunAsync(output, usual: 2, async bed =>
    {
        using var client = new BrokerClient(bed.Broker);
        await CreateAsync(client);
        for (var i = 0; i < 300; i++)
        {
            var magic = (byte)(i % 2);
            var plain = Bombs.OldMessage(CompressionKind.None, "value"u8, magic);
            byte[] good = (i % 3) switch { 0 => plain, 1 => [.. plain, .. plain], _ => Bombs.PackedOldMessage((CompressionKind)bed.Random.Next(1, 5), [.. plain, .. plain], magic) };
            var bad = good.ToArray();
            for (var changes = bed.Random.Next(1, 3); changes > 0; changes--) bad[bed.Random.Next(bad.Length)] = (byte)bed.Random.Next(256);
            bad[16] = magic;
            if (bed.Random.Next(2) == 0) bad = bad[..bed.Random.Next(17, bad.Length)];
            else if (bed.Random.Next(3) > 0) System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bad.AsSpan(12), Crc32.Of(bad.AsSpan(16)));
            var written = await client.ProduceAsync(Open, 0, bad, version: 2);
            Assert.True(written.ErrorCode is (ErrorCode.None or ErrorCode.CorruptMessage or ErrorCode.InvalidRecord or ErrorCode.InvalidTimestamp or ErrorCode.UnsupportedCompressionType), $"{written.ErrorCode}: {written.ErrorMessage}");
        }
    });
}
