using System.Text.Json.Nodes;
using SQLitePCL;

namespace Millrace.Data;

/// <summary>A table of a SQLite file: to read, and to load.</summary>
public sealed class SqliteTable : TableTarget
{
    readonly SqliteFile file;
    readonly SqliteScan scan;

    internal SqliteTable(SqliteFile file, TableName table, IReadOnlyList<string> key) : base(table, key)
    {
        this.file = file;
        scan = new SqliteScan(file, table.Sql, $"the table {table}");
    }

    public override string Kind => "sqlite";
    public override Schema Schema => scan.Schema;

    public override JsonObject Describe()
    {
        var description = new JsonObject { ["connection"] = file.Described, ["table"] = Table.Sql };
        if (Key.Count > 0) description["key"] = new JsonArray([.. Key.Select(k => JsonValue.Create(k))]);
        return description;
    }

    // Row ids mostly count up from 1: the last one is found at once, and a count would read the whole table.
    public override ValueTask<SourceSize?> MeasureAsync(CancellationToken cancel)
    {
        try
        {
            using var connection = new SqliteConnection(file.Path, create: false);
            using var last = connection.Prepare($"select max(_rowid_) from {Table.Sql}");
            return new(last.Step() ? new SourceSize(Rows: raw.sqlite3_column_int64(last.Handle, 0)) : null);
        }
        catch (DatabaseException)
        {
            // A view, or a table that was made without row ids.
            return new((SourceSize?)null);
        }
    }

    public override IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) => scan.ReadAsync(request, cancel);

    internal override Task<LoadSession> OpenSessionAsync(CancellationToken cancel) => Task.FromResult<LoadSession>(new SqliteSession(file.Path));
}

/// <summary>The rows of a query over a SQLite file.</summary>
public sealed class SqliteQuery : ISource
{
    readonly SqliteFile file;
    readonly string sql;
    readonly SqliteScan scan;

    internal SqliteQuery(SqliteFile file, string sql)
    {
        (this.file, this.sql) = (file, sql);
        scan = new SqliteScan(file, $"({sql}\n)", "the query");
    }

    public string Kind => "sqlite";
    public Schema Schema => scan.Schema;

    public JsonObject Describe() => new() { ["connection"] = file.Described, ["query"] = sql };

    public IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) => scan.ReadAsync(request, cancel);
}
