using Millrace.Broker.Logs;

namespace Millrace.Broker.Tests.Logs;

public sealed class TransactionTests
{
    [Fact]
    public void Only_what_is_committed_is_read_across_segments_crashes_and_retention()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0", new() { SegmentBytes = 400, RetentionMs = -1 });
        for (var i = 0; i < 12; i++)
        {
            bed.Append(log, Batches.InTransaction(1, 0, i * 2, ("k", $"one {i}")));
            bed.Append(log, Batches.InTransaction(2, 0, i, ("k", $"two {i}")));
            bed.Append(log, Batches.Of(("k", $"plain {i}")));
            bed.Append(log, Batches.Marker(2, 0, isCommit: i % 3 == 0));
            bed.Append(log, Batches.InTransaction(1, 0, i * 2 + 1, ("k", $"one {i} more")));
            bed.Append(log, Batches.Marker(1, 0, isCommit: i % 2 == 0));
            if (i % 4 == 1) bed.Logs.Checkpoint();
        }
        var expected = Enumerable.Range(0, 12).SelectMany(i => new[] { i % 2 == 0 ? $"one {i}" : null, i % 3 == 0 ? $"two {i}" : null, $"plain {i}", i % 2 == 0 ? $"one {i} more" : null }.OfType<string>()).ToList();
        for (var round = 0; round < 4; round++)
        {
            log = bed.All["a-0"];
            Assert.Equal(expected, LogReader.ReadCommitted(log).Select(r => r.Value));
            if (round == 1)
            {
                log.DeleteBefore(30);
                expected = [.. expected.SkipWhile(v => !v.EndsWith(" 5", StringComparison.Ordinal))];
                Assert.Equal(expected, LogReader.ReadCommitted(log).Select(r => r.Value));
            }
            if (round == 2) bed.CloseAndReopen();
            else bed.Crash(withPower: true);
        }
    }

    [Fact]
    public void The_stable_offset_waits_for_the_oldest_open_transaction()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0");
        bed.Append(log, Batches.Of(("k", "0")));
        bed.Append(log, Batches.InTransaction(1, 0, 0, ("k", "1")));
        bed.Append(log, Batches.InTransaction(2, 0, 0, ("k", "2")));
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal((1, 3), (bed.All["a-0"].StableOffset, bed.All["a-0"].HighWatermark));
            if (round == 1) bed.Logs.Checkpoint();
            bed.Crash(withPower: true);
        }
        log = bed.All["a-0"];
        bed.Append(log, Batches.Marker(1, 0, isCommit: true));
        Assert.Equal(2, log.StableOffset);
        bed.Append(log, Batches.Marker(2, 0, isCommit: false));
        Assert.Equal(5, log.StableOffset);
        Assert.Equal([new AbortedTransaction(2, 2, 4, 5)], log.AbortedBetween(0, 5));
        Assert.Equal(["0", "1"], LogReader.ReadCommitted(log).Select(r => r.Value));
    }

    [Fact]
    public void A_producer_with_an_older_epoch_is_fenced_by_a_marker_of_a_newer_one()
    {
        using var bed = new LogBed();
        var log = bed.Open("a-0");
        bed.Append(log, Batches.InTransaction(1, 0, 0, ("k", "zombie")));
        bed.Append(log, Batches.Marker(1, 1, isCommit: false));
        bed.Crash(withPower: true);
        log = bed.All["a-0"];
        Assert.Equal(ErrorCode.InvalidProducerEpoch, bed.Append(log, Batches.InTransaction(1, 0, 1, ("k", "zombie"))).Error);
        Assert.Equal(ErrorCode.None, bed.Append(log, Batches.InTransaction(1, 1, 0, ("k", "new"))).Error);
    }
}
