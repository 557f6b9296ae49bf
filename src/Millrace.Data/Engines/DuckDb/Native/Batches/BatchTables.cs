using System.Collections.Concurrent;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>What a table of batches has, and how a statement that reads it gets them.</summary>
sealed record BatchTableSource(Schema Schema)
{
    /// <summary>
    /// Gives the wanted columns of all rows, in that order, each time it is asked: a statement may read a table twice.
    /// </summary>
    internal required Func<IReadOnlyList<string>, CancellationToken, IAsyncEnumerable<Batch>> Open { get; init; }

    /// <summary>How many rows there are, roughly, where it is known.</summary>
    internal long? Rows { get; init; }

    /// <summary>How many threads of DuckDB's may take batches at once; the order of rows is kept where the statement needs it.</summary>
    internal int MaxThreads { get; init; } = Environment.ProcessorCount;
}

/// <summary>
/// The tables of batches of one database. All are one table function, which knows them by number; a view gives each its
/// name, since DuckDB can forget a view and can't forget a function.
/// </summary>
sealed class BatchTables() : TableFunction(FunctionName)
{
    const string FunctionName = "millrace_batches";

    readonly Lock registering = new();
    readonly ConcurrentDictionary<long, (DuckDbConnection Connection, BatchTableSource Source)> sources = [];
    long last;
    bool registered;

    internal BatchTable Add(DuckDbConnection connection, string name, BatchTableSource source)
    {
        lock (registering)
        {
            if (!registered) Register(connection);
            registered = true;
        }
        var number = Interlocked.Increment(ref last);
        sources[number] = (connection, source);
        var table = new BatchTable(connection, name, () => sources.TryRemove(number, out _));
        try
        {
            connection.Execute($"CREATE OR REPLACE TEMP VIEW {DuckDbConnection.Quote(name)} AS SELECT * FROM {FunctionName}({number})");
        }
        catch
        {
            sources.TryRemove(number, out _);
            throw;
        }
        return table;
    }

    internal override TableScanPlan Bind(long argument) =>
        sources.TryGetValue(argument, out var found)
            ? new Plan(found.Connection, found.Source)
            : throw new PlanException("A table of batches was read after it had been disposed.");

    sealed class Plan(DuckDbConnection connection, BatchTableSource source) : TableScanPlan
    {
        internal override long? Cardinality => source.Rows;

        internal override IEnumerable<(string Name, LogicalType Type)> Columns() =>
            source.Schema.Select(f => (f.Name, DuckDbTypes.ToLogical(f.Type, enumsAsText: true)));

        internal override TableScan Begin(int[] columns) => new BatchScan(connection, source, columns);
    }
}

/// <summary>A name under which SQL reads batches. Disposed when no result that reads them is open.</summary>
sealed class BatchTable(DuckDbConnection connection, string name, Action remove) : IDisposable
{
    bool disposed;

    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        remove();
        if (!connection.IsClosed) connection.Execute($"DROP VIEW IF EXISTS temp.{DuckDbConnection.Quote(name)}");
    }
}
