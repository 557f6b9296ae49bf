using System.Text.Json;
using Microsoft.Extensions.Logging;
using Millrace.Dags;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Scheduling;

/// <summary>The Dags in force and when each is next due, and the graphs of the versions in use.</summary>
sealed partial class DagCatalog(IMetadataStore store, ILogger logger)
{
    // A fleet of 10,000 Dags that fire in turn must not read every spec anew.
    const int GraphsKept = 20_000;

    readonly Dictionary<string, DagRow> rows = new(StringComparer.Ordinal);
    readonly Dictionary<(string Dag, string Version), DagGraph> graphs = [];
    readonly PriorityQueue<string, long> due = new();
    readonly List<DagRow> changed = [];
    readonly Dictionary<string, List<string>> consumers = new(StringComparer.Ordinal);

    internal DagRow? Find(string dag) => rows.GetValueOrDefault(dag);

    internal IEnumerable<DagRow> Rows => rows.Values;

    /// <summary>Dags whose schedule waits for this asset.</summary>
    internal IReadOnlyList<string> ConsumersOf(string asset) => consumers.GetValueOrDefault(asset) ?? [];

    internal IEnumerable<string> AllConsumers => consumers.Values.SelectMany(dags => dags).Distinct();

    internal DateTimeOffset? NextDue
    {
        get
        {
            while (due.TryPeek(out var dag, out var ticks))
            {
                if (IsCurrent(dag, ticks)) return new DateTimeOffset(ticks, TimeSpan.Zero);
                due.Dequeue();
            }
            return null;
        }
    }

    /// <summary>Takes one Dag that is due; it is not offered again until <see cref="Set"/>.</summary>
    internal bool TryTakeDue(DateTimeOffset now, out DagRow dag)
    {
        while (due.TryPeek(out var name, out var ticks) && ticks <= now.UtcTicks)
        {
            due.Dequeue();
            if (!IsCurrent(name, ticks)) continue;
            dag = rows[name];
            return true;
        }
        dag = null!;
        return false;
    }

    internal void Set(DagRow row)
    {
        rows[row.Name] = row;
        if (row is { NextDue: { } at, Paused: false, Active: true }) due.Enqueue(row.Name, at.UtcTicks);
    }

    /// <summary>Dags whose own schedule must be asked, in a worker, when they are due next.</summary>
    internal List<DagRow> ToAsk { get; } = [];

    /// <summary>The bundles that will be wanted first: those of new versions, then of what is due next.</summary>
    internal async Task<IReadOnlyList<string>> WantedBundlesAsync(int most, CancellationToken cancellation)
    {
        var wanted = new List<string>();
        var soonest = rows.Values.Where(row => row is { Active: true, Paused: false, NextDue: not null }).OrderBy(row => row.NextDue).Take(most);
        foreach (var row in changed.Take(most).Concat(soonest))
            if (await GraphAsync(row.Name, row.Version, cancellation).ConfigureAwait(false) is { Bundle.Length: > 0 } graph && !wanted.Contains(graph.Bundle))
                wanted.Add(graph.Bundle);
        return wanted;
    }

    /// <summary>The topics to watch for Dags that aren't paused.</summary>
    internal async Task<IReadOnlyList<TopicWatch>> WatchesAsync(CancellationToken cancellation)
    {
        var watches = new List<TopicWatch>();
        foreach (var row in rows.Values.Where(row => row is { Active: true, Paused: false, Topics.Count: > 0 }).OrderBy(row => row.FirstSeenAt))
        {
            if (await GraphAsync(row.Name, row.Version, cancellation).ConfigureAwait(false) is not { } graph) continue;
            try
            {
                foreach (var watch in TopicWatch.Of(row, graph.Spec))
                    // An asset is watched once, whoever waits for it: from when the first of them was known.
                    if (watch.Asset is null || !watches.Exists(known => known.Asset == watch.Asset && known.Topic == watch.Topic)) watches.Add(watch);
            }
            catch (ParamException e)
            {
                Log.NotWatched(logger, row.Name, e.Message);
            }
        }
        return watches;
    }

    /// <summary>Reads the rows again, and computes when Dags with a new version are due.</summary>
    internal async Task RefreshAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var stale = new List<(string, string, DateTimeOffset?)>();
        changed.Clear();
        rows.Clear();
        due.Clear();
        foreach (var row in await store.ListDagsAsync(cancellation).ConfigureAwait(false))
        {
            if (!row.Active || row.DueVersion == row.Version && row.NextDue is not null)
            {
                Set(row);
                continue;
            }
            var graph = await GraphAsync(row.Name, row.Version, cancellation).ConfigureAwait(false);
            var asks = graph is { Spec.Schedule.NeedsUserCode: true };
            if (asks && !row.Paused) ToAsk.Add(row);
            if (row.DueVersion == row.Version)
            {
                Set(row);
                continue;
            }
            var next = graph is null || asks ? null : Pending(row, graph.Spec, now)?.LogicalTime;
            changed.Add(row);
            stale.Add((row.Name, row.Version, next));
            Set(row with { NextDue = next, DueVersion = row.Version });
        }
        if (stale.Count > 0) await store.SetNextDueAsync(stale, cancellation).ConfigureAwait(false);

        consumers.Clear();
        foreach (var asset in await store.ListAssetsAsync(cancellation).ConfigureAwait(false))
            if (asset.Consumers.Count > 0) consumers[asset.Name] = [.. asset.Consumers];
    }

    /// <summary>Reads one row again, after another scheduler moved it.</summary>
    internal async Task RefreshAsync(string dag, CancellationToken cancellation)
    {
        if (await store.FindDagAsync(dag, cancellation).ConfigureAwait(false) is { } row) Set(row);
    }

    internal async ValueTask<DagGraph?> GraphAsync(string dag, string version, CancellationToken cancellation)
    {
        if (graphs.TryGetValue((dag, version), out var known)) return known;
        if (await store.LoadVersionAsync(dag, version, cancellation).ConfigureAwait(false) is not { } stored) return null;
        if (graphs.Count >= GraphsKept) graphs.Clear();
        try
        {
            return graphs[(dag, version)] = new DagGraph(DagJson.Read(stored.SpecJson), stored.Hash, stored.Bundle);
        }
        catch (Exception e) when (e is JsonException or ScheduleException)
        {
            // Stored on a machine that knew more, a time zone for one. The other Dags go on.
            Log.Unreadable(logger, dag, version, e.Message);
            return null;
        }
    }

    internal static Firing? Pending(DagRow row, DagSpec spec, DateTimeOffset now) => spec.Schedule.IsContinuous
        ? new Firing(now, now, now)
        : spec.Schedule.Pending(row.LastLogicalTime, now, spec.Catchup, Bounds(row, spec));

    internal static ScheduleBounds Bounds(DagRow row, DagSpec spec) => new(row.FirstSeenAt, spec.StartDate, spec.EndDate);

    bool IsCurrent(string dag, long ticks) =>
        rows.TryGetValue(dag, out var row) && row is { Paused: false, Active: true, NextDue: { } at } && at.UtcTicks == ticks;

    static partial class Log
    {
        [LoggerMessage(1101, LogLevel.Error, "Version {Version} of Dag '{Dag}' can't be used on this machine: {Reason}")]
        internal static partial void Unreadable(ILogger logger, string dag, string version, string reason);

        [LoggerMessage(1102, LogLevel.Error, "No record starts Dag '{Dag}': {Reason}")]
        internal static partial void NotWatched(ILogger logger, string dag, string reason);
    }
}
