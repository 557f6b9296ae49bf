namespace Millrace.Dags;

/// <summary>A value that a task's function can take: another task's result, or the item it is mapped over.</summary>
public interface IInput
{
    internal InputSource Source { get; }
}

/// <inheritdoc cref="IInput"/>
// Covariant, so that the handle of a List<T> or a T[] is one of an IEnumerable<T> that can be mapped over.
public interface IInput<out T> : IInput;

/// <summary>A task, to draw edges with.</summary>
public class TaskHandle : Node
{
    internal TaskHandle(DagDraft draft, TaskDraft task) => (Draft, Task) = (draft, task);

    internal override DagDraft Draft { get; }
    internal TaskDraft Task { get; }
    internal override IReadOnlyList<DraftItem> Items => [Task];

    public string Id => Task.Id;

    public override string ToString() => Id;
}

/// <summary>A task with a result, which later tasks take by naming this handle.</summary>
public sealed class TaskHandle<T> : TaskHandle, IInput<T>
{
    internal TaskHandle(DagDraft draft, TaskDraft task) : base(draft, task)
    {
    }

    InputSource IInput.Source => new(Draft, Task, typeof(T), InputKind.Result);
}

/// <summary>A mapped task or group; as an input it is the list of its instances' results, in the order of the items.</summary>
public sealed class MappedHandle<T> : Node, IInput<IReadOnlyList<T>>
{
    readonly DraftItem node;
    readonly TaskDraft result;

    internal MappedHandle(DagDraft draft, DraftItem node, TaskDraft result) => (Draft, this.node, this.result) = (draft, node, result);

    internal override DagDraft Draft { get; }
    internal override IReadOnlyList<DraftItem> Items => [node];

    /// <summary>The id of the task whose results are collected.</summary>
    public string Id => result.Id;

    InputSource IInput.Source => new(Draft, result, typeof(IReadOnlyList<T>), InputKind.Collected);

    public override string ToString() => Id;
}

/// <summary>In a mapped group: the item that an instance stands for.</summary>
public sealed class ItemHandle<T> : IInput<T>
{
    readonly InputSource source;

    internal ItemHandle(DagDraft draft, GroupDraft group) => source = new(draft, group.Map!.Source, typeof(T), InputKind.Item) { ItemOf = group };

    InputSource IInput.Source => source;
}

/// <summary>A group, to draw edges with: what comes before it precedes its first tasks, what comes after follows its last.</summary>
public sealed class GroupHandle : Node
{
    readonly GroupDraft group;

    internal GroupHandle(DagDraft draft, GroupDraft group) => (Draft, this.group) = (draft, group);

    internal override DagDraft Draft { get; }
    internal override IReadOnlyList<DraftItem> Items => [group];

    public string Id => group.Id;

    public override string ToString() => Id;
}

/// <param name="Task">Null for the items of a literal list.</param>
/// <param name="Type">What the value is read as before the function gets it.</param>
sealed record InputSource(DagDraft Draft, TaskDraft? Task, Type Type, InputKind Kind)
{
    /// <summary>Of an item: the mapped group it belongs to.</summary>
    public GroupDraft? ItemOf { get; init; }
}

/// <summary>Kinds of tasks that are set up or torn down around others.</summary>
public static class SetupAndTeardown
{
    /// <summary>Makes a task a setup: the teardowns behind it run when it succeeded, however the work in between ended.</summary>
    public static T AsSetup<T>(this T task) where T : TaskHandle
    {
        ArgumentNullException.ThrowIfNull(task);
        task.Task.IsSetup = true;
        return task;
    }

    /// <summary>Makes a task a teardown: it runs once everything before it has ended and its setups succeeded, and its failure leaves the run's outcome alone.</summary>
    /// <param name="failsRun">Its failure fails the run.</param>
    public static T AsTeardown<T>(this T task, Node? setups = null, bool failsRun = false) where T : TaskHandle
    {
        ArgumentNullException.ThrowIfNull(task);
        task.Task.IsTeardown = true;
        task.Task.FailsRun = failsRun;
        if (setups is null) return task;
        foreach (var setup in setups.Items.OfType<TaskDraft>()) setup.IsSetup = true;
        setups.Then(task);
        return task;
    }
}
