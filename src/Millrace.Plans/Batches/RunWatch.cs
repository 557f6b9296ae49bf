namespace Millrace.Data;

/// <summary>Tells somebody at a fixed pace how far a run is, until it is disposed, and then once more.</summary>
sealed class RunWatch : IDisposable
{
    readonly Lock guard = new();
    readonly RunContext run;
    readonly ITimer timer;
    IProgress<RunProgress>? watcher;

    internal RunWatch(RunContext run, IProgress<RunProgress> watcher, TimeSpan pace)
    {
        (this.run, this.watcher) = (run, watcher);
        timer = run.Time.CreateTimer(static self => ((RunWatch)self!).Tell(last: false), this, pace, pace);
    }

    void Tell(bool last)
    {
        // A watcher that is slower than the pace misses a report; the last one waits for it.
        if (!last && !guard.TryEnter()) return;
        if (last) guard.Enter();
        try
        {
            watcher?.Report(run.Progress());
            if (last) watcher = null;
        }
        catch (Exception) when (!last)
        {
            // On a timer's thread it would end the process: a watcher that fails sees no more, and the run goes on.
            watcher = null;
        }
        finally
        {
            guard.Exit();
        }
    }

    public void Dispose()
    {
        timer.Dispose();
        Tell(last: true);
    }
}
