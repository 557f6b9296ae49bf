using System.Text.Json;

using Millrace.Storage.Sql;

namespace Millrace.Storage.Sqlite;

/// <summary>SQLite works on the caller's thread, in microseconds: every task is complete when it is returned.</summary>
sealed class SqliteSession(Connection connection) : Session
{
    internal Connection Connection => connection;

    internal override Task<List<T>> QueryAsync<T>(string sql, Func<IRow, T> read, params object?[] arguments)
    {
        var statement = Bound(sql, arguments);
        var rows = new List<T>();
        try
        {
            while (statement.Step())
                rows.Add(read(statement));
        }
        finally
        {
            statement.Reset();
        }
        return Task.FromResult(rows);
    }

    internal override Task<int> ExecuteAsync(string sql, params object?[] arguments) => Task.FromResult(Bound(sql, arguments).Run());

    internal override Task ExecuteScriptAsync(string script)
    {
        connection.Execute(script);
        return Task.CompletedTask;
    }

    internal override Task ExecuteManyAsync(string sql, IReadOnlyList<object?[]> arguments)
    {
        foreach (var one in arguments)
            Bound(sql, one).Run();
        return Task.CompletedTask;
    }

    // A write transaction already shuts out every other: there is nothing to lock.
    internal override Task LockAsync(params IReadOnlyList<string> names) => Task.CompletedTask;
    internal override string ForUpdate => "";
    internal override string ForKeyShare => "";
    internal override string SkipLocked => "";
    internal override string Among(string column, int parameter) => $"{column} in (select value from json_each(${parameter}))";

    Statement Bound(string sql, object?[] arguments)
    {
        var statement = connection.Prepare(sql);
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (Plain(arguments[i]))
            {
                case null: statement.BindNull(i + 1); break;
                case long number: statement.Bind(i + 1, number); break;
                case bool truth: statement.Bind(i + 1, truth); break;
                case string text: statement.Bind(i + 1, text); break;
                case Guid id: statement.Bind(i + 1, id); break;
                case string[] texts: statement.Bind(i + 1, JsonSerializer.Serialize(texts)); break;
                case byte[] bytes: statement.Bind(i + 1, bytes); break;
                case var other: throw new ArgumentException($"SQLite has no column for a {other.GetType()}.", nameof(arguments));
            }
        }
        return statement;
    }
}
