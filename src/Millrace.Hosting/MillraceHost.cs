using Microsoft.Extensions.Logging;
using Millrace.Execution;
using Millrace.Hosting.Settings;
using Millrace.Hosting.Topics;
using Millrace.Kafka;
using Millrace.Metadata;
using Millrace.Scheduling;

namespace Millrace.Hosting;

/// <summary>What <c>millrace up</c> and <c>millrace scheduler</c> are made of: the store that the settings name, worker processes,
/// a scheduler, the socket that wakes it, and the deletion of old logs.</summary>
sealed partial class MillraceHost : IAsyncDisposable
{
    static readonly TimeSpan RetentionEvery = TimeSpan.FromHours(1);

    readonly MillraceSettings _settings;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly SchedulerLock? _lock;
    readonly TopicWatching _topics;
    readonly CancellationTokenSource _stop = new();
    SchedulerSignal? _signal;
    Task _retention = Task.CompletedTask;
    bool _started;

    MillraceHost(MillraceSettings settings, IMetadataStore store, SchedulerLock? held, TimeProvider time, ILoggerFactory loggers)
    {
        (_settings, _time, _lock) = (settings, time, held);
        _logger = loggers.CreateLogger<MillraceHost>();
        Store = store;
        Home = new(settings.Home);
        Pool = new(Home, new StoreServices(store), PoolOptions(settings.Workers), time, loggers.CreateLogger<WorkerPool>());
        Scheduler = new(store, Pool, new()
        {
            Lease = settings.Scheduler.Lease,
            MaxRuns = settings.Scheduler.MaxRunsOwned,
            Alone = !settings.UsesPostgres,
        }, time, loggers.CreateLogger<Scheduler>());
        _topics = new(store, Scheduler, ClusterAsync, time, loggers.CreateLogger<TopicWatching>());
    }

    internal IMetadataStore Store { get; }
    internal HomeFolder Home { get; }
    internal WorkerPool Pool { get; }
    internal Scheduler Scheduler { get; }

    /// <summary>Opens and migrates the store; nothing runs yet.</summary>
    internal static async Task<MillraceHost> CreateAsync(MillraceSettings settings, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellation)
    {
        MakeHome(settings);
        var held = settings.UsesPostgres ? null : SchedulerLock.Take(settings.DatabaseFile);
        try
        {
            return new(settings, await Stores.OpenReadyAsync(settings, cancellation).ConfigureAwait(false), held, time, loggers);
        }
        catch
        {
            held?.Dispose();
            throw;
        }
    }

    internal async Task StartAsync(CancellationToken cancellation)
    {
        await Scheduler.StartAsync(cancellation).ConfigureAwait(false);
        _started = true;
        _signal = SchedulerSignal.Listen(Home, Scheduler.Wake, Pool.Lend);
        await WriteInfoAsync(cancellation).ConfigureAwait(false);
        _retention = RetainAsync();
    }

    /// <summary>Running tasks get the grace of the settings, the rest stays queued.</summary>
    internal async Task StopAsync()
    {
        if (!_started) return;
        _started = false;
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_signal is not null) await _signal.DisposeAsync().ConfigureAwait(false);
        await _topics.DisposeAsync().ConfigureAwait(false);
        await Scheduler.StopAsync(_settings.Workers.Grace).ConfigureAwait(false);
        await _retention.ConfigureAwait(false);
        File.Delete(InfoFile);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await Scheduler.DisposeAsync().ConfigureAwait(false);
        await Pool.DisposeAsync().ConfigureAwait(false);
        await Store.DisposeAsync().ConfigureAwait(false);
        _lock?.Dispose();
        _stop.Dispose();
    }

    async Task<KafkaOptions?> ClusterAsync(CancellationToken cancellation) =>
        ClusterProperties.Choose(Home.KafkaProperties, await Store.ReadVariableAsync(HomeFolder.BrokerVariable, cancellation).ConfigureAwait(false), Home.ReadBrokerServers());

    string InfoFile => Path.Combine(Home.Run, "scheduler.json");

    // For people and scripts that look for the process; nothing here reads it.
    Task WriteInfoAsync(CancellationToken cancellation) => File.WriteAllTextAsync(InfoFile,
        $$"""{ "processId": {{Environment.ProcessId}}, "startedAt": "{{_time.GetUtcNow():O}}", "store": "{{(_settings.UsesPostgres ? "postgres" : "sqlite")}}" }""" + "\n", cancellation);

    async Task RetainAsync()
    {
        if (_settings.Logs.KeepFor == TimeSpan.Zero) return;
        using var timer = new PeriodicTimer(RetentionEvery, _time);
        try
        {
            do
            {
                var deleted = await Task.Run(() => Retention.DeleteOldLogs(Home, _time.GetUtcNow() - _settings.Logs.KeepFor)).ConfigureAwait(false);
                if (deleted > 0) Log.LogsDeleted(_logger, deleted, Duration.Format(_settings.Logs.KeepFor));
            }
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Old logs that can't be deleted are no reason to stop running tasks.
            Log.RetentionFailed(_logger, e);
        }
    }

    static WorkerPoolOptions PoolOptions(WorkerSettings workers) => new()
    {
        Min = workers.Min,
        Max = workers.MaxHere,
        RecycleAfter = workers.RecycleAfter,
        MemoryLimit = (long)workers.MemoryMb << 20,
        Silence = workers.HeartbeatTimeout,
        CancelGrace = workers.Grace,
    };

    static void MakeHome(MillraceSettings settings)
    {
        var home = new HomeFolder(settings.Home);
        try
        {
            foreach (var folder in (string[])[home.Root, home.Bundles, home.Results, home.Logs, home.Run])
            {
                // Results, logs and sockets are the owner's alone: they hold what the pipelines move.
                if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
                else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
            Directory.CreateDirectory(settings.DagFolder);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"The home folder {settings.Home} can't be made: {refused.Message} Name another one with --home or MILLRACE_HOME.");
        }
    }

    static partial class Log
    {
        [LoggerMessage(3101, LogLevel.Information, "Deleted the logs of {Runs} runs, older than {KeepFor}")]
        internal static partial void LogsDeleted(ILogger logger, int runs, string keepFor);

        [LoggerMessage(3102, LogLevel.Warning, "Old logs could not be deleted")]
        internal static partial void RetentionFailed(ILogger logger, Exception e);
    }
}
