namespace Millrace.Dags;

/// <summary>Where tasks are declared: a Dag or a group.</summary>
public abstract partial class TaskScope
{
    private protected TaskScope(DagDraft draft, GroupDraft? group) => (Draft, Scope) = (draft, group);

    internal DagDraft Draft { get; }
    internal GroupDraft? Scope { get; }

    string FullId(string id)
    {
        Names.Check("Task", id, Draft.Name);
        return Scope is null ? id : $"{Scope.Id}.{id}";
    }

    TaskDraft Add(string id, TaskOptions? options, IInput[] inputs, Func<TaskContext, object?[], ValueTask<object?>> body, Type? result, TaskKind kind = TaskKind.Function, bool respectsTriggerRules = false) =>
        Draft.Add(new TaskDraft
        {
            Id = FullId(id),
            Group = Scope,
            Kind = kind,
            Options = options ?? new(),
            Inputs = Sources(inputs),
            Body = body,
            ResultType = Plain(id, result),
            RespectsTriggerRules = respectsTriggerRules,
        });

    TaskHandle<TR> Returns<TR>(string id, TaskOptions? options, IInput[] inputs, Func<TaskContext, object?[], TR> body) =>
        new(Draft, Add(id, options, inputs, (c, v) => new(body(c, v)), typeof(TR)));

    TaskHandle<TR> ReturnsAsync<TR>(string id, TaskOptions? options, IInput[] inputs, Func<TaskContext, object?[], Task<TR>> body) =>
        new(Draft, Add(id, options, inputs, async (c, v) => await body(c, v).ConfigureAwait(false), typeof(TR)));

    TaskHandle Does(string id, TaskOptions? options, IInput[] inputs, Action<TaskContext, object?[]> body) =>
        new(Draft, Add(id, options, inputs, Silent(body), null));

    TaskHandle DoesAsync(string id, TaskOptions? options, IInput[] inputs, Func<TaskContext, object?[], Task> body) =>
        new(Draft, Add(id, options, inputs, SilentAsync(body), null));

    static Func<TaskContext, object?[], ValueTask<object?>> Silent(Action<TaskContext, object?[]> body) => (context, values) =>
    {
        body(context, values);
        return default;
    };

    static Func<TaskContext, object?[], ValueTask<object?>> SilentAsync(Func<TaskContext, object?[], Task> body) => async (context, values) =>
    {
        await body(context, values).ConfigureAwait(false);
        return null;
    };

    static InputSource[] Sources(IInput[] inputs) => [.. inputs.Select(i =>
    {
        ArgumentNullException.ThrowIfNull(i, nameof(inputs));
        return i.Source;
    })];

    // The overloads unwrap Task<T>; any other kind of promise would be taken for the result itself.
    Type? Plain(string id, Type? result) =>
        result is { IsGenericType: true } && result.GetGenericTypeDefinition() is var open && (open == typeof(ValueTask<>) || open == typeof(Task<>))
            || result == typeof(ValueTask) || result == typeof(Task)
            ? throw new DagException($"Task '{id}' of Dag '{Draft.Name}' returns a {result!.Name.Split('`')[0]} that is not awaited. Write its function as an async lambda that awaits it, or let it return Task or Task<T>.")
            : result;

    // Under some trigger rules a task runs though an input's task was skipped: there is nothing to hand over then.
    static T In<T>(object?[] values, int index) => values[index] switch
    {
        T value => value,
        null when default(T) is null => default!,
        null => throw new InvalidOperationException($"Input {index + 1} has no value: its task returned null or was skipped. Take a {typeof(T).Name}? where that may happen."),
        var other => throw new InvalidOperationException($"Input {index + 1} is a {other.GetType()}, not the {typeof(T)} that the function takes."),
    };
}
