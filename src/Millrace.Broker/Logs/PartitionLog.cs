using Millrace.Broker.Files;

namespace Millrace.Broker.Logs;

/// <summary>
/// The records of one partition, in segments. Appends come one at a time, reads at any time beside them.
/// <code>
///  start offset          stable offset      high watermark        end offset
///  | segment | segment | segment (active)   |                     |
///  deleted before this   open transactions  on the disk, visible  appended
/// </code>
/// </summary>
sealed partial class PartitionLog : IDisposable
{
    readonly LogFolder logs;
    readonly DiskFolder folder;
    // Taken by all that changes the log, never while the disk is waited for.
    readonly Lock gate = new();
    // Taken by who flushes, for as long as that takes, and before the gate.
    readonly Lock flushing = new();
    readonly ProducerStates producers = new();
    readonly AbortedTransactions aborted;
    readonly LeaderEpochs epochs = new();
    // Replaced, never changed: who reads keeps the list that it began with.
    Segment[] segments = [];
    long startOffset;
    long highWatermark;
    long stableOffset;

    PartitionLog(LogFolder logs, DiskFolder folder, string path, TopicSettings settings)
    {
        (this.logs, this.folder, Path, Name, Settings) = (logs, folder, path, path[(path.LastIndexOf('/') + 1)..], settings);
        aborted = new AbortedTransactions(folder);
    }

    internal TopicSettings Settings { get; set; }

    /// <summary>Where it is in the folder of all logs.</summary>
    internal string Path { get; }

    /// <summary>The name of its folder.</summary>
    internal string Name { get; }

    internal long LogId { get; private set; }

    internal long StartOffset => Volatile.Read(ref startOffset);

    internal long EndOffset => Active.NextOffset;

    /// <summary>What is before it, consumers may see.</summary>
    internal long HighWatermark => Volatile.Read(ref highWatermark);

    /// <summary>What is before it belongs to no open transaction.</summary>
    internal long StableOffset => Volatile.Read(ref stableOffset);

    internal long Bytes => Volatile.Read(ref segments).Where(s => s.NextOffset > StartOffset).Sum(s => (long)s.Length - Segment.HeadSize);

    internal int SegmentCount => segments.Length;

    internal LeaderEpochs Epochs => epochs;

    Segment Active => Volatile.Read(ref segments)[^1];

    /// <summary>Why nothing can be read or appended until somebody restores the log, or null.</summary>
    internal string? Damage { get; private set; }

    /// <summary>Bytes that a crash had left half written and that were cut off when the log was opened.</summary>
    internal long Repaired { get; private set; }

    /// <summary>Raised, outside of any lock, when more can be seen.</summary>
    internal event Action? Advanced;

    internal IReadOnlyDictionary<long, Producer> Producers()
    {
        lock (gate) return producers.All.ToDictionary(p => p.Key, p => p.Value.Copy());
    }

    internal Producer? FindProducer(long id)
    {
        lock (gate) return producers.All.GetValueOrDefault(id)?.Copy();
    }

    /// <summary>Forgets producers without an open transaction that have been silent since then.</summary>
    internal void ExpireProducers(long before)
    {
        lock (gate) producers.Expire(before);
    }

    internal List<AbortedTransaction> AbortedBetween(long from, long to)
    {
        lock (gate) return aborted.Between(from, to);
    }

    void MakeVisible(long offset)
    {
        if (offset > highWatermark) Volatile.Write(ref highWatermark, offset);
        Volatile.Write(ref stableOffset, Math.Min(highWatermark, producers.FirstOpenOffset ?? long.MaxValue));
    }

    string Spoilt(string flaw) => $"The log of {Name} is damaged. {flaw}. Restore the folder '{folder.Path}' from a backup, or delete the topic.";

    string DiskRefused(string why) => $"The disk of '{folder.Path}' refused what was to be written to the partition {Name}: {why}";

    /// <summary>Closes the files as they are. A checkpoint before that leaves the next start nothing to look for.</summary>
    internal void Close()
    {
        lock (flushing)
        {
            lock (gate)
            {
                foreach (var segment in segments) segment.Retire();
                Damage ??= $"The log of {Name} is closed.";
            }
        }
    }

    /// <summary>Closes the files, and lets nobody count on the log any more.</summary>
    public void Dispose()
    {
        logs.Forget(this);
        Close();
    }
}
