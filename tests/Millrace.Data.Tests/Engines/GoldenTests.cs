using Millrace.Plans;
using Millrace.Testing.Plans;
using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.Data.Tests.Engines;

/// <summary>Verbs and functions, against what PostgreSQL answers to SQL that was written by hand.</summary>
public sealed class GoldenTests
{
    internal const string Tables = """
        create table sales (id int not null, shop text, amount int, price float8, cost numeric(9,2), day date, at timestamp, note text);
        insert into sales values
            (1, 'north', 10, 1.5, 1.25, '2026-01-31', '2026-01-31 08:15:30', 'apple pie'), (2, 'north', null, 2.25, 2.50, '2026-02-28', '2026-02-28 23:59:59.5', ' bread '),
            (3, 'south', 30, null, 3.75, '2025-12-31', '2025-12-31 00:00:00', null), (4, 'south', 40, 4.75, 4.05, '2024-02-29', '2024-02-29 12:30:00', 'Cherry'),
            (5, 'north', 50, 5.1, 5.55, '2026-07-04', '2026-07-04 17:45:10', 'beta carotene'), (6, null, 60, 6.2, 6.66, '2027-01-01', '2027-01-01 06:06:06', ''),
            (7, 'west', 70, 7.3, 0.07, '2021-01-03', '2021-01-03 21:00:00', 'ab'), (8, 'west', 10, 0.4, 8.88, '2020-12-28', '2020-12-28 09:00:01', 'cabbage soup');
        create table shops (shop text, city text, size int);
        insert into shops values ('north', 'Oslo', 3), ('south', 'Rome', 5), ('east', 'Riga', 2), (null, 'Nowhere', 0);
        """;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Verbs_and_functions_answer_as_PostgreSQL_does()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using (var command = source.CreateCommand($"create extension fuzzystrmatch;{Tables}")) await command.ExecuteNonQueryAsync(Cancel);
        var connection = Postgres.Connect(database.ConnectionString);
        // Once copied out of the database, so that our engines answer; once in it, so that the planner pushes down.
        var (sales, shops) = (await InMemoryAsync(connection, "sales"), await InMemoryAsync(connection, "shops"));
        var broken = new List<string>();
        foreach (var golden in GoldenCases.All)
        {
            foreach (var (where, from, lookup) in new[] { ("ours", sales, shops), ("pushed", Frame.From(connection.Table("sales")), Frame.From(connection.Table("shops"))) })
            {
                try
                {
                    var asked = await golden.Frame(from, lookup);
                    var expected = await ByHandAsync(source, golden.Sql, asked.Schema);
                    foreach (var engine in where == "ours" ? [null, PlanEngine.DuckDb] : new PlanEngine?[] { null })
                    {
                        if (engine is not null && !DuckDbRuns(asked)) continue;
                        if (await golden.DifferenceAsync(asked, expected, engine, Cancel) is { } difference) broken.Add($"{golden.Name} ({where} {engine}): {difference}");
                    }
                }
                catch (Exception wrong) when (wrong is not OperationCanceledException)
                {
                    broken.Add($"{golden.Name} ({where}): {wrong.Message}");
                }
            }
        }
        Assert.True(broken.Count == 0, string.Join("\n", broken));
    }

    static bool DuckDbRuns(Frame frame)
    {
        var engine = new DuckDbEngine();
        return Steps(Planner.Prepare(frame.Plan)).All(s => engine.WhyNot(s) is null);

        static IEnumerable<Relation> Steps(Relation plan) => plan.Inputs.SelectMany(Steps).Append(plan);
    }

    static async Task<Frame> InMemoryAsync(PostgresConnection connection, string table)
    {
        var from = connection.Table(table);
        return Frame.From(new MemoryTable(table, from.Schema, await from.ReadAsync(new ReadRequest(), Cancel).RowsAsync()));
    }

    static async Task<List<object?[]>> ByHandAsync(NpgsqlDataSource source, string sql, Schema schema)
    {
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var builder = new BatchBuilder(schema);
        var values = new object[schema.Count];
        while (await reader.ReadAsync(Cancel))
        {
            Assert.Equal(schema.Count, reader.GetValues(values));
            builder.Add(values);
        }
        using var batch = builder.Build();
        return [.. Enumerable.Range(0, batch.Count).Select(batch.Row)];
    }
}
