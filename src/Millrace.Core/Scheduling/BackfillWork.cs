using Millrace.Dags;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Scheduling;

/// <summary>A backfill's next run: a firing that never ran gets one; one that did is left, or cleared, as the backfill says.</summary>
sealed class BackfillWork(IMetadataStore store, BackfillRow backfill, DagGraph graph, DagRow dag, Func<DateTimeOffset, Guid> newId)
{
    DateTimeOffset? cursor = backfill.Cursor;

    /// <summary>Below any scheduled run: fresh data goes first.</summary>
    internal const int Priority = -1;

    internal bool IsExhausted { get; private set; }

    /// <summary>The firings a backfill covers, in the order it takes them.</summary>
    internal static IEnumerable<Firing> Firings(DagSpec spec, DagRow dag, DateTimeOffset from, DateTimeOffset to, bool newestFirst)
    {
        var firings = spec.Schedule.Between(from, to, DagCatalog.Bounds(dag, spec));
        return newestFirst ? firings.Reverse() : firings;
    }

    /// <summary>The run that the last step created, queued for this scheduler; null where it set back one that existed, which is free to be claimed.</summary>
    internal Run? Created { get; private set; }

    /// <returns>Whether one more run of the backfill is on; false when nothing is left.</returns>
    internal async Task<bool> NextAsync(SchedulerId scheduler, DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var firing in Firings(graph.Spec, dag, backfill.From, backfill.To, backfill.NewestFirst))
        {
            var at = firing.LogicalTime.Kept();
            if (cursor is { } done && (backfill.NewestFirst ? at >= done : at <= done)) continue;
            var existing = (await store.ListRunsAsync(new RunFilter { Dag = backfill.Dag, From = at, To = at }, cancellation).ConfigureAwait(false))
                .FirstOrDefault(run => run.Kind is RunKind.Scheduled or RunKind.Backfill);
            Created = existing is null ? await CreateAsync(firing, scheduler, now, cancellation).ConfigureAwait(false) : null;
            var isReprocessed = existing is not null && await ReprocessAsync(existing, now, cancellation).ConfigureAwait(false);
            if (existing is not null && !await store.MoveBackfillAsync(backfill.Id, cursor, at, cancellation).ConfigureAwait(false)) return isReprocessed;
            if (existing is null && Created is null) return false;
            cursor = at;
            if (isReprocessed || Created is not null) return true;
        }
        IsExhausted = true;
        return false;
    }

    async Task<Run?> CreateAsync(Firing firing, SchedulerId scheduler, DateTimeOffset now, CancellationToken cancellation)
    {
        var row = new RunRow
        {
            Id = new RunId(newId(now)),
            Dag = backfill.Dag,
            Version = graph.Version,
            Key = RunRow.KeyFor(RunKind.Backfill, firing.LogicalTime),
            Kind = RunKind.Backfill,
            LogicalTime = firing.LogicalTime.Kept(),
            IntervalStart = firing.IntervalStart.Kept(),
            IntervalEnd = firing.IntervalEnd.Kept(),
            Params = backfill.Params,
            Priority = Priority,
            Backfill = backfill.Id,
            QueuedAt = now,
            Owner = scheduler,
        };
        var move = new CursorMove(backfill.Dag, cursor, null, row.LogicalTime) { Backfill = backfill.Id };
        var result = await store.CommitAsync(new CommitBatch { Scheduler = scheduler, Now = now, NewRuns = [new NewRun(row, move)] }, cancellation).ConfigureAwait(false);
        return result.NewRuns.GetValueOrDefault(row.Id) == NewRunOutcome.Created ? Run.Create(row, graph) : null;
    }

    async Task<bool> ReprocessAsync(RunRow existing, DateTimeOffset now, CancellationToken cancellation)
    {
        var wanted = backfill.Reprocess switch
        {
            Reprocess.All => existing.State.IsFinished(),
            Reprocess.Failed => existing.State == RunState.Failed,
            _ => false,
        };
        if (!wanted || await store.LoadRunAsync(existing.Id, cancellation).ConfigureAwait(false) is not { } snapshot) return false;
        snapshot = snapshot with { Run = snapshot.Run with { Backfill = backfill.Id, Priority = Priority } };
        var run = Run.Follow(snapshot, graph, now);
        run.Clear(run.Instances, now);
        // From outside any scheduler: a finished run has no owner to check.
        var result = await store.CommitAsync(new CommitBatch { Now = now, Changes = [run.TakeChange()!] }, cancellation).ConfigureAwait(false);
        return result.Conflicts.Count == 0;
    }
}
