using Millrace.Storage.Sql;

using Npgsql;

namespace Millrace.Storage.Postgres;

sealed class PostgresSession(NpgsqlConnection connection, CancellationToken cancellation) : Session
{
    internal override async Task<List<T>> QueryAsync<T>(string sql, Func<IRow, T> read, params object?[] arguments)
    {
        var command = connection.CreateCommand();
        await using var _ = command.ConfigureAwait(false);
        command.CommandText = sql;
        Bind(command.Parameters, arguments);
        var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        var row = new PostgresRow(reader);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            rows.Add(read(row));
        return rows;
    }

    internal override async Task<int> ExecuteAsync(string sql, params object?[] arguments)
    {
        var command = connection.CreateCommand();
        await using var _ = command.ConfigureAwait(false);
        command.CommandText = sql;
        Bind(command.Parameters, arguments);
        return await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    internal override async Task ExecuteScriptAsync(string script)
    {
        var command = connection.CreateCommand();
        await using var _ = command.ConfigureAwait(false);
        command.CommandText = script;
        // A migration of a large history takes the time it takes.
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    internal override async Task ExecuteManyAsync(string sql, IReadOnlyList<object?[]> arguments)
    {
        if (arguments.Count == 0)
            return;
        var batch = connection.CreateBatch();
        await using var _ = batch.ConfigureAwait(false);
        foreach (var one in arguments)
        {
            var command = new NpgsqlBatchCommand(sql);
            Bind(command.Parameters, one);
            batch.BatchCommands.Add(command);
        }
        await batch.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    // In the order of the names, so that two that lock some of the same names never wait for each other.
    internal override Task LockAsync(params IReadOnlyList<string> names) => ExecuteAsync(
        "select pg_advisory_xact_lock(hashtextextended('millrace ' || name, 0)) from unnest($1) as name",
        [names.Order(StringComparer.Ordinal).ToArray()]);

    internal override string ForUpdate => " for update";
    internal override string ForKeyShare => " for key share";
    internal override string SkipLocked => " for update skip locked";
    internal override string Among(string column, int parameter) => $"{column} = any(${parameter})";

    internal static void Bind(NpgsqlParameterCollection parameters, object?[] arguments)
    {
        foreach (var argument in arguments)
            parameters.Add(new NpgsqlParameter { Value = Plain(argument) ?? DBNull.Value });
    }
}
