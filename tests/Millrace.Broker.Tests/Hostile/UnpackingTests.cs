using Millrace.Broker.Logs;
using Millrace.Broker.Tests.Logs;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Hostile;

/// <summary>What is unpacked to look into it takes no more memory than there is room for, whoever sent it.</summary>
public sealed class UnpackingTests
{
    [Theory]
    [InlineData(CompressionKind.Gzip)]
    [InlineData(CompressionKind.Lz4)]
    [InlineData(CompressionKind.Zstd)]
    [InlineData(CompressionKind.Snappy)]
    internal void Bombs_that_many_send_at_once_take_no_more_than_they_share(CompressionKind kind)
    {
        var room = new SharedRoom(64 << 20);
        var bomb = Bombs.Batch(kind, megabytes: 140);
        var settings = new TopicSettings { IsCompacted = true, MaxMessageBytes = 100 << 20, TimestampAfterMaxMs = long.MaxValue };
        var errors = new ErrorCode?[8];
        Parallel.For(0, errors.Length, new() { MaxDegreeOfParallelism = errors.Length }, i => errors[i] = BatchCheck.Of(bomb, settings, 0, room)?.Error);
        Assert.All(errors, error => Assert.Equal(ErrorCode.KafkaStorageError, error));
        Assert.Equal(0, room.Used);
        Assert.InRange(room.Peak, SharedRoom.Small, room.Limit);
    }

    [Theory]
    [InlineData(CompressionKind.Gzip)]
    [InlineData(CompressionKind.Lz4)]
    [InlineData(CompressionKind.Zstd)]
    [InlineData(CompressionKind.Snappy)]
    internal void A_bomb_that_is_larger_than_any_batch_may_be_is_corrupt(CompressionKind kind)
    {
        var room = new SharedRoom(BatchCheck.MostUnpackedAtOnce);
        var refusal = BatchCheck.Of(Bombs.Batch(kind, megabytes: 140), new TopicSettings { IsCompacted = true, MaxMessageBytes = 100 << 20, TimestampAfterMaxMs = long.MaxValue }, 0, room);
        Assert.Equal(ErrorCode.CorruptMessage, refusal?.Error);
        Assert.Contains("134,217,728", refusal!.Value.Message, StringComparison.Ordinal);
        Assert.Equal(0, room.Used);
    }

    [Fact]
    public void Old_messages_share_the_room_and_packed_ones_within_packed_ones_are_refused()
    {
        var room = new SharedRoom(64 << 20);
        foreach (var kind in Bombs.Packed)
        {
            using var builder = new BatchBuilder(room);
            var plain = Bombs.OldMessage(CompressionKind.None, new byte[40 << 20]);
            var crowded = Assert.Throws<CompressionException>(() => OldMessages.ToBatch(Bombs.PackedOldMessage(kind, plain), builder, keepsOffsets: false, BatchCheck.MostUnpacked, room));
            Assert.True(crowded.IsForNow, crowded.Message);
            var nested = Bombs.PackedOldMessage(kind, Bombs.PackedOldMessage(kind, Bombs.OldMessage(CompressionKind.None, new byte[1 << 20])));
            var refused = Assert.Throws<RecordsException>(() => OldMessages.ToBatch(nested, builder, keepsOffsets: false, BatchCheck.MostUnpacked, room));
            Assert.Contains("within packed ones", refused.Message, StringComparison.Ordinal);
        }
        Assert.Equal(0, room.Used);
        Assert.InRange(room.Peak, SharedRoom.Small, room.Limit);
    }

    [Fact]
    public void A_record_of_a_compacted_topic_that_lies_about_its_place_is_refused()
    {
        using var builder = new BatchBuilder();
        builder.Clear();
        builder.Add(0, 1_000, "k"u8, true, "v"u8, true, 0, []);
        builder.Add(900, 1_000, "k"u8, true, "v"u8, true, 0, []);
        var lie = builder.Build(new(), lastOffsetDelta: 1).ToArray();
        Assert.Equal(ErrorCode.InvalidRecord, BatchCheck.Of(lie, new() { IsCompacted = true }, 2_000, new(1 << 20))?.Error);
    }

    public static TheoryData<string> Unreadable => ["bomb", "cut", "garbage", "lies"];

    static byte[] Make(string what)
    {
        using var builder = new BatchBuilder();
        builder.Clear();
        builder.Add(0, 1_000, "k0"u8, true, "v"u8, true, 0, []);
        builder.Add(1_000_000, 1_000, "k1"u8, true, "v"u8, true, 0, []);
        return what switch
        {
            "bomb" => Bombs.Batch(CompressionKind.Zstd, megabytes: 140),
            "cut" => Bombs.Around(CompressionKind.Zstd, Bombs.Zstd(1).AsSpan(0, 20), count: 1),
            "garbage" => Bombs.Around(CompressionKind.None, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], count: 3),
            _ => builder.Build(new(), lastOffsetDelta: 1).ToArray(),
        };
    }

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void Compaction_leaves_alone_what_nobody_can_read_and_goes_on(string what)
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", new() { SegmentBytes = 700, IsDeleted = false, IsCompacted = true, MinCleanableRatio = 0 });
        for (var i = 0; i < 20; i++) bed.Append(log, Batches.Of(($"k{i % 3}", $"a{i}")));
        // As a topic takes it that isn't compacted yet.
        var bad = Make(what);
        var at = bed.Append(log, bad).FirstOffset;
        for (var i = 0; i < 20; i++) bed.Append(log, Batches.Of(($"k{i % 3}", $"b{i}")));
        log.Retain(long.MaxValue / 2);
        bed.Logs.Checkpoint();
        Assert.True(log.Compact(5_000) > 0);
        Assert.Null(log.Damage);
        var read = new byte[bad.Length];
        Assert.Equal(bad.Length, log.Read(at, read, log.HighWatermark).Length);
        Assert.Equal(bad.AsSpan(BatchHeader.Size), read.AsSpan(BatchHeader.Size));
        Assert.Equal(at, log.Read(at, read, at + 1).NextOffset - BatchHeader.Count(bad));
        // Each key's latest, none of them hidden by what the batch says of itself.
        var end = log.EndOffset;
        var last = new byte[4_096];
        for (var offset = end - 3; offset < end; offset++) Assert.Equal(offset + 1, log.Read(offset, last, offset + 1).NextOffset);
    }

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void A_time_within_a_batch_that_nobody_can_read_is_found_where_the_batch_begins(string what)
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0");
        bed.Append(log, Batches.At(500, ("k", "v")));
        bed.Append(log, Make(what));
        if (what == "lies") return;
        Assert.Equal((0, 500), log.FindTime(400, log.HighWatermark));
        Assert.Equal(1, log.FindTime(501, log.HighWatermark)?.Offset);
    }
}
