using static Millrace.Plans.Tests.StreamingEngineTests;

namespace Millrace.Plans.Tests;

public sealed class GroupingTests
{
    static readonly Schema sales = new(
        new Field("shop", DataType.Text), new Field("units", DataType.Int32), new Field("price", DataType.Decimal(9, 2)), new Field("weight", DataType.Float64), new Field("note", DataType.Text));

    static readonly Rows source = new(sales,
        ["b", 1, 1.10m, 2.0, "x"], ["a", 2, 2.20m, double.NaN, null], [null, 3, null, 1.0, "y"], ["b", 5, 0.90m, 4.0, "a long note that fills more than sixteen bytes"],
        ["a", null, 2.20m, 3.0, "z"], [null, 3, 7.77m, null, null], ["b", 1, 1.10m, 9.0, "x"]);

    static ColumnExpr Col(string name) => new(name);

    static Task<List<object?[]>> ByShop(params NamedExpr[] values) => Run(new Group(new Scan(source), [new("shop", Col("shop"))], [.. values]));

    static async Task Gives(Expr aggregate, object? b, object? a, object? none)
    {
        var rows = await ByShop(new NamedExpr("v", aggregate));
        Assert.Equal([["b", b], ["a", a], [null, none]], rows);
    }

    [Fact]
    public Task Counts_rows() => Gives(Aggregate.Count.Of(), 3L, 2L, 2L);

    [Fact]
    public Task Counts_values() => Gives(Aggregate.Count.Of(Col("units")), 3L, 1L, 2L);

    [Fact]
    public Task Counts_different_values() => Gives(Aggregate.Count.Of(Col("units")) with { Distinct = true }, 2L, 1L, 1L);

    [Fact]
    public Task Sums_whole_numbers_to_int64() => Gives(Aggregate.Sum.Of(Col("units")), 7L, 2L, 6L);

    [Fact]
    public Task Sums_decimals_exactly() => Gives(Aggregate.Sum.Of(Col("price")), 3.10m, 4.40m, 7.77m);

    [Fact]
    public Task Averages() => Gives(Aggregate.Average.Of(Col("units")), 7 / 3.0, 2.0, 3.0);

    [Fact]
    public Task Finds_the_least_with_NaN_last() => Gives(Aggregate.Min.Of(Col("weight")), 2.0, 3.0, 1.0);

    [Fact]
    public Task Finds_the_greatest_with_NaN_last() => Gives(Aggregate.Max.Of(Col("weight")), 9.0, double.NaN, 1.0);

    [Fact]
    public Task Finds_the_greatest_text() => Gives(Aggregate.Max.Of(Col("note")), "x", "z", "y");

    [Fact]
    public Task Finds_the_first_with_its_null() => Gives(Aggregate.First.Of(Col("note")), "x", null, "y");

    [Fact]
    public Task Finds_the_last_by_an_order() =>
        Gives(Aggregate.Last.Of(Col("weight")) with { OrderBy = [new SortKey(Col("units"), NullsFirst: true)] }, 4.0, double.NaN, null);

    [Fact]
    public Task Joins_texts_in_order() =>
        Gives(Aggregate.Join.Of(Col("note"), LiteralExpr.Of("+")) with { OrderBy = [new SortKey(Col("weight"), Descending: true)] }, "x+a long note that fills more than sixteen bytes+x", "z", "y");

    [Fact]
    public Task Leaves_rows_out_by_a_condition_and_says_null_where_none_is_left() =>
        Gives(Aggregate.Sum.Of(Col("units")) with { Where = Functions.Greater.Of(Col("units"), LiteralExpr.Of(2)) }, 5L, null, 6L);

    [Fact]
    public Task Finds_the_median_between_two() => Gives(Aggregate.Median.Of(Col("price")), 1.10, 2.20, 7.77);

    [Fact]
    public Task Interpolates_percentiles() => Gives(Aggregate.Percentile.Of(Col("units"), LiteralExpr.Of(0.75)), 3.0, 2.0, 3.0);

    [Fact]
    public Task Measures_deviation_of_a_sample() => Gives(Aggregate.Variance.Of(Col("weight")), 13.0, double.NaN, null);

    [Fact]
    public Task Computes_with_aggregates_and_keys() =>
        Gives(Functions.Add.Of(Aggregate.Sum.Of(Col("units")), Aggregate.Count.Of()), 10L, 4L, 8L);

    [Fact]
    public async Task Lists_hold_all_values()
    {
        var rows = await ByShop(new NamedExpr("v", Aggregate.List.Of(Col("units"))));
        Assert.Equal<object?>([1, 5, 1], (List<object?>)rows[0][1]!);
        Assert.Equal<object?>([2, null], (List<object?>)rows[1][1]!);
    }

    [Fact]
    public async Task A_total_over_no_rows_is_one_row()
    {
        var none = new Filter(new Scan(source), LiteralExpr.Of(false));
        Assert.Equal([[0L, null]], await Run(new Group(none, [], [new("n", Aggregate.Count.Of()), new("s", Aggregate.Sum.Of(Col("units")))])));
        Assert.Empty(await Run(new Group(none, [new("shop", Col("shop"))], [new("n", Aggregate.Count.Of())])));
    }

    [Fact]
    public async Task Rows_come_once()
    {
        var units = new Project(new Scan(source), [new("shop", Col("shop")), new("units", Col("units"))]);
        Assert.Equal([["b", 1], ["a", 2], [null, 3], ["b", 5], ["a", null]], await Run(new Distinct(units)));
    }

    [Fact]
    public async Task A_sum_beyond_int64_is_an_error_only_at_its_end()
    {
        var field = new Schema(new Field("n", DataType.Int64));
        Task<List<object?[]>> Sum(params object?[][] rows) => Run(new Group(new Scan(new Rows(field, rows)), [], [new("s", Aggregate.Sum.Of(Col("n")))]));
        Assert.Equal([[long.MaxValue]], await Sum([long.MaxValue], [1L], [-1L]));
        Assert.Contains("leaves the range of int64", (await Assert.ThrowsAsync<RowException>(() => Sum([long.MaxValue], [1L]))).Message);
    }

    [Theory]
    [InlineData("int16")]
    [InlineData("int32")]
    [InlineData("int64,int32")]
    [InlineData("float64")]
    [InlineData("text")]
    [InlineData("text,int64,date")]
    [InlineData("decimal(9,2),boolean")]
    [InlineData("uuid,text")]
    public void States_that_saw_parts_merge_to_what_one_state_sees(string types)
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var keys = types.StartsWith("decimal", StringComparison.Ordinal) ? ["decimal(9,2)", "boolean"] : types.Split(',');
        var schema = new Schema([.. keys.Select((t, i) => new Field($"k{i}", DataType.Parse(t))), new Field("v", DataType.Int32), new Field("t", DataType.Text)]);
        var group = new Group(new Scan(new Rows(schema)), [.. keys.Select((_, i) => new NamedExpr($"k{i}", Col($"k{i}")))],
        [
            new("n", Aggregate.Count.Of()), new("s", Aggregate.Sum.Of(Col("v"))), new("d", Aggregate.Count.Of(Col("v")) with { Distinct = true }), new("x", Aggregate.Max.Of(Col("t"))),
            new("f", Aggregate.First.Of(Col("t"))), new("l", Aggregate.Last.Of(Col("t"))), new("m", Aggregate.Median.Of(Col("v"))), new("j", Aggregate.Join.Of(Col("t"), LiteralExpr.Of(","))),
        ]);
        var aggregation = new Aggregation(group);
        var (whole, first, second) = (new GroupState(aggregation), new GroupState(aggregation), new GroupState(aggregation));
        for (var part = 0; part < 20; part++)
        {
            var rows = new BatchBuilder(schema);
            for (var i = 0; i < random.Next(200); i++) rows.Add([.. schema.Select(f => RandomValues.Of(f.Type, random, few: true))]);
            using var batch = rows.Build();
            whole.Add(aggregation.Prepare(batch.Slice(0, batch.Count)));
            (part < 10 ? first : second).Add(aggregation.Prepare(batch.Slice(0, batch.Count)));
        }
        first.Merge(second);
        Assert.Equal(Rows(whole), Rows(first));

        static List<object?[]> Rows(GroupState state) =>
            [.. state.Results(100).SelectMany(b => Enumerable.Range(0, b.Count).Select(b.Row))];
    }
}
