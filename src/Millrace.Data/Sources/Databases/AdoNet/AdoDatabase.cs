using System.Data.Common;
using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>How a database that is reached through ADO.NET speaks, where it differs from standard SQL.</summary>
public sealed record AdoDialect
{
    /// <summary>What stands around names: <c>"</c> and <c>"</c>, or MySQL's <c>`</c>, or SQL Server's <c>[</c> and <c>]</c>.</summary>
    public (char Open, char Close) Quotes { get; init; } = ('"', '"');

    /// <summary>What stands before a parameter's name.</summary>
    public string ParameterPrefix { get; init; } = "@";

    /// <summary>Parameters that one statement may have; rows are inserted as many at a time as these allow.</summary>
    public int MostParameters
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MostParameters), value, "A statement has at least one parameter.");
    } = 900;

    internal string Quote(string name) => $"{Quotes.Open}{name.Replace($"{Quotes.Close}", $"{Quotes.Close}{Quotes.Close}", StringComparison.Ordinal)}{Quotes.Close}";

    internal string Quote(TableName table) => table.Schema is null ? Quote(table.Name) : $"{Quote(table.Schema)}.{Quote(table.Name)}";
}

/// <summary>A database of any ADO.NET provider. It lives in this process: plans over it can't be handed to another.</summary>
public sealed class AdoDatabase
{
    readonly Func<DbConnection> connect;

    AdoDatabase(Func<DbConnection> connect, AdoDialect dialect) => (this.connect, Dialect) = (connect, dialect);

    /// <param name="connect">Makes a connection, not opened yet.</param>
    public static AdoDatabase Connect(Func<DbConnection> connect, AdoDialect? dialect = null) => new(connect, dialect ?? new AdoDialect());

    public static AdoDatabase Connect(DbProviderFactory provider, string connectionString, AdoDialect? dialect = null) => Connect(() =>
    {
        var connection = provider.CreateConnection() ?? throw new DatabaseException($"{provider.GetType().Name} makes no connections.");
        connection.ConnectionString = connectionString;
        return connection;
    }, dialect);

    internal AdoDialect Dialect { get; }

    /// <summary>The rows of a table; <see cref="AdoTable"/> can be appended to as well.</summary>
    public AdoTable Table(string name) => new(this, TableName.Parse(name));

    /// <summary>The rows of a query, which runs anew at each read.</summary>
    public AdoQuery Query(string sql) => new(this, sql.Trim().TrimEnd(';'));

    internal DbConnection Open()
    {
        var connection = connect();
        try
        {
            connection.Open();
            return connection;
        }
        catch (DbException e)
        {
            connection.Dispose();
            throw new DatabaseException($"The database can't be reached: {e.Message} Check the connection string and that the server is up.", e);
        }
    }
}

/// <summary>The rows of a query over ADO.NET.</summary>
public sealed class AdoQuery : ISource
{
    readonly AdoScan scan;

    internal AdoQuery(AdoDatabase database, string sql) => scan = new AdoScan(database, $"({sql}\n) query", "the query");

    public string Kind => "ado";
    public Schema Schema => scan.Schema;
    public JsonObject? Describe() => null;
    public IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) => scan.ReadAsync(request, null, 1, cancel);
}

/// <summary>A table over ADO.NET: to read, and as a sink to append to, all rows in one transaction.</summary>
public sealed class AdoTable : ISource, ISink
{
    readonly AdoDatabase database;
    readonly TableName table;
    readonly AdoScan scan;
    readonly string? partitionBy;
    readonly int parts;

    internal AdoTable(AdoDatabase database, TableName table, string? partitionBy = null, int parts = 1)
    {
        (this.database, this.table, this.partitionBy, this.parts) = (database, table, partitionBy, parts);
        scan = new AdoScan(database, database.Dialect.Quote(table), $"the table {table}");
    }

    public string Kind => "ado";
    public Schema Schema => scan.Schema;
    public JsonObject? Describe() => null;

    /// <summary>
    /// The same table, read over several connections at once, each a range of the column's values. They see the table each at
    /// its own moment: read in parts what nobody writes to.
    /// </summary>
    public AdoTable InParts(string by, int parts) => new(database, table, by, parts);

    public IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) => scan.ReadAsync(request, partitionBy, parts, cancel);

    Task<ISinkWriter> ISink.OpenAsync(Schema schema, RunContext context, CancellationToken cancel)
    {
        foreach (var field in schema.Where(f => !Provenance.Is(f.Name)))
        {
            if (field.Type.IsNested) throw new DatabaseException($"Column '{field.Name}' is {field.Type}, which the table {table} can't be given over ADO.NET. Flatten it, or write it as text.");
            Schema.IndexOf(field.Name);
        }
        return Task.FromResult<ISinkWriter>(new AdoWriter(database, table, schema, Schema, context));
    }
}
