namespace Millrace.Dags;

/// <summary>A task or a group while its Dag is being built.</summary>
abstract class DraftItem
{
    public required string Id { get; init; }
    public GroupDraft? Group { get; init; }

    public IEnumerable<GroupDraft> Groups()
    {
        for (var group = Group; group is not null; group = group.Group) yield return group;
    }

    public GroupDraft? MappedGroup => Groups().FirstOrDefault(g => g.Map is not null);
}

sealed class GroupDraft : DraftItem
{
    public string? Docs { get; init; }
    public MapDraft? Map { get; init; }
}

sealed class TaskDraft : DraftItem
{
    public required TaskKind Kind { get; init; }
    public TaskOptions Options { get; init; } = new();
    public IReadOnlyList<InputSource> Inputs { get; init; } = [];
    public MapDraft? Map { get; init; }
    public Type? ResultType { get; init; }
    public Func<TaskContext, object?[], ValueTask<object?>>? Body { get; init; }
    public Func<TaskContext, object?[], ValueTask<bool>>? Condition { get; init; }
    public Func<TaskContext, object?[], CommandLine>? Command { get; init; }
    public string? CommandText { get; init; }
    public SensorSpec? Sensor { get; init; }
    public TriggerDagSpec? Trigger { get; init; }
    public bool RespectsTriggerRules { get; init; }
    public bool IsSetup { get; set; }
    public bool IsTeardown { get; set; }
    public bool FailsRun { get; set; }

    /// <summary>In the order declared: data inputs first.</summary>
    public List<TaskDraft> Upstream { get; } = [];
}

/// <summary>What a task or group is mapped over: a task's list, or the items themselves.</summary>
sealed record MapDraft(TaskDraft? Source, IReadOnlyList<object?>? Items)
{
    public MapSpec Spec => new(Source?.Id, Items?.Count);
}

/// <summary>Collects what an author declares, until <see cref="Complete"/> makes the Dag of it.</summary>
sealed partial class DagDraft(string name)
{
    readonly Dictionary<string, DraftItem> items = new(StringComparer.Ordinal);
    readonly List<TaskDraft> tasks = [];
    readonly List<GroupDraft> groups = [];
    readonly List<(DraftItem Before, DraftItem After)> edges = [];

    public string Name => name;
    public List<ParamSpec> Params { get; } = [];
    /// <summary>Set once complete: bodies that must know the graph look here.</summary>
    public Dag? Dag { get; private set; }

    public TaskDraft Add(TaskDraft task)
    {
        Register("Task", task);
        foreach (var input in task.Inputs)
        {
            if (!ReferenceEquals(input.Draft, this))
                throw new DagException($"Task '{task.Id}' of Dag '{name}' takes the result of '{input.Task?.Id}', which is a task of Dag '{input.Draft.Name}'. Take inputs from the same Dag; to wait for another one, use an asset or d.TriggerDag.");
            if (input.ItemOf is { } group && !task.Groups().Contains(group))
                throw new DagException($"Task '{task.Id}' of Dag '{name}' takes the item of the mapped group '{group.Id}' but is not in it. Declare the task in that group.");
            if (input is { Kind: InputKind.Result, Task.MappedGroup: { } mapped } && !ReferenceEquals(mapped, task.MappedGroup))
                throw new DagException($"Task '{task.Id}' of Dag '{name}' takes the result of '{input.Task.Id}', which has one instance per item of the mapped group '{mapped.Id}'. Return that task from the group's function and use the handle that MapGroup gives: it is the list of all results.");
            if (input.Task is { } source) AddUpstream(task, source);
        }
        if (task.Map?.Source is { } list) AddUpstream(task, list);
        tasks.Add(task);
        return task;
    }

    public GroupDraft Add(GroupDraft group)
    {
        Register("Group", group);
        groups.Add(group);
        return group;
    }

    public void AddEdges(Node before, Node after)
    {
        CheckOpen();
        foreach (var node in (Node[])[before, after])
            if (!ReferenceEquals(node.Draft, this))
                throw new DagException($"An edge of Dag '{name}' leads to '{node.Items[0].Id}', which belongs to Dag '{node.Draft.Name}'. Edges stay within one Dag; to start another one, use an asset or d.TriggerDag.");
        foreach (var from in before.Items)
            foreach (var to in after.Items)
                edges.Add((from, to));
    }

    public void Add(ParamSpec param)
    {
        CheckOpen();
        Names.Check("Param", param.Name, name);
        if (Params.Any(p => p.Name == param.Name))
            throw new DagException($"Dag '{name}' declares the param '{param.Name}' twice. Rename one of them.") { IsDuplicate = true };
        Params.Add(param);
    }

    void Register(string kind, DraftItem item)
    {
        CheckOpen();
        Names.Check(kind, item.Id, name);
        if (!items.TryAdd(item.Id, item))
            throw new DagException($"Dag '{name}' has two tasks or groups with the id '{item.Id}'. Rename one of them.") { IsDuplicate = true };
    }

    void CheckOpen()
    {
        if (Dag is not null)
            throw new DagException($"Dag '{name}' is built and can't be changed any more. Declare all of it inside Dag.Build.");
    }

    static void AddUpstream(TaskDraft task, TaskDraft before)
    {
        if (!task.Upstream.Contains(before)) task.Upstream.Add(before);
    }
}
