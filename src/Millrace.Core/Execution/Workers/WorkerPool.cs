using Microsoft.Extensions.Logging;
using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>
/// Carries assignments to worker processes. A worker runs one body at a time, so that a crash costs one attempt;
/// short ones are sent ahead, so that it never waits for the next.
/// </summary>
sealed partial class WorkerPool(HomeFolder home, ITaskServices services, WorkerPoolOptions options, TimeProvider time, ILogger logger) : IExecutor
{
    const int MostPrepared = 8;

    // Guards all state here and in the workers. Nothing is sent, reported or awaited while it is held.
    readonly Lock gate = new();
    readonly LinkedList<Work> queue = [];
    // What new workers load first.
    readonly Queue<string> prepared = [];
    readonly TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // Copied when it changes, so that it can be walked without the gate.
    WorkerProcess[] workers = [];
    IExecutorListener listener = null!;
    SocketPlace? place;
    IReadOnlyList<string> command = [];
    long orders;
    int unreported;
    int wanted = options.Min;
    bool stopping;

    internal int WorkerCount => Volatile.Read(ref workers).Length;
    internal int BegunCount => Volatile.Read(ref workers).Count(w => w.Begun is not null);

    public int Free
    {
        get
        {
            lock (gate)
            {
                if (stopping) return 0;
                var room = -queue.Count;
                foreach (var worker in workers) room += Room(worker);
                return Math.Max(0, room);
            }
        }
    }

    public Task StartAsync(IExecutorListener listener, CancellationToken cancellation)
    {
        this.listener = listener;
        command = options.ResolveCommand();
        place = SocketPlace.Create(home);
        _ = AcceptAsync(place.Listen());
        lock (gate) EnsureWorkers();
        StartWatching();
        return Task.CompletedTask;
    }

    public void Run(Assignment assignment)
    {
        lock (gate)
        {
            unreported++;
            var work = new Work(assignment, ++orders, time.GetTimestamp());
            if (stopping)
            {
                ThreadPool.QueueUserWorkItem(_ => Return(work));
                return;
            }
            queue.AddLast(work);
            Dispatch();
        }
        FlushAll();
        WatchClosely();
    }

    public void Expect(int waiting)
    {
        lock (gate)
        {
            if (waiting == 0) expectingSince = 0;
            else if (expectingSince == 0) expectingSince = time.GetTimestamp();
        }
    }

    public void Prepare(string bundle)
    {
        lock (gate)
        {
            if (stopping || prepared.Contains(bundle)) return;
            prepared.Enqueue(bundle);
            if (prepared.Count > MostPrepared) prepared.Dequeue();
            foreach (var worker in workers)
                if (worker.IsReady && !worker.IsDead) worker.Outbox.Add(FrameKind.Prepare, new PrepareFrame(bundle), FrameJson.Default.PrepareFrame);
        }
        FlushAll();
    }

    public void Cancel(AttemptId attempt, CancelReason reason)
    {
        Work? unsent = null;
        lock (gate)
        {
            for (var node = queue.First; node is not null; node = node.Next)
            {
                if (node.Value.Lease != attempt.Lease) continue;
                unsent = node.Value;
                queue.Remove(node);
                break;
            }
            if (unsent is null)
            {
                foreach (var worker in workers)
                    if (worker.Held.Find(w => w.Lease == attempt.Lease) is { } work) CancelHeld(worker, work, reason);
            }
        }
        // Not on the caller's thread: the listener may be in the middle of something.
        if (unsent is not null) ThreadPool.QueueUserWorkItem(_ => ReportEnded(unsent, "pool", TaskRunner.OutcomeOf(reason), TaskRunner.Describe(reason)));
        FlushAll();
    }

    // Under the gate.
    void CancelHeld(WorkerProcess worker, Work work, CancelReason reason)
    {
        if (work.Cancelled is not null && reason != CancelReason.Stopping) return;
        work.Cancelled ??= reason;
        // A command is killed by the worker when the grace ends; one second more for its report. When stopping, the grace has been given.
        var grace = reason == CancelReason.Stopping ? TimeSpan.FromSeconds(1) : options.CancelGrace + TimeSpan.FromSeconds(1);
        work.KillAt = Math.Min(work.KillAt, time.GetTimestamp() + Ticks(grace));
        worker.Outbox.Add(FrameKind.Cancel, new CancelFrame(work.Lease, reason), FrameJson.Default.CancelFrame);
    }

    public async Task StopAsync(TimeSpan grace)
    {
        List<Work> unbegun;
        lock (gate)
        {
            if (!stopping) Log.Stopping(logger, workers.Length);
            stopping = true;
            unbegun = [.. queue];
            queue.Clear();
            foreach (var worker in workers) Recall(worker);
            if (unreported == 0) idle.TrySetResult();
        }
        FlushAll();
        foreach (var work in unbegun) Return(work);
        try
        {
            await idle.Task.WaitAsync(grace, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            lock (gate)
                foreach (var worker in workers)
                    foreach (var work in worker.Held) CancelHeld(worker, work, CancelReason.Stopping);
            FlushAll();
            WatchClosely();
            await idle.Task.ConfigureAwait(false);
        }
        await EndWorkersAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero).ConfigureAwait(false);

    void Return(Work work) => ReportEnded(work, "pool", Outcome.Returned, null);

    void ReportEnded(Work work, string worker, Outcome outcome, string? error)
    {
        var now = time.GetUtcNow();
        if (work.Assignment.Kind == AssignmentKind.Firing) listener.FiringKnown(work.Lease, AuthorSchedule.Failed(error ?? "The executor is stopping."));
        else if (work.Assignment.Kind == AssignmentKind.Callback) listener.CallbackEnded(work.Lease, error ?? "The executor is stopping.");
        else
            listener.Reported(new AttemptReport
            {
                Attempt = work.Assignment.Attempt,
                Outcome = outcome,
                Worker = worker,
                StartedAt = work.BegunAt == 0 ? now : work.StartedAt,
                EndedAt = now,
                Error = error,
            });
        Delivered();
    }

    void Delivered()
    {
        lock (gate)
            if (--unreported == 0 && stopping) idle.TrySetResult();
    }

    long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
