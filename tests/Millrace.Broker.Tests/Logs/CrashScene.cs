using Millrace.Broker.Logs;
using Millrace.Broker.Tests.Files;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Logs;

/// <summary>
/// Producers of all kinds, cleaning and checkpoints against a disk that fails, and an account of what they were told. All is
/// drawn from the seed.
/// </summary>
sealed partial class CrashScene : IDisposable
{
    const int Partitions = 6, Compacted = 4, Retained = 5;

    readonly Random random;
    readonly int seed;
    readonly Durability durability;
    readonly SceneLog[] logs;
    readonly SceneProducer[] producers;
    SimulatedDisk disk;
    LogFolder folder;
    int epoch;
    int records;
    long now = 1_000_000;

    internal CrashScene(int seed, Durability durability)
    {
        (this.seed, this.durability, random, disk) = (seed, durability, new Random(seed), new SimulatedDisk(seed * 31 + 7));
        logs = [.. Enumerable.Range(0, Partitions).Select(i => new SceneLog($"topics/t-{i}", SettingsOf(i), i == Compacted))];
        producers = [.. Enumerable.Range(0, 5).Select(i => new SceneProducer(100 + i, isTransactional: i >= 2))];
        folder = Open();
    }

    internal int CrashPoints { get; private set; }

    internal long Acknowledged { get; private set; }

    internal long Transactions { get; private set; }

    TopicSettings SettingsOf(int log) => new()
    {
        SegmentBytes = 600 + 700 * random.Next(1, 6),
        SegmentMs = 40_000,
        RetentionMs = -1,
        RetentionBytes = log == Retained ? 6_000 : -1,
        IsDeleted = log != Compacted,
        IsCompacted = log == Compacted,
        MinCleanableRatio = 0,
        DeleteRetentionMs = 20_000,
    };

    LogFolder Open()
    {
        var opened = LogFolder.Open(disk.Root, durability, TimeProvider.System);
        try
        {
            foreach (var log in logs) log.Log = opened.OpenLog(log.Path, log.Settings);
            opened.Start(withCheckpoints: false);
            return opened;
        }
        catch (IOException)
        {
            opened.Abandon();
            throw;
        }
    }

    /// <summary>Works until the power goes, and then again, so many times.</summary>
    internal void Run(int crashes)
    {
        for (var crash = 0; crash < crashes; crash++)
        {
            var withPower = durability == Durability.Disk && random.Next(4) > 0;
            if (withPower) disk.PowerGoesAt = disk.Operations + random.Next(1, 300);
            for (var step = random.Next(1, 60); (step > 0 || withPower) && !disk.IsOff; step--) Step();
            Restart(withPower);
            Check();
            FinishTransactions();
            Retry();
            Check();
        }
    }

    void Restart(bool withPower)
    {
        disk.PowerGoesAt = Math.Min(disk.PowerGoesAt, disk.Operations);
        folder.Abandon();
        while (true)
        {
            CrashPoints++;
            epoch++;
            disk = withPower ? disk.AfterPowerLoss() : disk.AfterKill();
            // Recovery must bear a crash as well.
            if (withPower && random.Next(3) == 0) disk.PowerGoesAt = random.Next(1, 60);
            try
            {
                folder = Open();
                if (disk.PowerGoesAt == long.MaxValue) return;
                folder.Abandon();
            }
            catch (IOException) when (disk.IsOff)
            {
                // Once more, with what is on the disk now.
            }
        }
    }

    void Step()
    {
        now += random.Next(1, 2_000);
        try
        {
            switch (random.Next(100))
            {
                case < 25:
                    Append([random.Next(Partitions)]);
                    break;
                case < 50:
                    Append(Enumerable.Range(0, Partitions).Where(_ => random.Next(3) > 0));
                    break;
                case < 75:
                    StepOf(producers[random.Next(producers.Length)]);
                    break;
                case < 82:
                    folder.Checkpoint();
                    break;
                case < 87:
                    foreach (var log in logs) log.Log.Retain(now);
                    break;
                case < 90:
                    DeleteSome(logs[random.Next(3)]);
                    break;
                case < 95:
                    logs[Compacted].Log.Compact(now);
                    break;
                case < 98 when durability == Durability.Disk:
                    Fail();
                    break;
                default:
                    FillDisk();
                    break;
            }
        }
        catch (IOException)
        {
            // The disk refused: nothing was promised.
        }
        foreach (var log in logs) log.See();
    }

    /// <summary>For a while some flushes fail; then all must go on without a restart.</summary>
    void Fail()
    {
        disk.FailingFlushes = random.Next(10, 100);
        for (var i = random.Next(1, 8); i > 0; i--) Work();
        disk.FailingFlushes = 0;
        GoOn();
    }

    void FillDisk()
    {
        disk.Free = random.Next(0, 2_000);
        for (var i = random.Next(1, 8); i > 0; i--) Work();
        // Consumers go on meanwhile.
        try
        {
            Check();
        }
        catch (Exception) when (disk.IsOff)
        {
            // Or not, if there is no power either.
        }
        disk.Free = long.MaxValue;
        GoOn();
    }

    void Work()
    {
        try
        {
            if (random.Next(3) == 0) StepOf(producers[random.Next(producers.Length)]);
            else if (random.Next(4) == 0) folder.Checkpoint();
            else Append(Enumerable.Range(0, Partitions).Where(_ => random.Next(3) > 0));
        }
        catch (IOException)
        {
            // As above.
        }
    }

    void GoOn()
    {
        foreach (var log in logs)
        {
            var result = Send([(log, Next(log, 1), Batch: null)])[0];
            if (!disk.IsOff) Assert.True(result.Error == ErrorCode.None, $"Seed {seed}: {log.Path} doesn't go on when the disk is well again: {result.Message}");
        }
    }

    void DeleteSome(SceneLog log)
    {
        var to = log.Log.StartOffset + random.NextInt64(0, Math.Max(1, (log.Log.HighWatermark - log.Log.StartOffset) / 2));
        log.MostDeleted = Math.Max(log.MostDeleted, to);
        if (log.Log.DeleteBefore(to) == ErrorCode.None) log.Deleted = Math.Max(log.Deleted, to);
    }

    public void Dispose() => folder.Abandon();
}
