using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>The rows of a query.</summary>
public sealed class PostgresQuery : ISource, IPostgresScan
{
    readonly PostgresScan scan;
    readonly string sql;

    internal PostgresQuery(PostgresConnection connection, string sql)
    {
        this.sql = sql.Trim().TrimEnd(';');
        Connection = connection;
        scan = new PostgresScan(connection, FromSql, "the query");
    }

    internal PostgresConnection Connection { get; }
    internal string FromSql => $"({sql}\n) as query";

    PostgresConnection IPostgresScan.Connection => Connection;
    string IPostgresScan.PostgresSql(IReadOnlyList<string>? columns) => scan.Sql(columns);

    public string Kind => "postgres";
    public Schema Schema => scan.Schema;

    public JsonObject Describe() => new() { ["connection"] = Connection.Describe(), ["query"] = sql };

    public IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) => scan.ReadAsync(request, null, 1, cancel);
}
