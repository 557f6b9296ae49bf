using System.Data;
using System.Data.Common;
using System.Globalization;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>A load's session over ADO.NET: rows are inserted into a temporary table, and published in one transaction.</summary>
sealed class AdoSession(AdoDatabase database, TableName target) : LoadSession
{
    readonly AdoLoadDialect speech = database.Speech;
    readonly DbConnection connection = database.Open();
    AdoInsert? insert;
    DbTransaction? transaction;
    Schema staged = new();
    bool hasStaging, hasTurn;

    internal override LoadDialect Dialect => speech;

    internal override async Task<IReadOnlyList<TargetColumn>?> ReadColumnsAsync(TableName table, CancellationToken cancel)
    {
        var found = await QueryAsync(speech.Columns(table), cancel).ConfigureAwait(false);
        if (found.Count == 0) return null;
        var schema = AdoScan.Describe(database, connection, transaction, speech.Quote(table), $"the table {table}");
        return [.. found.Select(row => (Field: schema[(string)row[0]!], Type: (string)row[1]!, Nullable: Flag(row[2]), Filled: Flag(row[3])))
            .Select(c => new TargetColumn(c.Field with { Type = speech.Reads(c.Type) ?? c.Field.Type, Nullable = c.Nullable }, c.Type, c.Filled))];
    }

    internal override async Task<string> StageAsync(Schema schema, int streams, CancellationToken cancel)
    {
        staged = schema;
        var columns = schema.Select(f => speech.Declare(f.Name, speech.TypeOf(f), nullable: true)).Append(speech.Declare(AdoLoadDialect.Number, speech.TypeOf(new Field(AdoLoadDialect.Number, DataType.Int64)), nullable: false));
        await RunAsync(speech.CreateStaging(string.Join(", ", columns)), cancel).ConfigureAwait(false);
        hasStaging = true;
        insert = new AdoInsert(connection, database.Dialect, speech, schema);
        return speech.Staging;
    }

    internal override async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
    {
        using (batch) await SaidAsync(async () =>
        {
            await insert!.WriteAsync(batch, cancel).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }

    internal override async Task<long> EndStagingAsync(CancellationToken cancel)
    {
        await insert!.DisposeAsync().ConfigureAwait(false);
        insert = null;
        if (speech.Analyze is { } analyze) await RunAsync(analyze, cancel).ConfigureAwait(false);
        return 0;
    }

    internal override async Task IndexAsync(IEnumerable<string> key, CancellationToken cancel)
    {
        if (speech.IndexStaging([.. key.Select(k => staged[k])]) is { } index) await RunAsync(index, cancel).ConfigureAwait(false);
    }

    internal override async Task BeginAsync(TableName table, CancellationToken cancel)
    {
        if (speech.ShapesInTransaction) await OpenTransactionAsync(cancel).ConfigureAwait(false);
        if (speech.TakeTurn(table) is not { } turn) return;
        if (await QueryAsync(turn, cancel).ConfigureAwait(false) is not [[{ } taken]] || !Flag(taken))
            throw new LoadException($"Another load of {table} is still at work, and its turn didn't end. Nothing was loaded; run the load again once the other has ended.");
        hasTurn = true;
    }

    internal override async Task LockAsync(TableName table, CancellationToken cancel)
    {
        if (transaction is null) await OpenTransactionAsync(cancel).ConfigureAwait(false);
        if (speech.Lock(table) is { } locking) await RunAsync(locking, cancel).ConfigureAwait(false);
    }

    async Task OpenTransactionAsync(CancellationToken cancel) =>
        transaction = await SaidAsync(() => connection.BeginTransactionAsync(speech.Isolation, cancel).AsTask()).ConfigureAwait(false);

    internal override Task<long> RunAsync(string sql, CancellationToken cancel) => SaidAsync(async () =>
    {
        var command = Command(sql);
        await using var disposing = command.ConfigureAwait(false);
        return (long)await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    });

    internal override Task<List<object?[]>> QueryAsync(string sql, CancellationToken cancel) => SaidAsync(async () =>
    {
        var command = Command(sql);
        await using var disposing = command.ConfigureAwait(false);
        return await RowsAsync(command, cancel).ConfigureAwait(false);
    });

    internal override Task CommitAsync(CancellationToken cancel) => SaidAsync(async () =>
    {
        await transaction!.CommitAsync(cancel).ConfigureAwait(false);
        return true;
    });

    DbCommand Command(string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        // Turns are waited for, and merges take as long as they take.
        command.CommandTimeout = 0;
        return command;
    }

    // Not every provider says why it failed. Where the connection is still open, the database has refused something and is there.
    async Task<T> SaidAsync<T>(Func<Task<T>> say)
    {
        try
        {
            return await say().ConfigureAwait(false);
        }
        catch (DbException e) when (connection.State == ConnectionState.Open)
        {
            throw new DatabaseException(e.Message, e);
        }
    }

    static bool Flag(object? value) => Convert.ToInt64(value, CultureInfo.InvariantCulture) != 0;

    public override async ValueTask DisposeAsync()
    {
        try
        {
            if (insert is not null) await insert.DisposeAsync().ConfigureAwait(false);
            if (transaction is not null) await transaction.DisposeAsync().ConfigureAwait(false);
            transaction = null;
            // A connection that goes back to a pool keeps its temporary tables and its turn.
            if (hasStaging && connection.State == ConnectionState.Open) await RunAsync(speech.DropStaging, CancellationToken.None).ConfigureAwait(false);
            if (hasTurn && connection.State == ConnectionState.Open && speech.EndTurn(target) is { } end) await RunAsync(end, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DbException or DatabaseException or InvalidOperationException)
        {
            // The database is gone, and what only this session saw with it.
        }
        await connection.DisposeAsync().ConfigureAwait(false);
    }
}
