using System.Collections.Concurrent;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>One line of work in a database: one statement at a time, from one thread at a time.</summary>
sealed unsafe class DuckDbConnection(DuckDbDatabase database, ConnectionHandle handle) : IDisposable
{
    internal DuckDbDatabase Database => database;
    internal ConnectionHandle Handle => handle;
    internal bool IsClosed => handle.IsClosed;

    /// <summary>Lets <see cref="Progress"/> be known of the statements that follow. DuckDB counts it anew for each chunk that it gives, which isn't free.</summary>
    internal void CountProgress() =>
        // It's counted only where it would be drawn, and drawing it is ours.
        Execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false");

    /// <summary>From 0 to 1, or null while nothing is known. May be asked from any thread.</summary>
    internal double? Progress => Api.duckdb_query_progress(handle).Percentage is >= 0 and var percentage ? percentage / 100 : null;

    /// <summary>The tables of batches that the running statement is reading.</summary>
    internal ConcurrentDictionary<BatchScan, bool> Scans { get; } = [];

    /// <summary>Ends what is running with an error. May be called from any thread.</summary>
    internal void Interrupt()
    {
        Api.duckdb_interrupt(handle);
        foreach (var scan in Scans.Keys) scan.Stop();
    }

    /// <summary>The last result that was begun, whose rows another statement would end.</summary>
    internal DuckDbResult? Latest { get; set; }

    /// <summary>Ends a statement whose rows aren't wanted any more: DuckDB itself would keep it until the next one.</summary>
    internal void Abandon(DuckDbResult result)
    {
        if (Latest != result || IsClosed) return;
        Interrupt();
        _ = Api.duckdb_prepare(handle, "SELECT 1", out var statement);
        statement.Dispose();
    }

    /// <summary>Runs one or several statements and says how many rows the last of them changed.</summary>
    internal long Execute(string sql, CancellationToken cancel = default)
    {
        Latest = null;
        using var interruption = new Interruption(this, cancel);
        using var result = new ResultHandle();
        return Api.duckdb_query(handle, sql, result.Result) == Api.Success
            ? (long)Api.duckdb_rows_changed(result.Result)
            : throw interruption.Reason(result);
    }

    /// <summary>Starts one statement; its rows are computed while they are read.</summary>
    internal DuckDbResult Stream(string sql, CancellationToken cancel = default)
    {
        using var statement = Prepare(sql);
        return statement.Stream(cancel);
    }

    /// <summary>Runs one statement to its end on all threads and holds its rows.</summary>
    internal DuckDbResult Query(string sql, CancellationToken cancel = default)
    {
        using var statement = Prepare(sql);
        return statement.Query(cancel);
    }

    internal DuckDbStatement Prepare(string sql)
    {
        if (Api.duckdb_prepare(handle, sql, out var statement) == Api.Success) return new(this, statement);
        using (statement) throw DuckDbException.From(Api.Text(Api.duckdb_prepare_error(statement)));
    }

    /// <summary>
    /// Batches under a name that this connection's statements can read, until the table is disposed. Both take a statement,
    /// and a statement ends the stream of the one before it.
    /// </summary>
    internal BatchTable AddTable(string name, BatchTableSource source) => database.Tables.Add(this, name, source);

    /// <summary>Writes a name so that SQL takes it for one, whatever is in it.</summary>
    internal static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public void Dispose() => handle.Dispose();
}
