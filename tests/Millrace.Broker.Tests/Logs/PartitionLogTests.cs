using System.Buffers.Binary;
using Millrace.Broker.Files;
using Millrace.Broker.Logs;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;
using Millrace.Testing.Servers;

namespace Millrace.Broker.Tests.Logs;

public sealed class PartitionLogTests
{
    [Theory]
    [InlineData(Durability.Disk)]
    [InlineData(Durability.PageCache)]
    internal void Records_come_back_as_they_were_appended(Durability durability)
    {
        using var bed = new LogBed(durability);
        var log = bed.Open("orders-0", new() { SegmentBytes = 4_000 });
        for (var i = 0; i < 200; i++) Assert.Equal(i * 2, bed.Append(log, Batches.Of(($"k{i}", $"v{i}"), ($"k{i}", $"w{i}"))).FirstOffset);
        Assert.True(log.SegmentCount > 3);
        for (var round = 0; round < 3; round++)
        {
            log = bed.All["orders-0"];
            var seen = LogReader.ReadAll(log);
            Assert.Equal(Enumerable.Range(0, 400).Select(i => ((long)i, i % 2 == 0 ? $"v{i / 2}" : $"w{i / 2}")), seen.Select(s => (s.Offset, s.Value!)));
            for (var offset = 0; offset < 400; offset += 7) Assert.Equal(offset, LogReader.ReadAll(log, offset)[0].Offset);
            if (round == 0) bed.CloseAndReopen();
            else bed.Crash(withPower: false);
        }
    }

    [Fact]
    public void Batches_are_kept_byte_for_byte_but_for_offset_and_leader_epoch()
    {
        using var bed = new LogBed(Durability.PageCache);
        var log = bed.Open("a-0");
        var sent = Batches.Make(5, -1, -1, -1, false, CompressionKind.Gzip, ("key", new string('x', 1000)));
        bed.Append(log, [.. sent]);
        bed.Append(log, [.. sent]);
        var read = new byte[2 * sent.Length];
        var part = log.Read(0, read, log.HighWatermark);
        Assert.Equal((read.Length, 2L), (part.Length, part.NextOffset));
        Assert.Equal(sent[BatchHeader.Prefix..][4..], read[..sent.Length][BatchHeader.Prefix..][4..]);
        Assert.Equal(1, BatchHeader.BaseOffset(read.AsSpan(sent.Length)));
    }

    [Fact]
    public void An_append_to_a_real_disk_takes_no_memory()
    {
        using var temp = new TempFolder();
        using var logs = LogFolder.Open(new RealFolder(temp.FullPath), Durability.PageCache, TimeProvider.System);
        var log = logs.OpenLog("a-0", TopicSettings.Default);
        var batch = Batches.By(1, 0, 0, ("k", new string('x', 5_000)));
        Append(1_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Append(1_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000);

        void Append(int count)
        {
            for (; count > 0; count--)
            {
                BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(53), (int)log.EndOffset);
                log.Append(batch, 0, 1_000);
            }
        }
    }

    [Fact]
    public void A_destination_that_is_too_small_is_told_how_large_it_must_be()
    {
        using var bed = new LogBed(Durability.PageCache);
        var log = bed.Open("a-0");
        var batch = Batches.Of(("k", new string('x', 500)));
        bed.Append(log, batch);
        foreach (var size in new[] { 0, 10, 100, batch.Length - 1 })
        {
            var part = log.Read(0, new byte[size], log.HighWatermark);
            Assert.Equal((0, batch.Length), (part.Length, part.Needed));
        }
        Assert.Equal(batch.Length, log.Read(0, new byte[batch.Length], log.HighWatermark).Length);
    }

    [Fact]
    public void A_batch_that_is_sent_again_has_its_old_offset_and_a_gap_is_refused_also_after_crashes()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0");
        for (var i = 0; i < 8; i++) bed.Append(log, Batches.By(7, 0, i * 2, ("k", $"{i}"), ("l", $"{i}")));
        for (var round = 0; round < 4; round++)
        {
            log = bed.All["a-0"];
            for (var i = 3; i < 8; i++)
            {
                var again = bed.Append(log, Batches.By(7, 0, i * 2, ("k", $"{i}"), ("l", $"{i}")));
                Assert.Equal((ErrorCode.None, i * 2L, i * 2L + 1), (again.Error, again.FirstOffset, again.LastOffset));
            }
            Assert.Equal(ErrorCode.DuplicateSequenceNumber, bed.Append(log, Batches.By(7, 0, 0, ("k", "0"), ("l", "0"))).Error);
            Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, bed.Append(log, Batches.By(7, 0, 17, ("k", "9"))).Error);
            Assert.Equal(ErrorCode.InvalidProducerEpoch, bed.Append(log, Batches.By(7, -1, 16, ("k", "9"))).Error);
            Assert.Equal(16, log.EndOffset);
            if (round == 1) bed.Logs.Checkpoint();
            if (round == 2) bed.CloseAndReopen();
            else bed.Crash(withPower: true);
        }
    }

    [Fact]
    public void Sequences_go_on_at_zero_behind_the_greatest()
    {
        using var bed = new LogBed(Durability.PageCache);
        var log = bed.Open("a-0");
        bed.Append(log, Batches.By(1, 0, int.MaxValue - 1, ("a", "1"), ("a", "2"), ("a", "3")));
        Assert.Equal(ErrorCode.None, bed.Append(log, Batches.By(1, 0, 1, ("a", "4"))).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, bed.Append(log, Batches.By(1, 0, 3, ("a", "5"))).Error);
    }

    [Fact]
    public void Producers_that_have_been_silent_are_forgotten_but_not_those_with_an_open_transaction()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0");
        bed.Append(log, Batches.By(1, 0, 0, ("a", "1")));
        bed.Append(log, Batches.InTransaction(2, 0, 0, ("a", "1")));
        log.ExpireProducers(before: 1_001);
        Assert.Equal([2L], log.Producers().Keys);
    }

    [Fact]
    public void Times_find_the_first_record_as_late_as_they_are()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", new() { SegmentBytes = 40_000 });
        for (var i = 0; i < 2_000; i++) bed.Append(log, Batches.At(10_000 + i * 10, ("k", $"{i}")));
        // Late ones don't hide what is behind them.
        bed.Append(log, Batches.At(5_000, ("k", "late")));
        for (var round = 0; round < 3; round++)
        {
            log = bed.All["a-0"];
            Assert.Equal((0, 10_000), log.FindTime(0, log.HighWatermark));
            foreach (var i in new[] { 0, 1, 17, 500, 1234, 1999 })
            {
                Assert.Equal((i, 10_000 + i * 10), log.FindTime(10_000 + i * 10, log.HighWatermark));
                Assert.Equal((i, 10_000 + i * 10), log.FindTime(10_000 + i * 10 - 9, log.HighWatermark));
            }
            Assert.Null(log.FindTime(29_991, log.HighWatermark));
            Assert.Equal((1_999, 29_990), log.Latest());
            if (round == 0) bed.Crash(withPower: true);
            else bed.CloseAndReopen();
        }
    }

    [Fact]
    public void An_index_that_does_not_hold_is_made_again()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", new() { SegmentBytes = 400_000 });
        for (var i = 0; i < 6_000; i++) log.Append(Batches.At(10_000 + i, ("k", $"{i}")), 0, 1_000);
        log.Flush();
        bed.CloseAndReopen();
        var random = new Random(4);
        foreach (var name in new[] { "00000000000000000000.index" })
            for (var i = 0; i < 50; i++) bed.File("a-0", name).FlipBit(random, 0);
        bed.Crash(withPower: true);
        log = bed.All["a-0"];
        for (var i = 0; i < 6_000; i += 97)
        {
            Assert.Equal($"{i}", LogReader.ReadAll(log, i, i + 1)[0].Value);
            Assert.Equal((i, 10_000 + i), log.FindTime(10_000 + i, log.HighWatermark));
        }
    }

    [Fact]
    public void Records_get_the_time_at_which_they_are_appended_where_the_topic_says_so()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", new() { UsesAppendTime = true });
        Assert.Equal(777, bed.Append(log, Batches.At(5, ("k", "1"), ("k", "2")), now: 777).AppendTime);
        Assert.Equal([777, 777], LogReader.ReadAll(log).Select(r => (int)r.Timestamp));
        Assert.Equal((0, 777), log.FindTime(777, log.HighWatermark));
    }

    [Fact]
    public void Leader_epochs_are_known_after_a_crash()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0");
        for (var epoch = 0; epoch < 4; epoch++)
        {
            bed.Append(bed.All["a-0"], Batches.Of(("k", $"{epoch}")));
            if (epoch == 1) bed.Logs.Checkpoint();
            bed.Crash(withPower: true);
        }
        log = bed.All["a-0"];
        Assert.Equal([(0, 0L), (1, 1L), (2, 2L), (3, 3L)], log.Epochs.All.Select(e => (e.Epoch, e.Offset)));
        Assert.Equal((1, 2L), log.Epochs.EndOf(1, log.EndOffset));
    }
}
