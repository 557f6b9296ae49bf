using Millrace.Scheduling;

namespace Millrace.Dags;

/// <summary>Declares a Dag's settings and tasks, inside <see cref="Dag.Build"/>.</summary>
public sealed partial class DagBuilder : TaskScope
{
    internal DagBuilder(DagDraft draft) : base(draft, null)
    {
    }

    /// <summary>Shown in lists.</summary>
    public string? Description { get; set; }
    /// <summary>Markdown.</summary>
    public string? Docs { get; set; }
    public string? Owner { get; set; }
    public IReadOnlyList<string> Tags { get; set; } = [];

    /// <summary>When it runs; a string is a cron expression or a macro such as <c>@daily</c>. Only when triggered, unless said.</summary>
    public Schedule Schedule { get; set; } = Schedule.Manual;
    public DateTimeOffset? StartDate { get; set; }
    public DateTimeOffset? EndDate { get; set; }
    /// <summary>Whether intervals that passed while the Dag was paused, or before it existed, get their runs; no, unless said.</summary>
    public bool Catchup { get; set; }

    public int MaxActiveRuns { get; set; } = 16;
    /// <summary>Tasks of this Dag that may be queued or running at once, over all its runs.</summary>
    public int? MaxActiveTasks { get; set; }
    public TimeSpan? RunTimeout { get; set; }
    /// <summary>A run still unfinished this long after its logical time has missed its deadline.</summary>
    public TimeSpan? Deadline { get; set; }

    /// <summary>What holds for every task that doesn't say otherwise.</summary>
    public TaskOptions Defaults { get; set; } = new();

    internal Dictionary<CallbackKinds, Callback> Callbacks { get; } = [];

    public void OnSuccess(Action<CallbackContext> callback) => Callbacks[CallbackKinds.Success] = new(callback);
    public void OnSuccess(Func<CallbackContext, Task> callback) => Callbacks[CallbackKinds.Success] = new(callback);
    public void OnFailure(Action<CallbackContext> callback) => Callbacks[CallbackKinds.Failure] = new(callback);
    public void OnFailure(Func<CallbackContext, Task> callback) => Callbacks[CallbackKinds.Failure] = new(callback);
    public void OnMissedDeadline(Action<CallbackContext> callback) => Callbacks[CallbackKinds.MissedDeadline] = new(callback);
    public void OnMissedDeadline(Func<CallbackContext, Task> callback) => Callbacks[CallbackKinds.MissedDeadline] = new(callback);
}
