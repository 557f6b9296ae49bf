using System.Runtime.CompilerServices;
using Millrace.Broker.Tests.Connections;
using Millrace.Broker.Tests.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace Millrace.Broker.Tests.Crashes;

public sealed class FailedStartTests
{
    /// <summary>A disk with topics, an open transaction and one that was being ended, so that a start has all to do that there can be.</summary>
    static async Task<SimulatedDisk> UsedAsync()
    {
        await using var bed = new NodeBed(1);
        var client = bed.Connect();
        await client.CreateAsync("t", 3);
        for (var p = 0; p < 3; p++) await client.ProduceAsync("t", p, Wire.Batch(["x"]));
        foreach (var id in new[] { "open", "ending" })
        {
            var producer = await client.AskAsync<Kafka.Wire.InitProducerIdRequest, Kafka.Wire.InitProducerIdResponse>(new() { TransactionalId = id, TransactionTimeoutMs = 60_000 }, 4);
            await client.ProduceAsync("t", 0, Wire.Batch(["y"], producer.ProducerId, producer.ProducerEpoch, 0, true), id);
            if (id == "open") continue;
            bed.Disk.Refuses = (_, path) => path.Contains("/topics/", StringComparison.Ordinal);
            await client.AskAsync<Kafka.Wire.EndTxnRequest, Kafka.Wire.EndTxnResponse>(new() { TransactionalId = id, ProducerId = producer.ProducerId, ProducerEpoch = producer.ProducerEpoch, Committed = true }, 5);
        }
        return bed.Disk;
    }

    [Fact]
    public async Task A_start_that_fails_at_any_step_leaves_no_file_open_and_nothing_running()
    {
        var used = await UsedAsync();
        var leftovers = new List<(int Step, WeakReference Disk)>();
        var step = 1;
        while (FailsAt(used, step) is { } disk) leftovers.Add((step++, disk));
        Assert.True(leftovers.Count > 20, $"Only {leftovers.Count} steps failed.");
        // A thread or a timer that is left holds the broker, and that its disk.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.Empty(leftovers.Where(l => l.Disk.IsAlive).Select(l => l.Step));
    }

    /// <summary>Starts on what a kill left of a disk, which ends at a step. Answers that disk, or null where the start came to its end before.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static WeakReference? FailsAt(SimulatedDisk used, int step)
    {
        var disk = used.AfterPowerLoss();
        disk.PowerGoesAt = step;
        try
        {
            using var node = new BrokerNode(disk.Root, new(), TimeProvider.System, NullLogger.Instance);
            return null;
        }
        catch (IOException)
        {
            Assert.True(disk.OpenFiles == 0, $"A start that failed at step {step} left {disk.OpenFiles} files open.");
            return new WeakReference(disk);
        }
    }
}
