using Millrace.Dags;
using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Scheduling;

// One turn's decisions become one transaction; what they set off happens after it, and only then.
sealed partial class Scheduler
{
    readonly List<AttemptReport> applied = [];
    readonly Dictionary<RunId, List<AttemptReport>> heldReports = [];
    readonly List<(NewRun Run, DagGraph Graph)> newRuns = [];
    readonly List<Guid> callbacksDone = [];
    /// <summary>Called and not struck off in the store yet.</summary>
    readonly HashSet<Guid> callbacksOut = [];
    /// <summary>Runs that hold one of their Dag's active runs. They give it back when they are forgotten, not when they end: until the
    /// end is stored a person may have set them going again.</summary>
    readonly HashSet<RunId> active = [];
    readonly HashSet<RunId> toStop = [];
    readonly HashSet<RunId> begun = [];
    readonly HashSet<string> pastAfterCommit = new(StringComparer.Ordinal);

    /// <returns>Whether it set off more to decide in this turn.</returns>
    async Task<bool> CommitAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var runs = changed.ToArray();
        changed.Clear();
        var changes = new List<RunChange>(runs.Length);
        foreach (var run in runs)
            if (run.TakeChange() is { } change) changes.Add(change);
        if (changes.Count == 0 && newRuns.Count == 0 && callbacksDone.Count == 0) return false;

        var batch = new CommitBatch { Scheduler = Id, Now = now, Changes = changes, NewRuns = [.. newRuns.Select(created => created.Run)], CallbacksDone = [.. callbacksDone] };
        CommitResult result;
        try
        {
            result = await store.CommitAsync(batch, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not LeaseLostException)
        {
            // Committed or not: nobody knows. Everything it touched is loaded again before anything else happens to it.
            foreach (var change in changes) Distrust(change.Run.Id);
            foreach (var assignment in handOuts) neverHandedOut.Add(assignment.Attempt.Lease);
            foreach (var (created, graph) in newRuns) ForgetNew(created, graph);
            wokenAll = true;
            ClearTurn();
            throw;
        }

        // From here on nothing may be done twice, whatever fails: the turn's lists are emptied before they are acted upon.
        callbacksOut.ExceptWith(callbacksDone);
        callbacksDone.Clear();
        foreach (var id in result.Conflicts) Distrust(id);
        var (assignments, newcomers, stop, began) = (handOuts.ToArray(), newRuns.ToArray(), toStop.ToArray(), begun.ToArray());
        pastToCheck.UnionWith(pastAfterCommit);
        var more = pastAfterCommit.Count > 0;
        ClearTurn();

        var stored = changes.Where(change => !result.Conflicts.Contains(change.Run.Id)).ToArray();
        foreach (var change in stored) owned[change.Run.Id].Committed();
        foreach (var assignment in assignments)
        {
            if (result.Conflicts.Contains(assignment.Attempt.Instance.Run)) continue;
            outside.Add(assignment.Attempt.Lease, assignment.Attempt);
            executor.Run(assignment);
        }
        var ended = new List<Run>();
        var assets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var change in stored)
        {
            var run = owned[change.Run.Id];
            ReleaseFreed(run.Id);
            if (began.Contains(run.Id)) RunBegan?.Invoke(run.Row);
            foreach (var callback in change.Callbacks) Call(callback, AssignmentFor(callback, run));
            foreach (var update in change.AssetEvents) assets.UnionWith(catalog.ConsumersOf(update.Asset));
            if (stop.Contains(run.Id)) StopStrays(run.Id, run);
            if (!run.Row.State.IsFinished()) continue;
            Forget(run);
            ended.Add(run);
        }
        more |= await CreatedAsync(newcomers, result, now, cancellation).ConfigureAwait(false);
        foreach (var run in ended) more |= await EndedAsync(run, now, cancellation).ConfigureAwait(false);
        more |= await ConsumeAssetsAsync(assets, now, cancellation).ConfigureAwait(false);
        return more;
    }

    void ClearTurn()
    {
        handOuts.Clear();
        newRuns.Clear();
        applied.Clear();
        toStop.Clear();
        pastAfterCommit.Clear();
        begun.Clear();
    }

    /// <summary>What is in memory may not be what is stored: the run is dropped, and the reports it took in this turn are kept for its successor.</summary>
    void Distrust(RunId id)
    {
        pendingDrops.Add(id);
        foreach (var report in applied)
            if (report.Attempt.Instance.Run == id) Hold(report);
    }

    void Hold(AttemptReport report)
    {
        var id = report.Attempt.Instance.Run;
        if (!heldReports.TryGetValue(id, out var held)) heldReports.Add(id, held = []);
        held.Add(report);
    }

    async Task<bool> CreatedAsync(IReadOnlyList<(NewRun, DagGraph)> newcomers, CommitResult result, DateTimeOffset now, CancellationToken cancellation)
    {
        var more = false;
        var stale = new List<string>();
        foreach (var (created, graph) in newcomers)
        {
            var outcome = result.NewRuns.GetValueOrDefault(created.Run.Id, NewRunOutcome.Exists);
            if (outcome != NewRunOutcome.Created)
            {
                ForgetNew(created, graph);
                stale.Add(created.Run.Dag);
                continue;
            }
            if (created.Cursor is { } cursor && catalog.Find(cursor.Dag) is { } dag)
            {
                catalog.Set(dag = dag with { NextDue = cursor.NextDue, LastLogicalTime = cursor.LastLogicalTime });
                if (graph.Spec.Schedule.NeedsUserCode) Ask(dag, graph, now);
            }
            var run = Run.Create(created.Run, graph);
            Keep(run);
            if (created.Cursor is null) Await(run);
            else Begin(run, now);
            more = true;
        }
        // Last, because it may fail: every newcomer has its place, or has given it back, by now.
        foreach (var dag in stale) await catalog.RefreshAsync(dag, cancellation).ConfigureAwait(false);
        return more;
    }

    /// <summary>A new run that was not created gives back its place among the active ones.</summary>
    void ForgetNew(NewRun created, DagGraph graph)
    {
        if (created.Cursor is not null) Release([RunClaim(graph.Spec)]);
    }

    void Begin(Run run, DateTimeOffset now)
    {
        active.Add(run.Id);
        run.Start(now);
        SetAlarms(run);
        After(run);
        begun.Add(run.Id);
    }

    async Task<bool> EndedAsync(Run run, DateTimeOffset now, CancellationToken cancellation)
    {
        RunEnded?.Invoke(run.Row);
        var more = false;
        if (run.Row.Parent is { } parent)
        {
            if (owned.TryGetValue(parent.Run, out var waiter) && waiter.Find(parent.Task, parent.MapIndex) is { } instance)
            {
                waiter.ChildEnded(instance, run.Row, now);
                After(waiter);
                more = true;
            }
            else await store.NotifyAsync(parent.Run, cancellation).ConfigureAwait(false);
        }
        if (run.Row.Backfill is not null)
        {
            await ContinueBackfillsAsync(now, cancellation).ConfigureAwait(false);
            more = true;
        }
        return more || waitingMayStart;
    }

    void Call(CallbackRow callback, Assignment assignment)
    {
        if (callbacksOut.Add(callback.Callback)) executor.Run(assignment);
    }

    async Task<Assignment?> AssignmentForAsync(CallbackRow callback, CancellationToken cancellation)
    {
        if (owned.TryGetValue(callback.Id.Run, out var run)) return AssignmentFor(callback, run);
        if (await store.LoadRunAsync(callback.Id.Run, cancellation).ConfigureAwait(false) is not { } snapshot) return null;
        if (await catalog.GraphAsync(snapshot.Run.Dag, snapshot.Run.Version, cancellation).ConfigureAwait(false) is not { } graph) return null;
        return AssignmentFor(callback, Run.Load(snapshot, graph));
    }

    static Assignment AssignmentFor(CallbackRow callback, Run run) => new()
    {
        Kind = AssignmentKind.Callback,
        Attempt = new AttemptId(callback.Id, callback.Attempt, callback.Callback),
        Dag = run.Row.Dag,
        Version = run.Row.Version,
        Bundle = run.Graph.Bundle,
        RunKey = run.Row.Key,
        LogicalTime = run.Row.LogicalTime,
        IntervalStart = run.Row.IntervalStart,
        IntervalEnd = run.Row.IntervalEnd,
        Params = run.Row.Params,
        Records = run.Row.Records,
        Try = callback.Attempt,
        MaxTries = callback.Id.Task.Length == 0 ? 1 : run.Graph.Tasks[run.Graph[callback.Id.Task]].Retry.Count + 1,
        Callback = callback.Kind,
        Reason = callback.Reason,
    };
}
