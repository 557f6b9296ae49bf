using Millrace.Data.Engines.DuckDb;

namespace Millrace.Data;

/// <summary>A load's session with a DuckDB file: rows are appended to a temporary table, and published in one transaction.</summary>
sealed class DuckDbLoadSession(OpenDuckDb open) : LoadSession
{
    internal const string Staging = "millrace_staging";
    static readonly DuckDbLoadDialect Speech = new();
    readonly DuckDbConnection connection = open.Connection;
    BatchAppender? appender;
    bool inTransaction, hasTurn;

    internal override LoadDialect Dialect => Speech;

    internal override Task<IReadOnlyList<TargetColumn>?> ReadColumnsAsync(TableName table, CancellationToken cancel)
    {
        var columns = Query($"""
            select column_name, data_type, not is_nullable, column_default is not null from duckdb_columns()
            where table_name = {LoadDialect.Text(table.Name)} and schema_name = {LoadDialect.Text(table.Schema ?? "main")} and database_name = current_database() order by column_index
            """, cancel);
        if (columns.Count == 0) return Task.FromResult<IReadOnlyList<TargetColumn>?>(null);
        var schema = DuckDbScan.Describe(connection, table.Sql, $"the table {table}");
        return Task.FromResult<IReadOnlyList<TargetColumn>?>(
            [.. columns.Select((row, i) => new TargetColumn(schema[i] with { Nullable = row[2] is false }, (string)row[1]!, row[3] is true))]);
    }

    internal override Task<string> StageAsync(Schema schema, int streams, CancellationToken cancel)
    {
        Execute($"create temp table {Staging} ({string.Join(", ", schema.Select(f => $"{TableName.Quote(f.Name)} {Speech.TypeOf(f)}"))})", cancel);
        appender = new BatchAppender(connection, schema, Staging);
        return Task.FromResult(Staging);
    }

    internal override ValueTask WriteAsync(Batch batch, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        using (batch) appender!.Append(batch);
        return ValueTask.CompletedTask;
    }

    internal override Task<long> EndStagingAsync(CancellationToken cancel)
    {
        appender!.Complete();
        appender.Dispose();
        appender = null;
        return Task.FromResult(0L);
    }

    internal override async Task BeginAsync(TableName table, CancellationToken cancel)
    {
        await open.Turn.WaitAsync(cancel).ConfigureAwait(false);
        hasTurn = true;
        Execute("begin", cancel);
        inTransaction = true;
    }

    internal override Task<long> RunAsync(string sql, CancellationToken cancel) => Task.FromResult(Execute(sql, cancel));

    internal override Task<List<object?[]>> QueryAsync(string sql, CancellationToken cancel) => Task.FromResult(Query(sql, cancel));

    internal override Task CommitAsync(CancellationToken cancel)
    {
        Execute("commit", CancellationToken.None);
        inTransaction = false;
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        appender?.Dispose();
        try
        {
            if (inTransaction) Execute("rollback");
            // The connection's database may live on with others.
            Execute($"drop table if exists temp.{Staging}");
        }
        catch (DatabaseException)
        {
            // What failed to commit is rolled back already.
        }
        if (hasTurn) open.Turn.Release();
        open.Dispose();
        return ValueTask.CompletedTask;
    }

    long Execute(string sql, CancellationToken cancel = default)
    {
        try
        {
            return connection.Execute(sql, cancel);
        }
        catch (DuckDbException e)
        {
            throw new DatabaseException(e.Message, e);
        }
    }

    List<object?[]> Query(string sql, CancellationToken cancel = default)
    {
        try
        {
            using var reader = new BatchReader(connection.Query(sql, cancel));
            var rows = new List<object?[]>();
            while (reader.Read() is { } batch)
                using (batch)
                    for (var i = 0; i < batch.Count; i++) rows.Add(batch.Row(i));
            return rows;
        }
        catch (DuckDbException e)
        {
            throw new DatabaseException(e.Message, e);
        }
    }
}

sealed class DuckDbLoadDialect : LoadDialect
{
    static readonly DuckDbDialect Types = new();

    internal override string TypeOf(Field field) => Types.TypeName(field.Type);
}
