using System.Data.Common;
using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>A database of any ADO.NET provider. It lives in this process: plans over it can't be handed to another.</summary>
public sealed class AdoDatabase
{
    readonly Func<DbConnection> connect;
    readonly Lazy<AdoDialect> dialect;
    readonly Lazy<AdoLoadDialect> speech;

    AdoDatabase(Func<DbConnection> connect, AdoDialect? dialect)
    {
        this.connect = connect;
        this.dialect = new(() => dialect ?? Known());
        speech = new(() => Dialect.Speaks(Dialect));
    }

    /// <param name="connect">Makes a connection, not opened yet.</param>
    /// <param name="dialect">By the provider, where it isn't said; <see cref="AdoDialect.Standard"/> for a provider that isn't known.</param>
    public static AdoDatabase Connect(Func<DbConnection> connect, AdoDialect? dialect = null) => new(connect, dialect);

    public static AdoDatabase Connect(DbProviderFactory provider, string connectionString, AdoDialect? dialect = null) => Connect(() =>
    {
        var connection = provider.CreateConnection() ?? throw new DatabaseException($"{provider.GetType().Name} makes no connections.");
        connection.ConnectionString = connectionString;
        return connection;
    }, dialect);

    internal AdoDialect Dialect => dialect.Value;

    /// <summary>How loads speak with it.</summary>
    internal AdoLoadDialect Speech => speech.Value;

    AdoDialect Known()
    {
        using var connection = connect();
        return AdoDialect.Of(connection);
    }

    /// <summary>A table, to read and to load.</summary>
    /// <inheritdoc cref="SqliteFile.Table" path="/param"/>
    public AdoTable Table(string name, IReadOnlyList<string>? key = null) => new(this, TableName.Parse(name), key ?? []);

    /// <summary>The rows of a query, which runs anew at each read.</summary>
    public AdoQuery Query(string sql) => new(this, sql.Trim().TrimEnd(';'));

    internal DbConnection Open()
    {
        var connection = connect();
        try
        {
            connection.Open();
            if (Speech.Greeting is { } greeting)
            {
                using var first = connection.CreateCommand();
                first.CommandText = greeting;
                first.ExecuteNonQuery();
            }
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

    internal AdoQuery(AdoDatabase database, string sql) => scan = new AdoScan(database, () => $"({sql}\n) query", "the query");

    public string Kind => "ado";
    public Schema Schema => scan.Schema;
    public JsonObject? Describe() => null;
    public IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) => scan.ReadAsync(request, null, 1, cancel);
}

/// <summary>A table over ADO.NET: to read, and to load in every mode.</summary>
public sealed class AdoTable : TableTarget
{
    readonly AdoDatabase database;
    readonly AdoScan scan;
    readonly string? partitionBy;
    readonly int parts;

    internal AdoTable(AdoDatabase database, TableName table, IReadOnlyList<string> key, string? partitionBy = null, int parts = 1) : base(table, key)
    {
        (this.database, this.partitionBy, this.parts) = (database, partitionBy, parts);
        scan = new AdoScan(database, () => database.Speech.Quote(table), $"the table {table}");
    }

    public override string Kind => "ado";
    public override Schema Schema => scan.Schema;
    public override JsonObject? Describe() => null;

    /// <summary>
    /// The same table, read over several connections at once, each a range of the column's values. They see the table each at
    /// its own moment: read in parts what nobody writes to. Rows come in no order, so their value of the column is what rejects call their line.
    /// </summary>
    public AdoTable InParts(string by, int parts) => new(database, Table, Key, KeyRange.Column(Schema, $"The table {Table}", by, parts), parts);

    public override IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) => scan.ReadAsync(request, partitionBy, parts, cancel);

    internal override Task<LoadSession> OpenSessionAsync(CancellationToken cancel) => Task.FromResult<LoadSession>(new AdoSession(database, Table));
}
