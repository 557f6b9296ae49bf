using System.Data.Common;
using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Inserts of several rows a statement, by parameters; each row gets its number behind its values.</summary>
sealed class AdoInsert(DbConnection connection, AdoDialect ado, AdoLoadDialect speech, Schema schema) : IAsyncDisposable
{
    readonly int width = schema.Count + 1;
    DbCommand? command;
    int commandRows;
    long number;

    internal async Task WriteAsync(Batch batch, CancellationToken cancel)
    {
        var most = Math.Clamp(ado.MostParameters / width, 1, ado.MostRows);
        for (var from = 0; from < batch.Count; from += most)
        {
            var count = Math.Min(most, batch.Count - from);
            var insert = Prepare(count);
            for (var row = 0; row < count; row++)
            {
                for (var i = 0; i < schema.Count; i++) insert.Parameters[row * width + i].Value = speech.Value(batch[i], from + row);
                insert.Parameters[row * width + schema.Count].Value = ++number;
            }
            await insert.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
    }

    DbCommand Prepare(int count)
    {
        if (command is not null && commandRows == count) return command;
        command?.Dispose();
        var (made, sql) = (connection.CreateCommand(), new StringBuilder($"insert into {speech.Staging} values "));
        for (var row = 0; row < count; row++)
        {
            sql.Append(row == 0 ? "(" : ", (");
            for (var i = 0; i < width; i++)
            {
                var parameter = made.CreateParameter();
                parameter.ParameterName = $"{ado.ParameterPrefix}p{row * width + i}";
                if (speech.ParameterType(i == schema.Count ? DataType.Int64 : schema[i].Type) is { } type) parameter.DbType = type;
                made.Parameters.Add(parameter);
                sql.Append(i == 0 ? "" : ", ").Append(parameter.ParameterName);
            }
            sql.Append(')');
        }
        // Names only; values are parameters.
        made.CommandText = sql.ToString();
        made.CommandTimeout = 0;
        (command, commandRows) = (made, count);
        return made;
    }

    public ValueTask DisposeAsync() => command?.DisposeAsync() ?? ValueTask.CompletedTask;
}
