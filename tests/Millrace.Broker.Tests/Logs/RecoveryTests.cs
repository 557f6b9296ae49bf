using System.Diagnostics;
using Millrace.Broker.Files;
using Millrace.Broker.Logs;
using Millrace.Broker.Tests.Files;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;
using Millrace.Testing.Servers;

namespace Millrace.Broker.Tests.Logs;

public sealed class RecoveryTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_bit_that_flips_in_what_no_checkpoint_tells_of_is_found_and_that_partition_is_refused()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            using var bed = new LogBed(seed: seed);
            var (log, other) = (bed.Open("a-0", new() { SegmentBytes = 1_000 }), bed.Open("b-0"));
            for (var i = 0; i < 30; i++)
            {
                bed.Append(log, Batches.Of(($"k{i}", $"v{i}")));
                bed.Append(other, Batches.Of(("k", $"{i}")));
            }
            var file = bed.File("a-0", "00000000000000000000.log");
            var starts = BatchStarts(file);
            var at = file.FlipBit(new Random(seed), 0);
            // The leader epoch is outside of Kafka's checksum, so that brokers can set it.
            if (starts.Exists(s => at - s is >= 12 and < 16)) continue;
            bed.Crash(withPower: false);
            Assert.True(bed.All["a-0"].Damage is not null, $"Seed {seed}: nobody saw the flipped bit.");
            Assert.Contains("/disk/a-0", bed.All["a-0"].Damage, StringComparison.Ordinal);
            Assert.Equal(ErrorCode.KafkaStorageError, bed.All["a-0"].Append(Batches.Of(("k", "v")), 1, 1_000).Error);
            Assert.Equal(ErrorCode.KafkaStorageError, bed.All["a-0"].Read(0, 100, 1, atLeastOne: true).Error);
            Assert.Equal(30, LogReader.ReadAll(bed.All["b-0"]).Count);
            Assert.Equal(ErrorCode.None, bed.Append(bed.All["b-0"], Batches.Of(("k", "v"))).Error);
        }
    }

    static List<int> BatchStarts(FileNode file)
    {
        List<int> starts = [];
        var head = new byte[BatchHeader.Size];
        for (var at = Segment.HeadSize; at < file.Length; at += (int)BatchHeader.TotalLength(head))
        {
            starts.Add(at);
            file.Read(head, at);
        }
        return starts;
    }

    [Fact]
    public void A_tail_that_is_torn_is_cut_off_and_counted()
    {
        using var bed = new LogBed(Durability.PageCache);
        var log = bed.Open("a-0");
        for (var i = 0; i < 5; i++) bed.Append(log, Batches.Of(("k", $"{i}")));
        var file = bed.File("a-0", "00000000000000000000.log");
        var length = file.Length;
        file.SetLength(length - 7);
        bed.Crash(withPower: false);
        Assert.Equal(["0", "1", "2", "3"], LogReader.ReadAll(bed.All["a-0"]).Select(r => r.Value));
        Assert.True(bed.All["a-0"].Repaired > 0);
        Assert.Equal(4, bed.Append(bed.All["a-0"], Batches.Of(("k", "4"))).FirstOffset);
    }

    [Fact]
    public void Bytes_that_had_reached_the_disk_and_are_gone_are_damage()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0");
        for (var i = 0; i < 5; i++) bed.Append(log, Batches.Of(("k", $"{i}")));
        bed.CloseAndReopen();
        bed.File("a-0", "00000000000000000000.log").SetLength(200);
        bed.Crash(withPower: false);
        Assert.Contains("missing", bed.All["a-0"].Damage, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_that_does_not_hold_costs_a_reading_of_the_log_and_nothing_else()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            using var bed = new LogBed(seed: seed);
            var log = bed.Open("a-0", new() { SegmentBytes = 700 });
            for (var i = 0; i < 30; i++) bed.Append(log, Batches.By(5, 0, i, ("k", $"{i}")));
            bed.Append(log, Batches.InTransaction(6, 0, 0, ("k", "aborted")));
            bed.Append(log, Batches.Marker(6, 0, isCommit: false));
            bed.Logs.Checkpoint();
            ((FileNode)((SimulatedFolder)bed.Disk.Root).Node.Now["checkpoint"]).FlipBit(new Random(seed), 0);
            bed.Crash(withPower: true);
            log = bed.All["a-0"];
            Assert.Null(log.Damage);
            Assert.Equal(29, bed.Append(log, Batches.By(5, 0, 29, ("k", "29"))).FirstOffset);
            Assert.Equal(30, LogReader.ReadCommitted(log).Count);
        }
    }

    [Fact]
    public async Task A_journal_with_a_flipped_bit_is_reported()
    {
        using var bed = new LogBed();
        var logs = Enumerable.Range(0, 5).Select(i => bed.Open($"t-{i}")).ToList();
        for (var round = 0; round < 3; round++)
        {
            foreach (var log in logs) log.Append(Batches.Of(("k", $"{round}")), 0, 1_000);
            await Task.WhenAll(bed.Logs.Flusher!.FlushAsync(logs));
        }
        ((FileNode)((SimulatedFolder)bed.Disk.Root).Node.Now["journal-1"]).Write([1, 2, 3], 50);
        bed.Crash(withPower: false);
        Assert.Contains("journal-1", bed.Logs.JournalDamage, StringComparison.Ordinal);
        // The segments have it all: only the process was killed.
        Assert.All(bed.All.Values, log => Assert.Equal(3, LogReader.ReadAll(log).Count));
    }

    [Fact]
    public void A_log_of_another_time_with_the_same_path_is_not_taken_for_what_the_checkpoint_tells_of()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0");
        for (var i = 0; i < 5; i++) bed.Append(log, Batches.By(1, 0, i, ("k", $"{i}")));
        bed.Logs.Checkpoint();
        log.Dispose();
        bed.Disk.Root.DeleteFolder("a-0");
        bed.Disk.Root.Flush();
        bed.Crash(withPower: true);
        Assert.Equal((0, 0), (bed.All["a-0"].EndOffset, bed.All["a-0"].Producers().Count));
        Assert.Null(bed.All["a-0"].Damage);
    }

    [Theory]
    [InlineData(Durability.Disk)]
    [InlineData(Durability.PageCache)]
    internal async Task Many_partitions_on_a_real_disk_are_opened_with_their_newest_records(Durability durability)
    {
        // MILLRACE_PARTITIONS=2000 measures the start after a crash of a larger broker.
        var count = int.Parse(Environment.GetEnvironmentVariable("MILLRACE_PARTITIONS") ?? "100", System.Globalization.CultureInfo.InvariantCulture);
        using var temp = new TempFolder();
        for (var round = 0; round < 4; round++)
        {
            var begin = Stopwatch.GetTimestamp();
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var logs = LogFolder.Open(new RealFolder(temp.FullPath), durability, TimeProvider.System);
            try
            {
                var all = Enumerable.Range(0, count).AsParallel().AsOrdered().Select(i => logs.OpenLog($"t/t-{i}", TopicSettings.Default)).ToList();
                var time = Stopwatch.GetElapsedTime(begin);
                output.WriteLine($"{durability}, round {round}: {count} partitions in {time.TotalMilliseconds:N0} ms, {(GC.GetTotalMemory(forceFullCollection: true) - before) / count:N0} bytes each");
                logs.Start(withCheckpoints: false);
                Assert.All(all, log => Assert.Equal((null, round), (log.Damage, (int)log.EndOffset)));
                foreach (var log in all) log.Append(Batches.By(1, 0, round, ("k", $"{round}")), round, 1_000);
                if (durability == Durability.Disk) await Task.WhenAll(logs.Flusher!.FlushAsync(all));
                if (round == 1) logs.Checkpoint();
            }
            finally
            {
                logs.Abandon();
            }
        }
    }
}
