using System.Text.Json.Nodes;
using Millrace.Data.Engines.DuckDb;

namespace Millrace.Data;

/// <summary>DuckDB files: tables and queries to read, tables to load.</summary>
public static class DuckDb
{
    /// <param name="path">The database file; a load creates it. One process at a time can have it open.</param>
    public static DuckDbFile Open(string path) => new(path);

    internal static ISource Open(JsonObject description)
    {
        var file = Open(description["connection"]!.GetValue<string>());
        return description["query"] is { } query
            ? file.Query(query.GetValue<string>())
            : file.Table(description["table"]!.GetValue<string>(), [.. description["key"]?.AsArray().Select(k => k!.GetValue<string>()) ?? []]);
    }
}

/// <summary>A DuckDB database file. Nothing is opened before something is read or loaded.</summary>
public sealed class DuckDbFile
{
    internal DuckDbFile(string path) => Path = System.IO.Path.GetFullPath(path);

    public string Path { get; }

    /// <param name="key">The columns by which a load knows its rows again.</param>
    public DuckDbTable Table(string name, IReadOnlyList<string>? key = null) => new(this, TableName.Parse(name), key ?? []);

    /// <summary>The rows of a query, which runs anew at each read.</summary>
    public DuckDbQuery Query(string sql) => new(this, sql.Trim().TrimEnd(';'));

    internal OpenDuckDb Connect(bool create)
    {
        if (!create && !File.Exists(Path)) throw new DatabaseException($"There is no DuckDB file '{Path}'. Load something into it first, or correct the path.");
        return OpenDuckDb.Connect(Path);
    }
}

/// <summary>
/// A connection to a file. DuckDB lets a process open a file once: all connections here share one database, which is
/// closed with the last of them.
/// </summary>
sealed class OpenDuckDb : IDisposable
{
    static readonly Lock guard = new();
    static readonly Dictionary<string, (DuckDbDatabase Database, int Users, SemaphoreSlim Turn)> open = [];
    readonly string path;

    OpenDuckDb(string path, DuckDbConnection connection, SemaphoreSlim turn) => (this.path, Connection, Turn) = (path, connection, turn);

    /// <summary>Held by the load that publishes: of two transactions that change one table, DuckDB lets one fail.</summary>
    internal SemaphoreSlim Turn { get; }

    internal DuckDbConnection Connection { get; }

    internal static OpenDuckDb Connect(string path)
    {
        lock (guard)
        {
            try
            {
                var (database, users, turn) = open.TryGetValue(path, out var known) ? known : (DuckDbDatabase.OpenFile(path), 0, new SemaphoreSlim(1));
                try
                {
                    var connection = new OpenDuckDb(path, database.Connect(), turn);
                    // Counted when it is connected: one that never was is never disposed either.
                    open[path] = (database, users + 1, turn);
                    return connection;
                }
                catch
                {
                    if (users == 0)
                    {
                        database.Dispose();
                        turn.Dispose();
                    }
                    throw;
                }
            }
            catch (DuckDbException e)
            {
                throw new DatabaseException($"The DuckDB file '{path}' can't be opened: {e.Message} Check that no other process has it open.", e);
            }
        }
    }

    public void Dispose()
    {
        Connection.Dispose();
        lock (guard)
        {
            var (database, users, turn) = open[path];
            if (users > 1)
            {
                open[path] = (database, users - 1, turn);
                return;
            }
            open.Remove(path);
            database.Dispose();
            turn.Dispose();
        }
    }
}
