using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>A table of PostgreSQL: to read, and to load.</summary>
public sealed class PostgresTable : TableTarget, IPostgresScan
{
    readonly PostgresScan scan;
    readonly string? partitionBy;
    readonly int parts = 1;

    internal PostgresTable(PostgresConnection connection, TableName table, IReadOnlyList<string> key, string? partitionBy = null, int parts = 1) : base(table, key)
    {
        Connection = connection;
        (this.partitionBy, this.parts) = (partitionBy, parts);
        scan = new PostgresScan(connection, FromSql, $"the table {table}");
    }

    internal PostgresConnection Connection { get; }
    internal string FromSql => Table.Sql;

    PostgresConnection IPostgresScan.Connection => Connection;
    string IPostgresScan.PostgresSql(IReadOnlyList<string>? columns) => scan.Sql(columns);

    public override string Kind => "postgres";
    public override Schema Schema => scan.Schema;

    /// <summary>The same table, read over several connections at once: each takes a range of the column's values, and all see one snapshot. Rows come in no order, so their value of the column is what rejects call their line.</summary>
    public PostgresTable InParts(string by, int parts) => new(Connection, Table, Key, KeyRange.Column(Schema, $"The table {Table}", by, parts), parts);

    public override JsonObject Describe()
    {
        var description = new JsonObject { ["connection"] = Connection.Describe(), ["table"] = Table.Sql };
        if (Key.Count > 0) description["key"] = new JsonArray([.. Key.Select(k => JsonValue.Create(k))]);
        if (partitionBy is not null) (description["partitionBy"], description["parts"]) = (partitionBy, parts);
        return description;
    }

    // What the last vacuum or analyze found; -1 where none has been.
    public override async ValueTask<SourceSize?> MeasureAsync(CancellationToken cancel)
    {
        var session = await Connection.OpenAsync(cancel).ConfigureAwait(false);
        await using var closing = session.ConfigureAwait(false);
        var command = new Npgsql.NpgsqlCommand("select reltuples::int8 from pg_class where oid = to_regclass($1) and reltuples >= 0", session) { Parameters = { new() { Value = Table.Sql } } };
        await using var disposing = command.ConfigureAwait(false);
        return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is long rows ? new SourceSize(Rows: rows) : null;
    }

    public override IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) => scan.ReadAsync(request, partitionBy, parts, cancel);

    internal override Task<LoadSession> OpenSessionAsync(CancellationToken cancel) => PostgresSession.OpenAsync(Connection, Table, cancel);
}
