namespace Millrace.Runs;

/// <summary>A task inside a run, or one of its mapped instances. Changed only by the run it belongs to.</summary>
sealed class TaskInstance(InstanceId id)
{
    public InstanceId Id { get; } = id;
    public TaskState State { get; set; }
    /// <summary>The number of the last attempt, 0 before the first.</summary>
    public int Attempt { get; set; }
    /// <summary>Attempts made before the instance was last cleared: they no longer count as tries.</summary>
    public int ForgivenAttempts { get; set; }
    /// <summary>Of the attempt that is out; a report must show it.</summary>
    public Guid? Lease { get; set; }
    public string? Worker { get; set; }
    /// <summary>When an instance that waits for a retry or for its next look is due.</summary>
    public DateTimeOffset? DueAt { get; set; }
    /// <summary>When a sensor looked for the first time: its timeout counts from here.</summary>
    public DateTimeOffset? FirstLookAt { get; set; }
    public DateTimeOffset? ScheduledAt { get; set; }
    public DateTimeOffset? QueuedAt { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }
    /// <summary>The number of items, where the result is a list.</summary>
    public int? ResultLength { get; set; }
    /// <summary>The run that a trigger task started.</summary>
    public RunId? Child { get; set; }
    /// <summary>One line: why it failed, was skipped or waits.</summary>
    public string? Reason { get; set; }
    public bool DeadlineMissed { get; set; }
}

enum AttemptState : byte
{
    Running,
    Success,
    Failed,
    Skipped,
    /// <summary>A sensor's look that must be repeated.</summary>
    NotYet,
    TimedOut,
    /// <summary>Its worker or its scheduler died.</summary>
    Lost,
    Cancelled,
}

/// <summary>One try, kept for ever as the record of what happened.</summary>
sealed record Attempt
{
    public required AttemptId Id { get; init; }
    public required AttemptState State { get; init; }
    public string? Worker { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public int? ExitCode { get; init; }
    public string? Error { get; init; }
}

static class AttemptStates
{
    internal static string Name(this AttemptState state) => state switch
    {
        AttemptState.Running => "running",
        AttemptState.Success => "success",
        AttemptState.Failed => "failed",
        AttemptState.Skipped => "skipped",
        AttemptState.NotYet => "not_yet",
        AttemptState.TimedOut => "timed_out",
        AttemptState.Lost => "lost",
        AttemptState.Cancelled => "cancelled",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Not an attempt state."),
    };

    internal static AttemptState Parse(string name)
    {
        foreach (var state in Enum.GetValues<AttemptState>())
            if (state.Name() == name) return state;
        throw new FormatException($"'{name}' is not an attempt state.");
    }
}

/// <summary>A step of a state machine, as history keeps it. A run's own steps have no task.</summary>
/// <param name="Task">Empty for the run itself.</param>
sealed record Transition(RunId Run, string Task, int MapIndex, int Attempt, string From, string To, DateTimeOffset At, string? Reason);

/// <summary>What a task returned: small values as JSON in the store, large ones as a file in the home folder.</summary>
/// <param name="Length">The number of items, where the value is a list.</param>
sealed record ResultValue(byte[]? Json, string? File, long Size, int? Length, string Type);

sealed record ResultRow(InstanceId Id, int Attempt, ResultValue Value);

/// <summary>Author's code that is owed a call; kept until it was called, so that a crash in between can't lose it.</summary>
/// <param name="Id">The instance, or with an empty task the run.</param>
sealed record CallbackRow(Guid Callback, InstanceId Id, int Attempt, Dags.CallbackKinds Kind, string? Reason);

sealed record AssetEventRow(Guid Event, string Asset, InstanceId Source, string Dag, DateTimeOffset At);
