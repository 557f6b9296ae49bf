namespace Millrace.Runs;

/// <summary>Airflow's states of a task instance, under Airflow's names.</summary>
public enum TaskState : byte
{
    None,
    Scheduled,
    Queued,
    Running,
    Success,
    Failed,
    Skipped,
    UpstreamFailed,
    UpForRetry,
    UpForReschedule,
    Deferred,
    Restarting,
    Removed,
}

enum TaskEvent : byte
{
    /// <summary>The trigger rule is met.</summary>
    Ready,
    /// <summary>A pool slot and every limit were had.</summary>
    Admitted,
    /// <summary>Handed to a worker; the try is used.</summary>
    Claimed,
    /// <summary>A worker gave it back before it began; no try is used.</summary>
    Returned,
    Succeeded,
    /// <summary>Failed, lost or timed out with no try left.</summary>
    Failed,
    /// <summary>Failed, lost or timed out with a try left.</summary>
    FailedWithTriesLeft,
    /// <summary>A sensor looked and must look again later.</summary>
    NotYet,
    /// <summary>Waits for something outside, holding no worker.</summary>
    Waits,
    /// <summary>The time to try or look again has come.</summary>
    Due,
    Skipped,
    UpstreamFailed,
    Cleared,
    /// <summary>The worker that ran a cleared attempt has let go of it.</summary>
    Released,
    MarkedSuccess,
    MarkedFailed,
    /// <summary>The version that the run now follows has no such task.</summary>
    Removed,
}

static class TaskStates
{
    /// <summary>The machine, drawn in docs/states.md.</summary>
    internal static TaskState Next(TaskState from, TaskEvent on) => (from, on) switch
    {
        (TaskState.None, TaskEvent.Ready)                                     => TaskState.Scheduled,
        (TaskState.None or TaskState.Scheduled or TaskState.Queued or TaskState.Running or TaskState.UpForRetry
            or TaskState.UpForReschedule or TaskState.Deferred, TaskEvent.Skipped) => TaskState.Skipped,
        (TaskState.None, TaskEvent.UpstreamFailed)                            => TaskState.UpstreamFailed,
        (TaskState.Scheduled, TaskEvent.Admitted)                             => TaskState.Queued,
        (TaskState.Queued, TaskEvent.Claimed)                                 => TaskState.Running,
        (TaskState.Running, TaskEvent.Returned)                               => TaskState.Queued,
        (TaskState.Scheduled, TaskEvent.Succeeded)                            => TaskState.Success,
        (TaskState.Scheduled, TaskEvent.Waits)                                => TaskState.Deferred,
        (TaskState.Scheduled, TaskEvent.Failed)                               => TaskState.Failed,
        (TaskState.Running, TaskEvent.Succeeded)                              => TaskState.Success,
        (TaskState.Running, TaskEvent.Failed)                                 => TaskState.Failed,
        (TaskState.Running, TaskEvent.FailedWithTriesLeft)                    => TaskState.UpForRetry,
        (TaskState.Running, TaskEvent.NotYet)                                 => TaskState.UpForReschedule,
        (TaskState.UpForRetry or TaskState.UpForReschedule, TaskEvent.Due)    => TaskState.Scheduled,
        (TaskState.UpForReschedule, TaskEvent.Failed)                         => TaskState.Failed,
        (TaskState.Deferred, TaskEvent.Succeeded)                             => TaskState.Success,
        (TaskState.Deferred, TaskEvent.Failed)                                => TaskState.Failed,
        (TaskState.Deferred, TaskEvent.FailedWithTriesLeft)                   => TaskState.UpForRetry,
        (TaskState.Running, TaskEvent.Cleared)                                => TaskState.Restarting,
        (TaskState.Restarting, TaskEvent.Released)                            => TaskState.None,
        (TaskState.Restarting, TaskEvent.Cleared)                             => TaskState.Restarting,
        (_, TaskEvent.Cleared)                                                => TaskState.None,
        (_, TaskEvent.MarkedSuccess)                                          => TaskState.Success,
        (_, TaskEvent.MarkedFailed)                                           => TaskState.Failed,
        (_, TaskEvent.Removed)                                                => TaskState.Removed,
        _ => throw new InvalidOperationException($"A task instance that is '{Name(from)}' cannot take '{on}'."),
    };

    internal static bool IsFinished(this TaskState state) => state is TaskState.Success or TaskState.Failed
        or TaskState.Skipped or TaskState.UpstreamFailed or TaskState.Removed;

    /// <summary>Whether the instance holds its pool slots and counts against the limits.</summary>
    internal static bool HoldsSlots(this TaskState state) => state is TaskState.Queued or TaskState.Running or TaskState.Restarting;

    internal static string Name(this TaskState state) => state switch
    {
        TaskState.None => "none",
        TaskState.Scheduled => "scheduled",
        TaskState.Queued => "queued",
        TaskState.Running => "running",
        TaskState.Success => "success",
        TaskState.Failed => "failed",
        TaskState.Skipped => "skipped",
        TaskState.UpstreamFailed => "upstream_failed",
        TaskState.UpForRetry => "up_for_retry",
        TaskState.UpForReschedule => "up_for_reschedule",
        TaskState.Deferred => "deferred",
        TaskState.Restarting => "restarting",
        TaskState.Removed => "removed",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Not a task state."),
    };

    internal static TaskState Parse(string name)
    {
        foreach (var state in Enum.GetValues<TaskState>())
            if (state.Name() == name) return state;
        throw new FormatException($"'{name}' is not a task state. The states are {string.Join(", ", Enum.GetValues<TaskState>().Select(Name))}.");
    }
}
