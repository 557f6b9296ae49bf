using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Authoring.Watching;
using Millrace.Execution;
using Millrace.Hosting;
using Millrace.Metadata;
using Millrace.Runs;
using Millrace.Scheduling;
using Npgsql;

namespace Millrace.Cli.Bench;

/// <summary>A whole Millrace in a folder of its own: store, scheduler, worker processes and DAG files that are compiled as users' are.</summary>
sealed class BenchBed : IAsyncDisposable
{
    readonly ConcurrentDictionary<RunId, TaskCompletionSource<RunRow>> ends = [];
    readonly string postgres;
    readonly string? database;
    WorkerPool? pool;
    Scheduler? scheduler;
    int ended;

    BenchBed(HomeFolder home, string postgres, string? database)
    {
        (Home, this.postgres, this.database) = (home, postgres, database);
        Store = Stores.Open(postgres, Path.Combine(home.Root, "millrace.db"));
    }

    internal HomeFolder Home { get; }
    internal IMetadataStore Store { get; private set; }
    internal DagFolder Dags { get; private set; } = null!;
    /// <summary>Runs that ended since the start.</summary>
    internal int Ended => Volatile.Read(ref ended);

    /// <param name="postgres">The connection string of a server on which a database of its own is made; empty for SQLite.</param>
    internal static async Task<BenchBed> CreateAsync(string postgres, IEnumerable<(string File, string Code)> dags, CancellationToken cancellation)
    {
        var home = new HomeFolder(Directory.CreateTempSubdirectory("millrace-bench-").FullName);
        Directory.CreateDirectory(home.Dags);
        foreach (var (file, code) in dags) await File.WriteAllTextAsync(Path.Combine(home.Dags, file), code, cancellation);
        string? database = null;
        if (postgres.Length > 0)
        {
            database = "millrace_bench_" + Guid.NewGuid().ToString("N")[..12];
            await OnServerAsync(postgres, $"create database {database}", cancellation);
            postgres = new NpgsqlConnectionStringBuilder(postgres) { Database = database }.ConnectionString;
        }
        var bed = new BenchBed(home, postgres, database);
        await bed.Store.MigrateAsync(cancellation);
        return bed;
    }

    /// <summary>Reads the DAG files and starts scheduler and workers.</summary>
    /// <param name="watches">Keeps the compiler warm for edits to come.</param>
    internal async Task StartAsync(CancellationToken cancellation, bool watches = false)
    {
        Dags = new DagFolder(new AuthoringOptions { Folder = Home.Dags, Bundles = Home.Bundles }, TimeProvider.System, NullLogger.Instance);
        await RegisterAsync(await Dags.ReadAllAsync([], cancellation), cancellation);
        // Without edits the compiler's process ends after a minute; a benchmark need not wait for that.
        if (!watches) await Dags.DisposeAsync();
        pool = new WorkerPool(Home, new StoreServices(Store), new WorkerPoolOptions(), TimeProvider.System, NullLogger.Instance);
        scheduler = new Scheduler(Store, pool, new SchedulerOptions { Alone = postgres.Length == 0 }, TimeProvider.System, NullLogger<Scheduler>.Instance);
        scheduler.RunEnded += run =>
        {
            Interlocked.Increment(ref ended);
            ends.GetOrAdd(run.Id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(run);
        };
        await scheduler.StartAsync(cancellation);
    }

    internal async Task RegisterAsync(IReadOnlyList<SourceReading> readings, CancellationToken cancellation)
    {
        foreach (var error in readings.SelectMany(reading => reading.Errors))
            throw new InvalidOperationException($"The benchmark's own DAG file is broken: {error.Source}:{error.Line} {error.Message}");
        await Store.RegisterAsync(readings, TimeProvider.System.GetUtcNow(), cancellation);
        scheduler?.Wake(null);
    }

    /// <returns>From the trigger to the run's stored end.</returns>
    internal async Task<TimeSpan> RunAsync(string dag, CancellationToken cancellation)
    {
        var since = Stopwatch.GetTimestamp();
        var run = await new RunCommands(Store, TimeProvider.System).TriggerAsync(dag, null, null, null, cancellation);
        scheduler!.Wake(run.Id);
        var end = await ends.GetOrAdd(run.Id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(TimeSpan.FromMinutes(5), cancellation);
        var took = Stopwatch.GetElapsedTime(since);
        return end.State == RunState.Success ? took : throw new InvalidOperationException($"The benchmark's run of '{dag}' failed: {end.Note}");
    }

    internal async Task StopAsync()
    {
        if (scheduler is not null)
        {
            await scheduler.StopAsync(TimeSpan.FromSeconds(2));
            await scheduler.DisposeAsync();
        }
        if (pool is not null) await pool.DisposeAsync();
        if (Dags is not null) await Dags.DisposeAsync();
        (scheduler, pool) = (null, null);
        await Store.DisposeAsync();
    }

    /// <summary>Stops and opens the same home and store again, to be started anew.</summary>
    internal async Task CloseAndReopenAsync()
    {
        await StopAsync();
        Store = Stores.Open(postgres, Path.Combine(Home.Root, "millrace.db"));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (database is not null)
        {
            NpgsqlConnection.ClearAllPools();
            await OnServerAsync(new NpgsqlConnectionStringBuilder(postgres) { Database = "postgres" }.ConnectionString, $"drop database {database} with (force)", CancellationToken.None);
        }
        Directory.Delete(Home.Root, recursive: true);
    }

    static async Task OnServerAsync(string connection, string sql, CancellationToken cancellation)
    {
        await using var server = NpgsqlDataSource.Create(connection);
        await using var command = server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
