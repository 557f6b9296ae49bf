using Millrace.Plans;
using Millrace.Testing.Plans;

namespace Millrace.Data.Tests;

/// <summary>The answers of the steps that people say, worked out by hand.</summary>
public sealed class RichStepTests
{
    static readonly MemoryTable readings = Table("readings", "n: int32, station: text?, celsius: float64?, note: text?",
        [1, "a", 10.0, "x=1"],
        [2, "a", null, "y=2=3"],
        [3, "b", null, "plain"],
        [4, "b", 30.0, null],
        [5, null, 20.0, "z=Ünï=b"]);

    static readonly MemoryTable stations = Table("stations", "code: text, name: text", ["a", "Aarau"], ["c", "Chur"]);

    static ColumnExpr Col(string name) => new(name);
    static SortKey By(string name) => new(Col(name));
    static Scan Readings => new(readings);

    static MemoryTable Table(string name, string fields, params object?[][] rows) =>
        new(name, ((StructType)DataType.Parse($"struct<{fields}>")).Fields, rows);

    static async Task<(List<object?[]> Rows, RejectLog Rejects)> RunAsync(Relation plan, string order = "n")
    {
        var rejects = new RejectLog();
        // The run leaves rows in any order, and the test puts them in one.
        var sorted = plan.Schema.Contains(order) ? new Sort(plan, [By(order)]) : plan;
        var rows = new List<object?[]>();
        await foreach (var batch in Frame.From(sorted).ReadBatchesAsync(new RunContext { Rejects = rejects }, TestContext.Current.CancellationToken))
        {
            for (var i = 0; i < batch.Count; i++) rows.Add(batch.Row(i));
        }
        return (rows, rejects);
    }

    static async Task<object?[]> ColumnAsync(Relation plan, string column)
    {
        var (rows, _) = await RunAsync(plan);
        var at = plan.Schema.IndexOf(column);
        return [.. rows.Select(r => r[at])];
    }

    [Fact]
    public async Task Forward_and_backward_fills_stay_within_their_group()
    {
        Assert.Equal([10.0, 10.0, null, 30.0, 20.0], await ColumnAsync(new Fill(Readings, ["celsius"], FillWith.Forward, ["station"], [By("n")]), "celsius"));
        Assert.Equal([10.0, null, 30.0, 30.0, 20.0], await ColumnAsync(new Fill(Readings, ["celsius"], FillWith.Backward, ["station"], [By("n")]), "celsius"));
        Assert.Equal([10.0, 30.0, 30.0, 30.0, 20.0], await ColumnAsync(new Fill(Readings, ["celsius"], FillWith.Backward, [], [By("n")]), "celsius"));
    }

    [Fact]
    public async Task Fills_with_a_value_the_mean_and_the_median()
    {
        Assert.Equal([10.0, -1.0, -1.0, 30.0, 20.0], await ColumnAsync(new Fill(Readings, ["celsius"], FillWith.Value, Value: LiteralExpr.Of(-1.0)), "celsius"));
        Assert.Equal([10.0, 20.0, 20.0, 30.0, 20.0], await ColumnAsync(new Fill(Readings, ["celsius"], FillWith.Mean), "celsius"));
        Assert.Equal([10.0, 10.0, 30.0, 30.0, 20.0], await ColumnAsync(new Fill(Readings, ["celsius"], FillWith.Median, ["station"]), "celsius"));
    }

    [Fact]
    public async Task Bins_by_edges_include_their_lower_edge_and_the_last_both()
    {
        var edges = new Bin(Readings, "celsius", "bin", BinBy.Edges, [LiteralExpr.Of(10), LiteralExpr.Of(20), LiteralExpr.Of(30)]);
        Assert.Equal(["[10, 20)", null, null, "[20, 30]", "[20, 30]"], await ColumnAsync(edges, "bin"));

        var narrow = new Bin(Readings, "celsius", "bin", BinBy.Edges, [LiteralExpr.Of(15), LiteralExpr.Of(25)], Under: "cold");
        var (rows, rejects) = await RunAsync(narrow);
        Assert.Equal(["cold", null, null, "[15, 25]"], rows.Select(r => r[^1]));
        var reject = Assert.Single(rejects.All);
        Assert.Equal(("celsius", "30"), (reject.Column, reject.Value));
    }

    [Fact]
    public async Task Bins_of_equal_width_and_of_equally_many_rows()
    {
        Assert.Equal([0L, null, null, 1L, 1L], await ColumnAsync(new Bin(Readings, "celsius", "bin", BinBy.Width, Count: 2), "bin"));
        // The quantile between two bins of three values is the middle value, and belongs to the lower bin.
        Assert.Equal(["low", null, null, "high", "low"], await ColumnAsync(new Bin(Readings, "celsius", "bin", BinBy.Quantiles, Count: 2, Labels: ["low", "high"]), "bin"));
        Assert.Equal([0L, 1L, 2L, 3L, 3L], await ColumnAsync(new Bin(Readings, "n", "bin", BinBy.Width, Count: 4), "bin"));
    }

    [Fact]
    public async Task Duplicates_go_by_order_or_by_distance()
    {
        var (last, _) = await RunAsync(new Deduplicate(Readings, ["station"], Keep.Last, [By("n")]));
        Assert.Equal([2, 4, 5], last.Select(r => r[0]));
        var (first, _) = await RunAsync(new Deduplicate(Readings, ["station"]));
        Assert.Equal([1, 3, 5], first.Select(r => r[0]));

        var names = Table("names", "n: int32, name: text?, town: text", [1, "Miller", "x"], [2, "Muller", "x"], [3, "Mullers", "x"], [4, "Miller", "y"], [5, null, "x"], [6, "Smith", "x"]);
        var (near, _) = await RunAsync(new DeduplicateNearly(new Scan(names), "name", 1, ["town"], [By("n")]));
        Assert.Equal([1, 4, 5, 6], near.Select(r => r[0]));
    }

    [Fact]
    public async Task Values_become_columns()
    {
        var pivot = new Pivot(Readings, [], "station", [PivotValue.Of("a"), PivotValue.Of("c"), new PivotValue("none", LiteralExpr.Of(null))], [new NamedExpr("n", Aggregate.Count.Of()), new NamedExpr("sum", Aggregate.Sum.Of(Col("n")))]);
        var (rows, _) = await RunAsync(pivot);
        Assert.Equal([2L, 3L, 0L, null, 1L, 5L], Assert.Single(rows));
    }

    [Fact]
    public async Task Rows_nest_as_a_list_in_order_and_flatten_again()
    {
        var nest = new Nest(new Project(Readings, [new NamedExpr("n", Col("n")), new NamedExpr("station", Col("station"))]), ["station"], "rows", OrderBy: [new SortKey(Col("n"), Descending: true)]);
        var (rows, _) = await RunAsync(nest, "station");
        var a = Assert.IsType<List<object?>>(rows[0][1]);
        Assert.Equal([2, 1], a.Select(r => ((Dictionary<string, object?>)r!)["n"]));

        var flat = new Project(new Flatten(nest, "rows"), [new NamedExpr("n", Functions.FieldOf.Of(Col("rows"), LiteralExpr.Of("n")))]);
        Assert.Equal([1, 2, 3, 4, 5], await ColumnAsync(flat, "n"));
    }

    [Fact]
    public async Task Texts_split_into_columns_and_say_what_becomes_of_other_counts()
    {
        var (rejecting, rejects) = await RunAsync(new SplitColumn(Readings, "note", "=", ["k", "v"]));
        Assert.Equal([1, 4], rejecting.Select(r => r[0]));
        Assert.Equal(["y=2=3", "plain", "z=Ünï=b"], rejects.All.OrderBy(r => r.Line).Select(r => r.Value));

        var nulls = new SplitColumn(Readings, "note", "=", ["k", "v"], PartsMismatch.Null);
        Assert.Equal(["x", null, null, null, null], await ColumnAsync(nulls, "k"));
        var rest = new SplitColumn(Readings, "note", "=", ["k", "v"], PartsMismatch.Rest);
        Assert.Equal(["x", "y", "plain", null, "z"], await ColumnAsync(rest, "k"));
        Assert.Equal(["1", "2=3", null, null, "Ünï=b"], await ColumnAsync(rest, "v"));
    }

    [Fact]
    public async Task Named_groups_become_columns()
    {
        var extract = new ExtractColumns(Readings, "note", "^(?<k>[a-z])(=)(?P<v>[0-9])", NullWithoutMatch: true);
        Assert.Equal(["x", "y", null, null, null], await ColumnAsync(extract, "k"));
        Assert.Equal(["1", "2", null, null, null], await ColumnAsync(extract, "v"));

        var (rows, rejects) = await RunAsync(extract with { NullWithoutMatch = false });
        Assert.Equal([1, 2, 4], rows.Select(r => r[0]));
        Assert.Equal(2, rejects.Count);
    }

    [Fact]
    public async Task A_lookup_refuses_fails_defaults_or_leaves_null()
    {
        var lookup = new Lookup(Readings, new Scan(stations), [new JoinKey(Col("station"), Col("code"))], [new NamedExpr("name", Col("name"))], Name: "stations");
        var (rows, rejects) = await RunAsync(lookup);
        Assert.Equal(["Aarau", "Aarau"], rows.Select(r => r[^1]));
        Assert.Equal(["b", "b", "null"], rejects.All.Select(r => r.Value ?? "null").Order());
        Assert.Equal(["Aarau", "Aarau", null, null, null], await ColumnAsync(lookup with { Miss = LookupMiss.Null }, "name"));
        Assert.Equal(["Aarau", "Aarau", "?", "?", "?"], await ColumnAsync(lookup with { Miss = LookupMiss.Default, Defaults = [new NamedExpr("name", LiteralExpr.Of("?"))] }, "name"));
        await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(lookup with { Miss = LookupMiss.Fail }));
        var twice = new Scan(Table("twice", "code: text, name: text", ["a", "one"], ["a", "two"]));
        var wrong = await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(lookup with { Right = twice }));
        Assert.Contains("lookup stations has each key once", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Measures_convert()
    {
        Assert.Equal([50.0, null, null, 86.0, 68.0], await ColumnAsync(new ConvertUnits(Readings, "celsius", "C", "F"), "celsius"));
        var miles = (await ColumnAsync(new ConvertUnits(Readings, "n", "mile", "km", "km"), "km")).Cast<double>().ToList();
        Assert.Equal(1.609344, miles[0], 12);
    }
}
