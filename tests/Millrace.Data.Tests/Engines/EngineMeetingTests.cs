using Millrace.Plans;
using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.Data.Tests.Engines;

/// <summary>What one engine computed and another one reads on: differences that random plans found.</summary>
public sealed class EngineMeetingTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static ColumnExpr Col(string name) => new(name);

    static async Task<PostgresConnection> WithAsync(PostgresDatabase database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancel);
        return Postgres.Connect(database.ConnectionString);
    }

    static async Task<List<string>> RowsAsync(Relation plan) =>
        await EngineRows.ReadAsync(FrameRunner.RunAsync(plan, new RunContext { Rejects = new RejectLog() }, Cancel), plan.Schema, ordered: false, Cancel);

    [Fact]
    public async Task Decimals_that_PostgreSQL_computed_keep_their_scale_in_the_engine_that_goes_on()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        var connection = await WithAsync(database, "create table paid (id int, amount numeric(9,2)); insert into paid values (1, 1.25), (2, 99999.99)");
        var most = new Group(new Scan(connection.Table("paid")), [],
        [
            new("most", Aggregate.Max.Of(Col("amount"))), new("first", Aggregate.First.Of(Col("amount")) with { OrderBy = [new SortKey(Col("id"))] }),
            new("all", Aggregate.List.Of(Col("amount")) with { OrderBy = [new SortKey(Col("id"))] }),
        ]);
        // A check is for our own engine, a sample too: what they read comes from the database.
        var plan = new Check(new Sample(most, 1), "positive", Functions.Greater.Of(Col("most"), LiteralExpr.Of(0)));
        Assert.Equal(["99999.99 | 1.25 | [1.25, 99999.99]"], await RowsAsync(plan));
    }

    [Fact]
    public async Task A_group_of_a_pattern_that_took_no_part_is_the_empty_text_in_every_engine()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        var connection = await WithAsync(database, "create table notes (note text); insert into notes values ('a1'), ('a=1'), ('-'), (null)");
        Relation plan = new Project(new Scan(connection.Table("notes")), [new("x", Functions.Extract.Of(Col("note"), LiteralExpr.Of("([a-z])(=|,)?([0-9])"), LiteralExpr.Of(2)))]);
        Assert.NotNull(PostgresEngine.SqlFor(plan));
        List<string> expected = ["", "=", "null", "null"];
        Assert.Equal(expected, await RowsAsync(plan));
        foreach (var engine in (IEngine[])[new DuckDbEngine(), new StreamingEngine()])
            Assert.Equal(expected, await EngineRows.ReadAsync(engine.RunAsync(plan, new RunContext(), Cancel), plan.Schema, ordered: false, Cancel));
    }
}
