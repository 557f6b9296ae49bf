using Millrace.Dags;
using Millrace.Metadata;
using Millrace.Scheduling;

namespace Millrace.Runs;

/// <summary>What people ask of runs. Each command loads the run, lets it decide, and commits against the revision it saw;
/// a scheduler that works on the run meanwhile makes it look again.</summary>
sealed class RunCommands(IMetadataStore store, TimeProvider time)
{
    const int Tries = 20;

    internal async Task<RunRow> TriggerAsync(string dag, string? parameters, DateTimeOffset? logicalTime, string? note, CancellationToken cancellation)
    {
        var row = await store.FindDagAsync(dag, cancellation).ConfigureAwait(false)
            ?? throw new CommandException($"There is no Dag '{dag}'{Nearest.Hint(dag, (await store.ListDagsAsync(cancellation).ConfigureAwait(false)).Select(known => known.Name))}");
        if (!row.Active) throw new CommandException($"Dag '{dag}' is no longer in the DAG folder ('{row.Source}' is gone): put it back to run it.");
        var graph = await GraphAsync(dag, row.Version, cancellation).ConfigureAwait(false);
        var effective = ParamSet.Resolve(dag, graph.Spec.Params, parameters).ToString();
        var now = time.GetUtcNow().Kept();
        var at = (logicalTime ?? now).Kept();
        var run = new RunRow
        {
            Id = RunId.New(now),
            Dag = dag,
            Version = row.Version,
            Key = RunRow.KeyFor(RunKind.Manual, at),
            Kind = RunKind.Manual,
            LogicalTime = at,
            IntervalStart = at,
            IntervalEnd = at,
            Params = effective,
            QueuedAt = now,
            Note = note,
        };
        var result = await store.CommitAsync(new CommitBatch { Now = now, NewRuns = [new NewRun(run)] }, cancellation).ConfigureAwait(false);
        if (result.NewRuns.GetValueOrDefault(run.Id) != NewRunOutcome.Created)
            throw new CommandException($"Dag '{dag}' has a run '{run.Key}' already. Clear that one to run it again, or give another logical time.");
        await store.NotifyAsync(run.Id, cancellation).ConfigureAwait(false);
        return run;
    }

    /// <returns>The instances that were, or would be, cleared.</returns>
    internal Task<IReadOnlyList<InstanceId>> ClearAsync(RunId id, TaskSelection selection, FollowVersion version, bool dryRun, CancellationToken cancellation) =>
        ChangeAsync(id, version, dryRun, (run, now) =>
        {
            var chosen = selection.In(run).Where(instance => instance.State != TaskState.None).ToArray();
            run.Clear(chosen, now);
            return (IReadOnlyList<InstanceId>)[.. chosen.Select(instance => instance.Id)];
        }, cancellation);

    /// <summary>Clears the same tasks in every run of a Dag whose logical time lies in a range, both ends included.</summary>
    internal async Task<IReadOnlyList<InstanceId>> ClearRangeAsync(string dag, DateTimeOffset from, DateTimeOffset to, TaskSelection selection, FollowVersion version, bool dryRun, CancellationToken cancellation)
    {
        var cleared = new List<InstanceId>();
        foreach (var run in await store.ListRunsAsync(new RunFilter { Dag = dag, From = from, To = to, Limit = int.MaxValue }, cancellation).ConfigureAwait(false))
            cleared.AddRange(await ClearAsync(run.Id, selection, version, dryRun, cancellation).ConfigureAwait(false));
        return cleared;
    }

    internal Task<IReadOnlyList<InstanceId>> MarkAsync(RunId id, TaskSelection selection, bool success, bool dryRun, CancellationToken cancellation) =>
        ChangeAsync(id, FollowVersion.Own, dryRun, (run, now) =>
        {
            var chosen = selection.In(run);
            run.Mark(chosen, success, now);
            return (IReadOnlyList<InstanceId>)[.. chosen.Select(instance => instance.Id)];
        }, cancellation);

    internal Task<RunRow> MarkRunAsync(RunId id, bool success, CancellationToken cancellation) =>
        ChangeAsync(id, FollowVersion.Own, dryRun: false, (run, now) =>
        {
            run.MarkRun(success, now);
            return run.Row;
        }, cancellation);

    /// <summary>Ends a run as failed: what runs is stopped, what waits is skipped. A finished run is left as it is.</summary>
    internal Task<RunRow> CancelAsync(RunId id, CancellationToken cancellation) =>
        ChangeAsync(id, FollowVersion.Own, dryRun: false, (run, now) =>
        {
            run.End(now, "cancelled");
            return run.Row;
        }, cancellation);

    async Task<T> ChangeAsync<T>(RunId id, FollowVersion version, bool dryRun, Func<Run, DateTimeOffset, T> change, CancellationToken cancellation)
    {
        for (var left = Tries; ; left--)
        {
            var snapshot = await store.LoadRunAsync(id, cancellation).ConfigureAwait(false)
                ?? throw new CommandException($"There is no run '{id}'.");
            var now = time.GetUtcNow().Kept();
            var run = await FollowAsync(snapshot, version, now, cancellation).ConfigureAwait(false);
            var outcome = change(run, now);
            if (dryRun || run.TakeChange() is not { } committed) return outcome;
            var result = await store.CommitAsync(new CommitBatch { Now = now, Changes = [committed] }, cancellation).ConfigureAwait(false);
            if (result.Conflicts.Count == 0)
            {
                await store.NotifyAsync(id, cancellation).ConfigureAwait(false);
                return outcome;
            }
            if (left == 0) throw new CommandException($"Run '{snapshot.Run.Key}' changes too fast: {Tries} tries in a row met a newer revision. Try again.");
        }
    }

    async Task<Run> FollowAsync(RunSnapshot snapshot, FollowVersion version, DateTimeOffset now, CancellationToken cancellation)
    {
        var wanted = version == FollowVersion.Own ? snapshot.Run.Version
            : (await store.FindDagAsync(snapshot.Run.Dag, cancellation).ConfigureAwait(false))?.Version ?? snapshot.Run.Version;
        var graph = await GraphAsync(snapshot.Run.Dag, wanted, cancellation).ConfigureAwait(false);
        return wanted == snapshot.Run.Version ? Run.Load(snapshot, graph) : Run.Follow(snapshot, graph, now);
    }

    async Task<DagGraph> GraphAsync(string dag, string version, CancellationToken cancellation)
    {
        var stored = await store.LoadVersionAsync(dag, version, cancellation).ConfigureAwait(false)
            ?? throw new CommandException($"Version {version} of Dag '{dag}' is not in the store.");
        return new DagGraph(DagJson.Read(stored.SpecJson), stored.Hash, stored.Bundle);
    }
}

/// <summary>A command that can't be carried out; the message says why and what to do instead.</summary>
public sealed class CommandException(string message) : Exception(message);
