using System.Collections;
using Millrace.Dags;
using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>Reads what tasks take: results of others, collected results, items of lists.</summary>
sealed class TaskInputs(HomeFolder home, ITaskServices services)
{
    static readonly object?[] None = [];

    readonly ResultReader reader = new(home);
    readonly ListCache lists = new();

    internal ValueTask<object?[]> ReadAsync(DagSpec dag, TaskSpec task, TaskCode code, Assignment assignment, CancellationToken cancellation) =>
        task.Inputs.Count == 0 ? new(None) : ReadAllAsync(dag, task, code, assignment, cancellation);

    async ValueTask<object?[]> ReadAllAsync(DagSpec dag, TaskSpec task, TaskCode code, Assignment assignment, CancellationToken cancellation)
    {
        var values = new object?[task.Inputs.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var (kind, from) = task.Inputs[i];
            var type = code.InputTypes[i];
            values[i] = kind switch
            {
                InputKind.Item => await ItemAsync(dag, assignment, code, from, type, cancellation).ConfigureAwait(false),
                InputKind.Collected => await CollectAsync(assignment, from!, type, cancellation).ConfigureAwait(false),
                _ => await OneAsync(dag, assignment, from!, type, cancellation).ConfigureAwait(false),
            };
        }
        return values;
    }

    /// <summary>A result asked for by name: of a mapped task outside the asker's own mapped group, all of them.</summary>
    internal ValueTask<object?> ByNameAsync(DagSpec dag, Assignment assignment, string task, Type type, CancellationToken cancellation)
    {
        var spec = dag.Tasks.FirstOrDefault(t => t.Id == task)
            ?? throw new ResultException($"Dag '{dag.Name}' has no task '{task}' to take a result of. Its tasks are {string.Join(", ", dag.Tasks.Select(t => t.Id))}.");
        var own = dag.Tasks.First(t => t.Id == assignment.Attempt.Instance.Task);
        var together = spec.Map is null && dag.MappedGroupOf(spec) is { } group && dag.MappedGroupOf(own) == group;
        return dag.MapOf(spec) is null || together
            ? OneAsync(dag, assignment, task, type, cancellation)
            : CollectAsync(assignment, task, type, cancellation);
    }

    async ValueTask<object?> OneAsync(DagSpec dag, Assignment assignment, string task, Type type, CancellationToken cancellation)
    {
        // A single result of a mapped task is only wired inside one mapped group: instance meets instance.
        var instance = assignment.Attempt.Instance;
        var id = new InstanceId(instance.Run, task, IsMapped(dag, task) ? instance.MapIndex : InstanceId.Unmapped);
        var value = await services.ReadResultAsync(id, cancellation).ConfigureAwait(false);
        if (value is not null) return reader.Read(value, type, task);
        // A task that was skipped or failed has none; with a rule that lets this one run all the same, it gets the empty value.
        if (!type.IsValueType || Nullable.GetUnderlyingType(type) is not null) return null;
        throw new ResultException($"Task '{task}' has no result in this run, and '{type.Name}' has no empty value. "
            + $"Let '{instance.Task}' take '{type.Name}?', or give it a trigger rule that waits for '{task}' to succeed.");
    }

    static bool IsMapped(DagSpec dag, string task) => dag.Tasks.FirstOrDefault(t => t.Id == task) is { } spec && dag.MapOf(spec) is not null;

    /// <summary>Instances without a result, such as skipped ones, are left out.</summary>
    async ValueTask<object?> CollectAsync(Assignment assignment, string task, Type type, CancellationToken cancellation)
    {
        var item = ItemType(type);
        var rows = await services.ReadResultsAsync(assignment.Attempt.Instance.Run, task, cancellation).ConfigureAwait(false);
        var values = Array.CreateInstance(item, rows.Count);
        for (var i = 0; i < rows.Count; i++) values.SetValue(reader.Read(rows[i].Value, item, task), i);
        if (type.IsInstanceOfType(values)) return values;
        // Asked for by name as a List<T>.
        return Activator.CreateInstance(type, values);
    }

    async ValueTask<object?> ItemAsync(DagSpec dag, Assignment assignment, TaskCode code, string? task, Type type, CancellationToken cancellation)
    {
        // Mapped over a mapped task: instance i has what instance i of that one returned.
        if (task is not null && dag.Tasks.FirstOrDefault(t => t.Id == task) is { } source && dag.MapOf(source) is not null)
            return await OneAsync(dag, assignment, task, type, cancellation).ConfigureAwait(false);
        var instance = assignment.Attempt.Instance;
        var list = task is null ? (IList)(code.MapItems as IList ?? code.MapItems!.ToArray()) : await ListAsync(assignment, task, type, cancellation).ConfigureAwait(false);
        return instance.MapIndex >= 0 && instance.MapIndex < list.Count ? list[instance.MapIndex]
            : throw new ResultException($"Instance {instance.MapIndex} of '{instance.Task}' has no item: the list it is mapped over has {list.Count}. Clear '{task ?? instance.Task}' to map it again.");
    }

    ValueTask<IList> ListAsync(Assignment assignment, string task, Type item, CancellationToken cancellation)
    {
        var run = assignment.Attempt.Instance.Run;
        return assignment.ListAttempt is { } attempt
            // Read for all instances: the cancellation of the first that asks must not fail the others.
            ? lists.GetAsync(new(run, task, attempt, item), () => ReadAsync(CancellationToken.None))
            : new(ReadAsync(cancellation));

        async Task<IList> ReadAsync(CancellationToken cancel)
        {
            var value = await services.ReadResultAsync(new(run, task, InstanceId.Unmapped), cancel).ConfigureAwait(false)
                ?? throw new ResultException($"Task '{task}', whose list '{assignment.Attempt.Instance.Task}' is mapped over, has no result in this run. Clear '{task}'.");
            return (IList)reader.Read(value, item.MakeArrayType(), task)!;
        }
    }

    static Type ItemType(Type list) =>
        list.IsArray ? list.GetElementType()!
        : list.GetInterfaces().Append(list).FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0]
        ?? throw new ResultException($"The results of a mapped task are a list; '{list.Name}' is none. Ask for an IReadOnlyList<{list.Name}>.");
}
