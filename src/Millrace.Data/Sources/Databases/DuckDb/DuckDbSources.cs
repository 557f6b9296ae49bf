using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Millrace.Data.Engines.DuckDb;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>A table of a DuckDB file: to read, and to load.</summary>
public sealed class DuckDbTable : TableTarget
{
    readonly DuckDbFile file;
    readonly DuckDbScan scan;

    internal DuckDbTable(DuckDbFile file, TableName table, IReadOnlyList<string> key) : base(table, key)
    {
        this.file = file;
        scan = new DuckDbScan(file, table.Sql, $"the table {table}");
    }

    public override string Kind => "duckdb";
    public override Schema Schema => scan.Schema;

    public override JsonObject Describe()
    {
        var description = new JsonObject { ["connection"] = file.Path, ["table"] = Table.Sql };
        if (Key.Count > 0) description["key"] = new JsonArray([.. Key.Select(k => JsonValue.Create(k))]);
        return description;
    }

    public override ValueTask<SourceSize?> MeasureAsync(CancellationToken cancel)
    {
        using var open = file.Connect(create: false);
        using var statement = open.Connection.Prepare("select estimated_size from duckdb_tables() where table_name = $1 and schema_name = coalesce($2, current_schema())");
        using var found = statement.Bind(1, Table.Name).Bind(2, Table.Schema).Query(cancel);
        using var rows = new BatchReader(found, new Schema(new Field("rows", DataType.Int64)));
        using var batch = rows.Read();
        return new(batch is { Count: > 0 } ? new SourceSize(Rows: (long)batch[0].ValueAt(0)!) : null);
    }

    public override IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) => scan.ReadAsync(request, cancel);

    internal override Task<LoadSession> OpenSessionAsync(CancellationToken cancel) => Task.FromResult<LoadSession>(new DuckDbLoadSession(file.Connect(create: true)));
}

/// <summary>The rows of a query over a DuckDB file.</summary>
public sealed class DuckDbQuery : ISource
{
    readonly DuckDbFile file;
    readonly string sql;
    readonly DuckDbScan scan;

    internal DuckDbQuery(DuckDbFile file, string sql)
    {
        (this.file, this.sql) = (file, sql);
        scan = new DuckDbScan(file, $"({sql}\n)", "the query");
    }

    public string Kind => "duckdb";
    public Schema Schema => scan.Schema;

    public JsonObject Describe() => new() { ["connection"] = file.Path, ["query"] = sql };

    public IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) => scan.ReadAsync(request, cancel);
}

sealed class DuckDbScan(DuckDbFile file, string from, string place)
{
    readonly Lazy<Schema> schema = new(() =>
    {
        using var open = file.Connect(create: false);
        return Describe(open.Connection, from, place);
    });

    internal Schema Schema => schema.Value;

    internal async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        var wanted = request.Columns is null ? Schema : Schema.Select(request.Columns);
        var result = request.SchemaOf(Schema);
        using var open = file.Connect(create: false);
        var limit = request.Limit is { } most ? string.Create(CultureInfo.InvariantCulture, $" limit {most}") : "";
        var columns = wanted.Count == 0 ? "1" : string.Join(", ", wanted.Select(f => TableName.Quote(f.Name)));
        using var statement = open.Connection.Prepare($"select {columns} from {from}{limit}");
        var expected = wanted.Count == 0 ? new Schema(new Field("1", DataType.Int32)) : wanted;
        var before = 0L;
        await foreach (var batch in BatchReader.StreamAsync(statement, expected, request.BatchRows, cancel).ConfigureAwait(false))
        {
            var columnsOf = wanted.Count == 0 ? [] : batch.Columns.ToArray();
            if (request.Provenance) columnsOf = [.. columnsOf, .. RowPlaces.Columns(place, before, batch.Count)];
            before += batch.Count;
            yield return new Batch(result, batch.Count, columnsOf, batch.Memory);
        }
    }

    internal static Schema Describe(DuckDbConnection connection, string from, string place)
    {
        try
        {
            using var statement = connection.Prepare($"select * from {from}");
            return new Schema(Enumerable.Range(0, statement.ColumnCount).Select(i =>
            {
                using var type = statement.ColumnType(i);
                return new Field(statement.ColumnName(i), DuckDbTypes.ToDataType(type, statement.ColumnName(i)));
            }));
        }
        catch (DuckDbException e)
        {
            throw new DatabaseException($"DuckDB can't read {place}: {e.Message}", e);
        }
    }
}
