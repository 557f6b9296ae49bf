using Millrace.Plans;

namespace Millrace.Data.Tests.Engines;

public sealed class FrameRunnerTests
{
    static readonly TestTable table = new("people", new Schema(new Field("id", DataType.Int32, false), new Field("name", DataType.Text), new Field("age", DataType.Int64)),
        [.. Enumerable.Range(1, 100).Select(i => new object?[] { i, i % 5 == 0 ? null : $"n{i % 7}", i % 3 == 0 ? null : (long)i })]);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static ColumnExpr Column(string name) => new(name);

    [Fact]
    public async Task Rows_are_filtered_grouped_and_sorted()
    {
        Relation plan = new Filter(new Scan(table), Functions.Less.Of(Column("id"), LiteralExpr.Of(50)));
        plan = new Group(plan, [new("name", Column("name"))], [new("n", Aggregate.Count.Of()), new("sum", Aggregate.Sum.Of(Column("age"))), new("first", Aggregate.First.Of(Column("id")))]);
        plan = new Sort(plan, [new SortKey(Column("name"), Descending: true)]);
        var rows = await EngineRows.ReadAsync(FrameRunner.RunAsync(plan, new RunContext(), Cancel), plan.Schema, ordered: true, Cancel);
        Assert.Equal(8, rows.Count);
        var expected = table.Rows.Where(r => (int)r[0]! < 50 && r[1] is "n6").ToList();
        Assert.Equal($"n6 | {expected.Count} | {expected.Sum(r => (long?)r[2])} | {expected[0][0]}", rows[0]);
        Assert.StartsWith("null", rows[^1]);
    }
}
