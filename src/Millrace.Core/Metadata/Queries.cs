using Millrace.Runs;

namespace Millrace.Metadata;

/// <summary>Which runs a list shows, newest logical time first.</summary>
sealed record RunFilter
{
    public string? Dag { get; init; }
    public IReadOnlyList<RunState> States { get; init; } = [];
    public RunKind? Kind { get; init; }
    public DateTimeOffset? From { get; init; }
    public DateTimeOffset? To { get; init; }
    public BackfillId? Backfill { get; init; }
    public int Limit { get; init; } = 50;
}

/// <summary>Everything kept about one run.</summary>
sealed record RunHistory(RunRow Run, IReadOnlyList<TaskInstance> Tasks, IReadOnlyList<Attempt> Attempts, IReadOnlyList<Transition> Transitions);

/// <param name="Runs">The runs that are gone; their logs and results can go too.</param>
sealed record Cleaned(IReadOnlyList<(string Dag, string RunKey, RunId Run)> Runs, long Rows);

/// <summary>What <c>db check</c> reports.</summary>
sealed record StoreHealth(string Kind, string Location, int SchemaVersion, int NewestKnown, long Dags, long Runs, long TaskInstances, IReadOnlyList<string> Problems);
