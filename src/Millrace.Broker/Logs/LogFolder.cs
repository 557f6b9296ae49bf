using Millrace.Broker.Files;
using Millrace.Kafka.Compression;

namespace Millrace.Broker.Logs;

/// <summary>
/// The folder of all partitions' logs, and what brings them to the disk:
/// <code>
///  checkpoint  journal-0  journal-1
///  topics/orders-0/   00000000000000000000.log  00000000000000000000.index  aborted  start-offset
///  topics/orders-1/   ...
/// </code>
/// Open the folder, then the logs, then call <see cref="Start"/>.
/// </summary>
sealed class LogFolder : IDisposable
{
    const long MostJournal = 32 << 20, MostAppended = 1L << 30;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(60);

    readonly DiskFolder folder;
    readonly TimeProvider time;
    readonly Lock gate = new();
    readonly Lock checkpointing = new();
    readonly Dictionary<string, PartitionLog> logs = [];
    readonly List<DiskFolder> unflushedFolders = [];
    readonly AutoResetEvent work = new(false);
    Thread? thread;
    ITimer? timer;
    Checkpoint? checkpoint;
    JournalPieces? pieces;
    bool hasChanged;
    bool stopping;
    long appended;

    LogFolder(DiskFolder folder, Durability durability, TimeProvider time)
    {
        (this.folder, this.time, WaitsForDisk) = (folder, time, durability == Durability.Disk);
        checkpoint = Logs.Checkpoint.Read(folder);
        pieces = JournalPieces.Find(folder, checkpoint?.JournalsDone ?? 0);
        JournalDamage = pieces.Damage;
        Journal = Journal.Open(folder, checkpoint?.JournalsDone ?? 0, pieces);
        Flusher = WaitsForDisk ? new Flusher(Journal) : null;
    }

    internal bool WaitsForDisk { get; }

    internal Journal Journal { get; }

    /// <summary>What appends wait for, or null where the page cache is enough.</summary>
    internal Flusher? Flusher { get; }

    /// <summary>What all that is unpacked to look into it takes together.</summary>
    internal SharedRoom Unpacking { get; } = new(BatchCheck.MostUnpackedAtOnce);

    /// <summary>How many flushes appends have waited for.</summary>
    internal long Flushes => (Flusher?.Flushes ?? 0) + Journal.Flushes;

    /// <summary>What of the journal doesn't hold though it had reached the disk, or null: newest records of some partition may be lost.</summary>
    internal string? JournalDamage { get; }

    /// <summary>Why the last checkpoint failed, or null.</summary>
    internal string? CheckpointTrouble { get; private set; }

    internal long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    internal static LogFolder Open(DiskFolder folder, Durability durability, TimeProvider time)
    {
        if (!folder.Exists) folder.Create();
        return new(folder, durability, time);
    }

    /// <summary>Opens a log, made where there is none. Several may be opened at a time.</summary>
    /// <param name="path">The names of the folders from this one on, with slashes between them. A path that was deleted must not come again.</param>
    internal PartitionLog OpenLog(string path, TopicSettings settings)
    {
        var own = folder;
        foreach (var name in path.Split('/'))
        {
            var above = own;
            own = above.Folder(name);
            if (own.Exists) continue;
            own.Create();
            if (WaitsForDisk) above.Flush();
            else lock (gate) unflushedFolders.Add(above);
        }
        var log = PartitionLog.Open(this, own, path, settings);
        lock (gate)
        {
            logs.Add(path, log);
            hasChanged = true;
        }
        return log;
    }

    /// <summary>Is told by a log that it's closed, before its folder is deleted.</summary>
    internal void Forget(PartitionLog log)
    {
        lock (gate)
        {
            if (logs.GetValueOrDefault(log.Path) == log) logs.Remove(log.Path);
            hasChanged = true;
        }
    }

    /// <summary>Is called when all logs are open: those that aren't are forgotten by the next checkpoint.</summary>
    /// <param name="withCheckpoints">Whether checkpoints come by themselves.</param>
    internal void Start(bool withCheckpoints = true)
    {
        lock (checkpointing) (checkpoint, pieces) = (null, null);
        if (!withCheckpoints) return;
        thread = new Thread(Run) { IsBackground = true, Name = "millrace checkpoints" };
        thread.Start();
        timer = time.CreateTimer(static w => ((AutoResetEvent)w!).Set(), work, Interval, Interval);
        work.Set();
    }

    /// <summary>Ends when what was appended to the log in that life of it may be acknowledged.</summary>
    internal Task FlushAsync(PartitionLog log, int life) => Flusher?.FlushAsync(log, life) ?? Task.CompletedTask;

    /// <summary>What is known of logs from before: as it was found, and once they are open, as it's on the disk.</summary>
    internal (Checkpoint? Checkpoint, JournalPieces? Pieces) Known()
    {
        if (pieces is { } found) return (checkpoint, found);
        var now = Logs.Checkpoint.Read(folder);
        return (now, JournalPieces.Find(folder, now?.JournalsDone ?? 0));
    }

    /// <summary>Is told of each append, so that a start after a crash has little to read.</summary>
    internal void Appended(int bytes)
    {
        if (Interlocked.Add(ref appended, bytes) < MostAppended && Journal.End < MostJournal) return;
        Interlocked.Exchange(ref appended, 0);
        work.Set();
    }

    void Run()
    {
        while (true)
        {
            work.WaitOne();
            if (Volatile.Read(ref stopping)) return;
            try
            {
                Checkpoint();
            }
            catch (IOException)
            {
                // Said in CheckpointTrouble, and tried again; the last checkpoint holds and the journals stay.
            }
        }
    }

    /// <summary>Brings all logs to the disk, and writes down where they end, so that the next start need not look for it.</summary>
    internal void Checkpoint()
    {
        lock (checkpointing)
        {
            List<PartitionLog> all, changed = [];
            var isOther = false;
            try
            {
                // Before the logs are listed: what is in journals up to that one is of logs that are looked at here.
                var journals = Journal.Switch();
                lock (gate) (all, isOther, hasChanged) = ([.. logs.Values], hasChanged, false);
                var writer = new Checkpoint.Writer();
                List<long> ends = [];
                foreach (var log in all)
                {
                    if (!log.AddTo(writer, out var end)) continue;
                    changed.Add(log);
                    ends.Add(end);
                }
                if (changed.Count == 0 && !isOther && journals <= Journal.Done) return;
                FlushNames();
                foreach (var log in changed) FlushIfThere(log);
                writer.Write(folder, journals);
                Journal.Finish(journals);
                foreach (var (log, end) in changed.Zip(ends)) log.CheckpointDone(end);
                CheckpointTrouble = null;
            }
            catch (IOException e)
            {
                CheckpointTrouble = e.Message;
                foreach (var log in changed) log.CheckpointFailed();
                lock (gate) hasChanged |= isOther;
                throw;
            }
        }
    }

    /// <summary>Flushes a log, unless it was deleted meanwhile: that is no reason for the others to go without a checkpoint.</summary>
    void FlushIfThere(PartitionLog log)
    {
        try
        {
            log.Flush();
        }
        catch (IOException) when (IsForgotten(log))
        {
            // Nobody will look for what is written of it.
        }
    }

    bool IsForgotten(PartitionLog log)
    {
        lock (gate) return logs.GetValueOrDefault(log.Path) != log;
    }

    /// <summary>Brings the names of new folders to the disk, where nobody waited for that.</summary>
    void FlushNames()
    {
        List<DiskFolder> folders;
        lock (gate) folders = [.. unflushedFolders];
        foreach (var one in folders.DistinctBy(f => f.Path))
        {
            try
            {
                one.Flush();
            }
            catch (IOException) when (!one.Exists)
            {
                // It was deleted with its topic before its names got to the disk. They needn't any more.
            }
        }
        lock (gate) unflushedFolders.RemoveAll(folders.Contains);
    }

    /// <summary>Stops without a word to the disk, as a crash does.</summary>
    internal void Abandon()
    {
        Stop();
        foreach (var log in logs.Values.ToList()) log.Close();
        Journal.Dispose();
    }

    void Stop()
    {
        Volatile.Write(ref stopping, true);
        timer?.Dispose();
        work.Set();
        thread?.Join();
        Flusher?.Dispose();
    }

    /// <summary>Leaves the logs so that the next start has nothing to look for.</summary>
    public void Dispose()
    {
        Stop();
        try
        {
            Checkpoint();
        }
        catch (IOException)
        {
            // The next start reads what this couldn't write down.
        }
        foreach (var log in logs.Values.ToList()) log.Close();
        Journal.Dispose();
        work.Dispose();
    }
}
