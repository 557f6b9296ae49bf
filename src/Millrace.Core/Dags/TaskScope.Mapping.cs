namespace Millrace.Dags;

// Mapped functions: over another task's list or a list of the author's, with or without a TaskContext and one more input
// that is the same for every instance.
public abstract partial class TaskScope
{
    /// <summary>Declares a task with one instance per item; what it returns is, to other tasks, the list of all its instances' results.</summary>
    public MappedHandle<TR> Map<T, TR>(string id, IInput<IEnumerable<T>> items, Func<T, TR> function, TaskOptions? options = null) => Maps(id, options, Over(items), typeof(T), null, (_, v) => function(In<T>(v, 0)));
    public MappedHandle<TR> Map<T, TR>(string id, IInput<IEnumerable<T>> items, Func<T, Task<TR>> function, TaskOptions? options = null) => MapsAsync(id, options, Over(items), typeof(T), null, (_, v) => function(In<T>(v, 0)));
    public TaskHandle Map<T>(string id, IInput<IEnumerable<T>> items, Action<T> function, TaskOptions? options = null) => MapsSilent(id, options, Over(items), typeof(T), null, (_, v) => function(In<T>(v, 0)));
    public TaskHandle Map<T>(string id, IInput<IEnumerable<T>> items, Func<T, Task> function, TaskOptions? options = null) => MapsSilentAsync(id, options, Over(items), typeof(T), null, (_, v) => function(In<T>(v, 0)));
    public MappedHandle<TR> Map<T, TR>(string id, IInput<IEnumerable<T>> items, Func<TaskContext, T, TR> function, TaskOptions? options = null) => Maps(id, options, Over(items), typeof(T), null, (c, v) => function(c, In<T>(v, 0)));
    public MappedHandle<TR> Map<T, TR>(string id, IInput<IEnumerable<T>> items, Func<TaskContext, T, Task<TR>> function, TaskOptions? options = null) => MapsAsync(id, options, Over(items), typeof(T), null, (c, v) => function(c, In<T>(v, 0)));
    public TaskHandle Map<T>(string id, IInput<IEnumerable<T>> items, Action<TaskContext, T> function, TaskOptions? options = null) => MapsSilent(id, options, Over(items), typeof(T), null, (c, v) => function(c, In<T>(v, 0)));
    public TaskHandle Map<T>(string id, IInput<IEnumerable<T>> items, Func<TaskContext, T, Task> function, TaskOptions? options = null) => MapsSilentAsync(id, options, Over(items), typeof(T), null, (c, v) => function(c, In<T>(v, 0)));

    public MappedHandle<TR> Map<T, TR>(string id, IEnumerable<T> items, Func<T, TR> function, TaskOptions? options = null) => Maps(id, options, Over(items), typeof(T), null, (_, v) => function(In<T>(v, 0)));
    public MappedHandle<TR> Map<T, TR>(string id, IEnumerable<T> items, Func<T, Task<TR>> function, TaskOptions? options = null) => MapsAsync(id, options, Over(items), typeof(T), null, (_, v) => function(In<T>(v, 0)));
    public TaskHandle Map<T>(string id, IEnumerable<T> items, Action<T> function, TaskOptions? options = null) => MapsSilent(id, options, Over(items), typeof(T), null, (_, v) => function(In<T>(v, 0)));
    public TaskHandle Map<T>(string id, IEnumerable<T> items, Func<T, Task> function, TaskOptions? options = null) => MapsSilentAsync(id, options, Over(items), typeof(T), null, (_, v) => function(In<T>(v, 0)));
    public MappedHandle<TR> Map<T, TR>(string id, IEnumerable<T> items, Func<TaskContext, T, TR> function, TaskOptions? options = null) => Maps(id, options, Over(items), typeof(T), null, (c, v) => function(c, In<T>(v, 0)));
    public MappedHandle<TR> Map<T, TR>(string id, IEnumerable<T> items, Func<TaskContext, T, Task<TR>> function, TaskOptions? options = null) => MapsAsync(id, options, Over(items), typeof(T), null, (c, v) => function(c, In<T>(v, 0)));
    public TaskHandle Map<T>(string id, IEnumerable<T> items, Action<TaskContext, T> function, TaskOptions? options = null) => MapsSilent(id, options, Over(items), typeof(T), null, (c, v) => function(c, In<T>(v, 0)));
    public TaskHandle Map<T>(string id, IEnumerable<T> items, Func<TaskContext, T, Task> function, TaskOptions? options = null) => MapsSilentAsync(id, options, Over(items), typeof(T), null, (c, v) => function(c, In<T>(v, 0)));

    public MappedHandle<TR> Map<T, T2, TR>(string id, IInput<IEnumerable<T>> items, IInput<T2> input, Func<T, T2, TR> function, TaskOptions? options = null) => Maps(id, options, Over(items), typeof(T), input, (_, v) => function(In<T>(v, 0), In<T2>(v, 1)));
    public MappedHandle<TR> Map<T, T2, TR>(string id, IInput<IEnumerable<T>> items, IInput<T2> input, Func<T, T2, Task<TR>> function, TaskOptions? options = null) => MapsAsync(id, options, Over(items), typeof(T), input, (_, v) => function(In<T>(v, 0), In<T2>(v, 1)));
    public TaskHandle Map<T, T2>(string id, IInput<IEnumerable<T>> items, IInput<T2> input, Action<T, T2> function, TaskOptions? options = null) => MapsSilent(id, options, Over(items), typeof(T), input, (_, v) => function(In<T>(v, 0), In<T2>(v, 1)));
    public TaskHandle Map<T, T2>(string id, IInput<IEnumerable<T>> items, IInput<T2> input, Func<T, T2, Task> function, TaskOptions? options = null) => MapsSilentAsync(id, options, Over(items), typeof(T), input, (_, v) => function(In<T>(v, 0), In<T2>(v, 1)));
    public MappedHandle<TR> Map<T, T2, TR>(string id, IInput<IEnumerable<T>> items, IInput<T2> input, Func<TaskContext, T, T2, TR> function, TaskOptions? options = null) => Maps(id, options, Over(items), typeof(T), input, (c, v) => function(c, In<T>(v, 0), In<T2>(v, 1)));
    public MappedHandle<TR> Map<T, T2, TR>(string id, IInput<IEnumerable<T>> items, IInput<T2> input, Func<TaskContext, T, T2, Task<TR>> function, TaskOptions? options = null) => MapsAsync(id, options, Over(items), typeof(T), input, (c, v) => function(c, In<T>(v, 0), In<T2>(v, 1)));
    public TaskHandle Map<T, T2>(string id, IInput<IEnumerable<T>> items, IInput<T2> input, Action<TaskContext, T, T2> function, TaskOptions? options = null) => MapsSilent(id, options, Over(items), typeof(T), input, (c, v) => function(c, In<T>(v, 0), In<T2>(v, 1)));
    public TaskHandle Map<T, T2>(string id, IInput<IEnumerable<T>> items, IInput<T2> input, Func<TaskContext, T, T2, Task> function, TaskOptions? options = null) => MapsSilentAsync(id, options, Over(items), typeof(T), input, (c, v) => function(c, In<T>(v, 0), In<T2>(v, 1)));

    public MappedHandle<TR> Map<T, T2, TR>(string id, IEnumerable<T> items, IInput<T2> input, Func<T, T2, TR> function, TaskOptions? options = null) => Maps(id, options, Over(items), typeof(T), input, (_, v) => function(In<T>(v, 0), In<T2>(v, 1)));
    public MappedHandle<TR> Map<T, T2, TR>(string id, IEnumerable<T> items, IInput<T2> input, Func<T, T2, Task<TR>> function, TaskOptions? options = null) => MapsAsync(id, options, Over(items), typeof(T), input, (_, v) => function(In<T>(v, 0), In<T2>(v, 1)));
    public TaskHandle Map<T, T2>(string id, IEnumerable<T> items, IInput<T2> input, Action<T, T2> function, TaskOptions? options = null) => MapsSilent(id, options, Over(items), typeof(T), input, (_, v) => function(In<T>(v, 0), In<T2>(v, 1)));
    public TaskHandle Map<T, T2>(string id, IEnumerable<T> items, IInput<T2> input, Func<T, T2, Task> function, TaskOptions? options = null) => MapsSilentAsync(id, options, Over(items), typeof(T), input, (_, v) => function(In<T>(v, 0), In<T2>(v, 1)));
    public MappedHandle<TR> Map<T, T2, TR>(string id, IEnumerable<T> items, IInput<T2> input, Func<TaskContext, T, T2, TR> function, TaskOptions? options = null) => Maps(id, options, Over(items), typeof(T), input, (c, v) => function(c, In<T>(v, 0), In<T2>(v, 1)));
    public MappedHandle<TR> Map<T, T2, TR>(string id, IEnumerable<T> items, IInput<T2> input, Func<TaskContext, T, T2, Task<TR>> function, TaskOptions? options = null) => MapsAsync(id, options, Over(items), typeof(T), input, (c, v) => function(c, In<T>(v, 0), In<T2>(v, 1)));
    public TaskHandle Map<T, T2>(string id, IEnumerable<T> items, IInput<T2> input, Action<TaskContext, T, T2> function, TaskOptions? options = null) => MapsSilent(id, options, Over(items), typeof(T), input, (c, v) => function(c, In<T>(v, 0), In<T2>(v, 1)));
    public TaskHandle Map<T, T2>(string id, IEnumerable<T> items, IInput<T2> input, Func<TaskContext, T, T2, Task> function, TaskOptions? options = null) => MapsSilentAsync(id, options, Over(items), typeof(T), input, (c, v) => function(c, In<T>(v, 0), In<T2>(v, 1)));

    MappedHandle<TR> Maps<TR>(string id, TaskOptions? options, MapDraft over, Type item, IInput? input, Func<TaskContext, object?[], TR> body) =>
        Collected<TR>(AddMapped(id, options, over, item, input, (c, v) => new(body(c, v)), typeof(TR)));

    MappedHandle<TR> MapsAsync<TR>(string id, TaskOptions? options, MapDraft over, Type item, IInput? input, Func<TaskContext, object?[], Task<TR>> body) =>
        Collected<TR>(AddMapped(id, options, over, item, input, async (c, v) => await body(c, v).ConfigureAwait(false), typeof(TR)));

    TaskHandle MapsSilent(string id, TaskOptions? options, MapDraft over, Type item, IInput? input, Action<TaskContext, object?[]> body) =>
        new(Draft, AddMapped(id, options, over, item, input, Silent(body), null));

    TaskHandle MapsSilentAsync(string id, TaskOptions? options, MapDraft over, Type item, IInput? input, Func<TaskContext, object?[], Task> body) =>
        new(Draft, AddMapped(id, options, over, item, input, SilentAsync(body), null));

    MappedHandle<TR> Collected<TR>(TaskDraft task) => new(Draft, task, task);

    TaskDraft AddMapped(string id, TaskOptions? options, MapDraft over, Type item, IInput? input, Func<TaskContext, object?[], ValueTask<object?>> body, Type? result)
    {
        CheckNotMapped("task", id);
        return Draft.Add(new TaskDraft
        {
            Id = FullId(id),
            Group = Scope,
            Kind = TaskKind.Function,
            Options = options ?? new(),
            Inputs = [new(Draft, over.Source, item, InputKind.Item), .. input is null ? [] : Sources([input])],
            Map = over,
            Body = body,
            ResultType = Plain(id, result),
        });
    }
}
