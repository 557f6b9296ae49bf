namespace Millrace.Broker.Logs;

/// <summary>
/// Brings what was appended to the disk, for all partitions together: while one flush is under way, whatever is appended
/// gathers for the next.
/// </summary>
sealed class Flusher : IDisposable
{
    readonly Lock gate = new();
    readonly Thread thread;
    readonly AutoResetEvent work = new(false);
    HashSet<PartitionLog> dirty = [];
    List<TaskCompletionSource> waiting = [];
    bool stopping;

    internal Flusher()
    {
        // A thread: it does nothing but wait for the disk.
        thread = new Thread(Run) { IsBackground = true, Name = "millrace flusher" };
        thread.Start();
    }

    /// <summary>How many times a file was flushed, and groups of appends had been gathered.</summary>
    internal long Flushes { get; private set; }

    internal long Groups { get; private set; }

    /// <summary>Ends when what was appended to the log before is on the disk and can be seen.</summary>
    internal Task FlushAsync(PartitionLog log)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            dirty.Add(log);
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Add(done);
            work.Set();
            return done.Task;
        }
    }

    void Run()
    {
        while (true)
        {
            work.WaitOne();
            HashSet<PartitionLog> logs;
            List<TaskCompletionSource> done;
            lock (gate)
            {
                if (dirty.Count == 0)
                {
                    if (stopping) return;
                    continue;
                }
                (logs, dirty) = (dirty, []);
                (done, waiting) = (waiting, []);
            }
            Groups++;
            var failed = Flush(logs);
            foreach (var one in done)
            {
                if (failed is null) one.SetResult();
                else one.SetException(failed);
            }
        }
    }

    IOException? Flush(HashSet<PartitionLog> logs)
    {
        IOException? failed = null;
        foreach (var log in logs)
        {
            try
            {
                var end = log.Flush();
                Flushes++;
                log.Advance(end);
            }
            catch (IOException e)
            {
                failed = e;
            }
        }
        return failed;
    }

    public void Dispose()
    {
        lock (gate) stopping = true;
        work.Set();
        thread.Join();
        work.Dispose();
    }
}
