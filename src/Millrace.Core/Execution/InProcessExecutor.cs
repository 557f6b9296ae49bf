using Millrace.Dags;
using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>Runs assignments in this process, for hosts that bring their own Dags and trust them. A body that never ends can't be
/// killed here: after its grace it is reported as ended and keeps its place until it really returns.</summary>
sealed class InProcessExecutor(Func<string, Dag?> dagNamed, HomeFolder home, ITaskServices services, int maxParallel, TimeProvider time) : IExecutor
{
    static readonly TimeSpan CancelGrace = TimeSpan.FromSeconds(5);

    readonly string worker = "process " + Environment.ProcessId;
    readonly TaskRunner runner = new(home, services, time, CancelGrace);
    readonly Lock gate = new();
    readonly Dictionary<Guid, Work> running = [];
    readonly Queue<Assignment> waiting = new();
    readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    IExecutorListener? listener;
    int busy, unreported;
    bool stopping;

    public InProcessExecutor(IReadOnlyDictionary<string, Dag> dags, HomeFolder home, ITaskServices services, int maxParallel, TimeProvider time)
        : this(dags.GetValueOrDefault, home, services, maxParallel, time)
    {
    }

    public int Free
    {
        get
        {
            lock (gate) return stopping ? 0 : Math.Max(0, maxParallel - busy - waiting.Count);
        }
    }

    public Task StartAsync(IExecutorListener listener, CancellationToken cancellation)
    {
        this.listener = listener;
        ConsoleCapture.Install();
        return Task.CompletedTask;
    }

    public void Expect(int waiting)
    {
        // It can't grow: its bound is the host's choice.
    }

    public void Run(Assignment assignment)
    {
        lock (gate)
        {
            if (stopping)
            {
                _ = Task.Run(() => Return(assignment));
                return;
            }
            if (busy >= maxParallel)
            {
                waiting.Enqueue(assignment);
                return;
            }
            Begin(assignment);
        }
    }

    // Under the gate.
    void Begin(Assignment assignment)
    {
        busy++;
        unreported++;
        var work = new Work(assignment, time.GetUtcNow());
        running.Add(assignment.Attempt.Lease, work);
        _ = Task.Run(() => CarryOutAsync(work));
    }

    async Task CarryOutAsync(Work work)
    {
        try
        {
            await CarryOutAsync(work, work.Assignment).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The host's own look-up of its Dags threw.
            Deliver(work, Failed(work, TaskRunner.OneLine(e)));
        }
        lock (gate)
        {
            busy--;
            if (!stopping && waiting.TryDequeue(out var next)) Begin(next);
        }
        work.Cancellation.Dispose();
        listener!.CapacityChanged();
    }

    async Task CarryOutAsync(Work work, Assignment assignment)
    {
        if (dagNamed(assignment.Dag) is not { } dag)
            Deliver(work, Failed(work, $"This process has no Dag '{assignment.Dag}'. Register it with AddMillrace, or delete the Dag."));
        else if (assignment.Kind == AssignmentKind.Firing)
            Deliver(work, AuthorSchedule.Ask(dag, assignment.Question!));
        else if (assignment.Kind == AssignmentKind.Callback)
            Deliver(work, await runner.CallAsync(dag, assignment, work.Cancellation.Token).ConfigureAwait(false));
        else
            Deliver(work, await runner.RunAsync(dag, assignment, worker, work.Cancellation).ConfigureAwait(false));
    }

    void Deliver(Work work, AttemptReport report)
    {
        if (!Remove(work)) return;
        if (work.Assignment.Kind == AssignmentKind.Task) listener!.Reported(report);
        else if (work.Assignment.Kind == AssignmentKind.Firing) listener!.FiringKnown(report.Attempt.Lease, AuthorSchedule.Failed(report.Error ?? "cancelled"));
        else listener!.CallbackEnded(report.Attempt.Lease, report.Error ?? "cancelled");
        Delivered();
    }

    void Deliver(Work work, string? callbackError)
    {
        if (!Remove(work)) return;
        listener!.CallbackEnded(work.Assignment.Attempt.Lease, callbackError);
        Delivered();
    }

    void Deliver(Work work, FiringAnswer answer)
    {
        if (!Remove(work)) return;
        listener!.FiringKnown(work.Assignment.Attempt.Lease, answer);
        Delivered();
    }

    bool Remove(Work work)
    {
        // What was reported after its grace ran out must not be reported again when it returns at last.
        lock (gate) return running.Remove(work.Assignment.Attempt.Lease);
    }

    AttemptReport Failed(Work work, string error) => new()
    {
        Attempt = work.Assignment.Attempt,
        Outcome = Outcome.Failed,
        Worker = worker,
        StartedAt = work.StartedAt,
        EndedAt = time.GetUtcNow(),
        Error = error,
    };

    public void Cancel(AttemptId attempt, CancelReason reason)
    {
        Work? work;
        lock (gate)
        {
            if (!running.TryGetValue(attempt.Lease, out work))
            {
                var left = waiting.Where(a => a.Attempt.Lease != attempt.Lease).ToList();
                if (left.Count == waiting.Count) return;
                waiting.Clear();
                foreach (var assignment in left) waiting.Enqueue(assignment);
            }
        }
        if (work is null)
        {
            var now = time.GetUtcNow();
            _ = Task.Run(() => listener!.Reported(new AttemptReport
            {
                Attempt = attempt, Outcome = TaskRunner.OutcomeOf(reason), Worker = worker, StartedAt = now, EndedAt = now, Error = TaskRunner.Describe(reason),
            }));
            return;
        }
        // The author's cancellation code must not run on the caller's thread.
        _ = Task.Run(() => work.Cancellation.Cancel(reason));
        _ = GiveUpAsync(work, reason);
    }

    async Task GiveUpAsync(Work work, CancelReason reason)
    {
        // A command is killed at the end of the grace; its report needs a moment more.
        await Task.Delay(CancelGrace + TimeSpan.FromSeconds(1), time, CancellationToken.None).ConfigureAwait(false);
        Deliver(work, Failed(work, TaskRunner.Describe(reason) + " Its code did not react and goes on in this process; give it its context's Cancellation.")
            with { Outcome = TaskRunner.OutcomeOf(reason) });
    }

    void Return(Assignment assignment)
    {
        var now = time.GetUtcNow();
        if (assignment.Kind == AssignmentKind.Task)
            listener!.Reported(new AttemptReport { Attempt = assignment.Attempt, Outcome = Outcome.Returned, Worker = worker, StartedAt = now, EndedAt = now });
        else if (assignment.Kind == AssignmentKind.Firing)
            listener!.FiringKnown(assignment.Attempt.Lease, AuthorSchedule.Failed("The executor is stopping."));
        else
            listener!.CallbackEnded(assignment.Attempt.Lease, "The executor is stopping.");
    }

    void Delivered()
    {
        lock (gate) unreported--;
        SignalIfStopped();
    }

    void SignalIfStopped()
    {
        lock (gate)
            if (stopping && unreported == 0) stopped.TrySetResult();
    }

    public async Task StopAsync(TimeSpan grace)
    {
        List<Assignment> unbegun;
        lock (gate)
        {
            stopping = true;
            unbegun = [.. waiting];
            waiting.Clear();
        }
        foreach (var assignment in unbegun) Return(assignment);
        SignalIfStopped();
        if (await EndsWithinAsync(grace).ConfigureAwait(false)) return;

        List<Work> left;
        lock (gate) left = [.. running.Values];
        foreach (var work in left) Cancel(work.Assignment.Attempt, CancelReason.Stopping);
        await stopped.Task.ConfigureAwait(false);
    }

    async Task<bool> EndsWithinAsync(TimeSpan grace)
    {
        try
        {
            await stopped.Task.WaitAsync(grace, time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero).ConfigureAwait(false);

    sealed record Work(Assignment Assignment, DateTimeOffset StartedAt)
    {
        public AttemptCancellation Cancellation { get; } = new();
    }
}
