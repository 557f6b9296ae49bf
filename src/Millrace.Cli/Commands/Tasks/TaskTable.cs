using Millrace.Cli.Output;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

/// <summary>The tasks of a run as a table; instances of mapped tasks in one line per state when there are many.</summary>
static class TaskTable
{
    const int ManyInstances = 20;

    /// <summary>As the graph runs, not as the alphabet does.</summary>
    internal static async Task<IReadOnlyList<TaskInstance>> InOrderAsync(IReadOnlyList<TaskInstance> tasks, RunRow run, Lookup lookup)
    {
        var places = GraphTree.InOrder(await lookup.SpecAsync(run.Dag, run.Version)).Select((task, place) => (task.Id, place)).ToDictionary(task => task.Id, task => task.place, StringComparer.Ordinal);
        // Tasks that were removed from the Dag come last.
        return [.. tasks.OrderBy(task => places.GetValueOrDefault(task.Id.Task, int.MaxValue)).ThenBy(task => task.Id.Task, StringComparer.Ordinal).ThenBy(task => task.Id.MapIndex)];
    }

    internal static void Write(Terminal terminal, IReadOnlyList<TaskInstance> tasks, DateTimeOffset now, bool everyInstance = false)
    {
        var table = new Columns("task", "state", "attempt", "started", "took", "why").WrapLast();
        foreach (var group in tasks.GroupBy(task => task.Id.Task))
        {
            if (group.Count() <= ManyInstances || everyInstance)
                foreach (var task in group.OrderBy(task => task.Id.MapIndex))
                    table.Add(Text.Of(task.Id.MapIndex == InstanceId.Unmapped ? task.Id.Task : $"{task.Id.Task}[{task.Id.MapIndex}]"),
                        Text.Of(task.State), task.Attempt == 0 ? Text.Nothing : $"{task.Attempt}",
                        Text.Of(task.StartedAt), Text.Of((task.EndedAt ?? now) - task.StartedAt), Text.Of(Why(task)));
            else
                foreach (var state in group.GroupBy(task => task.State).OrderBy(state => state.Key))
                    table.Add(Text.Of($"{group.Key}[{state.Min(task => task.Id.MapIndex)}..{state.Max(task => task.Id.MapIndex)}]"), Text.Of(state.Key), Text.Nothing,
                        Text.Of(state.Min(task => task.StartedAt)), Text.Of((state.Max(task => task.EndedAt) ?? now) - state.Min(task => task.StartedAt)),
                        Text.Of(Text.Count(state.Count(), "instance")));
        }
        table.WriteTo(terminal);
    }

    static string? Why(TaskInstance task) => task.State is TaskState.UpForRetry or TaskState.UpForReschedule && task.DueAt is { } due
        ? $"again at {Text.Of(due)}{(task.Reason is { } reason ? $": {reason}" : "")}"
        : task.Reason;
}
