using Millrace.Broker.Logs;
using Millrace.Broker.Tests.Files;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Logs;

/// <summary>A folder of logs on a simulated disk, which can be opened again after a crash.</summary>
sealed class LogBed : IDisposable
{
    readonly Durability durability;
    readonly Dictionary<string, TopicSettings> settings = [];

    internal LogBed(Durability durability = Durability.Disk, int seed = 1)
    {
        this.durability = durability;
        Disk = new SimulatedDisk(seed);
        Logs = LogFolder.Open(Disk.Root, durability, TimeProvider.System);
        Logs.Start(withCheckpoints: false);
    }

    internal SimulatedDisk Disk { get; private set; }

    internal LogFolder Logs { get; private set; }

    internal Dictionary<string, PartitionLog> All { get; } = [];

    internal int Epoch { get; private set; }

    internal PartitionLog Open(string name, TopicSettings? with = null)
    {
        settings[name] = with ?? TopicSettings.Default;
        return All[name] = Logs.OpenLog(name, settings[name]);
    }

    internal AppendResult Append(PartitionLog log, byte[] batch, long now = 1_000)
    {
        var result = log.Append(batch, Epoch, now);
        if (result.Error == ErrorCode.None) Logs.FlushAsync(log, result.Life).GetAwaiter().GetResult();
        return result;
    }

    internal void Crash(bool withPower)
    {
        Disk.PowerGoesAt = Math.Min(Disk.PowerGoesAt, Disk.Operations);
        Logs.Abandon();
        Reopen(withPower ? Disk.AfterPowerLoss() : Disk.AfterKill());
    }

    internal void CloseAndReopen()
    {
        Logs.Dispose();
        Reopen(Disk.AfterKill());
    }

    void Reopen(SimulatedDisk disk)
    {
        Disk = disk;
        Epoch++;
        Logs = LogFolder.Open(disk.Root, durability, TimeProvider.System);
        foreach (var (name, with) in settings) All[name] = Logs.OpenLog(name, with);
        Logs.Start(withCheckpoints: false);
    }

    /// <summary>A file of the disk, to be harmed.</summary>
    internal FileNode File(string folder, string name) => (FileNode)((SimulatedFolder)Disk.Root.Folder(folder)).Node.Now[name];

    public void Dispose() => Logs.Dispose();
}
