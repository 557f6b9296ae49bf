using Millrace.Dags;
using Millrace.Execution;
using Millrace.Runs;

namespace Millrace.Testing.Simulation;

/// <summary>
/// Some virtual workers: an attempt takes a random time and ends in a random way. Workers die (the attempt is lost), stall (it is
/// given up as lost, and its report comes all the same, late) and are stopped with work not begun.
/// </summary>
sealed class SimulatedExecutor(VirtualClock clock, Random random, int workers, Func<Assignment, DagGraph> graphOf, Referee referee) : IExecutor
{
    const int Prefetch = 2;

    sealed class Work(Assignment assignment)
    {
        internal Assignment Assignment => assignment;
        internal DateTimeOffset? BegunAt { get; set; }
        internal ITimer? Timer { get; set; }
        internal CancelReason? Cancelled { get; set; }
    }

    readonly List<Work> all = [];
    IExecutorListener listener = null!;
    bool stopped;

    /// <summary>From now on nothing goes wrong by chance.</summary>
    internal bool IsKind { get; set; }

    public int Free => stopped ? 0 : Math.Max(0, workers + Prefetch - all.Count);

    public Task StartAsync(IExecutorListener listener, CancellationToken cancellation)
    {
        this.listener = listener;
        return Task.CompletedTask;
    }

    public void Run(Assignment assignment)
    {
        if (stopped && assignment.Kind == AssignmentKind.Callback) return;
        if (assignment.Kind == AssignmentKind.Callback)
        {
            referee.CallbackCalled(assignment.Attempt.Lease);
            After(TimeSpan.FromMilliseconds(random.Next(3000)), () => listener.CallbackEnded(assignment.Attempt.Lease, random.Next(10) == 0 ? "it threw" : null));
            return;
        }
        referee.HandedOut(assignment);
        all.Add(new Work(assignment));
        Begin();
    }

    public void Cancel(AttemptId attempt, CancelReason reason)
    {
        if (all.Find(work => work.Assignment.Attempt == attempt) is not { } work || work.Cancelled is not null) return;
        work.Cancelled = reason;
        if (work.BegunAt is null) End(work);
        // Some don't listen: they end when they would have ended anyway.
        else if (random.Next(4) > 0) work.Timer!.Change(TimeSpan.FromMilliseconds(random.Next(2000)), Timeout.InfiniteTimeSpan);
    }

    public void Expect(int waiting)
    {
    }

    public Task StopAsync(TimeSpan grace)
    {
        stopped = true;
        foreach (var work in all.ToArray())
        {
            work.Cancelled ??= CancelReason.Stopping;
            End(work);
        }
        return Task.CompletedTask;
    }

    /// <summary>The process dies with all its work: nothing is reported.</summary>
    internal void Vanish()
    {
        stopped = true;
        foreach (var work in all)
        {
            work.Timer?.Dispose();
            referee.Vanished(work.Assignment.Attempt);
        }
        all.Clear();
    }

    public ValueTask DisposeAsync()
    {
        Vanish();
        return ValueTask.CompletedTask;
    }

    void Begin()
    {
        foreach (var work in all.Take(workers).Where(work => work.BegunAt is null).ToArray())
        {
            work.BegunAt = clock.GetUtcNow();
            // One in six ends in the instant in which it begins.
            work.Timer = After(random.Next(6) == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(random.Next(IsKind ? 1000 : 8000)), () => End(work));
        }
    }

    void End(Work work)
    {
        if (!all.Remove(work)) return;
        work.Timer?.Dispose();
        var report = ReportOf(work);
        if (report.Outcome == Outcome.Lost && random.Next(2) == 0 && !stopped)
        {
            // It only stalled. What it says later comes without the lease.
            var late = report with { Outcome = Outcome.Succeeded, Error = null };
            After(TimeSpan.FromMilliseconds(1 + random.Next(20_000)), () => Tell(late, isLate: true));
        }
        Tell(report, isLate: false);
        if (stopped) return;
        Begin();
        listener.CapacityChanged();
    }

    void Tell(AttemptReport report, bool isLate)
    {
        referee.Reported(report, isLate);
        listener.Reported(report);
    }

    AttemptReport ReportOf(Work work)
    {
        var assignment = work.Assignment;
        var graph = graphOf(assignment);
        var spec = graph.Tasks[graph[assignment.Attempt.Instance.Task]];
        var report = new AttemptReport
        {
            Attempt = assignment.Attempt,
            Outcome = OutcomeOf(work, spec),
            Worker = "w",
            StartedAt = work.BegunAt ?? clock.GetUtcNow(),
            EndedAt = clock.GetUtcNow(),
        };
        return report.Outcome switch
        {
            Outcome.Succeeded => Succeeded(report, graph, spec),
            Outcome.Failed => report with { Error = "it threw", FailNow = random.Next(8) == 0 },
            _ => report,
        };
    }

    Outcome OutcomeOf(Work work, TaskSpec spec)
    {
        if (work.BegunAt is null) return work.Cancelled is CancelReason.Stopping or null ? Outcome.Returned : Outcome.Cancelled;
        if (work.Cancelled is { } reason && random.Next(3) > 0) return reason == CancelReason.TimedOut ? Outcome.TimedOut : Outcome.Cancelled;
        if (spec.Kind == TaskKind.Sensor && random.Next(10) < 6) return Outcome.NotYet;
        if (IsKind) return Outcome.Succeeded;
        return random.Next(100) switch
        {
            < 78 => Outcome.Succeeded,
            < 88 => Outcome.Failed,
            < 91 => Outcome.Skipped,
            < 93 => Outcome.TimedOut,
            _ => Outcome.Lost,
        };
    }

    AttemptReport Succeeded(AttemptReport report, DagGraph graph, TaskSpec spec)
    {
        var next = graph.Downstream[graph[spec.Id]].Select(task => graph.Tasks[task].Id).ToArray();
        if (spec.Kind == TaskKind.Branch)
        {
            if (random.Next(20) == 0) return report with { Chosen = ["nobody"] };
            return report with { Chosen = [.. next.Where(_ => random.Next(2) == 0)] };
        }
        if (spec.Kind == TaskKind.ShortCircuit) return report with { GoOn = random.Next(2) == 0 };
        // A task whose result others are mapped over returns a list, and once in a while something else.
        var isList = graph.Spec.Tasks.Any(task => task.Map?.Task == spec.Id) || graph.Spec.Groups.Any(group => group.Map?.Task == spec.Id);
        if (!isList || random.Next(20) == 0) return report;
        return report with { Result = new ResultValue([1], null, 1, random.Next(5), "list") };
    }

    ITimer After(TimeSpan delay, Action then) => clock.CreateTimer(_ => then(), null, delay, Timeout.InfiniteTimeSpan);
}
