using Millrace.Broker.Logs;
using Millrace.Broker.Tests.Files;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Logs;

/// <summary>A flush fails, and then the disk refuses, once and once more, what would bring the log back to what is durable.</summary>
public sealed class RepairTests
{
    const int Kept = 4, Lost = 12;

    static readonly TopicSettings Small = new() { SegmentBytes = 300 };

    static byte[] Record(string value) => Batches.Of(("k", value));

    static LogBed Filled(int seed)
    {
        var bed = new LogBed(seed: seed);
        var log = bed.Open("a-0", Small);
        for (var i = 0; i < Kept; i++) bed.Append(log, Record($"kept {i}"));
        for (var i = 0; i < Lost; i++) Assert.Equal(ErrorCode.None, log.Append(Record($"lost {i}"), 0, 1_000).Error);
        Assert.InRange(log.SegmentCount, 5, 20);
        return bed;
    }

    /// <summary>Refuses one step of what this thread does from now on.</summary>
    static void Refuse(SimulatedDisk disk, int at, Func<DiskStep, bool> counts)
    {
        var (thread, steps) = (Environment.CurrentManagedThreadId, 0);
        disk.Refuses = (step, _) => Environment.CurrentManagedThreadId == thread && counts(step) && ++steps == at;
        disk.RefusesRead = _ => Environment.CurrentManagedThreadId == thread && counts(DiskStep.Read) && ++steps == at;
    }

    static bool TryFlush(PartitionLog log)
    {
        try
        {
            log.Flush();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>All that was acknowledged is there, and nothing between that and what came after it but the first of what wasn't.</summary>
    static void Holds(PartitionLog log, string when)
    {
        var records = LogReader.ReadAll(log);
        Assert.True(log.Damage is null, $"{when}: {log.Damage}");
        Assert.True(records.Select(r => r.Offset).SequenceEqual(Enumerable.Range(0, records.Count).Select(i => (long)i)), $"{when}: the offsets are {string.Join(' ', records.Select(r => r.Offset))}.");
        var survivors = records.Count - Kept - 1;
        var expected = Enumerable.Range(0, Kept).Select(i => $"kept {i}").Concat(Enumerable.Range(0, Math.Max(survivors, 0)).Select(i => $"lost {i}")).Append("again");
        Assert.True(records.Select(r => r.Value).SequenceEqual(expected), $"{when}: there are {string.Join(", ", records.Select(r => r.Value))}.");
    }

    /// <summary>False where there are fewer steps.</summary>
    static bool IsRefused(SimulatedDisk disk, PartitionLog log, int at)
    {
        Refuse(disk, at, _ => true);
        var result = log.Append(Record("again"), 0, 1_000);
        (disk.Refuses, disk.RefusesRead) = (null, null);
        return result.Error != ErrorCode.None;
    }

    [Fact]
    public void Whatever_the_disk_refuses_of_the_repair_the_log_has_what_was_acknowledged_in_the_end()
    {
        var scenes = 0;
        for (var failing = 1; ; failing++)
        {
            using (var bed = Filled(1))
            {
                Refuse(bed.Disk, failing, step => step == DiskStep.Flush);
                if (TryFlush(bed.All["a-0"])) break;
            }
            for (var first = 1; ; first++)
            {
                var isOver = false;
                for (var second = 1; !isOver; second++)
                {
                    using var bed = Filled(++scenes);
                    var (log, when) = (bed.All["a-0"], $"Flush {failing} failed, then step {first}, then step {second}");
                    Refuse(bed.Disk, failing, step => step == DiskStep.Flush);
                    Assert.False(TryFlush(log));
                    if (!IsRefused(bed.Disk, log, first)) break;
                    isOver = !IsRefused(bed.Disk, log, second);
                    if (!isOver) Assert.True(bed.Append(log, Record("again")) is { Error: ErrorCode.None }, $"{when}: the log doesn't go on.");
                    else Assert.True(TryFlush(log));
                    Holds(log, when);
                    bed.Crash(withPower: true);
                    Holds(bed.All["a-0"], $"{when}, then the power went");
                }
                if (!isOver) break;
            }
        }
        Assert.True(scenes > 500, $"{scenes} scenes");
    }

    [Fact]
    public void A_segment_that_could_not_be_begun_is_not_deleted_once_a_repair_has_begun_it()
    {
        var refusals = 0;
        for (var at = 1; at <= 6; at++)
        {
            using var bed = Filled(at);
            var log = bed.All["a-0"];
            Assert.True(TryFlush(log));
            while (IsRoomLeft(bed)) log.Append(Record("more"), 0, 1_000);
            // Its file is there by now, or not.
            Refuse(bed.Disk, at, step => step != DiskStep.Flush);
            if (log.Append(Record("refused"), 0, 1_000).Error != ErrorCode.None) refusals++;
            // All records are on the disk, and the word that they are is refused.
            Refuse(bed.Disk, 1, step => step == DiskStep.Write);
            var failed = TryFlush(log);
            (bed.Disk.Refuses, bed.Disk.RefusesRead) = (null, null);
            Assert.False(failed);
            for (var i = 0; i < 3; i++) Assert.Equal(ErrorCode.None, bed.Append(log, Record($"after {i}")).Error);
            var seen = LogReader.ReadAll(log).Select(r => (r.Offset, r.Value)).ToList();
            bed.Crash(withPower: false);
            Assert.Equal(seen, LogReader.ReadAll(bed.All["a-0"]).Select(r => (r.Offset, r.Value)));
        }
        Assert.InRange(refusals, 2, 6);
    }

    /// <summary>Whether the next record goes into the segment that the last one went into.</summary>
    static bool IsRoomLeft(LogBed bed) =>
        bed.Disk.Root.Folder("a-0").Files().Where(f => f.Name.EndsWith(Segment.LogEnd, StringComparison.Ordinal)).MaxBy(f => f.Name).Length + Record("more").Length <= Small.SegmentBytes;
}
