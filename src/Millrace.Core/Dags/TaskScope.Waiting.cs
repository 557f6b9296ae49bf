using System.Text.Json;

namespace Millrace.Dags;

// Tasks without a function of their own, and those that wait without holding a worker.
public abstract partial class TaskScope
{
    /// <summary>A task that does nothing: a place for edges to meet.</summary>
    public TaskHandle Empty(string id, TaskOptions? options = null) =>
        new(Draft, Draft.Add(new TaskDraft { Id = FullId(id), Group = Scope, Kind = TaskKind.Empty, Options = options ?? new() }));

    /// <summary>Declares a task that looks at a condition until it holds; between two looks it holds no worker.</summary>
    /// <param name="every">30 seconds unless said.</param>
    /// <param name="timeout">From the first look; 7 days unless said. Then it fails.</param>
    /// <param name="softFail">When the time is over it is skipped in place of failing.</param>
    public TaskHandle Sensor(string id, Func<bool> condition, TimeSpan? every = null, TimeSpan? timeout = null, bool softFail = false, TaskOptions? options = null) =>
        Looks(id, _ => new(condition()), every, timeout, softFail, options);

    /// <inheritdoc cref="Sensor(string, Func{bool}, TimeSpan?, TimeSpan?, bool, TaskOptions?)"/>
    public TaskHandle Sensor(string id, Func<TaskContext, bool> condition, TimeSpan? every = null, TimeSpan? timeout = null, bool softFail = false, TaskOptions? options = null) =>
        Looks(id, c => new(condition(c)), every, timeout, softFail, options);

    /// <inheritdoc cref="Sensor(string, Func{bool}, TimeSpan?, TimeSpan?, bool, TaskOptions?)"/>
    public TaskHandle Sensor(string id, Func<Task<bool>> condition, TimeSpan? every = null, TimeSpan? timeout = null, bool softFail = false, TaskOptions? options = null) =>
        Looks(id, _ => new(condition()), every, timeout, softFail, options);

    /// <inheritdoc cref="Sensor(string, Func{bool}, TimeSpan?, TimeSpan?, bool, TaskOptions?)"/>
    public TaskHandle Sensor(string id, Func<TaskContext, Task<bool>> condition, TimeSpan? every = null, TimeSpan? timeout = null, bool softFail = false, TaskOptions? options = null) =>
        Looks(id, c => new(condition(c)), every, timeout, softFail, options);

    /// <summary>Declares a sensor that finds something: what it finds is its result, and null says that it isn't there yet. Between two looks it holds no worker.</summary>
    /// <inheritdoc cref="Sensor(string, Func{bool}, TimeSpan?, TimeSpan?, bool, TaskOptions?)"/>
    public TaskHandle<TR> Sensor<TR>(string id, Func<TaskContext, Task<TR?>> find, TimeSpan? every = null, TimeSpan? timeout = null, bool softFail = false, TaskOptions? options = null) where TR : class =>
        new(Draft, Draft.Add(new TaskDraft
        {
            Id = FullId(id),
            Group = Scope,
            Kind = TaskKind.Sensor,
            Options = options ?? new(),
            Body = async (context, _) => await find(context).ConfigureAwait(false),
            ResultType = Plain(id, typeof(TR)),
            Sensor = Looking(every, timeout, softFail),
        }));

    /// <summary>Waits for a file or folder; the last part of the path may have <c>*</c> and <c>?</c>.</summary>
    /// <inheritdoc cref="Sensor(string, Func{bool}, TimeSpan?, TimeSpan?, bool, TaskOptions?)"/>
    public TaskHandle FileSensor(string id, string path, TimeSpan? every = null, TimeSpan? timeout = null, bool softFail = false, TaskOptions? options = null) =>
        Looks(id, _ => new(IsThere(path)), every, timeout, softFail, options, path);

    /// <inheritdoc cref="FileSensor(string, string, TimeSpan?, TimeSpan?, bool, TaskOptions?)"/>
    public TaskHandle FileSensor(string id, Func<TaskContext, string> path, TimeSpan? every = null, TimeSpan? timeout = null, bool softFail = false, TaskOptions? options = null) =>
        Looks(id, c => new(IsThere(path(c))), every, timeout, softFail, options);

    /// <summary>Waits until an instant, such as <c>c => c.LogicalTime.AddHours(6)</c>.</summary>
    public TaskHandle TimeSensor(string id, Func<TaskContext, DateTimeOffset> until, TimeSpan? every = null, TaskOptions? options = null) =>
        Looks(id, c => new(c.Time.GetUtcNow() >= until(c)), every, TimeSpan.FromDays(3650), false, options);

    /// <summary>Starts a run of another Dag.</summary>
    /// <param name="wait">The task ends with that run, as it does; it holds no worker meanwhile.</param>
    /// <param name="params">An object whose properties are that Dag's params: <c>new { day = "2026-11-21" }</c>.</param>
    public TaskHandle TriggerDag(string id, string dag, bool wait = false, object? @params = null, TaskOptions? options = null)
    {
        Names.Check("Dag", dag, null);
        var json = @params is null ? null : JsonSerializer.Serialize(@params, ParamSet.Json);
        if (json is not null && json[0] != '{')
            throw new DagException($"Task '{id}' of Dag '{Draft.Name}' triggers '{dag}' with the params {json}, which are not an object. Pass one such as new {{ day = \"2026-11-21\" }}.");
        return new(Draft, Draft.Add(new TaskDraft
        {
            Id = FullId(id),
            Group = Scope,
            Kind = TaskKind.TriggerDag,
            Options = options ?? new(),
            Trigger = new() { Dag = dag, Wait = wait, Params = json },
        }));
    }

    TaskHandle Looks(string id, Func<TaskContext, ValueTask<bool>> condition, TimeSpan? every, TimeSpan? timeout, bool softFail, TaskOptions? options, string? text = null) =>
        new(Draft, Draft.Add(new TaskDraft
        {
            Id = FullId(id),
            Group = Scope,
            Kind = TaskKind.Sensor,
            Options = options ?? new(),
            Condition = (context, _) => condition(context),
            CommandText = text,
            Sensor = Looking(every, timeout, softFail),
        }));

    static SensorSpec Looking(TimeSpan? every, TimeSpan? timeout, bool softFail)
    {
        var defaults = new SensorSpec();
        return new() { Interval = every ?? defaults.Interval, Timeout = timeout ?? defaults.Timeout, SoftFail = softFail };
    }

    static bool IsThere(string path)
    {
        var name = Path.GetFileName(path);
        if (!name.AsSpan().ContainsAny('*', '?')) return Path.Exists(path);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder, name).Any();
    }
}
