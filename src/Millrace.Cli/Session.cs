using System.CommandLine;
using System.Data.Common;
using System.Net.Sockets;
using System.Text.Json.Serialization.Metadata;
using Millrace.Cli.Output;
using Millrace.Data;
using Millrace.Data.Engines.DuckDb;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Hosting;
using Millrace.Hosting.Settings;
using Millrace.Metadata;
using Millrace.Runs;
using Millrace.Scheduling;
using Millrace.Storage;

namespace Millrace.Cli;

/// <summary>One invocation of a command: its settings, its store and where it writes.</summary>
sealed class Session : IAsyncDisposable
{
    readonly ParseResult _parsed;
    IMetadataStore? _store;
    LoadedSettings? _loaded;

    Session(ParseResult parsed, CancellationToken cancellation)
    {
        _parsed = parsed;
        Cancellation = cancellation;
        IsJson = parsed.GetValue(CommandTree.Json);
        Terminal = new(parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
    }

    internal bool IsJson { get; }
    internal Terminal Terminal { get; }
    internal CancellationToken Cancellation { get; }
    internal TimeProvider Time { get; } = TimeProvider.System;
    internal LoadedSettings Loaded => _loaded ??= SettingsLoader.Load(SettingFlags.Given(_parsed));
    internal MillraceSettings Settings => Loaded.Settings;

    /// <summary>The action of a command: its errors become a message and an exit code.</summary>
    internal static Func<ParseResult, CancellationToken, Task<int>> Of(Func<Session, ParseResult, Task<int>> run) => async (parsed, cancellation) =>
    {
        await using var session = new Session(parsed, cancellation);
        try
        {
            return await run(session, parsed);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (NobodyReadsException)
        {
            return ExitCode.Ok;
        }
        catch (Exception failure) when (CodeOf(failure) is { } code)
        {
            session.Terminal.Complain(failure.Message);
            return code;
        }
    };

    static int? CodeOf(Exception failure) => failure switch
    {
        UserErrorException wrong => wrong.Code,
        CommandException or ParamException or ScheduleException or DagException => ExitCode.Usage,
        SettingsException or SettingException => ExitCode.Usage,
        PlanException or NotSupportedException or FileNotFoundException or DirectoryNotFoundException => ExitCode.Usage,
        BadDataException or LoadException or RowException or RejectLimitException => ExitCode.Failed,
        DatabaseException or DuckDbException => ExitCode.Unavailable,
        StoreException or SchedulerRunsException or DbException or SocketException or IOException or UnauthorizedAccessException => ExitCode.Unavailable,
        _ => null,
    };

    internal HomeFolder Home => new(Settings.Home);

    /// <param name="make">Whether the command makes sense in a home folder that nobody has used.</param>
    internal async Task<IMetadataStore> StoreAsync(bool make = false)
    {
        if (_store is not null) return _store;
        if (!make && !Stores.Exists(Settings))
            throw new UserErrorException($"There is no Millrace in {Settings.Home} yet. 'millrace up' starts one there; --home or MILLRACE_HOME names another folder.", ExitCode.Unavailable);
        if (make) Directory.CreateDirectory(Settings.Home);
        return _store = await Stores.OpenReadyAsync(Settings, Cancellation);
    }

    /// <summary>Tells the schedulers that something changed, so that they needn't look.</summary>
    /// <returns>How many on this home folder heard it.</returns>
    internal async Task<int> WakeAsync(RunId? run = null)
    {
        if (_store is not null) await _store.NotifyAsync(run, Cancellation);
        return await SchedulerSignal.SendAsync(Home, run, Cancellation);
    }

    /// <summary>Writes the one JSON document, or what people read.</summary>
    internal void Show<T>(T document, JsonTypeInfo<T> type, Action<Terminal> people)
    {
        if (IsJson) Terminal.WriteJson(document, type);
        else people(Terminal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
    }
}
