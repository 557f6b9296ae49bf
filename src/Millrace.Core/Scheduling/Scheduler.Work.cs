using Millrace.Dags;
using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Scheduling;

// From a runnable instance to a worker, and back with its report.
sealed partial class Scheduler
{
    readonly WorkQueue ready = new();
    readonly WorkQueue admitted = new();
    readonly List<AttemptReport> reports = [];
    readonly List<Run.Move> moves = [];
    readonly Dictionary<RunId, Dictionary<string, int>> freed = [];
    readonly HashSet<Run> changed = [];
    readonly List<Assignment> handOuts = [];
    readonly HashSet<string> pastToCheck = new(StringComparer.Ordinal);
    /// <summary>A limit that something waits for has room.</summary>
    bool roomMade;
    readonly Func<WorkQueue.Entry, bool> isGone;
    readonly HashSet<string> unknownPools = new(StringComparer.Ordinal);

    void ApplyReports(DateTimeOffset now)
    {
        foreach (var report in reports)
        {
            outside.Remove(report.Attempt.Lease);
            var id = report.Attempt.Instance.Run;
            if (pendingDrops.Contains(id)) Hold(report);
            else if (owned.TryGetValue(id, out var run) && run.Report(report, now))
            {
                // Kept until the commit is certain: a run that must be loaded again needs its reports again.
                applied.Add(report);
                After(run);
            }
        }
        reports.Clear();
    }

    void FireTimers(DateTimeOffset now)
    {
        while (timers.TryTake(now, out var alarm))
        {
            if (!owned.TryGetValue(alarm.Run, out var run)) continue;
            switch (alarm.Kind)
            {
                case TimerKind.Due when run.Find(alarm.Task, alarm.MapIndex) is { } instance:
                    run.Due(instance, now);
                    break;
                case TimerKind.AttemptTimeout when outside.TryGetValue(alarm.Lease, out var attempt):
                    executor.Cancel(attempt, CancelReason.TimedOut);
                    break;
                case TimerKind.TaskDeadline:
                    run.MissTaskDeadline(alarm.Task);
                    break;
                case TimerKind.RunTimeout when run.Row.State == RunState.Running && run.Row.StartedAt + run.Graph.Spec.RunTimeout <= now:
                    After(run);
                    toStop.Add(run.Id);
                    run.End(now, $"it ran longer than its timeout of {run.Graph.Spec.RunTimeout}");
                    break;
                case TimerKind.RunDeadline:
                    run.MissDeadline();
                    break;
            }
            After(run);
        }
    }

    /// <summary>Takes note of the steps a run has just made.</summary>
    void After(Run run)
    {
        Settle(run);
        if (run.HasChange) changed.Add(run);
        if (run.TakeNewlyAwaiting()) pastToCheck.Add(run.Row.Dag);
    }

    void Settle(Run run)
    {
        run.DrainMoves(moves);
        foreach (var (instance, from, to) in moves)
        {
            if (from.HoldsSlots() && !to.HoldsSlots()) Free(run, ClaimsOf(run, instance));
            var alarm = new Alarm(TimerKind.Due, run.Id, instance.Id.Task, instance.Id.MapIndex, instance.Lease ?? default);
            switch (to)
            {
                case TaskState.Scheduled when run.SpecOf(instance).Kind == TaskKind.TriggerDag:
                    toTrigger.Add((run, instance));
                    break;
                case TaskState.Scheduled when instance.State == TaskState.Scheduled:
                    ready.Add(run, instance);
                    break;
                case TaskState.Queued when instance.State == TaskState.Queued:
                    admitted.Add(run, instance);
                    break;
                case TaskState.Running when run.SpecOf(instance).Timeout is { } timeout:
                    timers.Set(instance.StartedAt!.Value + timeout, alarm with { Kind = TimerKind.AttemptTimeout });
                    break;
                case TaskState.UpForRetry or TaskState.UpForReschedule when instance.DueAt is { } due:
                    timers.Set(due, alarm);
                    break;
                case TaskState.Deferred:
                    parents.Add(run.Id);
                    break;
            }
            if (to.IsFinished() && run.SpecOf(instance).DependsOnPast) pastAfterCommit.Add(run.Row.Dag);
        }
        moves.Clear();
    }

    void SetAlarms(Run run)
    {
        var spec = run.Graph.Spec;
        if (spec.RunTimeout is { } timeout) timers.Set(run.Row.StartedAt!.Value + timeout, new Alarm(TimerKind.RunTimeout, run.Id, "", InstanceId.Unmapped, default));
        if (spec.Deadline is { } deadline) timers.Set(run.Row.LogicalTime + deadline, new Alarm(TimerKind.RunDeadline, run.Id, "", InstanceId.Unmapped, default));
        foreach (var task in spec.Tasks)
            if (task.Deadline is { } due) timers.Set(run.Row.LogicalTime + due, new Alarm(TimerKind.TaskDeadline, run.Id, task.Id, InstanceId.Unmapped, default));
    }

    void HandOut(DateTimeOffset now)
    {
        if (stopping) return;
        while (ready.TryTake(out var entry))
        {
            if (IsStale(entry, TaskState.Scheduled)) continue;
            if (limits.TryTake(ClaimsOf(entry.Run, entry.Instance), freed.GetValueOrDefault(entry.Run.Id)) is { } full)
            {
                ready.Park(entry, full);
                continue;
            }
            entry.Run.Admit(entry.Instance, now);
            After(entry.Run);
        }

        var free = executor.Free - handOuts.Count;
        while (free > 0 && admitted.TryTake(out var entry))
        {
            if (IsStale(entry, TaskState.Queued)) continue;
            handOuts.Add(entry.Run.Claim(entry.Instance, Guid.NewGuid(), now));
            After(entry.Run);
            free--;
        }
        executor.Expect(admitted.Count);
    }

    bool IsGone(WorkQueue.Entry entry) => IsStale(entry, TaskState.Scheduled);

    bool IsStale(in WorkQueue.Entry entry, TaskState wanted) =>
        entry.Instance.State != wanted || !owned.TryGetValue(entry.Run.Id, out var run) || run != entry.Run;

    async Task LookIntoThePastAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var dag in pastToCheck)
        {
            if (!ownedByDag.TryGetValue(dag, out var runs)) continue;
            foreach (var run in runs.Select(id => owned[id]).Where(run => run.AwaitingPast.Count > 0).ToArray())
            {
                foreach (var instance in run.AwaitingPast.ToArray())
                {
                    var before = await store.PastStateAsync(dag, instance.Id.Task, instance.Id.MapIndex, run.Row.LogicalTime, cancellation).ConfigureAwait(false);
                    run.PastKnown(instance, before is null or TaskState.Success or TaskState.Skipped, now);
                }
                After(run);
            }
        }
        pastToCheck.Clear();
    }

    /// <summary>Asks the store for larger parts of the limits that ran short, or looks all of them up again.</summary>
    /// <returns>Whether anything that waited may go on.</returns>
    async Task<bool> GrowSharesAsync(CancellationToken cancellation, bool all = false)
    {
        var requests = all ? limits.Refresh(schedulers, isMyTurn) : limits.Shortages(schedulers);
        if (requests.Count == 0) return false;
        var shares = await store.ShareAsync(Id, requests, cancellation).ConfigureAwait(false);
        var grown = limits.Granted(shares);
        foreach (var share in shares)
            if (share.Capacity >= 0) unknownPools.Remove(share.Key);
            else if (unknownPools.Add(share.Key)) Log.UnknownPool(logger, Limits.PoolOf(share.Key));
        foreach (var key in grown) RoomIn(key);
        // Among others, a share that nothing asks for goes back: those who wait must ask again each time.
        if (all && schedulers > 1) ready.UnparkFirsts(isGone);
        return grown.Count > 0;
    }

    /// <summary>Until the commit that says so is stored, what a run lets go serves only itself: a commit that is refused for one run
    /// must not have lent its slots to another.</summary>
    void Free(Run run, ReadOnlySpan<Claim> claims)
    {
        if (!freed.TryGetValue(run.Id, out var amounts)) freed.Add(run.Id, amounts = new(StringComparer.Ordinal));
        foreach (var claim in claims)
        {
            amounts[claim.Key] = amounts.GetValueOrDefault(claim.Key) + claim.Amount;
            ready.Unpark(claim.Key, claim.Amount, isGone);
        }
    }

    /// <summary>What a run has let go is for everybody: its commit is stored, or the run is forgotten with all it held.</summary>
    void ReleaseFreed(RunId run)
    {
        if (!freed.Remove(run, out var amounts)) return;
        foreach (var (key, amount) in amounts)
            if (amount > 0) Release(key, amount);
    }

    void Release(string key, int amount)
    {
        limits.Release(key, amount);
        RoomIn(key);
    }

    void Release(ReadOnlySpan<Claim> claims)
    {
        foreach (var claim in claims) Release(claim.Key, claim.Amount);
    }

    void RoomIn(string key)
    {
        var room = limits.Room(key);
        if (room <= 0) return;
        roomMade |= ready.Unpark(key, room, isGone);
        if (Limits.DagOfRuns(key) is not { } name) return;
        roomMade |= waiting.Count > 0 || fullDags.Contains(name);
        waitingMayStart = true;
        if (fullDags.Remove(name) && catalog.Find(name) is { } dag) catalog.Set(dag);
    }

    static Claim[] ClaimsOf(Run run, TaskInstance instance)
    {
        var task = run.SpecOf(instance);
        var dag = run.Graph.Spec;
        var pool = new Claim(Limits.Pool(task.Pool), int.MaxValue, task.Slots);
        return (dag.MaxActiveTasks, task.MaxActive) switch
        {
            (null, null) => [pool],
            ({ } most, null) => [pool, new(Limits.Tasks(dag.Name), most, 1)],
            (null, { } most) => [pool, new(Limits.OneTask(dag.Name, task.Id), most, 1)],
            ({ } mostInDag, { } most) => [pool, new(Limits.Tasks(dag.Name), mostInDag, 1), new(Limits.OneTask(dag.Name, task.Id), most, 1)],
        };
    }

    static Claim RunClaim(Run run) => RunClaim(run.Graph.Spec);

    static Claim RunClaim(DagSpec dag) => new(Limits.Runs(dag.Name), dag.Schedule.IsContinuous ? 1 : dag.MaxActiveRuns, 1);
}
