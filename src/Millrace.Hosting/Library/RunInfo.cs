using Millrace.Runs;

namespace Millrace.Hosting;

/// <summary>A run as host code sees it.</summary>
/// <param name="Key">Readable and unique in its Dag, such as <c>manual__2026-11-21T06:00:00Z</c>.</param>
/// <param name="Params">A JSON object: the effective parameters.</param>
/// <param name="Tasks">Empty where only the run was asked for.</param>
public sealed record RunInfo(Guid Id, string Dag, string Key, RunState State, DateTimeOffset LogicalTime, DateTimeOffset QueuedAt,
    DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, string Params, string? Note, IReadOnlyList<TaskInfo> Tasks)
{
    internal static RunInfo Of(RunRow run, IReadOnlyList<TaskInstance> tasks) => new(run.Id.Value, run.Dag, run.Key, run.State, run.LogicalTime,
        run.QueuedAt, run.StartedAt, run.EndedAt, run.Params, run.Note, [.. tasks.Select(TaskInfo.Of)]);
}

/// <summary>A task of a run.</summary>
/// <param name="MapIndex">Of an instance of a mapped task.</param>
/// <param name="Attempt">The number of the last attempt, 0 before the first.</param>
/// <param name="Reason">One line: why it failed, was skipped or waits.</param>
public sealed record TaskInfo(string Id, int? MapIndex, TaskState State, int Attempt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, string? Reason)
{
    internal static TaskInfo Of(TaskInstance task) => new(task.Id.Task, task.Id.MapIndex == InstanceId.Unmapped ? null : task.Id.MapIndex,
        task.State, task.Attempt, task.StartedAt, task.EndedAt, task.Reason);
}
