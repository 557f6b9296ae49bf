using Millrace.Broker.Logs;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Logs;

public sealed class RetentionTests
{
    [Fact]
    public void Segments_go_by_age_the_last_one_too()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", new() { SegmentBytes = 500, RetentionMs = 10_000, SegmentMs = long.MaxValue });
        for (var i = 0; i < 20; i++) bed.Append(log, Batches.At(i * 1_000, ("k", $"{i}")), now: i * 1_000);
        log.Retain(now: 20_000);
        Assert.InRange(log.StartOffset, 4, 10);
        var start = log.StartOffset;
        bed.Crash(withPower: true);
        Assert.Equal(start, bed.All["a-0"].StartOffset);
        bed.All["a-0"].Retain(now: 1_000_000);
        Assert.Equal((20, 20, 0L), (bed.All["a-0"].StartOffset, bed.All["a-0"].EndOffset, bed.All["a-0"].Bytes));
        bed.Crash(withPower: true);
        Assert.Equal((20, 20), (bed.All["a-0"].StartOffset, bed.All["a-0"].EndOffset));
        Assert.Equal(20, bed.Append(bed.All["a-0"], Batches.Of(("k", "20"))).FirstOffset);
    }

    [Fact]
    public void Segments_go_by_size()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", new() { SegmentBytes = 500, RetentionBytes = 1_500, RetentionMs = -1 });
        for (var i = 0; i < 50; i++) bed.Append(log, Batches.Of(("k", $"{i}")));
        log.Retain(now: 2_000);
        Assert.InRange(log.Bytes, 1_500, 2_100);
        Assert.Equal(50 - log.StartOffset, LogReader.ReadAll(log).Count);
    }

    [Fact]
    public void A_segment_that_nobody_appends_to_is_ended_when_its_time_is_over()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", new() { SegmentMs = 5_000 });
        bed.Append(log, Batches.At(1_000, ("k", "v")), now: 1_000);
        log.Retain(now: 5_000);
        Assert.Equal(1, log.SegmentCount);
        log.Retain(now: 6_001);
        Assert.Equal(2, log.SegmentCount);
        log.Retain(now: 60_000);
        Assert.Equal(2, log.SegmentCount);
    }

    [Fact]
    public void What_is_deleted_before_an_offset_stays_deleted()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", new() { SegmentBytes = 500 });
        for (var i = 0; i < 20; i++) bed.Append(log, Batches.Of(("k", $"{i}")));
        Assert.Equal(ErrorCode.OffsetOutOfRange, log.DeleteBefore(21));
        Assert.Equal(ErrorCode.None, log.DeleteBefore(7));
        for (var round = 0; round < 2; round++)
        {
            log = bed.All["a-0"];
            Assert.Equal(7, log.StartOffset);
            Assert.Equal(ErrorCode.OffsetOutOfRange, log.Read(6, 100, log.HighWatermark, atLeastOne: true).Error);
            Assert.Equal("7", LogReader.ReadAll(log)[0].Value);
            Assert.Equal(7, log.FindTime(0, log.HighWatermark)!.Value.Offset);
            bed.Crash(withPower: true);
        }
        log = bed.All["a-0"];
        Assert.Equal(ErrorCode.None, log.DeleteBefore(-1));
        Assert.Equal((20, 20, 0), (log.StartOffset, log.EndOffset, log.Bytes));
        // The sequences of producers are in the files until a checkpoint has them.
        Assert.True(log.SegmentCount > 1);
        bed.Logs.Checkpoint();
        Assert.Equal((20, 20, 1), (log.StartOffset, log.EndOffset, log.SegmentCount));
    }

    [Fact]
    public void Sequences_outlive_the_deletion_of_their_records()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", new() { SegmentBytes = 300 });
        bed.Append(log, Batches.By(1, 0, 0, ("k", "0")));
        bed.Logs.Checkpoint();
        for (var i = 1; i < 9; i++) bed.Append(log, Batches.By(1, 0, i, ("k", $"{i}")));
        for (var round = 0; round < 3; round++)
        {
            bed.All["a-0"].DeleteBefore(9);
            bed.Crash(withPower: true);
            log = bed.All["a-0"];
            Assert.Equal((9, 9), (log.StartOffset, log.EndOffset));
            Assert.Equal(8, bed.Append(log, Batches.By(1, 0, 8, ("k", "8"))).FirstOffset);
            Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, bed.Append(log, Batches.By(1, 0, 10, ("k", "10"))).Error);
            if (round == 1) bed.Logs.Checkpoint();
        }
        Assert.Equal(9, bed.Append(log, Batches.By(1, 0, 9, ("k", "9"))).FirstOffset);
    }

    [Fact]
    public async Task Consumers_read_on_while_segments_are_deleted_and_compacted()
    {
        using var bed = new LogBed(Durability.PageCache);
        var log = bed.Open("a-0", new() { SegmentBytes = 2_000, RetentionBytes = 8_000, RetentionMs = -1, IsCompacted = true, MinCleanableRatio = 0 });
        using var done = new CancellationTokenSource();
        var reader = Task.Run(() =>
        {
            var reads = 0;
            for (var offset = 0L; !done.IsCancellationRequested || offset < log.HighWatermark; reads++)
            {
                var read = log.Read(offset, 1_000, log.HighWatermark, atLeastOne: true);
                if (read.Error is ErrorCode.OffsetOutOfRange) offset = log.StartOffset;
                if (read.Error is ErrorCode.KafkaStorageError) Assert.Null(log.Damage);
                if (read.Length == 0) continue;
                LogReader.Records(read.Batches);
                Assert.True(read.NextOffset > offset);
                offset = read.NextOffset;
                System.Buffers.ArrayPool<byte>.Shared.Return(read.Buffer!);
            }
            return reads;
        }, TestContext.Current.CancellationToken);
        for (var i = 0; i < 3_000; i++)
        {
            bed.Append(log, Batches.Of(($"k{i % 7}", $"{i}")));
            if (i % 50 == 0) log.Retain(now: 1_000);
            if (i % 70 == 0) bed.Logs.Checkpoint();
            if (i % 70 == 0) log.Compact(now: 1_000);
        }
        await done.CancelAsync();
        Assert.True(await reader > 0);
        Assert.Null(log.Damage);
    }
}
