using Millrace.Dags;
using Millrace.Metadata;

namespace Millrace.Scheduling;

/// <summary>A topic whose records start runs of a Dag, or update an asset. The scheduler says what there is to watch; watching is for who can read topics.</summary>
sealed record TopicWatch
{
    public required string Topic { get; init; }
    /// <summary>The Dag that records start; null where they update an asset.</summary>
    public string? Dag { get; init; }
    /// <summary>The Dag's version in force.</summary>
    public string Version { get; init; } = "";
    /// <summary>A JSON object: the params of the runs.</summary>
    public string Params { get; init; } = "{}";
    /// <summary>The asset that records update; null where they start a Dag.</summary>
    public string? Asset { get; init; }
    /// <summary>How many records one run, or one update, is for.</summary>
    public required int AtMost { get; init; }
    /// <summary>How long to wait for so many, from the first one on.</summary>
    public TimeSpan Within { get; init; }
    /// <summary>No run is begun while so many of the Dag haven't ended: the topic is a better place to wait than the store.</summary>
    public int MostOpen { get; init; } = int.MaxValue;
    /// <summary>Where a watch that has not been anywhere begins, by the records' timestamps; null for the topic's beginning.</summary>
    public DateTimeOffset? Since { get; init; }
    public DateTimeOffset? Until { get; init; }

    /// <summary>What its places are kept under.</summary>
    internal string Name => Dag is null ? $"asset {Asset}" : NameOf(Dag);

    internal static string NameOf(string dag) => $"dag {dag}";

    /// <exception cref="ParamException">A param has no default: nobody is there to give it.</exception>
    internal static IEnumerable<TopicWatch> Of(DagRow row, DagSpec spec)
    {
        var since = spec.StartDate ?? (spec.Catchup ? null : row.FirstSeenAt);
        foreach (var records in spec.Schedule.Topics)
        {
            yield return new()
            {
                Topic = records.Topic,
                Dag = row.Name,
                Version = row.Version,
                Params = ParamSet.Resolve(spec.Name, spec.Params, null).ToString(),
                AtMost = records.AtMost,
                Within = records.Within,
                // As many as may run, and as many again that are ready when those end.
                MostOpen = 2 * spec.MaxActiveRuns,
                Since = since,
                Until = spec.EndDate,
            };
        }
        foreach (var asset in spec.Schedule.Condition?.Assets ?? [])
            // Each update has the scheduler look through all that waits: a busy topic makes a few in a second, not thousands.
            if (asset.Topic is { } topic) yield return new() { Topic = topic, Asset = asset.Name, AtMost = 100_000, Within = TimeSpan.FromMilliseconds(200), Since = row.FirstSeenAt };
    }
}
