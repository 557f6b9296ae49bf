using System.Data.Common;
using System.Diagnostics;
using System.Text;

namespace Millrace.Data;

/// <summary>Inserts of several rows a statement, by parameters, all in one transaction: for databases without a bulk way of their own here.</summary>
sealed class AdoWriter : ISinkWriter
{
    readonly DbConnection connection;
    readonly DbTransaction transaction;
    readonly AdoDialect dialect;
    readonly string head;
    readonly int[] columns;
    readonly Stage stage;
    DbCommand? command;
    int commandRows;
    long rows;

    internal AdoWriter(AdoDatabase database, TableName table, Schema load, Schema target, RunContext context)
    {
        dialect = database.Dialect;
        columns = [.. Enumerable.Range(0, load.Count).Where(i => !Provenance.Is(load[i].Name))];
        head = $"insert into {dialect.Quote(table)} ({string.Join(", ", columns.Select(i => dialect.Quote(target[load[i].Name].Name)))}) values ";
        stage = context.Stages.Add("write to ado");
        connection = database.Open();
        transaction = connection.BeginTransaction();
    }

    public async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
    {
        var since = Stopwatch.GetTimestamp();
        using (batch)
        {
            var most = Math.Max(1, dialect.MostParameters / Math.Max(1, columns.Length));
            for (var from = 0; from < batch.Count; from += most)
            {
                var count = Math.Min(most, batch.Count - from);
                var insert = Prepare(count);
                for (var row = 0; row < count; row++)
                    for (var i = 0; i < columns.Length; i++)
                        insert.Parameters[row * columns.Length + i].Value = batch[columns[i]].ValueAt(from + row) ?? DBNull.Value;
                await insert.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            }
            rows += batch.Count;
            stage.Count(batch.Count, batch.Count, Stopwatch.GetElapsedTime(since));
        }
    }

    public async Task<SinkReport> CommitAsync(CancellationToken cancel)
    {
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return new SinkReport(rows);
    }

    public async ValueTask DisposeAsync()
    {
        if (command is not null) await command.DisposeAsync().ConfigureAwait(false);
        await transaction.DisposeAsync().ConfigureAwait(false);
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    DbCommand Prepare(int count)
    {
        if (command is not null && commandRows == count) return command;
        command?.Dispose();
        var (made, sql) = (connection.CreateCommand(), new StringBuilder(head));
        for (var row = 0; row < count; row++)
        {
            sql.Append(row == 0 ? "(" : ", (");
            for (var i = 0; i < columns.Length; i++)
            {
                var parameter = made.CreateParameter();
                parameter.ParameterName = $"{dialect.ParameterPrefix}p{row * columns.Length + i}";
                made.Parameters.Add(parameter);
                sql.Append(i == 0 ? "" : ", ").Append(parameter.ParameterName);
            }
            sql.Append(')');
        }
        // Names only, which are quoted; values are parameters.
        made.CommandText = sql.ToString();
        made.Transaction = transaction;
        (command, commandRows) = (made, count);
        return made;
    }
}
