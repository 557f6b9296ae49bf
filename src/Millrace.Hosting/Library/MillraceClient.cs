using System.Text.Json;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Hosting;

/// <summary>What a host's own code asks of the Millrace inside it.</summary>
public sealed class MillraceClient
{
    // Another host that shares the database may be the one that ends a run.
    static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    readonly MillraceService _service;
    readonly RunCommands _commands;

    internal MillraceClient(MillraceService service)
    {
        _service = service;
        _commands = new(service.Store, service.Time);
    }

    /// <summary>Starts a run and returns without waiting for it.</summary>
    /// <param name="parameters">An object whose properties are the Dag's params, or a JSON object as a string.</param>
    /// <param name="logicalTime">The instant the run is for; now, unless given.</param>
    /// <exception cref="CommandException">There is no such Dag, or it has a run for this time already.</exception>
    /// <exception cref="ParamException">The params don't fit the Dag.</exception>
    public async Task<RunInfo> TriggerAsync(string dag, object? parameters = null, DateTimeOffset? logicalTime = null, string? note = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(dag);
        await _service.Ready.WaitAsync(cancellation).ConfigureAwait(false);
        var run = await _commands.TriggerAsync(dag, ToJson(parameters), logicalTime, note, cancellation).ConfigureAwait(false);
        _service.Scheduler.Wake(run.Id);
        return RunInfo.Of(run, []);
    }

    /// <summary>Starts a run and waits until it has ended, well or not: its state says which.</summary>
    /// <inheritdoc cref="TriggerAsync"/>
    public async Task<RunInfo> RunAsync(string dag, object? parameters = null, DateTimeOffset? logicalTime = null, string? note = null, CancellationToken cancellation = default)
    {
        var run = await TriggerAsync(dag, parameters, logicalTime, note, cancellation).ConfigureAwait(false);
        return await WaitAsync(run.Id, cancellation).ConfigureAwait(false);
    }

    /// <summary>Waits until a run has ended.</summary>
    public async Task<RunInfo> WaitAsync(Guid run, CancellationToken cancellation = default)
    {
        await _service.Ready.WaitAsync(cancellation).ConfigureAwait(false);
        using var ended = new SemaphoreSlim(0);
        void Notice(RunRow row)
        {
            if (row.Id.Value == run) ended.Release();
        }
        _service.Scheduler.RunEnded += Notice;
        try
        {
            while (true)
            {
                var info = await FindRunAsync(run, cancellation).ConfigureAwait(false)
                    ?? throw new CommandException($"There is no run '{run}'.");
                if (info.State is RunState.Success or RunState.Failed) return info;
                await ended.WaitAsync(LookAgain, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            _service.Scheduler.RunEnded -= Notice;
        }
    }

    /// <returns>Null when there is no such run.</returns>
    public async Task<RunInfo?> FindRunAsync(Guid run, CancellationToken cancellation = default)
    {
        await _service.Ready.WaitAsync(cancellation).ConfigureAwait(false);
        return await _service.Store.LoadRunAsync(new(run), cancellation).ConfigureAwait(false) is { } kept ? RunInfo.Of(kept.Run, kept.Tasks) : null;
    }

    /// <summary>The latest runs, newest first, without their tasks.</summary>
    public async Task<IReadOnlyList<RunInfo>> ListRunsAsync(string? dag = null, int limit = 50, CancellationToken cancellation = default)
    {
        await _service.Ready.WaitAsync(cancellation).ConfigureAwait(false);
        var runs = await _service.Store.ListRunsAsync(new() { Dag = dag, Limit = limit }, cancellation).ConfigureAwait(false);
        return [.. runs.Select(run => RunInfo.Of(run, []))];
    }

    /// <summary>What a task of a run returned.</summary>
    /// <exception cref="CommandException">It has no result.</exception>
    public async Task<T> ResultAsync<T>(Guid run, string task, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(task);
        await _service.Ready.WaitAsync(cancellation).ConfigureAwait(false);
        var value = await _service.Store.ReadResultAsync(new(new(run), task, InstanceId.Unmapped), cancellation).ConfigureAwait(false)
            ?? throw new CommandException($"Task '{task}' of run '{run}' has no result: it hasn't succeeded, returns nothing, or there is no such task.");
        return (T)new ResultReader(_service.Home).Read(value, typeof(T), task)!;
    }

    /// <summary>Ends a run as failed: what runs is stopped, what waits is skipped.</summary>
    public async Task<RunInfo> CancelAsync(Guid run, CancellationToken cancellation = default)
    {
        await _service.Ready.WaitAsync(cancellation).ConfigureAwait(false);
        var row = await _commands.CancelAsync(new(run), cancellation).ConfigureAwait(false);
        _service.Scheduler.Wake(row.Id);
        return RunInfo.Of(row, []);
    }

    /// <summary>Stops a Dag's schedule, or lets it go on.</summary>
    public async Task SetPausedAsync(string dag, bool paused, CancellationToken cancellation = default)
    {
        await _service.Ready.WaitAsync(cancellation).ConfigureAwait(false);
        if (!await _service.Store.SetPausedAsync(dag, paused, cancellation).ConfigureAwait(false))
            throw new CommandException($"There is no Dag '{dag}'.");
        await _service.Store.NotifyAsync(null, cancellation).ConfigureAwait(false);
        _service.Scheduler.Wake(null);
    }

    static string? ToJson(object? parameters) => parameters switch
    {
        null => null,
        string json => json,
        _ => JsonSerializer.Serialize(parameters, ParamSet.Json),
    };
}
