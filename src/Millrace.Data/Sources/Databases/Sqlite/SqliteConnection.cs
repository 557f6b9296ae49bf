using System.Diagnostics;
using SQLitePCL;

namespace Millrace.Data;

/// <summary>A connection to a SQLite file, straight on its C API; used by one caller at a time.</summary>
sealed class SqliteConnection : IDisposable
{
    // Writers of other processes hold the lock for moments; a long load holds it for seconds.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    readonly sqlite3 handle;
    readonly string path;

    static SqliteConnection() => Batteries_V2.Init();

    internal SqliteConnection(string path, bool create)
    {
        this.path = path;
        var flags = create ? raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE : raw.SQLITE_OPEN_READWRITE;
        var code = raw.sqlite3_open_v2(path, out handle, flags | raw.SQLITE_OPEN_NOMUTEX, null);
        if (code == raw.SQLITE_CANTOPEN && !create)
        {
            // A file that may only be read.
            handle.Dispose();
            code = raw.sqlite3_open_v2(path, out handle, raw.SQLITE_OPEN_READONLY | raw.SQLITE_OPEN_NOMUTEX, null);
        }
        if (code == raw.SQLITE_OK) return;
        handle.Dispose();
        throw new DatabaseException($"The SQLite file '{path}' can't be opened: {raw.sqlite3_errstr(code).utf8_to_string()}. Check that it is there and may be read{(create ? " and written" : "")}.");
    }

    internal int Changes => raw.sqlite3_changes(handle);

    /// <summary>One or several statements without parameters.</summary>
    internal void Execute(string sql, CancellationToken cancel = default)
    {
        using var interruption = Interruptible(cancel);
        var code = Patiently(() => raw.sqlite3_exec(handle, sql));
        if (code != raw.SQLITE_OK) throw Failure(code, sql);
    }

    /// <summary>Until disposed, a cancellation ends the statement that runs: SQLite itself looks for one in its loops.</summary>
    internal CancellationTokenRegistration Interruptible(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return cancel.UnsafeRegister(static self => raw.sqlite3_interrupt(((SqliteConnection)self!).handle), this);
    }

    internal SqliteStatement Prepare(string sql)
    {
        sqlite3_stmt? prepared = null;
        var code = Patiently(() => raw.sqlite3_prepare_v2(handle, sql, out prepared));
        return code == raw.SQLITE_OK ? new SqliteStatement(this, prepared!, sql) : throw Failure(code, sql);
    }

    /// <summary>Calls again while another process has the file locked.</summary>
    internal static int Patiently(Func<int> call)
    {
        var since = Stopwatch.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            var code = call();
            if ((code & 0xff) is not raw.SQLITE_BUSY || Stopwatch.GetElapsedTime(since) > Patience) return code;
            if (attempt < 10) Thread.Yield();
            else Thread.Sleep(1);
        }
    }

    internal Exception Failure(int code, string sql)
    {
        var said = raw.sqlite3_errmsg(handle).utf8_to_string();
        return (code & 0xff) switch
        {
            raw.SQLITE_INTERRUPT => new OperationCanceledException($"SQLite was stopped in the middle of: {sql}"),
            raw.SQLITE_BUSY => new DatabaseException($"The SQLite file '{path}' was locked by another process for {Patience.TotalSeconds} seconds. Find the process that holds a transaction open on it."),
            raw.SQLITE_FULL => new DatabaseException($"The disk that holds the SQLite file '{path}' is full. Make room and run the load again."),
            _ => new DatabaseException($"SQLite says '{said}' of '{path}', for: {sql}"),
        };
    }

    public void Dispose() => handle.Dispose();
}

/// <summary>A prepared statement and, while it is stepped, its current row.</summary>
sealed class SqliteStatement(SqliteConnection connection, sqlite3_stmt handle, string sql) : IDisposable
{
    internal sqlite3_stmt Handle => handle;
    internal int ColumnCount => raw.sqlite3_column_count(handle);
    internal string ColumnName(int column) => raw.sqlite3_column_name(handle, column).utf8_to_string();

    /// <summary>As the table declares it; null for an expression.</summary>
    internal string? DeclaredType(int column) => raw.sqlite3_column_decltype(handle, column).utf8_to_string() is { Length: > 0 } declared ? declared : null;

    /// <returns>Whether there is a row.</returns>
    internal bool Step()
    {
        var code = raw.sqlite3_step(handle);
        if ((code & 0xff) == raw.SQLITE_BUSY) code = SqliteConnection.Patiently(StepAgain);
        if (code == raw.SQLITE_ROW) return true;
        if (code == raw.SQLITE_DONE) return false;
        var failure = connection.Failure(code, sql);
        raw.sqlite3_reset(handle);
        throw failure;
    }

    internal void Run()
    {
        Step();
        raw.sqlite3_reset(handle);
    }

    int StepAgain()
    {
        raw.sqlite3_reset(handle);
        return raw.sqlite3_step(handle);
    }

    internal void Bound(int code)
    {
        if (code != raw.SQLITE_OK) throw connection.Failure(code, sql);
    }

    public void Dispose() => handle.Dispose();
}
