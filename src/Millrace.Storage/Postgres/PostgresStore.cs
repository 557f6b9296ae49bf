using System.Data;

using Millrace.Runs;
using Millrace.Storage.Postgres.Migrations;
using Millrace.Storage.Sql;

using Npgsql;

namespace Millrace.Storage.Postgres;

/// <summary>The metadata in a PostgreSQL database (14 or later), shared by schedulers on several machines.</summary>
sealed partial class PostgresStore : SqlStore
{
    const int OldestServer = 140000;
    const int Tries = 5;

    readonly NpgsqlConnectionStringBuilder settings;
    readonly NpgsqlDataSource source;

    internal PostgresStore(string connectionString)
    {
        settings = new NpgsqlConnectionStringBuilder(connectionString);
        settings.ApplicationName ??= "millrace";
        // Every statement here is a constant text: after its second use the server need not parse and plan it again.
        if (settings.MaxAutoPrepare == 0)
        {
            settings.MaxAutoPrepare = 100;
            settings.AutoPrepareMinUsages = 2;
        }
        source = NpgsqlDataSource.Create(settings);
    }

    protected override string Kind => "postgres";
    protected override string Location => $"{settings.Database} on {settings.Host}:{settings.Port}";
    protected override IReadOnlyList<Migration> Migrations => PostgresMigrations.All;

    protected override async Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TransactAsync(IsolationLevel.RepeatableRead, work, cancellation).ConfigureAwait(false);
            }
            catch (NpgsqlException e) when (attempt < Tries && e.IsTransient && !cancellation.IsCancellationRequested)
            {
                // After a restart of the server the pool hands out connections that are dead; a read can be done again.
            }
        }
    }

    protected override Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellation) =>
        TransactAsync(IsolationLevel.ReadCommitted, work, cancellation);

    Task<T> TransactAsync<T>(IsolationLevel isolation, Func<Session, Task<T>> work, CancellationToken cancellation) => RetryAsync(async () =>
    {
        var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(isolation, cancellation).ConfigureAwait(false);
        await using var __ = transaction.ConfigureAwait(false);
        var result = await work(new PostgresSession(connection, cancellation)).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        return result;
    });

    /// <summary>Again after a deadlock or a serialization failure: the server has rolled back and says so.</summary>
    /// <remarks>Not after a lost connection: the transaction may have been committed, and only the caller can tell by loading again.</remarks>
    static async Task<T> RetryAsync<T>(Func<Task<T>> transaction)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await transaction().ConfigureAwait(false);
            }
            catch (PostgresException e) when (attempt < Tries && e.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected)
            {
            }
        }
    }

    protected override async Task<bool> HasSchemaAsync(Session session) =>
        await session.CountAsync("select count(*) from pg_class where oid = to_regclass('schema_version')").ConfigureAwait(false) > 0;

    protected override async Task<IReadOnlyList<string>> EngineProblemsAsync(Session session)
    {
        var version = await session.CountAsync("select current_setting('server_version_num')::bigint").ConfigureAwait(false);
        return version >= OldestServer ? [] : [$"The server is PostgreSQL {version / 10000}; millrace needs {OldestServer / 10000} or later. Upgrade the server."];
    }

    protected override Task<List<RunRow>> RunsAsync(Session session, IReadOnlyList<RunId> ids) =>
        session.QueryAsync($"select {Rows.RunColumns} from runs where id = any($1) order by array_position($1, id)", Rows.Run, [Values(ids)]);

    protected override Task<List<TaskInstance>> TasksAsync(Session session, IReadOnlyList<RunId> runs) =>
        session.QueryAsync($"select {Rows.TaskColumns} from task_instances where run_id = any($1) order by run_id, task, map_index", Rows.Task, [Values(runs)]);

    static Guid[] Values(IReadOnlyList<RunId> ids) => [.. ids.Select(id => id.Value)];

    public override async ValueTask DisposeAsync()
    {
        await StopListeningAsync().ConfigureAwait(false);
        await source.DisposeAsync().ConfigureAwait(false);
    }
}
