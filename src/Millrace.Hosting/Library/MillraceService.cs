using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Hosting.Topics;
using Millrace.Kafka;
using Millrace.Metadata;
using Millrace.Scheduling;

namespace Millrace.Hosting;

/// <summary>Starts with the host: migrates the store, puts the host's Dags in force and schedules them in this process.</summary>
sealed partial class MillraceService : IHostedService, IAsyncDisposable
{
    readonly MillraceBuilder _builder;
    readonly ILogger _logger;
    readonly TimeProvider _time;
    readonly ILoggerFactory _loggers;
    readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    Scheduler? _scheduler;
    InProcessExecutor? _executor;
    SchedulerSignal? _signal;
    TopicWatching? _topics;
    SchedulerLock? _lock;
    bool _disposed;

    internal MillraceService(MillraceBuilder builder, string contentRoot, TimeProvider time, ILoggerFactory loggers)
    {
        (_builder, _time, _loggers) = (builder, time, loggers);
        _logger = loggers.CreateLogger<MillraceService>();
        Home = new(builder.HomePath ?? Path.Combine(contentRoot, ".millrace"));
        Store = builder.OpenStore(Home.Root);
    }

    internal HomeFolder Home { get; }
    internal IMetadataStore Store { get; }
    internal TimeProvider Time => _time;
    /// <summary>Ends when the Dags are in force; fails when the host could not start.</summary>
    internal Task Ready => _ready.Task;
    internal Scheduler Scheduler => _scheduler ?? throw new InvalidOperationException("Millrace has not started: start the host first.");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_builder.Dags.Count == 0)
                throw new InvalidOperationException("AddMillrace was given no Dags. Add them with AddDag or AddDagsFrom.");
            Directory.CreateDirectory(Home.Root);
            if (_builder.Postgres is null) _lock = SchedulerLock.Take(_builder.SqliteFile(Home.Root));
            await Store.MigrateAsync(cancellationToken).ConfigureAwait(false);
            await RegisterAsync(cancellationToken).ConfigureAwait(false);
            _executor = new InProcessExecutor(_builder.Dags, Home, new StoreServices(Store), _builder.MaxParallel, _time);
            _scheduler = new Scheduler(Store, _executor, new() { Alone = _builder.Postgres is null }, _time, _loggers.CreateLogger<Scheduler>());
            _topics = new(Store, _scheduler, ClusterAsync, _time, _loggers.CreateLogger<TopicWatching>());
            await _scheduler.StartAsync(cancellationToken).ConfigureAwait(false);
            // So that the millrace command works on a host's home folder too.
            _signal = SchedulerSignal.Listen(Home, _scheduler.Wake);
            Log.Started(_logger, _builder.Dags.Count, Home.Root);
            _ready.TrySetResult();
        }
        catch (Exception e)
        {
            _ready.TrySetException(e);
            throw;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_signal is not null) await _signal.DisposeAsync().ConfigureAwait(false);
        if (_topics is not null) await _topics.DisposeAsync().ConfigureAwait(false);
        if (_scheduler is null) return;
        await _scheduler.StopAsync(_builder.Grace).ConfigureAwait(false);
        Log.Stopped(_logger);
    }

    async Task<KafkaOptions?> ClusterAsync(CancellationToken cancellation) => _builder.Kafka
        ?? ClusterProperties.Choose(Home.KafkaProperties, await Store.ReadVariableAsync(HomeFolder.BrokerVariable, cancellation).ConfigureAwait(false), Home.ReadBrokerServers());

    // The code is this process: there is no bundle, and no file to name.
    async Task RegisterAsync(CancellationToken cancellation)
    {
        var now = _time.GetUtcNow();
        var registrations = _builder.Dags.Values.Select(dag => new DagRegistration(
            new DagVersion(dag.Name, dag.ContentHash, Bundle: "", DagJson.Write(dag.Spec), now),
            Source: "", dag.Spec.Owner, dag.Spec.Description, dag.Spec.Tags, dag.Spec.Schedule.Describe(), PausedAtFirst: false)
        {
            Produces = dag.Spec.Produces,
            Consumes = dag.Spec.Consumes,
            Topics = dag.Spec.Topics,
        });
        await Store.RegisterAsync([new SourceReading("", [.. registrations], [])], now, cancellation).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        // The container knows the service under two names and disposes it once for each.
        if (_disposed) return;
        _disposed = true;
        if (_topics is not null) await _topics.DisposeAsync().ConfigureAwait(false);
        if (_scheduler is not null) await _scheduler.DisposeAsync().ConfigureAwait(false);
        if (_executor is not null) await _executor.DisposeAsync().ConfigureAwait(false);
        await Store.DisposeAsync().ConfigureAwait(false);
        _lock?.Dispose();
    }

    static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Information, "Millrace runs {Dags} Dags of this application; its home folder is {Home}")]
        internal static partial void Started(ILogger logger, int dags, string home);

        [LoggerMessage(3002, LogLevel.Information, "Millrace has stopped; what was queued goes on when it starts again")]
        internal static partial void Stopped(ILogger logger);
    }
}
