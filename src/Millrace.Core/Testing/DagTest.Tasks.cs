using Millrace.Dags;

namespace Millrace.Testing;

// What a test changes in single tasks.
public sealed partial class DagTest
{
    /// <summary>The first attempts of the task fail, before its body runs.</summary>
    /// <param name="task">Its id; in a group, <c>group.task</c>.</param>
    /// <param name="times">Attempts that fail; all of them unless said.</param>
    /// <param name="mapIndex">Of a mapped task: only this instance fails.</param>
    /// <param name="with">What is thrown, for retry predicates to look at.</param>
    public DagTest Failing(string task, int times = int.MaxValue, int? mapIndex = null, Func<Exception>? with = null)
    {
        var spec = SpecOf(task);
        if (spec.Kind == TaskKind.Empty) throw new ArgumentException($"Task '{task}' is empty and runs no code: it can't fail. Name another, or fail what comes before it.", nameof(task));
        var told = $"'{task}' fails in this test";
        if (spec.Kind == TaskKind.TriggerDag) return new(plan with { TriggerFaults = plan.TriggerFaults.SetItem(task, told) });
        return Changing(task, (_, code) =>
        {
            void Fail(TaskContext context)
            {
                if (context.Attempt > times || mapIndex is not null && context.MapIndex != mapIndex) return;
                throw with?.Invoke() ?? new InvalidOperationException(times == int.MaxValue ? told : $"{told} ({context.Attempt} of {times})");
            }

            return code with
            {
                Body = code.Body is { } body ? (c, v) => { Fail(c); return body(c, v); } : null,
                Condition = code.Condition is { } condition ? (c, v) => { Fail(c); return condition(c, v); } : null,
                Command = code.Command is { } command ? (c, v) => { Fail(c); return command(c, v); } : null,
            };
        });
    }

    /// <summary>Another body in place of the task's own, whatever kind it is: for a branch it returns ids, for a sensor whether its condition holds.</summary>
    public DagTest Replacing<T>(string task, Func<TaskContext, Task<T>> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var spec = SpecOf(task);
        if (spec.Kind is TaskKind.Empty or TaskKind.TriggerDag)
            throw new ArgumentException($"Task '{task}' runs no code that could be replaced.", nameof(task));
        var declared = plan.Dag.CodeOf(task).ResultType;
        var onlyHolds = spec.Kind == TaskKind.Sensor && declared is null;
        if (!Fits(spec.Kind, declared, typeof(T)))
            throw new ArgumentException($"Task '{task}' returns {(onlyHolds ? "bool" : declared?.Name ?? "nothing")}, its replacement {typeof(T).Name}. Return what the task returns.", nameof(body));
        return Changing(task, (_, code) => onlyHolds
            ? code with { Condition = async (context, _) => (bool)(object)(await body(context).ConfigureAwait(false))! }
            : code with { Command = null, Body = async (context, _) => Answer(spec, await body(context).ConfigureAwait(false)), ResultType = declared ?? typeof(T) });
    }

    /// <inheritdoc cref="Replacing{T}(string, Func{TaskContext, Task{T}})"/>
    public DagTest Replacing<T>(string task, Func<TaskContext, T> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Replacing(task, context => Task.FromResult(body(context)));
    }

    /// <summary>Another body in place of that of a task that returns nothing.</summary>
    public DagTest Replacing(string task, Action<TaskContext> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return ReplacingSilently(task, context =>
        {
            body(context);
            return Task.CompletedTask;
        });
    }

    /// <inheritdoc cref="Replacing(string, Action{TaskContext})"/>
    public DagTest Replacing(string task, Func<TaskContext, Task> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return ReplacingSilently(task, body);
    }

    /// <summary>The task returns this and its body never runs.</summary>
    public DagTest Returning<T>(string task, T result) => Replacing(task, _ => result);

    /// <summary>What a sensor sees, look by look; the last answer stays.</summary>
    public DagTest Seeing(string sensor, params bool[] looks)
    {
        ArgumentNullException.ThrowIfNull(looks);
        if (SpecOf(sensor).Kind != TaskKind.Sensor) throw new ArgumentException($"Task '{sensor}' is no sensor. Use Replacing or Returning.", nameof(sensor));
        if (plan.Dag.CodeOf(sensor).ResultType is { } found)
            throw new ArgumentException($"Sensor '{sensor}' finds a {found.Name}. Use Replacing, and return null until it is there.", nameof(sensor));
        if (looks.Length == 0) throw new ArgumentException($"Sensor '{sensor}' needs at least one answer.", nameof(looks));
        return Changing(sensor, (_, code) =>
        {
            var look = 0;
            return code with { Condition = (_, _) => new(looks[Math.Min(look++, looks.Length - 1)]) };
        });
    }

    DagTest ReplacingSilently(string task, Func<TaskContext, Task> body)
    {
        var spec = SpecOf(task);
        if (plan.Dag.Spec.Tasks.Any(other => other.Inputs.Any(input => input.Task == task)) || spec.Kind is TaskKind.Branch or TaskKind.ShortCircuit or TaskKind.Sensor)
            throw new ArgumentException($"Task '{task}' has a result that others need, and its replacement returns nothing. Return what the task returns.", nameof(body));
        if (spec.Kind is TaskKind.Empty or TaskKind.TriggerDag)
            throw new ArgumentException($"Task '{task}' runs no code that could be replaced.", nameof(task));
        return Changing(task, (_, code) => code with
        {
            Command = null,
            ResultType = null,
            Body = async (context, _) =>
            {
                await body(context).ConfigureAwait(false);
                return null;
            },
        });
    }

    DagTest Changing(string task, Func<TaskSpec, TaskCode, TaskCode> change) => new(plan with { Changes = plan.Changes.Add(new(task, change)) });

    static bool Fits(TaskKind kind, Type? declared, Type given) => kind switch
    {
        TaskKind.Sensor when declared is null => given == typeof(bool),
        TaskKind.Branch => typeof(IEnumerable<string>).IsAssignableFrom(given) || given == typeof(string),
        _ => declared is null || declared.IsAssignableFrom(given),
    };

    object? Answer(TaskSpec spec, object? value) => spec.Kind != TaskKind.Branch ? value
        : Choice.Check(plan.Dag.Spec, spec.Id, value switch
        {
            null => [],
            string one => [one],
            _ => (IEnumerable<string>)value,
        });
}
