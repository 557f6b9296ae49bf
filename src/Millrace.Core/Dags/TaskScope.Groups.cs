namespace Millrace.Dags;

public abstract partial class TaskScope
{
    /// <summary>Opens a group: declare its tasks on what this returns, and use it in edges.</summary>
    public GroupBuilder Group(string id, string? docs = null) => new(Draft, AddGroup(id, docs, null));

    public GroupHandle Group(string id, Action<GroupBuilder> build, string? docs = null)
    {
        ArgumentNullException.ThrowIfNull(build);
        var group = Group(id, docs);
        build(group);
        return group.Handle;
    }

    /// <summary>Declares a group with one instance of every task in it per item. To tasks outside, it is the list of what the task that <paramref name="build"/> returns gave.</summary>
    public MappedHandle<TR> MapGroup<T, TR>(string id, IInput<IEnumerable<T>> items, Func<GroupBuilder, ItemHandle<T>, TaskHandle<TR>> build) => BuildMapped(id, Over(items), build);

    /// <inheritdoc cref="MapGroup{T, TR}(string, IInput{IEnumerable{T}}, Func{GroupBuilder, ItemHandle{T}, TaskHandle{TR}})"/>
    public MappedHandle<TR> MapGroup<T, TR>(string id, IEnumerable<T> items, Func<GroupBuilder, ItemHandle<T>, TaskHandle<TR>> build) => BuildMapped(id, Over(items), build);

    /// <summary>Declares a group with one instance of every task in it per item.</summary>
    public GroupHandle MapGroup<T>(string id, IInput<IEnumerable<T>> items, Action<GroupBuilder, ItemHandle<T>> build) => BuildMapped(id, Over(items), build);

    /// <inheritdoc cref="MapGroup{T}(string, IInput{IEnumerable{T}}, Action{GroupBuilder, ItemHandle{T}})"/>
    public GroupHandle MapGroup<T>(string id, IEnumerable<T> items, Action<GroupBuilder, ItemHandle<T>> build) => BuildMapped(id, Over(items), build);

    MappedHandle<TR> BuildMapped<T, TR>(string id, MapDraft over, Func<GroupBuilder, ItemHandle<T>, TaskHandle<TR>> build)
    {
        TaskHandle<TR>? result = null;
        var group = AddMappedGroup<T>(id, over, (g, item) => result = build(g, item));
        if (result is null || !ReferenceEquals(result.Task.MappedGroup, group))
            throw new DagException($"The mapped group '{group.Id}' of Dag '{Draft.Name}' returns '{result?.Id}', which is not a task of it. Return the handle of one of its own tasks.");
        return new(Draft, group, result.Task);
    }

    GroupHandle BuildMapped<T>(string id, MapDraft over, Action<GroupBuilder, ItemHandle<T>> build) => new(Draft, AddMappedGroup(id, over, build));

    GroupDraft AddMappedGroup<T>(string id, MapDraft over, Action<GroupBuilder, ItemHandle<T>> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        CheckNotMapped("group", id);
        var group = AddGroup(id, null, over);
        build(new(Draft, group), new(Draft, group));
        return group;
    }

    GroupDraft AddGroup(string id, string? docs, MapDraft? map) => Draft.Add(new GroupDraft { Id = FullId(id), Group = Scope, Docs = docs, Map = map });

    void CheckNotMapped(string kind, string id)
    {
        if (Scope?.Map is not null || Scope?.MappedGroup is not null)
            throw new DagException($"Dag '{Draft.Name}' maps the {kind} '{id}' inside the mapped group '{(Scope.Map is null ? Scope.MappedGroup!.Id : Scope.Id)}'. A mapped group can't hold another mapping: make one list of all combinations and map over that.");
    }

    MapDraft Over<T>(IInput<IEnumerable<T>> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        var source = items.Source;
        return source switch
        {
            _ when !ReferenceEquals(source.Draft, Draft) => throw new DagException($"Dag '{Draft.Name}' maps over the result of '{source.Task?.Id}', which is a task of Dag '{source.Draft.Name}'. Map over a list of the same Dag."),
            { Task: { MappedGroup: { } group } task, Kind: InputKind.Result } => throw new DagException($"Dag '{Draft.Name}' maps over the result of '{task.Id}', which has one instance per item of the mapped group '{group.Id}'. Return that task from the group's function and map over the handle that MapGroup gives."),
            { Task: { } task, Kind: not InputKind.Item } when source.Type != typeof(string) => new(task, null),
            _ => throw new DagException($"Dag '{Draft.Name}' maps over '{source.Task?.Id}', which is no list of items. Map over a task that returns a list or an array."),
        };
    }

    static MapDraft Over<T>(IEnumerable<T> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new(null, [.. items.Cast<object?>()]);
    }
}
