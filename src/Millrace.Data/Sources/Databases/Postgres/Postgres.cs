using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>PostgreSQL: tables and queries to read, tables to load. Without a connection of its own, a table is one of the connection named <c>postgres</c>.</summary>
public static class Postgres
{
    internal const string DefaultName = "postgres";

    /// <param name="connectionString"><c>Host=db;Database=mart;Username=etl</c> or <c>postgresql://etl@db/mart</c>.</param>
    public static PostgresConnection Connect(string connectionString) => new(null, connectionString);

    /// <summary>The connection whose string is in the environment variable <c>MILLRACE_CONNECTION_NAME</c>.</summary>
    public static PostgresConnection Named(string name) => new(name, null);

    /// <inheritdoc cref="PostgresConnection.Table"/>
    public static PostgresTable Table(string name, IReadOnlyList<string>? key = null) => Named(DefaultName).Table(name, key);

    /// <inheritdoc cref="PostgresConnection.Query"/>
    public static PostgresQuery Query(string sql) => Named(DefaultName).Query(sql);

    internal static ISource Open(JsonObject description)
    {
        var connection = PostgresConnection.Described(description["connection"]!.GetValue<string>());
        if (description["query"] is { } query) return connection.Query(query.GetValue<string>());
        var table = connection.Table(description["table"]!.GetValue<string>(), [.. description["key"]?.AsArray().Select(k => k!.GetValue<string>()) ?? []]);
        return description["partitionBy"] is { } column ? table.InParts(column.GetValue<string>(), description["parts"]!.GetValue<int>()) : table;
    }
}
