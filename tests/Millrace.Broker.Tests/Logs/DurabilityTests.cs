using Millrace.Broker.Logs;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Logs;

public sealed class DurabilityTests
{
    [Fact]
    public async Task Five_hundred_partitions_that_are_appended_to_together_cost_three_flushes_at_most()
    {
        using var bed = new LogBed();
        var logs = Enumerable.Range(0, 500).Select(i => bed.Open($"topics/t-{i}")).ToList();
        for (var round = 0; round < 3; round++)
        {
            foreach (var log in logs) Assert.Equal(ErrorCode.None, log.Append(Batches.Of(("k", $"{round}")), 0, 1_000).Error);
            Assert.All(logs, log => Assert.Equal(round, log.HighWatermark));
            var before = bed.Disk.Flushes;
            await Task.WhenAll(bed.Logs.Flusher!.FlushAsync(logs));
            Assert.InRange(bed.Disk.Flushes - before, 1, 3);
            Assert.All(logs, log => Assert.Equal(round + 1, log.HighWatermark));
        }
        bed.Crash(withPower: true);
        Assert.All(bed.All.Values, log => Assert.Equal(["0", "1", "2"], LogReader.ReadAll(log).Select(r => r.Value)));
    }

    [Fact]
    public async Task The_journal_is_written_from_its_beginning_when_a_checkpoint_has_what_it_holds()
    {
        using var bed = new LogBed();
        var logs = Enumerable.Range(0, 20).Select(i => bed.Open($"t-{i}")).ToList();
        for (var round = 0; round < 6; round++)
        {
            foreach (var log in logs) log.Append(Batches.Of(("k", $"{round}")), 0, 1_000);
            await Task.WhenAll(bed.Logs.Flusher!.FlushAsync(logs));
            Assert.InRange(bed.Logs.Journal.End, 1, 8_192);
            bed.Logs.Checkpoint();
        }
        bed.Crash(withPower: true);
        Assert.All(bed.All.Values, log => Assert.Equal(6, log.EndOffset));
    }

    [Fact]
    public void What_is_not_flushed_cannot_be_seen_in_the_mode_disk_and_can_in_the_mode_page_cache()
    {
        using var disk = new LogBed(Durability.Disk);
        using var cache = new LogBed(Durability.PageCache);
        var (one, other) = (disk.Open("a-0"), cache.Open("a-0"));
        one.Append(Batches.Of(("k", "v")), 0, 1_000);
        other.Append(Batches.Of(("k", "v")), 0, 1_000);
        Assert.Equal((0, 1), (one.HighWatermark, other.HighWatermark));
        Assert.Equal(0, one.Read(0, 1_000, one.HighWatermark, atLeastOne: true).Length);
        Assert.Null(cache.Logs.Flusher);
    }

    [Fact]
    public async Task What_was_taken_back_is_not_acknowledged_by_a_later_flush()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0");
        var lost = log.Append(Batches.Of(("k", "lost")), 0, 1_000);
        bed.Disk.FailingFlushes = 100;
        Assert.Throws<IOException>(() => log.Flush());
        bed.Disk.FailingFlushes = 0;
        // Another producer's append brings the log back to what is durable, before the first one gets to wait for its flush.
        var kept = log.Append(Batches.Of(("k", "kept")), 0, 1_000);
        var waits = (bed.Logs.FlushAsync(log, lost.Life), bed.Logs.FlushAsync(log, kept.Life));
        await waits.Item2;
        await Assert.ThrowsAsync<IOException>(() => waits.Item1);
        Assert.Equal(["kept"], LogReader.ReadAll(log).Select(r => r.Value));
    }

    [Fact]
    public async Task After_a_flush_that_failed_what_was_not_acknowledged_is_taken_back_and_the_partition_goes_on()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0");
        bed.Append(log, Batches.By(1, 0, 0, ("k", "kept")));
        bed.Disk.FailingFlushes = 100;
        Assert.Equal(ErrorCode.None, log.Append(Batches.By(1, 0, 1, ("k", "lost")), 0, 1_000).Error);
        var failed = await Assert.ThrowsAsync<IOException>(() => bed.Logs.FlushAsync(log, log.Life));
        Assert.Contains("/disk/a-0", failed.Message, StringComparison.Ordinal);
        Assert.Equal(1, log.HighWatermark);
        // As long as the disk refuses, so does the partition; what was acknowledged can be read.
        var refused = log.Append(Batches.By(1, 0, 1, ("k", "lost")), 0, 1_000);
        Assert.Equal(ErrorCode.KafkaStorageError, refused.Error);
        Assert.Contains("/disk/a-0", refused.Message, StringComparison.Ordinal);
        bed.Disk.FailingFlushes = 0;
        Assert.Equal((ErrorCode.None, 1L), (bed.Append(log, Batches.By(1, 0, 1, ("k", "again"))) is var ok ? (ok.Error, ok.FirstOffset) : default));
        Assert.Equal(["kept", "again"], LogReader.ReadAll(log).Select(r => r.Value));
        bed.Crash(withPower: true);
        Assert.Equal(["kept", "again"], LogReader.ReadAll(bed.All["a-0"]).Select(r => r.Value));
    }

    [Theory]
    [InlineData(Durability.Disk)]
    [InlineData(Durability.PageCache)]
    internal void A_full_disk_is_an_error_to_producers_until_there_is_room_and_none_to_consumers(Durability durability)
    {
        using var bed = new LogBed(durability);
        var log = bed.Open("a-0", new() { SegmentBytes = 2_000 });
        for (var i = 0; i < 20; i++) bed.Append(log, Batches.Of(("k", $"{i}")));
        for (var free = 0L; free < 200; free += 13)
        {
            bed.Disk.Free = free;
            var end = log.EndOffset;
            var refused = bed.Append(log, Batches.Of(("k", new string('x', 300))));
            Assert.Equal(ErrorCode.KafkaStorageError, refused.Error);
            Assert.Contains("/disk/a-0", refused.Message, StringComparison.Ordinal);
            Assert.Contains("No space left", refused.Message, StringComparison.Ordinal);
            Assert.Equal((int)end, LogReader.ReadAll(log).Count);
            bed.Disk.Free = long.MaxValue;
            Assert.Equal(end, bed.Append(log, Batches.Of(("k", $"{end}"))).FirstOffset);
        }
        var all = log.EndOffset;
        bed.Crash(withPower: durability == Durability.Disk);
        Assert.Equal(Enumerable.Range(0, (int)all).Select(i => $"{i}"), LogReader.ReadAll(bed.All["a-0"]).Select(r => r.Value));
    }

    [Fact]
    public async Task Without_room_for_the_journal_partitions_are_flushed_themselves()
    {
        using var bed = new LogBed();
        var logs = Enumerable.Range(0, 5).Select(i => bed.Open($"t-{i}")).ToList();
        foreach (var log in logs) log.Append(Batches.Of(("k", "v")), 0, 1_000);
        bed.Disk.Free = 0;
        await Task.WhenAll(bed.Logs.Flusher!.FlushAsync(logs));
        Assert.All(logs, log => Assert.Equal(1, log.HighWatermark));
    }

    [Fact]
    public void A_checkpoint_that_fails_leaves_the_one_before_it()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0");
        bed.Append(log, Batches.Of(("k", "1")));
        bed.Logs.Checkpoint();
        bed.Append(log, Batches.Of(("k", "2")));
        bed.Disk.FailingFlushes = 100;
        Assert.Throws<IOException>(bed.Logs.Checkpoint);
        Assert.NotNull(bed.Logs.CheckpointTrouble);
        bed.Disk.FailingFlushes = 0;
        bed.Crash(withPower: true);
        Assert.Equal(["1", "2"], LogReader.ReadAll(bed.All["a-0"]).Select(r => r.Value));
    }

    [Fact]
    public void What_a_failed_flush_left_behind_is_written_again_where_nobody_waits_for_flushes()
    {
        using var bed = new LogBed(Durability.PageCache);
        var log = bed.Open("a-0", new() { SegmentBytes = 500 });
        for (var i = 0; i < 20; i++) bed.Append(log, Batches.Of(("k", $"{i}")));
        bed.Disk.FailingFlushes = 100;
        Assert.Throws<IOException>(bed.Logs.Checkpoint);
        Assert.Equal(20, LogReader.ReadAll(log).Count);
        bed.Disk.FailingFlushes = 0;
        bed.Logs.Checkpoint();
        bed.Crash(withPower: true);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), LogReader.ReadAll(bed.All["a-0"]).Select(r => r.Value));
    }

    [Fact]
    public void A_loss_of_power_in_the_mode_page_cache_leaves_a_whole_beginning_with_all_up_to_the_checkpoint()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            using var bed = new LogBed(Durability.PageCache, seed);
            var log = bed.Open("a-0", new() { SegmentBytes = 600 });
            for (var i = 0; i < 40; i++)
            {
                bed.Append(log, Batches.Of(("k", $"{i}")));
                if (i == seed % 30) bed.Logs.Checkpoint();
            }
            bed.Crash(withPower: true);
            log = bed.All["a-0"];
            Assert.True(log.Damage is null, $"Seed {seed}: {log.Damage}");
            var seen = LogReader.ReadAll(log).Select(r => r.Value).ToList();
            Assert.True(seen.Count > seed % 30, $"Seed {seed}: {seen.Count} records are left.");
            Assert.Equal(Enumerable.Range(0, seen.Count).Select(i => $"{i}"), seen);
            Assert.Equal(seen.Count, bed.Append(log, Batches.Of(("k", "more"))).FirstOffset);
        }
    }
}
