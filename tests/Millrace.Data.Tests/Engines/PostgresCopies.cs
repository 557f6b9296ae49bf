using Millrace.Plans;
using Millrace.Testing.Plans;
using Npgsql;

namespace Millrace.Data.Tests.Engines;

/// <summary>Tables of random plans as tables of a PostgreSQL, so that the same plans can run there.</summary>
sealed class PostgresCopies(string connectionString) : IAsyncDisposable
{
    static readonly PostgresDialect dialect = new();

    readonly NpgsqlDataSource source = NpgsqlDataSource.Create(connectionString);
    readonly PostgresConnection connection = Postgres.Connect(connectionString);
    int made;

    /// <summary>The same plan over tables of the database; null where one of its tables can't be there.</summary>
    internal async Task<Relation?> CopyAsync(Relation plan, CancellationToken cancel)
    {
        var copies = new Dictionary<MemoryTable, ISource>();
        foreach (var table in Scans(plan).Select(s => (MemoryTable)s.Source).Distinct())
        {
            if (table.Schema.Any(f => dialect.WhyNot(f.Type) is not null)) return null;
            copies[table] = await CreateAsync(table, cancel);
        }
        return Over(plan, copies);
    }

    async Task<ISource> CreateAsync(MemoryTable table, CancellationToken cancel)
    {
        var name = $"copy_{made++}";
        var columns = table.Schema.Select(f => $"{SqlScope.Quote(f.Name)} {dialect.TypeName(f.Type)}{(f.Nullable ? "" : " NOT NULL")}");
        await RunAsync($"CREATE TABLE {name} ({string.Join(", ", columns)})", cancel);
        foreach (var chunk in table.Rows.Chunk(100))
        {
            var rows = chunk.Select(row => $"({string.Join(", ", row.Select((v, i) => Literal(v, table.Schema[i].Type)))})");
            await RunAsync($"INSERT INTO {name} VALUES {string.Join(", ", rows)}", cancel);
        }
        return connection.Table(name);
    }

    static string Literal(object? value, DataType type) => value is List<object?> items
        ? $"CAST({dialect.List(items.Select(i => dialect.Literal(i, ((ListType)type).Item.Type)))} AS {dialect.TypeName(type)})"
        : dialect.Literal(value, type);

    async Task RunAsync(string sql, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancel);
    }

    static IEnumerable<Scan> Scans(Relation plan) => plan is Scan scan ? [scan] : plan.Inputs.SelectMany(Scans);

    static Relation Over(Relation plan, Dictionary<MemoryTable, ISource> copies) => plan is Scan scan
        ? new Project(scan with { Source = copies[(MemoryTable)scan.Source] }, scan.Schema.Select(f => new NamedExpr(f.Name, f.Type.Kind == TypeKind.Enum ? new CastExpr(new ColumnExpr(f.Name), f.Type) : new ColumnExpr(f.Name))).ToSequence())
        : plan.WithInputs([.. plan.Inputs.Select(i => Over(i, copies))]);

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
