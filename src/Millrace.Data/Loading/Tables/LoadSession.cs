using System.Data.Common;

namespace Millrace.Data;

/// <summary>A load's conversation with one database: stage, then publish in one transaction. Disposed before the commit, it leaves nothing.</summary>
abstract class LoadSession : IAsyncDisposable
{
    internal abstract LoadDialect Dialect { get; }

    /// <summary>Null where there is no such table.</summary>
    internal abstract Task<IReadOnlyList<TargetColumn>?> ReadColumnsAsync(TableName table, CancellationToken cancel);

    /// <summary>Opens a staging table, which only this load sees, and gives its name in SQL.</summary>
    internal abstract Task<string> StageAsync(Schema schema, int streams, CancellationToken cancel);

    /// <summary>Takes the batch over.</summary>
    internal abstract ValueTask WriteAsync(Batch batch, CancellationToken cancel);

    /// <summary>All is staged; the bytes it took.</summary>
    internal abstract Task<long> EndStagingAsync(CancellationToken cancel);

    /// <summary>Lets staged rows be found by their key, where merging needs it.</summary>
    internal virtual Task IndexAsync(IEnumerable<string> key, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>Begins the transaction that publishes: tables are shaped first. No other load writes to the table until it ends.</summary>
    internal abstract Task BeginAsync(TableName table, CancellationToken cancel);

    /// <summary>Tables are shaped, and from here on only rows change: keeps other writers off the table; readers go on.</summary>
    internal virtual Task LockAsync(TableName table, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>The number of rows that the statement touched.</summary>
    internal abstract Task<long> RunAsync(string sql, CancellationToken cancel);

    /// <summary>Adds new rows and changes those that differ in one pass; null where the database can't.</summary>
    internal virtual Task<(long Added, long Changed, long Unchanged)?> TryMergeAsync(MergeSql merge, TableName table, CancellationToken cancel) => Task.FromResult<(long, long, long)?>(null);

    internal abstract Task<List<object?[]>> QueryAsync(string sql, CancellationToken cancel);

    private protected static async Task<List<object?[]>> RowsAsync(DbCommand command, CancellationToken cancel)
    {
        var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await using var closing = reader.ConfigureAwait(false);
        var rows = new List<object?[]>();
        while (await reader.ReadAsync(cancel).ConfigureAwait(false))
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add([.. row.Select(v => v is DBNull ? null : v)]);
        }
        return rows;
    }

    internal abstract Task CommitAsync(CancellationToken cancel);

    public abstract ValueTask DisposeAsync();
}
