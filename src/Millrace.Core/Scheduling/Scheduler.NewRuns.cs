using System.Security.Cryptography;
using System.Text;
using Millrace.Dags;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Scheduling;

// Where runs come from: schedules, assets, other runs, backfills.
sealed partial class Scheduler
{
    readonly HashSet<RunId> waiting = [];
    readonly HashSet<string> fullDags = new(StringComparer.Ordinal);
    readonly List<(Run Run, TaskInstance Instance)> toTrigger = [];
    bool waitingMayStart;

    /// <summary>A firing whose Dag has no room for another active run waits; with catchup off, later ones take its place.</summary>
    async Task CreateDueRunsAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        while (catalog.TryTakeDue(now, out var dag))
        {
            if (await catalog.GraphAsync(dag.Name, dag.Version, cancellation).ConfigureAwait(false) is not { } graph) continue;
            var spec = graph.Spec;
            if (spec.Schedule.NeedsUserCode && !known.ContainsKey(dag.Name))
            {
                Ask(dag, graph, now);
                continue;
            }
            var pending = spec.Schedule.NeedsUserCode ? known[dag.Name] : DagCatalog.Pending(dag, spec, now);
            if (pending is not { } firing || firing.LogicalTime > now)
            {
                var later = pending?.LogicalTime;
                await store.SetNextDueAsync([(dag.Name, dag.Version, later)], cancellation).ConfigureAwait(false);
                catalog.Set(dag with { NextDue = later });
                continue;
            }
            if (DefaultParams(spec) is not { } parameters)
            {
                catalog.Set(dag with { NextDue = null });
                continue;
            }
            if (limits.TryTake([RunClaim(spec)]) is not null)
            {
                fullDags.Add(dag.Name);
                // Room, if the store has some left, puts the Dag back among those that are due.
                await GrowSharesAsync(cancellation).ConfigureAwait(false);
                continue;
            }
            known.Remove(dag.Name);
            // A continuous Dag is always due: that it has room for one run only makes them follow each other. Not in the same instant,
            // though: one whose runs take no time would never let this turn end.
            var next = spec.Schedule.IsContinuous ? now + TimeSpan.FromMilliseconds(1) : spec.Schedule.NeedsUserCode ? null
                : spec.Schedule.Pending(firing.LogicalTime, now, spec.Catchup, DagCatalog.Bounds(dag, spec))?.LogicalTime;
            var run = NewRow(RunKind.Scheduled, dag.Name, dag.Version, firing, parameters, now);
            newRuns.Add((new NewRun(run, new CursorMove(dag.Name, dag.NextDue, next, firing.LogicalTime)), graph));
        }
    }

    /// <summary>Queued runs begin, best first, as far as their Dags have room.</summary>
    void StartWaitingRuns(DateTimeOffset now)
    {
        if (stopping || waiting.Count == 0 || !waitingMayStart) return;
        waitingMayStart = false;
        foreach (var run in waiting.Select(id => owned[id]).OrderByDescending(run => run.Row.Priority).ThenBy(run => run.Row.QueuedAt).ThenBy(run => run.Row.LogicalTime).ToArray())
        {
            if (limits.TryTake([RunClaim(run)]) is not null) continue;
            waiting.Remove(run.Id);
            Begin(run, now);
        }
    }

    void Await(Run run)
    {
        waiting.Add(run.Id);
        waitingMayStart = true;
    }

    async Task TriggerOthersAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        // One by one from the front: a trigger that does not wait may set off another, and what is read in between may fail.
        for (; toTrigger.Count > 0; toTrigger.RemoveAt(0))
        {
            var (run, instance) = toTrigger[0];
            if (instance.State != TaskState.Scheduled || !owned.ContainsKey(run.Id)) continue;
            var trigger = run.SpecOf(instance).Trigger!;
            var dag = catalog.Find(trigger.Dag);
            var graph = dag is { Active: true } ? await catalog.GraphAsync(dag.Name, dag.Version, cancellation).ConfigureAwait(false) : null;
            if (graph is null) run.TriggerFailed(instance, $"there is no Dag '{trigger.Dag}' to trigger", now);
            else
            {
                try
                {
                    var child = Child(run, instance, trigger, graph, now);
                    newRuns.Add((new NewRun(child), graph));
                    run.Triggered(instance, child.Id, trigger.Wait, now);
                }
                catch (ParamException e)
                {
                    run.TriggerFailed(instance, e.Message, now);
                }
            }
            After(run);
        }
    }

    RunRow Child(Run run, TaskInstance instance, TriggerDagSpec trigger, DagGraph graph, DateTimeOffset now)
    {
        var index = instance.Id.MapIndex == InstanceId.Unmapped ? "" : $"__{instance.Id.MapIndex}";
        var key = $"triggered__{run.Row.Dag}__{run.Row.Key}__{instance.Id.Task}{index}__{instance.Attempt + 1}";
        var row = NewRow(RunKind.Triggered, trigger.Dag, graph.Version, new Firing(now, now, now), ParamSet.Resolve(trigger.Dag, graph.Spec.Params, trigger.Params).ToString(), now);
        // Named by what triggers it: decided twice, after a crash in between, it is still the same run.
        var id = new RunId(new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{run.Id}/{key}")).AsSpan(0, 16)));
        return row with { Id = id, Key = key, Parent = trigger.Wait ? instance.Id : null };
    }

    /// <summary>Dags that wait for assets get a run when what they wait for is there.</summary>
    async Task<bool> ConsumeAssetsAsync(IEnumerable<string> dags, DateTimeOffset now, CancellationToken cancellation)
    {
        var any = false;
        if (stopping) return any;
        foreach (var name in dags.ToArray())
        {
            if (catalog.Find(name) is not { Active: true, Paused: false } dag) continue;
            if (await catalog.GraphAsync(name, dag.Version, cancellation).ConfigureAwait(false) is not { Spec.Schedule.Condition: { } condition } graph) continue;
            var pending = await store.PendingAssetsAsync(name, cancellation).ConfigureAwait(false);
            if (!condition.IsSatisfied(pending.Contains) || DefaultParams(graph.Spec) is not { } parameters) continue;
            var row = NewRow(RunKind.Asset, name, dag.Version, new Firing(now, now, now), parameters, now);
            if (!await store.ConsumeAssetsAsync(row, pending, cancellation).ConfigureAwait(false)) continue;
            var run = Run.Create(row, graph);
            Keep(run);
            Await(run);
            any = true;
        }
        return any;
    }

    async Task ContinueBackfillsAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        if (stopping) return;
        foreach (var backfill in await store.ClaimBackfillsAsync(Id, cancellation).ConfigureAwait(false))
        {
            // As stored: some may be another scheduler's, or created in a commit whose answer was lost.
            var active = (await store.ListRunsAsync(new RunFilter { Dag = backfill.Dag, Backfill = backfill.Id, States = [RunState.Queued, RunState.Running], Limit = backfill.MaxActive }, cancellation).ConfigureAwait(false)).Count;
            if (catalog.Find(backfill.Dag) is not { } dag || await catalog.GraphAsync(dag.Name, dag.Version, cancellation).ConfigureAwait(false) is not { Spec.Schedule.NeedsUserCode: false } graph) continue;
            var work = new BackfillWork(store, backfill, graph, dag, options.NewId);
            var setBack = false;
            for (; active < backfill.MaxActive && await work.NextAsync(Id, now, cancellation).ConfigureAwait(false); active++)
            {
                if (work.Created is not { } run)
                {
                    setBack = true;
                    continue;
                }
                Keep(run);
                Await(run);
            }
            if (setBack) await ClaimAsync(now, cancellation).ConfigureAwait(false);
            if (work.IsExhausted && active == 0) await store.SetBackfillStateAsync(backfill.Id, BackfillState.Done, cancellation).ConfigureAwait(false);
        }
    }

    /// <returns>Null, and a line in the log, where a parameter has no default: nobody is there to give it.</returns>
    string? DefaultParams(DagSpec spec)
    {
        try
        {
            return ParamSet.Resolve(spec.Name, spec.Params, null).ToString();
        }
        catch (ParamException e)
        {
            Log.ScheduleFailed(logger, spec.Name, e.Message);
            return null;
        }
    }

    RunRow NewRow(RunKind kind, string dag, string version, Firing firing, string parameters, DateTimeOffset now) => new()
    {
        Id = new RunId(options.NewId(now)),
        Dag = dag,
        Version = version,
        Key = RunRow.KeyFor(kind, firing.LogicalTime),
        Kind = kind,
        LogicalTime = firing.LogicalTime.Kept(),
        IntervalStart = firing.IntervalStart.Kept(),
        IntervalEnd = firing.IntervalEnd.Kept(),
        Params = parameters,
        QueuedAt = now,
        Owner = Id,
    };
}
