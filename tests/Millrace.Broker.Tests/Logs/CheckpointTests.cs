using Millrace.Broker.Logs;
using Millrace.Broker.Tests.Connections;
using Millrace.Broker.Tests.Files;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Logs;

/// <summary>Logs are deleted when they like, and the others are to have a checkpoint all the same.</summary>
public sealed class CheckpointTests
{
    [Fact]
    public void A_log_that_is_deleted_while_a_checkpoint_is_made_leaves_it_to_the_others()
    {
        using var bed = new LogBed();
        var (kept, deleted) = (bed.Open("a-0"), bed.Open("b-0"));
        foreach (var log in new[] { kept, deleted }) log.Append(Batches.Of(("k", "v")), 0, 1_000);
        var isFirst = true;
        bed.Disk.Refuses = (step, path) =>
        {
            if (isFirst && step == DiskStep.Flush && path.StartsWith("/disk/a-0", StringComparison.Ordinal))
            {
                isFirst = false;
                deleted.Dispose();
            }
            return false;
        };
        bed.Logs.Checkpoint();
        Assert.False(isFirst);
        Assert.Null(bed.Logs.CheckpointTrouble);
    }

    [Fact]
    public async Task A_log_that_is_opened_and_journaled_while_a_checkpoint_begins_is_part_of_it()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            using var bed = new LogBed(seed: seed);
            var before = Enumerable.Range(0, 3).Select(i => bed.Open($"a-{i}")).ToList();
            foreach (var log in before) log.Append(Batches.Of(("k", "kept")), 0, 1_000);
            await Task.WhenAll(bed.Logs.Flusher!.FlushAsync(before));
            foreach (var log in before) log.Append(Batches.Of(("k", "refused")), 0, 1_000);
            // The journal mends itself before it ends: the last moment in which something is written to it.
            bed.Disk.FailingFlushes = 100;
            foreach (var flush in bed.Logs.Flusher!.FlushAsync(before)) await Assert.ThrowsAsync<IOException>(() => flush);
            bed.Disk.FailingFlushes = 0;
            PartitionLog? late = null;
            bed.Disk.Refuses = (step, path) =>
            {
                if (late is not null || step != DiskStep.Flush || !path.Contains("journal", StringComparison.Ordinal)) return false;
                late = bed.Open("late-0");
                late.Append(Batches.Of(("k", "acknowledged")), 0, 1_000);
                var tail = late.Tail()!.Value;
                bed.Logs.Journal.Write([tail]);
                tail.Segment.Exit();
                Assert.Null(late.Journaled(tail));
                return false;
            };
            bed.Logs.Checkpoint();
            Assert.NotNull(late);
            bed.Disk.Refuses = null;
            bed.Crash(withPower: true);
            Assert.Equal(["acknowledged"], LogReader.ReadAll(bed.All["late-0"]).Select(r => r.Value));
        }
    }

    [Fact]
    public async Task A_topic_that_was_deleted_before_its_folders_were_on_the_disk_keeps_no_checkpoint_from_being_made()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache }, cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        for (var i = 0; i < 5; i++)
        {
            await client.CreateAsync($"t{i}");
            var deleted = await client.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { TopicNames = [$"t{i}"] }, 5);
            Assert.Equal(ErrorCode.None, deleted.Responses[0].ErrorCode);
        }
        broker.Node.Logs.Checkpoint();
        Assert.Null(broker.Node.Logs.CheckpointTrouble);
    }
}
