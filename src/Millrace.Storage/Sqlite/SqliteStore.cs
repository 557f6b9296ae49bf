using System.Collections.Concurrent;

using Millrace.Runs;
using Millrace.Storage.Sql;
using Millrace.Storage.Sqlite.Migrations;

namespace Millrace.Storage.Sqlite;

/// <summary>The metadata in one SQLite file, shared with other processes of this machine.</summary>
sealed partial class SqliteStore : SqlStore
{
    const int PooledReaders = 4;

    readonly string path;
    readonly bool inMemory;
    readonly SemaphoreSlim turn = new(1, 1);
    readonly ConcurrentBag<Connection> readers = [];
    Connection? writer;
    bool disposed;

    internal SqliteStore(string path) : this(path, inMemory: false)
    {
    }

    SqliteStore(string path, bool inMemory)
    {
        this.path = path;
        this.inMemory = inMemory;
    }

    /// <summary>Gone with the object.</summary>
    internal static SqliteStore InMemory() => new(":memory:", inMemory: true);

    protected override string Kind => "sqlite";
    protected override string Location => inMemory ? path : Path.GetFullPath(path);
    protected override IReadOnlyList<Migration> Migrations => SqliteMigrations.All;

    public override event Action<RunId?>? ChangedElsewhere { add { } remove { } }

    public override Task NotifyAsync(RunId? run, CancellationToken cancellation) => Task.CompletedTask;

    protected override async Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var connection = Writer();
            // Immediate: a transaction that reads first and writes later could not wait for another writer, only fail.
            connection.Prepare("begin immediate").Run();
            try
            {
                var result = await work(new SqliteSession(connection)).ConfigureAwait(false);
                connection.Prepare("commit").Run();
                CheckpointIfDue(connection);
                return result;
            }
            catch
            {
                Rollback(connection);
                throw;
            }
        }
        finally
        {
            turn.Release();
        }
    }

    protected override async Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellation)
    {
        if (inMemory)
            return await WriteAsync(work, cancellation).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(disposed, this);
        if (!readers.TryTake(out var connection))
            connection = new Connection(path, readOnly: true);
        var healthy = false;
        try
        {
            // One snapshot for all that the use case reads.
            connection.Prepare("begin").Run();
            var result = await work(new SqliteSession(connection)).ConfigureAwait(false);
            connection.Prepare("commit").Run();
            healthy = true;
            return result;
        }
        finally
        {
            if (healthy && readers.Count < PooledReaders && !disposed)
                readers.Add(connection);
            else
                connection.Dispose();
        }
    }

    protected override async Task<bool> HasSchemaAsync(Session session) =>
        await session.CountAsync("select count(*) from sqlite_master where type = 'table' and name = 'schema_version'").ConfigureAwait(false) > 0;

    protected override async Task<IReadOnlyList<string>> EngineProblemsAsync(Session session)
    {
        var lines = await session.QueryAsync("pragma quick_check", r => r.Text(0)).ConfigureAwait(false);
        return lines is ["ok"] ? [] : lines;
    }

    public override async ValueTask DisposeAsync()
    {
        await turn.WaitAsync().ConfigureAwait(false);
        try
        {
            disposed = true;
            await checkpoint.ConfigureAwait(false);
            while (readers.TryTake(out var reader))
                reader.Dispose();
            // Last: closing the last connection folds the log back into the file.
            writer?.Dispose();
            writer = null;
        }
        finally
        {
            turn.Release();
        }
    }

    Connection Writer()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return writer ??= new Connection(path, readOnly: false);
    }

    static void Rollback(Connection connection)
    {
        // SQLite has rolled back by itself after some errors, a full disk among them; then there is nothing to do.
        try
        {
            connection.Prepare("rollback").Run();
        }
        catch (StoreException)
        {
        }
    }
}
