namespace Millrace.Execution;

// What only time reveals: silence, bodies that sit on others, more work than workers.
sealed partial class WorkerPool
{
    static readonly TimeSpan Close = TimeSpan.FromMilliseconds(25), Loose = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan GrowAfter = TimeSpan.FromMilliseconds(200), BusyAfter = TimeSpan.FromMilliseconds(100);

    ITimer? watch;
    int isLooking;
    volatile bool isClose;
    long lookedAt;
    // When the scheduler began to have instances that no worker is free for; 0: it has none.
    long expectingSince;

    void StartWatching()
    {
        lookedAt = time.GetTimestamp();
        watch = time.CreateTimer(_ => Look(), null, Loose, Loose);
    }

    void WatchClosely()
    {
        if (isClose) return;
        isClose = true;
        watch?.Change(Close, Close);
    }

    void Look()
    {
        if (Interlocked.Exchange(ref isLooking, 1) == 1) return;
        try
        {
            List<(WorkerProcess Worker, string Because)> doomed = [];
            bool anyHeld;
            var freed = false;
            lock (gate)
            {
                var now = time.GetTimestamp();
                // This process itself was not running (a laptop asleep): the workers' silence is not theirs.
                if (time.GetElapsedTime(lookedAt, now) > TimeSpan.FromSeconds(2))
                    foreach (var worker in workers) Volatile.Write(ref worker.HeardAt, now);
                lookedAt = now;

                foreach (var worker in workers)
                {
                    if (!worker.IsReady || worker.IsDead) continue;
                    var silence = time.GetElapsedTime(Volatile.Read(ref worker.HeardAt), now);
                    if (silence > options.Silence) doomed.Add((worker, $"was silent for {silence.TotalSeconds:0.0} s and was killed"));
                    else if (worker.Held.Find(w => w.KillAt <= now) is { } late) doomed.Add((worker, $"was killed: {late.Assignment.Attempt} did not stop"));
                    else if (worker.Held.Count > 1 && worker.Begun is { } begun && time.GetElapsedTime(begun.BegunAt, now) > Stuck) Recall(worker);
                }
                Grow(now);
                Shrink(now);
                anyHeld = queue.Count > 0 || expectingSince != 0 || workers.Any(w => w.Held.Count > 0);
                if (!anyHeld && isClose && !stopping)
                {
                    isClose = false;
                    freed = true;
                }
            }
            if (freed)
            {
                watch?.Change(Loose, Loose);
                // Somebody may have come in between, whose change this one has just undone.
                if (isClose) watch?.Change(Close, Close);
            }
            foreach (var (worker, because) in doomed) Kill(worker, because);
            FlushAll();
        }
        finally
        {
            Volatile.Write(ref isLooking, 0);
        }
    }

    // Short tasks wait for nobody long: only when every worker sits on a long one does another worker help.
    void Grow(long now)
    {
        var waitsSince = queue.First?.Value.QueuedAt ?? (expectingSince == 0 ? now : expectingSince);
        if (stopping || isPausing || workers.Length == 0 || wanted >= options.Max + lent || time.GetElapsedTime(waitsSince, now) < GrowAfter) return;
        foreach (var worker in workers)
        {
            if (worker.IsDead || worker.IsRetiring) continue;
            if (!worker.IsReady || worker.Begun is not { } begun || time.GetElapsedTime(begun.BegunAt, now) < BusyAfter) return;
        }
        wanted++;
        EnsureWorkers();
    }

    void Shrink(long now)
    {
        if (stopping || wanted <= options.Min + lent) return;
        foreach (var worker in workers)
        {
            if (!worker.IsReady || worker.IsRetiring || worker.IsDead || worker.Held.Count > 0) continue;
            if (time.GetElapsedTime(worker.LastEndedAt, now) < options.IdleLimit) continue;
            wanted--;
            RetireNow(worker, "there was nothing to do");
            return;
        }
    }
}
