using System.Globalization;
using Millrace.Broker.Files;
using Millrace.Kafka.Records;

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
    readonly DiskFolder folder;
    readonly Lock gate = new();
    readonly ProducerStates producers = new();
    readonly AbortedTransactions aborted;
    readonly LeaderEpochs epochs;
    // Replaced, never changed: who reads keeps the list that it began with.
    Segment[] segments = [];
    long highWatermark;
    long stableOffset;

    PartitionLog(DiskFolder folder, TopicSettings settings)
    {
        (this.folder, Settings) = (folder, settings);
        aborted = new AbortedTransactions(folder.Open("aborted.index"));
        epochs = new LeaderEpochs(folder);
    }

    internal TopicSettings Settings { get; set; }

    internal string Name => System.IO.Path.GetFileName(folder.Path);

    internal long StartOffset { get; private set; }

    internal long EndOffset => Active.NextOffset;

    /// <summary>What is before it, consumers may see.</summary>
    internal long HighWatermark => Volatile.Read(ref highWatermark);

    /// <summary>What is before it belongs to no open transaction.</summary>
    internal long StableOffset => Volatile.Read(ref stableOffset);

    internal long Bytes => segments.Sum(s => (long)s.Length - Segment.HeadSize);

    internal LeaderEpochs Epochs => epochs;

    Segment Active => segments[^1];

    /// <summary>Why nothing can be read or appended, or null.</summary>
    internal string? Damage { get; private set; }

    /// <summary>Raised, outside of any lock, when more can be seen.</summary>
    internal event Action? Advanced;

    internal IReadOnlyDictionary<long, Producer> Producers()
    {
        lock (gate) return producers.All.ToDictionary();
    }

    /// <summary>Opens a log, made where there is none, and brings it back to where the last process left it.</summary>
    /// <param name="recoveryPoint">The offset before which a checkpoint says that all is on the disk.</param>
    internal static PartitionLog Open(DiskFolder folder, TopicSettings settings, long recoveryPoint)
    {
        if (!folder.Exists) folder.Create();
        var log = new PartitionLog(folder, settings);
        try
        {
            log.Recover(recoveryPoint);
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    void Recover(long recoveryPoint)
    {
        var bases = folder.FileNames().Where(n => n.EndsWith(".log", StringComparison.Ordinal))
            .Select(n => long.Parse(n.AsSpan(0, n.Length - 4), CultureInfo.InvariantCulture)).Order().ToList();
        StartOffset = Math.Max(ReadStart(), bases.FirstOrDefault());
        if (bases.Count == 0)
        {
            segments = [Segment.Create(folder, StartOffset)];
            aborted.Load(StartOffset);
            folder.Flush();
        }
        else
        {
            OpenSegments(bases, recoveryPoint);
        }
        // Whoever read them before the crash may have seen them, so they can't be hidden again.
        highWatermark = EndOffset;
        SetStable();
    }

    void OpenSegments(List<long> bases, long recoveryPoint)
    {
        // Producers are known as of the newest snapshot; batches behind it are read again.
        var from = ProducerSnapshot.Newest(folder, bases[^1], producers);
        aborted.Load(from);
        var open = new List<Segment>();
        foreach (var baseOffset in bases)
        {
            var segment = Segment.Attach(folder, baseOffset);
            open.Add(segment);
            segments = [.. open];
            var isLast = baseOffset == bases[^1];
            var trusted = isLast && baseOffset >= recoveryPoint ? 0 : isLast ? segment.Find(recoveryPoint) : long.MaxValue;
            var report = SegmentRecovery.Recover(segment, trusted, isLast, batch =>
            {
                if (BatchHeader.BaseOffset(batch) >= from) SeeBatch(batch);
            });
            Repaired += report.Cut;
            if (report.Flaw is null) continue;
            Damage = $"The log of {Name} is damaged. {report.Flaw}. Restore the folder '{folder.Path}' from a backup, or delete the topic.";
            return;
        }
    }

    /// <summary>Bytes that a crash had left half written and that were cut off when the log was opened.</summary>
    internal long Repaired { get; private set; }

    long ReadStart() => folder.ReadAll("start-offset") is { } bytes && long.TryParse(bytes, CultureInfo.InvariantCulture, out var start) ? start : 0;

    void SetStable() => Volatile.Write(ref stableOffset, Math.Min(highWatermark, producers.FirstOpenOffset ?? long.MaxValue));

    public void Dispose()
    {
        foreach (var segment in segments) segment.Dispose();
        aborted.Dispose();
    }
}
