using Millrace.Broker.Tests.Logs;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Crashes;

public sealed class KilledAfterFailureTests
{
    [Fact]
    public void What_a_failed_flush_left_in_the_page_cache_is_written_again_by_the_next_start()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            using var bed = new LogBed(seed: seed);
            var log = bed.Open("a-0");
            bed.Append(log, Batches.Of(("k", "first")));
            Assert.Equal(ErrorCode.None, log.Append(Batches.Of(("k", "second")), 0, 1_000).Error);
            bed.Disk.FailingFlushes = 100;
            Assert.Throws<IOException>(() => log.Flush());
            // The process is killed and started again, and sees what the disk may not have; later the power goes.
            bed.Crash(withPower: false);
            Assert.Equal(["first", "second"], LogReader.ReadAll(bed.All["a-0"]).Select(r => r.Value));
            bed.Crash(withPower: true);
            Assert.Null(bed.All["a-0"].Damage);
            Assert.Equal(["first", "second"], LogReader.ReadAll(bed.All["a-0"]).Select(r => r.Value));
        }
    }
}
