using Millrace.Dags;
using Millrace.Runs;

namespace Millrace.Execution;

enum AssignmentKind : byte
{
    /// <summary>Run the task's body (for a sensor: look once).</summary>
    Task,
    /// <summary>Call the author's success, failure, retry or missed-deadline code.</summary>
    Callback,
    /// <summary>Ask the author's own schedule what is due next.</summary>
    Firing,
}

/// <summary>What an executor is asked to carry out: it names everything and carries no code.</summary>
sealed record Assignment
{
    public required AssignmentKind Kind { get; init; }
    /// <summary>For a callback, the attempt it is about; its lease is then the callback's id.</summary>
    public required AttemptId Attempt { get; init; }
    public required string Dag { get; init; }
    public required string Version { get; init; }
    /// <summary>The content hash of the bundle that holds the code; empty when the Dag lives in this process.</summary>
    public required string Bundle { get; init; }
    public required string RunKey { get; init; }
    public required DateTimeOffset LogicalTime { get; init; }
    public required DateTimeOffset IntervalStart { get; init; }
    public required DateTimeOffset IntervalEnd { get; init; }
    /// <summary>A JSON object: the run's effective parameters.</summary>
    public required string Params { get; init; }
    /// <summary>The records that the run is for, where records started it.</summary>
    public RunRecords? Records { get; init; }
    /// <summary>Which try this is since the instance was last cleared, 1 and up, and how many it may have.</summary>
    public required int Try { get; init; }
    public required int MaxTries { get; init; }
    /// <summary>Of a mapped instance: the number of the attempt that made the list it is mapped over. Lets a process read the list once
    /// for all its instances; null reads it for each.</summary>
    public int? ListAttempt { get; init; }
    public CallbackKinds Callback { get; init; }
    /// <summary>For a callback: why the attempt or run ended as it did.</summary>
    public string? Reason { get; init; }
    /// <summary>Of <see cref="AssignmentKind.Firing"/>; the attempt's lease is then the question's id.</summary>
    public FiringQuestion? Question { get; init; }
}

/// <summary>What <c>Schedule.Pending</c> is to be asked where the author's code is.</summary>
sealed record FiringQuestion(DateTimeOffset? Last, DateTimeOffset Now, bool Catchup, DateTimeOffset Seen, DateTimeOffset? Start, DateTimeOffset? End);

/// <summary>The answer; no times when nothing is due ever again.</summary>
sealed record FiringAnswer(DateTimeOffset? LogicalTime, DateTimeOffset? IntervalStart, DateTimeOffset? IntervalEnd, string? Error);

enum Outcome : byte
{
    Succeeded,
    Skipped,
    Failed,
    /// <summary>A sensor's condition doesn't hold yet.</summary>
    NotYet,
    TimedOut,
    Cancelled,
    /// <summary>The worker died with it.</summary>
    Lost,
    /// <summary>Not begun, and never will be by this executor: it is stopping.</summary>
    Returned,
}

/// <summary>How an attempt ended.</summary>
sealed record AttemptReport
{
    public required AttemptId Attempt { get; init; }
    public required Outcome Outcome { get; init; }
    public required string Worker { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required DateTimeOffset EndedAt { get; init; }
    public ResultValue? Result { get; init; }
    /// <summary>Of a branch: the ids of the tasks to go on with.</summary>
    public IReadOnlyList<string>? Chosen { get; init; }
    /// <summary>Of a short-circuit: whether what follows runs.</summary>
    public bool? GoOn { get; init; }
    /// <summary>One line: the exception's type and message, the exit code, or why it was skipped.</summary>
    public string? Error { get; init; }
    /// <summary>The author's code said that another try is of no use.</summary>
    public bool FailNow { get; init; }
    public int? ExitCode { get; init; }
}

enum CancelReason : byte
{
    Cancelled,
    TimedOut,
    /// <summary>The executor or its host is stopping and the grace is over.</summary>
    Stopping,
}
