using Millrace.Runs;

namespace Millrace.Metadata;

/// <summary>Everything one turn of a scheduler decided; one transaction.</summary>
sealed record CommitBatch
{
    /// <summary>Whose lease the store checks first; null for a command from outside a scheduler.</summary>
    public SchedulerId? Scheduler { get; init; }
    public required DateTimeOffset Now { get; init; }
    public IReadOnlyList<RunChange> Changes { get; init; } = [];
    public IReadOnlyList<NewRun> NewRuns { get; init; } = [];
    public IReadOnlyList<Guid> CallbacksDone { get; init; } = [];
}

/// <summary>What happened to one run. Applied only if the store still holds <see cref="ExpectedRevision"/>
/// and, for a scheduler's batch, if that scheduler owns the run; the revision then becomes one more.</summary>
sealed record RunChange
{
    public required RunRow Run { get; init; }
    public required long ExpectedRevision { get; init; }
    /// <summary>Rows to insert or overwrite.</summary>
    public IReadOnlyList<TaskInstance> Tasks { get; init; } = [];
    /// <summary>Rows that no longer exist, such as the placeholder of a mapped task once it has its instances.</summary>
    public IReadOnlyList<InstanceId> Gone { get; init; } = [];
    public IReadOnlyList<Attempt> Attempts { get; init; } = [];
    public IReadOnlyList<Transition> Transitions { get; init; } = [];
    public IReadOnlyList<ResultRow> Results { get; init; } = [];
    /// <summary>Owed from now on; they are the batch's scheduler's to call, or free when it names none.</summary>
    public IReadOnlyList<CallbackRow> Callbacks { get; init; } = [];
    public IReadOnlyList<AssetEventRow> AssetEvents { get; init; } = [];
}

/// <summary>A run to create, unless its Dag has one with this key already or the Dag's cursor has moved.</summary>
sealed record NewRun(RunRow Run, CursorMove? Cursor = null);

/// <summary>Moves a Dag's (or a backfill's) place in its schedule, only from where the decider saw it:
/// what makes catchup create each interval exactly once.</summary>
/// <param name="ExpectedNextDue">Of a backfill: the <see cref="BackfillRow.Cursor"/> that was seen.</param>
/// <param name="NextDue">Null when nothing is due any more; of no meaning to a backfill.</param>
/// <param name="LastLogicalTime">Of a backfill: its new cursor.</param>
sealed record CursorMove(string Dag, DateTimeOffset? ExpectedNextDue, DateTimeOffset? NextDue, DateTimeOffset LastLogicalTime)
{
    /// <summary>Set when it is the cursor of a backfill that moves; one that is paused or cancelled doesn't.</summary>
    public BackfillId? Backfill { get; init; }
}

enum NewRunOutcome
{
    Created,
    /// <summary>The Dag has a run with this key.</summary>
    Exists,
    /// <summary>Somebody else moved the cursor.</summary>
    CursorMoved,
}

/// <param name="Conflicts">Runs whose change was not applied: load them again.</param>
sealed record CommitResult(IReadOnlySet<RunId> Conflicts, IReadOnlyDictionary<RunId, NewRunOutcome> NewRuns)
{
    internal static CommitResult Clean { get; } = new(new HashSet<RunId>(), new Dictionary<RunId, NewRunOutcome>());
}

/// <summary>The scheduler's lease had run out and another took its runs: it must start over.</summary>
sealed class LeaseLostException(SchedulerId scheduler)
    : Exception($"Scheduler {scheduler} lost its lease: another scheduler owns its runs now.");
