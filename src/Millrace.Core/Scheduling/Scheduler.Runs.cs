using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Scheduling;

// Which runs this scheduler works on: joined, claimed, loaded, dropped when the store knows better.
sealed partial class Scheduler
{
    readonly Dictionary<RunId, Run> owned = [];
    readonly Dictionary<string, HashSet<RunId>> ownedByDag = new(StringComparer.Ordinal);
    /// <summary>Owned, but what is in memory may not be what is stored: to be loaded before anything else happens to them.</summary>
    readonly HashSet<RunId> pendingDrops = [];
    /// <summary>Handed to the executor and not reported yet.</summary>
    readonly Dictionary<Guid, AttemptId> outside = [];
    /// <summary>Claimed in a commit whose outcome is not known: never handed out, so no try is used.</summary>
    readonly HashSet<Guid> neverHandedOut = [];
    readonly HashSet<RunId> wokenRuns = [];
    /// <summary>Runs with a task that waits for a run of another Dag.</summary>
    readonly HashSet<RunId> parents = [];
    const int BundlesAhead = 8;
    bool wokenAll;
    int schedulers = 1;
    bool isMyTurn;

    async Task EnterAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow().Kept();
        Id = new SchedulerId(options.NewId(now));
        await store.JoinAsync(new SchedulerRow(Id, Environment.MachineName, Environment.ProcessId, now, now + options.Lease), cancellation).ConfigureAwait(false);
        housekeepingAt = now;
        wokenAll = true;
        inbox.Writer.TryWrite(Happening.Ring.Instance);
    }

    /// <summary>The lease is gone and with it every run: what still runs for them is stopped, and its reports would be refused.</summary>
    async Task StartOverAsync(CancellationToken cancellation)
    {
        var lost = Id;
        foreach (var run in owned.Values.ToArray()) Forget(run);
        // Nothing of what the turn decided was stored, and the next commit must not carry it.
        ClearTurn();
        limits.Clear();
        pendingDrops.Clear();
        heldReports.Clear();
        foreach (var attempt in outside.Values) executor.Cancel(attempt, CancelReason.Cancelled);
        await EnterAsync(cancellation).ConfigureAwait(false);
        Log.LeaseLost(logger, lost, Id);
    }

    async Task KeepHouseAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        // Until all of this has succeeded it is due, whatever the clock says: what was taken over must be counted before more is handed out.
        housekeepingAt = DateTimeOffset.MinValue;
        if (!await store.RenewAsync(Id, now + options.Lease, cancellation).ConfigureAwait(false)) throw new LeaseLostException(Id);
        var until = options.Alone ? DateTimeOffset.MaxValue : now;
        // The runs of a lost scheduler come with its shares: they are counted here before any share is given back.
        foreach (var lost in await store.EvictAsync(Id, until, cancellation).ConfigureAwait(false)) Log.TookOver(logger, Id, lost);
        var present = await store.ListSchedulersAsync(cancellation).ConfigureAwait(false);
        schedulers = Math.Max(1, present.Count);
        // Twice as long as housekeeping may take to come around, so that each has at least one turn to itself.
        isMyTurn = now.Ticks / (options.Housekeeping.Ticks * 2) % schedulers == present.TakeWhile(other => other.Id != Id).Count();

        var stored = await store.OwnedRevisionsAsync(Id, cancellation).ConfigureAwait(false);
        foreach (var (id, revision) in stored)
            if (!owned.TryGetValue(id, out var run) || run.Revision != revision) pendingDrops.Add(id);
        pendingDrops.UnionWith(owned.Keys.Where(id => !stored.ContainsKey(id)));
        await LoadMissingAsync(now, cancellation).ConfigureAwait(false);
        if (!options.Alone) limits.Holds(await store.HeldSharesAsync(Id, cancellation).ConfigureAwait(false));
        await ClaimAsync(now, cancellation).ConfigureAwait(false);
        await GrowSharesAsync(cancellation, all: true).ConfigureAwait(false);
        await ConsumeAssetsAsync(catalog.AllConsumers, now, cancellation).ConfigureAwait(false);
        await LookAtChildrenAsync(owned.Values.ToArray(), now, cancellation).ConfigureAwait(false);
        pastToCheck.UnionWith(ownedByDag.Keys);
        await ContinueBackfillsAsync(now, cancellation).ConfigureAwait(false);
        housekeepingAt = now + options.Housekeeping;
    }

    async Task AnswerWakesAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        if (wokenAll)
        {
            await catalog.RefreshAsync(now, cancellation).ConfigureAwait(false);
            await AskAllAsync(now, cancellation).ConfigureAwait(false);
            if (WatchesKnown is { } tell) tell(await catalog.WatchesAsync(cancellation).ConfigureAwait(false));
            foreach (var bundle in await catalog.WantedBundlesAsync(BundlesAhead, cancellation).ConfigureAwait(false)) executor.Prepare(bundle);
            await GrowSharesAsync(cancellation, all: true).ConfigureAwait(false);
            await ConsumeAssetsAsync(catalog.AllConsumers, now, cancellation).ConfigureAwait(false);
            await ContinueBackfillsAsync(now, cancellation).ConfigureAwait(false);
        }
        if (wokenAll || wokenRuns.Count > 0)
        {
            await ClaimAsync(now, cancellation).ConfigureAwait(false);
            var known = wokenRuns.Where(owned.ContainsKey).ToArray();
            foreach (var fresh in await store.LoadRunsAsync(known, cancellation).ConfigureAwait(false))
                if (owned.TryGetValue(fresh.Run.Id, out var run) && run.Revision != fresh.Run.Revision) pendingDrops.Add(fresh.Run.Id);
            await LookAtChildrenAsync([.. known.Where(owned.ContainsKey).Select(id => owned[id])], now, cancellation).ConfigureAwait(false);
            await LoadMissingAsync(now, cancellation).ConfigureAwait(false);
        }
        wokenAll = false;
        wokenRuns.Clear();
    }

    async Task ClaimAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        if (stopping) return;
        while (owned.Count < options.MaxRuns)
        {
            var claimed = await store.ClaimRunsAsync(Id, Math.Min(500, options.MaxRuns - owned.Count), cancellation).ConfigureAwait(false);
            foreach (var snapshot in claimed) await TakeOnAsync(snapshot, now, cancellation).ConfigureAwait(false);
            if (claimed.Count == 0) break;
        }
        foreach (var callback in await store.ClaimCallbacksAsync(Id, cancellation).ConfigureAwait(false))
            if (!callbacksOut.Contains(callback.Callback) && await AssignmentForAsync(callback, cancellation).ConfigureAwait(false) is { } assignment) Call(callback, assignment);
    }

    /// <summary>Runs that were dropped, from the store again, with the reports that came for them meanwhile.</summary>
    async Task LoadMissingAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        if (pendingDrops.Count == 0) return;
        foreach (var id in pendingDrops)
            if (owned.TryGetValue(id, out var run))
            {
                Log.RunReloaded(logger, run.Row.Key, run.Row.Dag);
                Forget(run);
            }
        foreach (var snapshot in await store.LoadRunsAsync([.. pendingDrops], cancellation).ConfigureAwait(false))
        {
            if (snapshot.Run.Owner == Id && !snapshot.Run.State.IsFinished()) await TakeOnAsync(snapshot, now, cancellation).ConfigureAwait(false);
            else StopStrays(snapshot.Run.Id, null);
            if (heldReports.Remove(snapshot.Run.Id, out var held)) reports.AddRange(held);
            pendingDrops.Remove(snapshot.Run.Id);
        }
        pendingDrops.Clear();
    }

    async Task TakeOnAsync(RunSnapshot snapshot, DateTimeOffset now, CancellationToken cancellation)
    {
        if (await catalog.GraphAsync(snapshot.Run.Dag, snapshot.Run.Version, cancellation).ConfigureAwait(false) is not { } graph)
        {
            Log.VersionMissing(logger, snapshot.Run.Key, snapshot.Run.Dag, snapshot.Run.Version);
            return;
        }
        var run = Run.Load(snapshot, graph);
        Keep(run);
        if (run.Row.State == RunState.Queued)
        {
            Await(run);
            return;
        }
        active.Add(run.Id);
        limits.Take([RunClaim(run)]);
        SetAlarms(run);
        foreach (var instance in run.Instances.ToArray()) PickUp(run, instance, now);
        StopStrays(run.Id, run);
        run.Resume(now);
        After(run);
    }

    /// <summary>What an instance was doing when the run was stored goes on.</summary>
    void PickUp(Run run, TaskInstance instance, DateTimeOffset now)
    {
        if (instance.State.HoldsSlots()) limits.Take(ClaimsOf(run, instance));
        switch (instance.State)
        {
            case TaskState.UpForRetry or TaskState.UpForReschedule:
                timers.Set(instance.DueAt ?? now, new Alarm(TimerKind.Due, run.Id, instance.Id.Task, instance.Id.MapIndex, default));
                break;
            case TaskState.Deferred:
                parents.Add(run.Id);
                break;
            case TaskState.Scheduled when run.SpecOf(instance).Kind == Dags.TaskKind.TriggerDag:
                toTrigger.Add((run, instance));
                break;
            case TaskState.Scheduled:
                ready.Add(run, instance);
                break;
            case TaskState.Queued:
                admitted.Add(run, instance);
                break;
            case TaskState.Running or TaskState.Restarting when instance.Lease is { } lease && !outside.ContainsKey(lease) && !IsReported(run.Id, lease):
                // Nobody here carries it: it was handed out by a scheduler that is gone, or its claim was stored and never handed out.
                var id = new AttemptId(instance.Id, instance.Attempt, lease);
                var returned = neverHandedOut.Remove(lease);
                reports.Add(new AttemptReport
                {
                    Attempt = id,
                    Outcome = returned ? Outcome.Returned : Outcome.Lost,
                    Worker = instance.Worker ?? "",
                    StartedAt = instance.StartedAt ?? now,
                    EndedAt = now,
                    Error = returned ? null : "lost: the scheduler it was handed out by is gone",
                });
                break;
            case TaskState.Restarting when instance.Lease is { } lease && outside.TryGetValue(lease, out var attempt):
                executor.Cancel(attempt, CancelReason.Cancelled);
                break;
        }
    }

    /// <summary>Whether its report is here already and only waits for its run to be loaded.</summary>
    bool IsReported(RunId run, Guid lease) =>
        heldReports.TryGetValue(run, out var held) && held.Exists(report => report.Attempt.Lease == lease) || reports.Exists(report => report.Attempt.Lease == lease);

    /// <summary>Stops attempts of a run that are still out there although the run no longer wants them.</summary>
    void StopStrays(RunId id, Run? run)
    {
        foreach (var attempt in outside.Values)
            if (attempt.Instance.Run == id && (run is null || !Wants(run, attempt))) executor.Cancel(attempt, CancelReason.Cancelled);
    }

    static bool Wants(Run run, AttemptId attempt) =>
        run.Find(attempt.Instance.Task, attempt.Instance.MapIndex) is { } instance && instance.Lease == attempt.Lease;

    void Keep(Run run)
    {
        owned[run.Id] = run;
        if (!ownedByDag.TryGetValue(run.Row.Dag, out var siblings)) ownedByDag.Add(run.Row.Dag, siblings = []);
        siblings.Add(run.Id);
    }

    /// <summary>Out of memory, with all it holds.</summary>
    void Forget(Run run)
    {
        if (!owned.Remove(run.Id)) return;
        if (ownedByDag.TryGetValue(run.Row.Dag, out var siblings) && siblings.Remove(run.Id) && siblings.Count == 0) ownedByDag.Remove(run.Row.Dag);
        waiting.Remove(run.Id);
        changed.Remove(run);
        toTrigger.RemoveAll(pair => pair.Run == run);
        parents.Remove(run.Id);
        if (active.Remove(run.Id)) Release([RunClaim(run)]);
        Settle(run);
        ReleaseFreed(run.Id);
        if (run.Row.State.IsFinished()) return;
        foreach (var instance in run.Instances)
            if (instance.State.HoldsSlots()) Release(ClaimsOf(run, instance));
    }

    async Task LookAtChildrenAsync(IReadOnlyList<Run> candidates, DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var parent in candidates)
        {
            if (!parents.Contains(parent.Id)) continue;
            foreach (var instance in parent.Instances.Where(instance => instance is { State: TaskState.Deferred, Child: not null }).ToArray())
            {
                if (owned.ContainsKey(instance.Child!.Value)) continue;
                if (await store.LoadRunAsync(instance.Child!.Value, cancellation).ConfigureAwait(false) is { } child && child.Run.State.IsFinished())
                    parent.ChildEnded(instance, child.Run, now);
            }
            After(parent);
        }
    }
}
