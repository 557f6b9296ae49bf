using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Millrace.Broker.Logs;

/// <summary>
/// Brings what was appended to the disk, for all partitions together: while one flush is under way, whatever is appended
/// gathers for the next. A few partitions are flushed one by one; many go through the journal, which is one flush.
/// </summary>
sealed class Flusher : IDisposable
{
    /// <summary>Up to so many partitions are flushed by themselves.</summary>
    internal const int MostDirect = 2;

    readonly Lock gate = new();
    readonly Journal journal;
    readonly Thread thread;
    readonly AutoResetEvent work = new(false);
    readonly List<SegmentTail> tails = [];
    readonly List<PartitionLog> journaled = [];
    readonly List<PartitionLog> direct = [];
    Dictionary<PartitionLog, List<Waiter>> waiting = [];
    bool stopping;

    internal Flusher(Journal journal)
    {
        this.journal = journal;
        // A thread: it does nothing but wait for the disk.
        thread = new Thread(Run) { IsBackground = true, Name = "millrace flusher" };
        thread.Start();
    }

    /// <summary>How many times a file of a segment was flushed, and groups of appends had been gathered.</summary>
    internal long Flushes { get; private set; }

    internal long Groups { get; private set; }

    /// <summary>Where the time that each group takes is told, in milliseconds.</summary>
    internal Histogram<double>? Durations { get; set; }

    readonly record struct Waiter(int Life, TaskCompletionSource Done);

    /// <summary>Ends when what was appended to the log before, in that life of it, is on the disk and can be seen.</summary>
    internal Task FlushAsync(PartitionLog log, int life)
    {
        Task done;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            done = Wait(log, life);
        }
        work.Set();
        return done;
    }

    /// <summary>The same for many logs, which become durable together; each has a task of its own, as each may fail.</summary>
    internal Task[] FlushAsync(IReadOnlyCollection<PartitionLog> logs)
    {
        var tasks = new Task[logs.Count];
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            var i = 0;
            foreach (var log in logs) tasks[i++] = Wait(log, log.Life);
        }
        work.Set();
        return tasks;
    }

    Task Wait(PartitionLog log, int life)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!waiting.TryGetValue(log, out var those)) waiting.Add(log, those = []);
        those.Add(new(life, done));
        return done.Task;
    }

    void Run()
    {
        while (true)
        {
            work.WaitOne();
            Dictionary<PartitionLog, List<Waiter>> group;
            lock (gate)
            {
                if (waiting.Count == 0)
                {
                    if (stopping) return;
                    continue;
                }
                (group, waiting) = (waiting, []);
            }
            Groups++;
            var began = Stopwatch.GetTimestamp();
            Flush(group);
            Durations?.Record(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
    }

    void Flush(Dictionary<PartitionLog, List<Waiter>> group)
    {
        tails.Clear();
        journaled.Clear();
        direct.Clear();
        var throughJournal = group.Count > MostDirect && journal.IsUsable;
        foreach (var log in group.Keys)
        {
            if (throughJournal && log.Tail() is { } tail)
            {
                tails.Add(tail);
                journaled.Add(log);
            }
            else
            {
                direct.Add(log);
            }
        }
        if (tails.Count > 0 && !TryJournal()) direct.AddRange(journaled);
        else foreach (var (log, tail) in journaled.Zip(tails)) Finish(log, group[log], log.Journaled(tail));
        foreach (var log in direct) Finish(log, group[log], FlushOne(log));
    }

    bool TryJournal()
    {
        try
        {
            journal.Write(tails);
            return true;
        }
        catch (IOException)
        {
            // Perhaps there is no room for the journal, and yet for the segments.
            return false;
        }
        finally
        {
            foreach (var tail in tails) tail.Segment.Exit();
        }
    }

    IOException? FlushOne(PartitionLog log)
    {
        try
        {
            Flushes += log.Flush();
            return null;
        }
        catch (IOException e)
        {
            return e;
        }
    }

    static void Finish(PartitionLog log, List<Waiter> waiting, IOException? failed)
    {
        foreach (var (life, done) in waiting)
        {
            // An append that came after a failed flush may have brought the log back to what was durable, and this one isn't there.
            if (failed is null && life != log.Life) done.SetException(new IOException($"A flush of the partition {log.Name} failed, and what wasn't acknowledged was taken back."));
            else if (failed is null) done.SetResult();
            else done.SetException(failed);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (stopping) return;
            stopping = true;
        }
        work.Set();
        thread.Join();
        work.Dispose();
    }
}
