using Npgsql;

namespace Millrace.Data;

/// <summary>A load's session with PostgreSQL. Rows are staged in a temporary table, which dies with the session; several streams share an unlogged one.</summary>
sealed class PostgresSession(PostgresConnection database, NpgsqlConnection session, TableName target) : LoadSession
{
    static readonly PostgresLoadDialect Speech = new();
    IStagingStream staging = null!;
    NpgsqlTransaction? transaction;
    string stagingTable = "";

    internal override LoadDialect Dialect => Speech;

    internal static async Task<LoadSession> OpenAsync(PostgresConnection database, TableName target, CancellationToken cancel) =>
        new PostgresSession(database, await database.OpenAsync(cancel).ConfigureAwait(false), target);

    internal override async Task<IReadOnlyList<TargetColumn>?> ReadColumnsAsync(TableName table, CancellationToken cancel)
    {
        var found = await QueryAsync($"""
            select a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef or a.attidentity <> ''
            from pg_attribute a where a.attrelid = to_regclass({LoadDialect.Text(table.Sql)}) and a.attnum > 0 and not a.attisdropped order by a.attnum
            """, cancel).ConfigureAwait(false);
        if (found.Count == 0) return null;
        var (schema, _) = PostgresScan.Describe(session, table.Sql, $"the table {table}");
        return [.. found.Select((row, i) => new TargetColumn(schema[i] with { Nullable = row[2] is false }, (string)row[1]!, row[3] is true))];
    }

    internal override async Task<string> StageAsync(Schema schema, int streams, CancellationToken cancel)
    {
        var columns = string.Join(", ", schema.Select(f => $"{TableName.Quote(f.Name)} {Speech.TypeOf(f)}"));
        var name = $"millrace_staging_{Guid.NewGuid():n}";
        if (streams == 1)
        {
            stagingTable = $"pg_temp.{name}";
            await RunAsync($"create temporary table {name} ({columns})", cancel).ConfigureAwait(false);
            staging = new OneStream(await CopyWriter.OpenAsync(session, stagingTable, schema, cancel).ConfigureAwait(false));
            return stagingTable;
        }
        await SharedStaging.SweepAsync(this, target, cancel).ConfigureAwait(false);
        await SharedStaging.ClaimAsync(this, name, cancel).ConfigureAwait(false);
        stagingTable = target.Beside(name).Sql;
        await RunAsync($"create unlogged table {stagingTable} ({columns})", cancel).ConfigureAwait(false);
        staging = await SharedStaging.OpenAsync(database, stagingTable, schema, streams, cancel).ConfigureAwait(false);
        return stagingTable;
    }

    internal override ValueTask WriteAsync(Batch batch, CancellationToken cancel) => staging.WriteAsync(batch, cancel);

    internal override async Task<long> EndStagingAsync(CancellationToken cancel)
    {
        var bytes = await staging.EndAsync(cancel).ConfigureAwait(false);
        // Nobody but us analyses a temporary table, and without numbers the planner would merge row by row.
        await RunAsync($"set work_mem = '256MB'; analyze {stagingTable}", cancel).ConfigureAwait(false);
        return bytes;
    }

    internal override async Task BeginAsync(TableName table, CancellationToken cancel)
    {
        transaction = await session.BeginTransactionAsync(cancel).ConfigureAwait(false);
        // One load of a table at a time, the table's creation included.
        await RunAsync($"select pg_advisory_xact_lock(hashtextextended({LoadDialect.Text(table.Sql)}, 7))", cancel).ConfigureAwait(false);
    }

    // Keeps writers off between the statements that merge; readers go on.
    internal override Task LockAsync(TableName table, CancellationToken cancel) => RunAsync($"lock table {table.Sql} in share row exclusive mode", cancel);

    internal override async Task<long> RunAsync(string sql, CancellationToken cancel)
    {
        var command = new NpgsqlCommand(sql, session);
        await using var disposing = command.ConfigureAwait(false);
        return await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    internal override async Task<(long Added, long Changed, long Unchanged)?> TryMergeAsync(MergeSql merge, TableName table, CancellationToken cancel)
    {
        if (session.PostgreSqlVersion.Major < 15) return null;
        // Views, foreign tables and tables with rules take no MERGE.
        if (await QueryAsync($"select 1 from pg_class where oid = to_regclass({LoadDialect.Text(table.Sql)}) and relkind in ('r', 'p') and not relhasrules", cancel).ConfigureAwait(false) is []) return null;
        const string Added = "pg_temp.millrace_added", Met = "pg_temp.millrace_met", Changed = "pg_temp.millrace_changed";
        await RunAsync("create temporary sequence millrace_added; create temporary sequence millrace_met; create temporary sequence millrace_changed", cancel).ConfigureAwait(false);
        var written = await RunAsync(merge.Merge(Added, Met, Changed), cancel).ConfigureAwait(false);
        var steps = await QueryAsync($"select {Steps(Added)}, {Steps(Met)}, {Steps(Changed)}", cancel).ConfigureAwait(false);
        await RunAsync($"drop sequence {Added}, {Met}, {Changed}", cancel).ConfigureAwait(false);
        // Rows that a trigger kept out stepped like the others, and weren't written: then the sum doesn't hold.
        var (added, met, changed) = ((long)steps[0][0]!, (long)steps[0][1]!, (long)steps[0][2]!);
        return (added, written - added, met - changed);
    }

    static string Steps(string sequence) => $"(select case when is_called then last_value else 0 end from {sequence})";

    internal override async Task<List<object?[]>> QueryAsync(string sql, CancellationToken cancel)
    {
        var command = new NpgsqlCommand(sql, session);
        await using var disposing = command.ConfigureAwait(false);
        return await RowsAsync(command, cancel).ConfigureAwait(false);
    }

    internal override Task CommitAsync(CancellationToken cancel) => transaction!.CommitAsync(cancel);

    public override async ValueTask DisposeAsync()
    {
        try
        {
            if (staging is not null) await staging.DisposeAsync().ConfigureAwait(false);
            if (transaction is not null) await transaction.DisposeAsync().ConfigureAwait(false);
            if (stagingTable.Length > 0 && session.State == System.Data.ConnectionState.Open)
                await RunAsync($"set lock_timeout = '10s'; drop table if exists {stagingTable}", CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The server is gone, and a temporary table with it, or somebody has a lock on a shared one: the next load sweeps
            // it. What ended the load is on its way up already and must not be replaced.
        }
        await session.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>Where staged batches go.</summary>
interface IStagingStream : IAsyncDisposable
{
    ValueTask WriteAsync(Batch batch, CancellationToken cancel);

    Task<long> EndAsync(CancellationToken cancel);
}

sealed class OneStream(CopyWriter copy) : IStagingStream
{
    public async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
    {
        using (batch) await copy.WriteAsync(batch, cancel).ConfigureAwait(false);
    }

    public async Task<long> EndAsync(CancellationToken cancel)
    {
        await copy.EndAsync(cancel).ConfigureAwait(false);
        return copy.Bytes;
    }

    public ValueTask DisposeAsync() => copy.DisposeAsync();
}
