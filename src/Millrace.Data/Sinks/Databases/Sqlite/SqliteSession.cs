using Millrace.Plans;
using SQLitePCL;

namespace Millrace.Data;

/// <summary>A load's session with a SQLite file: rows are staged in a temporary table, which is a file of its own, and the database is locked only to publish.</summary>
sealed class SqliteSession : LoadSession
{
    static readonly SqliteLoadDialect Speech = new();
    readonly SqliteConnection connection;
    SqliteStatement? insert;
    SqliteBinder[] binders = [];
    bool publishing;
    long bytes;

    internal SqliteSession(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        connection = new SqliteConnection(path, create: true);
        // A file without a page is new. Write-ahead lets readers go on while a load publishes.
        if (File.Exists(path) && new FileInfo(path).Length == 0) connection.Execute("pragma journal_mode = wal");
        connection.Execute("pragma synchronous = full; pragma cache_size = -64000");
    }

    internal override LoadDialect Dialect => Speech;

    internal override Task<IReadOnlyList<TargetColumn>?> ReadColumnsAsync(TableName table, CancellationToken cancel)
    {
        var columns = new List<TargetColumn>();
        foreach (var row in Query($"select name, type, \"notnull\", dflt_value is not null or (pk = 1 and upper(type) = 'INTEGER'), pk from pragma_table_info({LoadDialect.Text(table.Name)})", cancel))
        {
            var (name, declared) = ((string)row[0]!, (string)row[1]!);
            var type = SqliteTypes.TypeOf(declared) ?? throw new DatabaseException($"Column '{name}' of the table {table} is declared '{declared}', which says no type that a load knows. Declare it as one of SQLite's common types, or load another table.");
            columns.Add(new(new Field(name, type, row[2] is 0L && row[4] is 0L), declared, row[3] is 1L));
        }
        return Task.FromResult<IReadOnlyList<TargetColumn>?>(columns.Count == 0 ? null : columns);
    }

    internal override Task<string> StageAsync(Schema schema, int streams, CancellationToken cancel)
    {
        connection.Execute($"create temp table millrace_staging ({string.Join(", ", schema.Select(f => $"{TableName.Quote(f.Name)} {Speech.TypeOf(f)}"))}); begin", cancel);
        insert = connection.Prepare($"insert into temp.millrace_staging values ({string.Join(", ", schema.Select((_, i) => $"?{i + 1}"))})");
        binders = [.. schema.Select((f, i) => SqliteBinder.For(f, insert, i + 1))];
        return Task.FromResult("temp.millrace_staging");
    }

    internal override ValueTask WriteAsync(Batch batch, CancellationToken cancel)
    {
        using (batch)
        {
            for (var i = 0; i < binders.Length; i++) binders[i].Begin(batch[i]);
            for (var row = 0; row < batch.Count; row++)
            {
                if ((row & 1023) == 0) cancel.ThrowIfCancellationRequested();
                foreach (var binder in binders) binder.Bind(row);
                insert!.Run();
            }
        }
        return ValueTask.CompletedTask;
    }

    internal override Task<long> EndStagingAsync(CancellationToken cancel)
    {
        insert!.Dispose();
        connection.Execute("commit", cancel);
        if (Query("pragma temp.page_count", cancel) is [[long pages]] && Query("pragma temp.page_size", cancel) is [[long size]]) bytes = pages * size;
        return Task.FromResult(bytes);
    }

    internal override Task IndexAsync(IEnumerable<string> key, CancellationToken cancel)
    {
        connection.Execute($"create index temp.millrace_staging_key on millrace_staging ({string.Join(", ", key.Select(TableName.Quote))})", cancel);
        return Task.CompletedTask;
    }

    internal override Task BeginAsync(TableName table, CancellationToken cancel)
    {
        connection.Execute("begin immediate", cancel);
        publishing = true;
        return Task.CompletedTask;
    }

    internal override Task<long> RunAsync(string sql, CancellationToken cancel)
    {
        connection.Execute(sql, cancel);
        return Task.FromResult((long)connection.Changes);
    }

    internal override Task<List<object?[]>> QueryAsync(string sql, CancellationToken cancel) => Task.FromResult(Query(sql, cancel));

    internal override Task CommitAsync(CancellationToken cancel)
    {
        connection.Execute("commit", CancellationToken.None);
        publishing = false;
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        insert?.Dispose();
        try
        {
            if (publishing) connection.Execute("rollback");
        }
        catch (DatabaseException)
        {
            // What failed may have rolled back by itself: on a full disk it does.
        }
        connection.Dispose();
        return ValueTask.CompletedTask;
    }

    List<object?[]> Query(string sql, CancellationToken cancel = default)
    {
        using var interruption = connection.Interruptible(cancel);
        using var statement = connection.Prepare(sql);
        var rows = new List<object?[]>();
        while (statement.Step())
        {
            rows.Add([.. Enumerable.Range(0, statement.ColumnCount).Select(i => (object?)(raw.sqlite3_column_type(statement.Handle, i) switch
            {
                raw.SQLITE_NULL => null,
                raw.SQLITE_INTEGER => raw.sqlite3_column_int64(statement.Handle, i),
                raw.SQLITE_FLOAT => raw.sqlite3_column_double(statement.Handle, i),
                _ => raw.sqlite3_column_text(statement.Handle, i).utf8_to_string(),
            }))]);
        }
        return rows;
    }
}
