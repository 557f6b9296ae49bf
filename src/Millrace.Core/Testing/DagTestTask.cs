using Millrace.Runs;

namespace Millrace.Testing;

/// <summary>How a task instance of a <see cref="DagTestRun"/> went.</summary>
public sealed class DagTestTask
{
    readonly DagTestRun run;
    readonly TaskInstance instance;

    internal DagTestTask(DagTestRun run, TaskInstance instance, IReadOnlyList<TaskState> states) =>
        (this.run, this.instance, States) = (run, instance, states);

    public string Id => instance.Id.Task;
    public int? MapIndex => DagTestRun.Index(instance.Id);
    public TaskState State => instance.State;
    /// <summary>The states it went through, in order.</summary>
    public IReadOnlyList<TaskState> States { get; }
    /// <summary>Tries in all; a sensor's looks are one.</summary>
    public int Attempts => instance.Attempt;
    /// <summary>One line: why it failed or was skipped.</summary>
    public string? Reason => instance.Reason;
    /// <summary>What all its attempts logged and printed.</summary>
    public string Log => run.LogOf(instance);
    /// <summary>Of the last attempt, on the virtual clock; null if there was none.</summary>
    public DateTimeOffset? StartedAt => instance.StartedAt;
    public DateTimeOffset? EndedAt => instance.EndedAt;

    public T Result<T>() => run.ResultOf<T>(instance);

    public override string ToString() =>
        $"{Id}{(MapIndex is { } index ? $"[{index}]" : "")}: {State.Name()}{(Attempts > 1 ? $" after {Attempts} attempts" : "")}{(Reason is null ? "" : $" ({Reason})")}";
}
