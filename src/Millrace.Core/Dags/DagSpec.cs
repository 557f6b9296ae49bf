using Millrace.Scheduling;

namespace Millrace.Dags;

/// <summary>What an author declared, without the code: all that scheduling, the store and the pages need to know of a Dag.</summary>
public sealed record DagSpec
{
    public required string Name { get; init; }
    public string? Description { get; init; }
    /// <summary>Markdown.</summary>
    public string? Docs { get; init; }
    public string? Owner { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];

    public Schedule Schedule { get; init; } = Schedule.Manual;
    public DateTimeOffset? StartDate { get; init; }
    public DateTimeOffset? EndDate { get; init; }
    /// <summary>Whether intervals that passed while the Dag was paused, or before it existed, get their runs.</summary>
    public bool Catchup { get; init; }

    public int MaxActiveRuns { get; init; } = 16;
    /// <summary>Tasks of this Dag that may be queued or running at once, over all its runs; null: no limit.</summary>
    public int? MaxActiveTasks { get; init; }
    public TimeSpan? RunTimeout { get; init; }
    /// <summary>A run still unfinished this long after its logical time has missed its deadline.</summary>
    public TimeSpan? Deadline { get; init; }

    public IReadOnlyList<ParamSpec> Params { get; init; } = [];
    public IReadOnlyList<TaskSpec> Tasks { get; init; } = [];
    public IReadOnlyList<GroupSpec> Groups { get; init; } = [];
    /// <summary>Which callbacks the author's code has for the run as a whole.</summary>
    public CallbackKinds Callbacks { get; init; }

    /// <summary>The assets that its tasks update, by name.</summary>
    internal IReadOnlyList<string> Produces => [.. Tasks.SelectMany(task => task.Produces).Distinct()];

    /// <summary>The assets that its schedule waits for, by name.</summary>
    internal IReadOnlyList<string> Consumes => [.. Schedule.Condition?.Assets.Select(asset => asset.Name) ?? []];

    /// <summary>The topics that have to be watched for it: those of its schedule, and of the assets that it waits for.</summary>
    internal IReadOnlyList<string> Topics =>
        [.. Schedule.Topics.Select(t => t.Topic).Concat(Schedule.Condition?.Assets.Select(asset => asset.Topic).OfType<string>() ?? []).Distinct()];

    /// <summary>What a task is mapped over, itself or by the group it is in; null when it has one instance.</summary>
    internal MapSpec? MapOf(TaskSpec task) => task.Map ?? MappedGroupOf(task)?.Map;

    /// <summary>The mapped group that a task is in, however deep; tasks of the same one meet instance by instance.</summary>
    internal GroupSpec? MappedGroupOf(TaskSpec task) => GroupsOf(task).FirstOrDefault(g => g.Map is not null);

    /// <summary>The groups around a task, the innermost first.</summary>
    internal IEnumerable<GroupSpec> GroupsOf(TaskSpec task)
    {
        for (var id = task.Group; id is not null;)
        {
            var group = Groups.First(g => g.Id == id);
            yield return group;
            id = group.Parent;
        }
    }
}

/// <summary>A group of tasks, drawn as one box; its tasks' ids start with its own.</summary>
public sealed record GroupSpec
{
    public required string Id { get; init; }
    public string? Parent { get; init; }
    public string? Docs { get; init; }
    /// <summary>Set on a mapped group: every task in it has one instance per item.</summary>
    public MapSpec? Map { get; init; }
}

[Flags]
public enum CallbackKinds
{
    None = 0,
    Success = 1,
    Failure = 2,
    Retry = 4,
    MissedDeadline = 8,
}
