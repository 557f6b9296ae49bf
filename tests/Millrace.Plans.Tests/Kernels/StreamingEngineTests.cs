using System.Text.Json.Nodes;

namespace Millrace.Plans.Tests;

public sealed class StreamingEngineTests
{
    static readonly Schema readings = new(new Field("id", DataType.Int32, false), new Field("name", DataType.Text), new Field("celsius", DataType.Float64));

    static readonly Rows source = new(readings, [1, "a", 1.5], [2, null, 2.5], [3, "ç", null], [4, "d", double.NaN]);

    static CallExpr Call(Function function, params Expr[] arguments) => new(function, [.. arguments]);
    static ColumnExpr Col(string name) => new(name);
    static LiteralExpr Val(object? value) => LiteralExpr.Of(value);

    [Fact]
    public async Task Filters_and_computes()
    {
        var plan = new Project(
            new Filter(new Scan(source), Call(Functions.Greater, Col("celsius"), Val(1.5))),
            [new("id", Col("id")), new("upper", Call(Functions.Upper, Col("name"))), new("twice", Call(Functions.Multiply, Col("celsius"), Val(2)))]);
        Assert.Equal([[2, null, 5.0], [4, "D", double.NaN]], await Run(plan));
    }

    [Fact]
    public async Task A_failing_value_ends_the_run_with_its_expression_and_place()
    {
        var scan = new Scan(new Rows(new Schema([new Field("a", DataType.Int32), .. Provenance.Fields]), [1, "x.csv", 7L], [int.MaxValue, "x.csv", 8L]));
        var wrong = await Assert.ThrowsAsync<RowException>(() => Run(new Project(scan, [new("b", Call(Functions.Add, Col("a"), Val(1)))])));
        Assert.StartsWith("project (x.csv, line 8): overflow for 2147483647 and 1 in", wrong.Message);
    }

    [Fact]
    public async Task A_failing_row_is_refused_where_the_step_rejects()
    {
        var context = new RunContext { Rejects = new RejectLog() };
        var plan = new Project(new Scan(source), [new("id", Col("id")), new("half", Call(Functions.Divide, Val(6), Call(Functions.Subtract, Col("id"), Val(3))))], Rejects: true);
        Assert.Equal([[1, -3], [2, -6], [4, 6]], await Run(plan, context));
        Assert.Equal("division by zero", Assert.Single(context.Rejects.All).Rule);
        var stage = Assert.Single(context.Stages.All, s => s.Name == "project");
        Assert.Equal((4, 3, 1), (stage.RowsIn, stage.RowsOut, stage.Rejected));
    }

    [Fact]
    public async Task A_check_refuses_what_is_false_or_null()
    {
        var context = new RunContext { Rejects = new RejectLog() };
        var plan = new Check(new Scan(source), "warm", Call(Functions.Greater, Col("celsius"), Val(2.0)), "celsius");
        Assert.Equal([2, 4], (await Run(plan, context)).Select(r => r[0]));
        // Several threads refuse: the order in which they do is not that of the rows.
        Assert.Equal(["1.5", "null"], context.Rejects.All.Select(r => r.Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_limit_skips_and_stops() =>
        Assert.Equal([2, 3], (await Run(new Limit(new Scan(source), 2, Skip: 1))).Select(r => r[0]));

    [Fact]
    public async Task A_scan_reads_only_the_columns_that_are_looked_at()
    {
        await Run(new Project(new Filter(new Scan(source), Call(Functions.IsNull, Col("name"))), [new("id", Col("id"))]));
        Assert.Equal(["id", "name"], source.Asked!);
    }

    [Fact]
    public void Says_why_it_does_not_sort() =>
        Assert.Equal("Sorting needs all rows at once, and the streaming engine doesn't spill.", new StreamingEngine().WhyNot(new Sort(new Scan(source), [new SortKey(Col("id"))])));

    internal static async Task<List<object?[]>> Run(Relation plan, RunContext? context = null)
    {
        var rows = new List<object?[]>();
        await foreach (var batch in new StreamingEngine().RunAsync(plan, context ?? new RunContext(), TestContext.Current.CancellationToken))
        {
            Assert.Equal(plan.Schema, batch.Schema);
            for (var i = 0; i < batch.Count; i++) rows.Add(batch.Row(i));
            batch.Dispose();
        }
        return rows;
    }
}

/// <summary>Rows at hand, two to a batch.</summary>
sealed class Rows(Schema schema, params object?[][] rows) : ISource
{
    public string Kind => "rows";
    public Schema Schema => schema;
    internal IReadOnlyList<string>? Asked { get; private set; }

    public JsonObject? Describe() => null;

    public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask;
        Asked = request.Columns;
        var given = request.SchemaOf(schema);
        foreach (var part in rows.Chunk(2))
        {
            var builder = new BatchBuilder(given);
            foreach (var row in part) builder.Add([.. given.Names.Select(n => row[schema.IndexOf(n)])]);
            yield return builder.Build();
        }
    }
}
