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
    public async Task A_scan_of_some_columns_of_which_none_is_read_is_counted_by_one_of_its_own()
    {
        var table = new TestTable("pairs", new Schema(new Field("a", DataType.Int32), new Field("b", DataType.Int32)), [[1, 2], [3, 4]]);
        var pairs = new Join(new Scan(table, ["a"]), new Scan(table, ["b"]), JoinKind.Cross);
        Assert.Equal(["1", "1", "3", "3"], await RowsAsync(new Project(pairs, [new("a", Col("a"))])));
    }

    public static TheoryData<string, string?[]> Values => new()
    {
        { "substring", ["h", "", "ell"] },
        { "pad_right", ["hello", null, "hello"] },
        { "replace_pattern", ["he<l><l>o", "he<l><l>o", "he<l><l>o"] },
        { "exp", ["0", "Infinity", "1"] },
        { "power", ["NaN", "8", "NaN"] },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public async Task A_function_at_the_edge_of_its_arguments_is_the_same_in_every_engine(string function, string?[] expected)
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        var connection = await WithAsync(database, """
            create table edges (n int, text text, start int, length int, filler text, x float8, y float8);
            insert into edges values (1, 'hello', -1, 2, '*', -1000, -1.5), (2, 'hello', 1, -1, null, 1000, 2), (3, 'hello', 1, 3, '', 0, -0.5);
            """);
        Expr value = function switch
        {
            "substring" => Functions.Substring.Of(Col("text"), Col("start"), Col("length")),
            "pad_right" => Functions.PadRight.Of(Col("text"), LiteralExpr.Of(3), Col("filler")),
            "replace_pattern" => Functions.ReplacePattern.Of(Col("text"), LiteralExpr.Of("l"), LiteralExpr.Of("<\\0>")),
            "exp" => Functions.Exp.Of(Col("x")),
            _ => Functions.Power.Of(Functions.Subtract.Of(Col("y"), LiteralExpr.Of(0.0)), Functions.Add.Of(Functions.Abs.Of(Col("y")), LiteralExpr.Of(1.0))),
        };
        Relation plan = new Project(new Scan(connection.Table("edges")), [new("n", Col("n")), new("x", value)]);
        Assert.NotNull(PostgresEngine.SqlFor(plan));
        List<string> rows = [.. expected.Select((e, i) => $"{i + 1} | {e ?? "null"}")];
        Assert.Equal(rows, await RowsAsync(plan));
        foreach (var engine in (IEngine[])[new DuckDbEngine(), new StreamingEngine()])
            Assert.Equal(rows, await EngineRows.ReadAsync(engine.RunAsync(plan, new RunContext(), Cancel), plan.Schema, ordered: false, Cancel));
    }

    [Fact]
    public async Task Rows_of_which_only_their_place_is_read_are_read_from_PostgreSQL()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        var connection = await WithAsync(database, "create table three (n int); insert into three values (1), (2), (3)");
        var rows = 0;
        await foreach (var batch in connection.Table("three").ReadAsync(new ReadRequest { Columns = [], Provenance = true }, Cancel))
        {
            using (batch) rows += batch.Count;
        }
        Assert.Equal(3, rows);
    }

    [Fact]
    public async Task A_row_that_is_refused_below_a_step_read_twice_is_refused_once()
    {
        var table = new TestTable("names", new Schema(new Field("name", DataType.Text)), [["Miller"], ["Muller"], [""], ["Smith"]]);
        var known = new Check(new Scan(table), "has a name", Functions.NotEquals.Of(Col("name"), LiteralExpr.Of("")), "name");
        using var rejects = new RejectLog();
        var plan = new DeduplicateNearly(known, "name", 2, OrderBy: [new SortKey(Col("name"))]);
        var rows = await EngineRows.ReadAsync(FrameRunner.RunAsync(plan, new RunContext { Rejects = rejects }, Cancel), plan.Schema, ordered: false, Cancel);
        Assert.Equal(["Miller", "Smith"], rows);
        Assert.Equal(3, Assert.Single(rejects.All).Line);
    }

    [Fact]
    public async Task A_row_that_a_lookups_reference_refuses_is_refused_once()
    {
        var towns = new TestTable("towns", new Schema(new Field("code", DataType.Int32), new Field("town", DataType.Text)), [.. Enumerable.Range(0, 50).Select(i => new object?[] { i, $"t{i}" })]);
        var known = new Check(new Scan(towns), "is one of the first", Functions.Less.Of(Col("code"), LiteralExpr.Of(2)), "code");
        var reference = new Group(known, [new("code", Col("code"))], [new("n", Aggregate.Count.Of())]);
        using var rejects = new RejectLog();
        var plan = new Lookup(new Scan(towns), reference, [new JoinKey(Col("code"), Col("code"))], [new("n", Col("n"))], LookupMiss.Null);
        Assert.Equal(50, (await EngineRows.ReadAsync(FrameRunner.RunAsync(plan, new RunContext { Rejects = rejects }, Cancel), plan.Schema, ordered: false, Cancel)).Count);
        Assert.Equal(48, rejects.Count);
    }

    [Fact]
    public async Task Numbers_at_the_end_of_their_type_are_reckoned_with_alike()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        var connection = await WithAsync(database, "create table ends (least bigint, one int, money numeric(18,4), many bigint, day date); insert into ends values (-9223372036854775808, -1, 99999999999999.9999, 9007199254740993, null)");
        Relation plan = new Project(new Scan(connection.Table("ends")),
        [
            new("remainder", Functions.Modulo.Of(Col("least"), Col("one"))), new("sum", Functions.Add.Of(Col("money"), LiteralExpr.Of(1))), new("product", Functions.Multiply.Of(Col("money"), Col("one"))),
            new("span", Functions.ToDuration.Of(Col("many"), LiteralExpr.Of("microsecond"))), new("none", Functions.AddMonths.Of(Col("day"), Col("many"))), new("in", Functions.In.Of(Col("day"))),
            new("position", Functions.Element.Of(Functions.Split.Of(LiteralExpr.Of("a,b"), LiteralExpr.Of(",")), Col("least"))),
        ]);
        Assert.NotNull(PostgresEngine.SqlFor(plan));
        List<string> expected = ["0 | 100000000000000.9999 | -99999999999999.9999 | 104249.23:47:34.7409930 | null | null | null"];
        Assert.Equal(expected, await RowsAsync(plan));
        foreach (var engine in (IEngine[])[new DuckDbEngine(), new StreamingEngine()])
            Assert.Equal(expected, await EngineRows.ReadAsync(engine.RunAsync(plan, new RunContext(), Cancel), plan.Schema, ordered: false, Cancel));
    }

    [Fact]
    public async Task A_filter_before_a_set_operation_is_for_its_own_side()
    {
        var some = new TestTable("some", new Schema(new Field("n", DataType.Int32)), [[1], [2], [-3]]);
        var most = new TestTable("most", new Schema(new Field("n", DataType.Int32)), [[int.MaxValue], [2]]);
        var positive = new Filter(new Scan(some), Functions.Greater.Of(Functions.Add.Of(Col("n"), Col("n")), LiteralExpr.Of(0)));
        Assert.Equal(["1"], await RowsAsync(new SetOperation(positive, new Scan(most), SetKind.Except)));
        Assert.Equal(["2"], await RowsAsync(new SetOperation(positive, new Scan(most), SetKind.Intersect)));
    }

    [Fact]
    public async Task Division_by_zero_is_an_error_for_NaN_too()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        var connection = await WithAsync(database, "create table parts (x float8, y float8); insert into parts values ('NaN', 0)");
        Relation plan = new Project(new Scan(connection.Table("parts")), [new("x", Functions.Divide.Of(Col("x"), Col("y")))]);
        Assert.NotNull(PostgresEngine.SqlFor(plan));
        await Assert.ThrowsAsync<DatabaseException>(() => RowsAsync(plan));
        foreach (var engine in (IEngine[])[new DuckDbEngine(), new StreamingEngine()])
            await Assert.ThrowsAnyAsync<Exception>(() => EngineRows.ReadAsync(engine.RunAsync(plan, new RunContext(), Cancel), plan.Schema, ordered: false, Cancel));
    }

    [Fact]
    public async Task A_number_that_rounding_takes_out_of_its_type_fails_and_comes_out_at_no_other_end()
    {
        var table = new TestTable("most", new Schema(new Field("n", DataType.Int32)), [[int.MaxValue]]);
        var plan = new Project(new Scan(table), [new("x", Functions.Round.Of(Col("n"), LiteralExpr.Of(-1)))]);
        foreach (var engine in (IEngine[])[new DuckDbEngine(), new StreamingEngine()])
            await Assert.ThrowsAnyAsync<Exception>(() => EngineRows.ReadAsync(engine.RunAsync(plan, new RunContext(), Cancel), plan.Schema, ordered: false, Cancel));
    }
}
