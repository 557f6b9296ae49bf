using Millrace.Broker.Logs;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Logs;

public sealed class CompactionTests
{
    static TopicSettings Compacted => new() { SegmentBytes = 700, IsDeleted = false, IsCompacted = true, MinCleanableRatio = 0, DeleteRetentionMs = 1_000 };

    /// <summary>Ends the last segment, so that all before can be cleaned.</summary>
    static long Clean(LogBed bed, PartitionLog log, long now)
    {
        log.Retain(long.MaxValue / 2);
        bed.Logs.Checkpoint();
        return log.Compact(now);
    }

    [Theory]
    [InlineData(CompressionKind.None)]
    [InlineData(CompressionKind.Gzip)]
    [InlineData(CompressionKind.Snappy)]
    [InlineData(CompressionKind.Lz4)]
    [InlineData(CompressionKind.Zstd)]
    internal void Of_each_key_the_latest_stays_where_it_was_in_its_own_compression(CompressionKind kind)
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", Compacted);
        for (var i = 0; i < 40; i++) bed.Append(log, Batches.Make(1_000 + i, -1, -1, -1, false, kind, ($"k{i % 3}", $"a{i}"), ($"k{i % 5}", $"b{i}")));
        var before = LogReader.ReadAll(log);
        Assert.True(Clean(bed, log, now: 5_000) > 0);
        for (var round = 0; round < 3; round++)
        {
            log = bed.All["a-0"];
            Assert.Equal(before.GroupBy(r => r.Key).Select(g => g.Last()).OrderBy(r => r.Offset), LogReader.ReadAll(log));
            Assert.Equal(80, log.EndOffset);
            var batch = new byte[4_096];
            log.Read(0, batch, log.HighWatermark);
            Assert.Equal(kind, BatchHeader.Compression(batch));
            bed.Crash(withPower: true);
        }
        Assert.Equal(80, bed.Append(bed.All["a-0"], Batches.Of(("k", "v"))).FirstOffset);
        for (var offset = 0; offset < 80; offset++) Assert.True(LogReader.ReadAll(bed.All["a-0"], offset)[0].Offset >= offset);
    }

    [Fact]
    public void Neighbours_that_became_small_are_put_together()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", Compacted);
        for (var i = 0; i < 60; i++) bed.Append(log, Batches.Of(("k", $"{i}")));
        Assert.True(log.SegmentCount > 5);
        for (var i = 0; i < 3; i++)
        {
            bed.Append(log, Batches.Of(("other", $"{i}")));
            Clean(bed, log, now: 5_000);
        }
        Assert.InRange(log.SegmentCount, 2, 4);
    }

    [Fact]
    public void A_tombstone_stays_for_its_time_and_then_goes()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", Compacted);
        bed.Append(log, Batches.Of(("gone", "1"), ("kept", "1")));
        bed.Append(log, Batches.At(1_234, ("gone", null), ("kept", "2")));
        Clean(bed, log, now: 10_000);
        Assert.Equal([("gone", null, 1_234L), ("kept", "2", 1_234L)], LogReader.ReadAll(log).Select(r => (r.Key, r.Value, r.Timestamp)));
        bed.Append(log, Batches.Of(("more", "1")));
        Clean(bed, log, now: 10_999);
        Assert.Contains(LogReader.ReadAll(log), r => r.Key == "gone");
        bed.Append(log, Batches.Of(("more", "2")));
        Clean(bed, log, now: 11_001);
        Assert.Equal(["kept", "more"], LogReader.ReadAll(log).Select(r => r.Key));
        Assert.Equal([("kept", 1_234L)], LogReader.ReadAll(log).Take(1).Select(r => (r.Key!, r.Timestamp)));
    }

    [Fact]
    public void The_last_batch_of_a_producer_stays_for_its_sequences()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", Compacted);
        for (var i = 0; i < 3; i++) bed.Append(log, Batches.By(9, 0, i, ("k", $"{i}")));
        bed.Append(log, Batches.Of(("k", "last")));
        Clean(bed, log, now: 5_000);
        Assert.Equal(["last"], LogReader.ReadAll(log).Select(r => r.Value));
        // Without the checkpoint, all is read from the log again.
        bed.Disk.Root.Delete("checkpoint");
        bed.Crash(withPower: false);
        log = bed.All["a-0"];
        Assert.Equal(2, bed.Append(log, Batches.By(9, 0, 2, ("k", "2"))).FirstOffset);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, bed.Append(log, Batches.By(9, 0, 4, ("k", "4"))).Error);
    }

    [Fact]
    public void Aborted_records_neither_stay_nor_hide_others_and_markers_outlive_their_records()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", Compacted);
        bed.Append(log, Batches.Of(("k", "before")));
        bed.Append(log, Batches.InTransaction(1, 0, 0, ("k", "aborted"), ("x", "aborted")));
        bed.Append(log, Batches.Marker(1, 0, isCommit: false));
        bed.Append(log, Batches.InTransaction(1, 0, 2, ("y", "committed")));
        bed.Append(log, Batches.Marker(1, 0, isCommit: true));
        bed.Append(log, Batches.InTransaction(1, 0, 3, ("z", "open")));
        Clean(bed, log, now: 5_000);
        var control = LogReader.ReadAll(log).Where(r => r.IsControl).Select(r => r.Key);
        // Behind an open transaction nothing is cleaned; the segment with it stays as it is.
        Assert.Equal(["before", "committed"], LogReader.ReadCommitted(log).Select(r => r.Value));
        bed.Append(log, Batches.Marker(1, 0, isCommit: true));
        for (var i = 0; i < 4; i++)
        {
            bed.Append(log, Batches.Of(("n", $"{i}")));
            Clean(bed, log, now: 10_000 + i * 2_000);
            Assert.Equal(["before", "committed", "open", $"{i}"], LogReader.ReadCommitted(log).Select(r => r.Value));
            bed.Crash(withPower: true);
            log = bed.All["a-0"];
            Assert.Equal(["before", "committed", "open", $"{i}"], LogReader.ReadCommitted(log).Select(r => r.Value));
        }
        var all = LogReader.ReadAll(log);
        Assert.DoesNotContain(all, r => r.Value == "aborted");
        Assert.DoesNotContain(all, r => r.Key == "abort");
        Assert.Equal(2, all.Count(r => r.Key == "commit"));
        Assert.NotEmpty(control);
        Assert.Empty(log.AbortedBetween(0, log.EndOffset));
    }

    [Fact]
    public void What_is_younger_than_the_lag_and_what_is_too_little_is_left()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", Compacted with { MinCompactionLagMs = 10_000 });
        for (var i = 0; i < 20; i++) bed.Append(log, Batches.At(1_000, ("k", $"{i}")));
        Assert.Equal(0, Clean(bed, log, now: 5_000));
        Assert.True(log.Compact(now: 11_001) > 0);
        log.Settings = Compacted with { MinCleanableRatio = 0.99 };
        bed.Append(log, Batches.At(1_000, ("k", "more")));
        Assert.Equal(0, Clean(bed, log, now: 20_000));
        log.Settings = log.Settings with { MaxCompactionLagMs = 5_000 };
        Assert.True(log.Compact(now: 20_000) > 0);
    }

    [Fact]
    public void A_flipped_bit_is_found_before_it_is_copied()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", Compacted);
        for (var i = 0; i < 20; i++) bed.Append(log, Batches.Of(("k", $"{i}")));
        bed.File("a-0", "00000000000000000000.log").FlipBit(new Random(3), Segment.HeadSize);
        Clean(bed, log, now: 5_000);
        Assert.NotNull(log.Damage);
    }
}
