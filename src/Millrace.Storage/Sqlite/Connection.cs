using System.Diagnostics;

using SQLitePCL;

namespace Millrace.Storage.Sqlite;

/// <summary>A SQLite connection with its prepared statements; used by one caller at a time.</summary>
/// <remarks>Straight on SQLite's C API: an ADO.NET command costs more than the insert it carries.</remarks>
sealed class Connection : IDisposable
{
    // Writers of other processes hold the lock for milliseconds; a long checkpoint or a backup may take seconds.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly Dictionary<string, Statement> statements = [];
    readonly sqlite3 handle;

    static Connection() => Batteries_V2.Init();

    internal Connection(string path, bool readOnly)
    {
        Path = path;
        var code = raw.sqlite3_open_v2(path, out handle, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null);
        if (code != raw.SQLITE_OK)
        {
            handle.Dispose();
            throw new StoreException($"The database file '{path}' cannot be opened: {raw.sqlite3_errstr(code).utf8_to_string()}. Check that its folder exists and may be written.");
        }
        Execute("pragma journal_mode = wal");
        // NORMAL: a power cut may lose the last commits but never corrupts; the death of a process loses nothing.
        Execute("pragma synchronous = normal; pragma temp_store = memory; pragma cache_size = -16000; pragma wal_autocheckpoint = 16000");
        if (readOnly)
            Execute("pragma query_only = on");
    }

    internal string Path { get; }

    /// <summary>By the last statement.</summary>
    internal int Changes => raw.sqlite3_changes(handle);

    /// <summary>Since the connection was opened.</summary>
    internal int TotalChanges => raw.sqlite3_total_changes(handle);

    internal Statement Prepare(string sql)
    {
        if (statements.TryGetValue(sql, out var known))
            return known;
        sqlite3_stmt? prepared = null;
        var code = Patiently(() => raw.sqlite3_prepare_v3(handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out prepared));
        if (code != raw.SQLITE_OK)
            throw Failure(code, sql);
        return statements[sql] = new Statement(this, prepared!, sql);
    }

    /// <summary>One or several statements without parameters.</summary>
    internal void Execute(string sql)
    {
        var code = Patiently(() => raw.sqlite3_exec(handle, sql));
        if (code != raw.SQLITE_OK)
            throw Failure(code, sql);
    }

    /// <summary>Calls again while another process has the file locked.</summary>
    /// <remarks>SQLite's own waiting (busy_timeout) sleeps whole seconds in the builds we use, and none at all for the change to WAL.</remarks>
    internal static int Patiently(Func<int> call)
    {
        var since = Stopwatch.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            var code = call();
            if ((code & 0xff) != raw.SQLITE_BUSY || Stopwatch.GetElapsedTime(since) > Patience)
                return code;
            if (attempt < 10) Thread.Yield();
            else Thread.Sleep(1);
        }
    }

    internal StoreException Failure(int code, string sql)
    {
        var message = raw.sqlite3_errmsg(handle).utf8_to_string();
        return (code & 0xff) is raw.SQLITE_BUSY
            ? new StoreException($"The database '{Path}' was locked by another process for {Patience.TotalSeconds} seconds. Find the process that holds a transaction open on it.")
            : new StoreException($"SQLite says '{message}' ({code}) of the database '{Path}', for: {sql}");
    }

    public void Dispose()
    {
        foreach (var statement in statements.Values)
            statement.Dispose();
        statements.Clear();
        handle.Dispose();
    }
}
