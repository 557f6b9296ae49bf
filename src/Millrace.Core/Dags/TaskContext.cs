using Microsoft.Extensions.Logging;
using Millrace.Execution;
using Millrace.Runs;

namespace Millrace.Dags;

/// <summary>What a task may know of the run and the attempt it is part of.</summary>
public sealed class TaskContext
{
    readonly ITaskHost host;

    internal TaskContext(ITaskHost host) => this.host = host;

    public required string DagName { get; init; }
    /// <summary>The run's readable key, such as <c>scheduled__2026-11-21T00:00:00Z</c>.</summary>
    public required string RunId { get; init; }
    public required string TaskId { get; init; }
    /// <summary>Of a mapped task: which instance this is, from 0.</summary>
    public int? MapIndex { get; init; }
    /// <summary>1 for the first try.</summary>
    public int Attempt { get; init; } = 1;
    public int MaxAttempts { get; init; } = 1;
    /// <summary>Whether a failure now is final.</summary>
    public bool IsLastAttempt => Attempt >= MaxAttempts;

    /// <summary>The instant the run was due, or was triggered for.</summary>
    public required DateTimeOffset LogicalTime { get; init; }
    /// <summary>From the firing before to this run's own: what a run that handles "what is new" covers.</summary>
    public required DataInterval DataInterval { get; init; }
    public ParamSet Params { get; init; } = ParamSet.Empty;
    /// <summary>Writes to the attempt's log.</summary>
    public required ILogger Logger { get; init; }
    /// <summary>Cancelled when the attempt times out, the run is cancelled or the worker must stop.</summary>
    public CancellationToken Cancellation { get; init; }
    /// <summary>The records that started the run, if records did.</summary>
    internal RunRecords? Records { get; init; }
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    public T Get<T>(Param<T> param)
    {
        ArgumentNullException.ThrowIfNull(param);
        return Params.Get<T>(param.Name);
    }

    /// <summary>The result of a task of this run, whether or not it is an input of this one.</summary>
    public ValueTask<T> ResultOfAsync<T>(TaskHandle<T> task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return ResultOfAsync<T>(task.Id);
    }

    /// <summary>The results of all instances of a mapped task of this run.</summary>
    public async ValueTask<IReadOnlyList<T>> ResultOfAsync<T>(MappedHandle<T> task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return (IReadOnlyList<T>)(await host.ResultAsync(task.Id, typeof(IReadOnlyList<T>), Cancellation).ConfigureAwait(false))!;
    }

    /// <inheritdoc cref="ResultOfAsync{T}(TaskHandle{T})"/>
    /// <param name="taskId">In a group, <c>group.task</c>; of a mapped task, T is a list.</param>
    public async ValueTask<T> ResultOfAsync<T>(string taskId) =>
        (T)(await host.ResultAsync(taskId, typeof(T), Cancellation).ConfigureAwait(false))!;

    /// <summary>Null when there is no such variable.</summary>
    public ValueTask<string?> VariableAsync(string name) => host.VariableAsync(name, Cancellation);

    /// <inheritdoc cref="ITaskHost.Home"/>
    internal HomeFolder Home => host.Home;

    /// <summary>A path in the home folder's results that is this attempt's own: write a large result there and return a <see cref="FileResult"/>.</summary>
    public string NewFile(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return Path.GetFileName(name) == name ? host.NewFile(name)
            : throw new ArgumentException($"'{name}' is not a plain file name. Leave out the folders.", nameof(name));
    }
}

/// <summary>From the first instant, included, to the second, excluded.</summary>
public readonly record struct DataInterval(DateTimeOffset Start, DateTimeOffset End);

/// <summary>A large result, passed to other tasks by reference: only the path is stored.</summary>
public sealed record FileResult(string Path);

/// <summary>Where an attempt runs: a worker process, the host itself, or the test kit.</summary>
interface ITaskHost
{
    /// <param name="type">For the results of a mapped task, an IReadOnlyList.</param>
    ValueTask<object?> ResultAsync(string task, Type type, CancellationToken cancellation);
    ValueTask<string?> VariableAsync(string name, CancellationToken cancellation);
    string NewFile(string name);
    /// <summary>Where the process that runs the attempt has what is of this machine: its event broker, and how to reach another.</summary>
    HomeFolder Home { get; }
}
