using System.Globalization;
using System.Text;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Runs;

namespace Millrace.Testing;

/// <summary>How a run of <see cref="DagTest"/> went.</summary>
public sealed class DagTestRun
{
    readonly LocalRecord record;
    readonly LocalServices services;
    readonly HomeFolder home;

    internal DagTestRun(LocalRecord record, LocalServices services, HomeFolder home)
    {
        (this.record, this.services, this.home) = (record, services, home);
        var histories = record.Transitions.Where(step => step.Task.Length > 0).ToLookup(step => (step.Task, step.MapIndex));
        Tasks = [.. record.Run.Instances.Select(instance => new DagTestTask(this, instance, [.. histories[(instance.Id.Task, instance.Id.MapIndex)].Select(step => TaskStates.Parse(step.To))]))];
    }

    public RunState State => record.Run.Row.State;
    /// <summary>One line: why the run failed.</summary>
    public string? Reason => record.Run.Row.Note;
    /// <summary>The run's readable key, as tasks see it in their context.</summary>
    public string RunId => record.Run.Row.Key;
    public DateTimeOffset LogicalTime => record.Run.Row.LogicalTime;
    public DataInterval DataInterval => new(record.Run.Row.IntervalStart, record.Run.Row.IntervalEnd);
    public DateTimeOffset StartedAt => record.Run.Row.StartedAt!.Value;
    public DateTimeOffset EndedAt => record.Run.Row.EndedAt!.Value;
    /// <summary>On the virtual clock.</summary>
    public TimeSpan Duration => EndedAt - StartedAt;

    /// <summary>All task instances, in the order in which the Dag declares them.</summary>
    public IReadOnlyList<DagTestTask> Tasks { get; }

    /// <summary>A task that is not mapped, or one that was never mapped out.</summary>
    public DagTestTask this[string task]
    {
        get
        {
            var instances = InstancesOf(task);
            return instances.Count == 1 && instances[0].MapIndex is null ? instances[0]
                : throw new ArgumentException($"Task '{task}' is mapped and has {instances.Count} instances. Ask for one with run[\"{task}\", mapIndex: 0], or for all with InstancesOf(\"{task}\").", nameof(task));
        }
    }

    /// <summary>One instance of a mapped task.</summary>
    public DagTestTask this[string task, int mapIndex] => InstancesOf(task).FirstOrDefault(instance => instance.MapIndex == mapIndex)
        ?? throw new ArgumentException($"Task '{task}' has no instance {mapIndex}: {Count(InstancesOf(task))}.", nameof(mapIndex));

    public IReadOnlyList<DagTestTask> InstancesOf(string task)
    {
        DagTestTask[] found = [.. Tasks.Where(instance => instance.Id == task)];
        return found.Length > 0 ? found
            : throw new ArgumentException($"Dag '{record.Dag.Name}' has no task '{task}'{Nearest.Hint(task, Tasks.Select(instance => instance.Id).Distinct())}.", nameof(task));
    }

    /// <summary>What a task returned; of a mapped one, T is a list.</summary>
    public T Result<T>(string task)
    {
        if (InstancesOf(task) is [{ MapIndex: null } single]) return single.Result<T>();
        var items = services.FindAll(record.Run.Id, task);
        var json = "[" + string.Join(",", items.Select(row => Encoding.UTF8.GetString(row.Value.Json ?? File.ReadAllBytes(home.Resolve(row.Value.File!))))) + "]";
        return (T)new ResultReader(home).Read(new ResultValue(Encoding.UTF8.GetBytes(json), null, json.Length, items.Count, "list"), typeof(T), task)!;
    }

    /// <inheritdoc cref="Result{T}(string)"/>
    public T Result<T>(TaskHandle<T> task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Result<T>(task.Id);
    }

    /// <summary>Callbacks of tasks and of the run, in the order they were called.</summary>
    public IReadOnlyList<DagTestCallback> Callbacks =>
        [.. record.Callbacks.Select(call => new DagTestCallback(call.Row.Kind, call.Row.Id.Task.Length == 0 ? null : call.Row.Id.Task, Index(call.Row.Id), call.Row.Attempt, call.Row.Reason, call.Error))];

    /// <summary>The runs that trigger tasks asked for.</summary>
    public IReadOnlyList<DagTestTrigger> Triggered =>
        [.. record.Children.Select(child => new DagTestTrigger(child.By.Task, child.Trigger.Dag, child.Trigger.Params, child.Record is { } known ? new DagTestRun(known, services, home) : null))];

    /// <summary>Names of the assets that were updated, in order.</summary>
    public IReadOnlyList<string> UpdatedAssets => [.. record.AssetEvents.Select(update => update.Asset)];

    /// <summary>Every step of every task and of the run itself, one a line, for a failing test to print.</summary>
    public string History => string.Join('\n', record.Transitions.Select(step => string.Create(CultureInfo.InvariantCulture,
        $"{step.At:yyyy-MM-dd HH:mm:ss.fff} {(step.Task.Length == 0 ? "run" : step.MapIndex == InstanceId.Unmapped ? step.Task : $"{step.Task}[{step.MapIndex}]")}: {step.From} -> {step.To}{(step.Reason is null ? "" : $" ({step.Reason})")}")));

    /// <summary>The run's and every task's state, one a line.</summary>
    public override string ToString() =>
        string.Join('\n', Tasks.Select(task => "  " + task).Prepend($"{record.Dag.Name} {RunId}: {State.Name()}{(Reason is null ? "" : $" ({Reason})")}"));

    internal string LogOf(TaskInstance instance)
    {
        var log = new StringBuilder();
        for (var attempt = 1; attempt <= instance.Attempt; attempt++)
        {
            var file = home.AttemptLog(record.Run.Row.Dag, record.Run.Row.Key, instance.Id.Task, instance.Id.MapIndex, attempt);
            if (File.Exists(file)) log.Append(File.ReadAllText(file));
        }
        return log.ToString();
    }

    internal T ResultOf<T>(TaskInstance instance) => services.Find(instance.Id) is { } value
        ? (T)new ResultReader(home).Read(value, typeof(T), instance.Id.Task)!
        : throw new InvalidOperationException($"Task '{instance.Id.Task}' has no result: it is {instance.State.Name()}{(instance.Reason is null ? "" : $" ({instance.Reason})")}.");

    internal static int? Index(InstanceId id) => id.MapIndex == InstanceId.Unmapped ? null : id.MapIndex;

    static string Count(IReadOnlyList<DagTestTask> instances) =>
        instances is [{ MapIndex: null } single] ? $"it was never mapped out and is {single.State.Name()}" : $"it has {instances.Count}, from 0 to {instances.Count - 1}";
}

/// <summary>A callback that was called.</summary>
/// <param name="Task">Null when it was the run's.</param>
/// <param name="Error">What the callback itself failed with; null when it returned.</param>
public sealed record DagTestCallback(CallbackKinds Kind, string? Task, int? MapIndex, int Attempt, string? Reason, string? Error);

/// <summary>A run that a trigger task asked for.</summary>
/// <param name="Params">A JSON object; null when none were given.</param>
/// <param name="Run">Null when the Dag was not made known with <see cref="DagTest.Knowing"/>.</param>
public sealed record DagTestTrigger(string Task, string Dag, string? Params, DagTestRun? Run);
