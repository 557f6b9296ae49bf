using System.Text.Json.Nodes;

namespace Millrace.Plans.Tests;

public sealed class LoweringTests
{
    static readonly Relation trips = Table("trips", "id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?, note: text?, speed: float64?");
    static readonly Relation plazas = Table("plazas", "code: text, name: text, km: float64?");

    static ColumnExpr Col(string name) => new(name);

    static Scan Table(string name, string fields) => new(new Named(name, ((StructType)DataType.Parse($"struct<{fields}>")).Fields));

    public static TheoryData<string, string> Columns => new()
    {
        { "compute", "id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?, note: text, speed: float64?, double: int64" },
        { "rename", "id: int32, gate: text, at: timestamp, toll: decimal(9,2)?, note: text?, speed: float64?" },
        { "drop", "id: int32, plaza: text, at: timestamp, speed: float64?" },
        { "reorder", "speed: float64?, id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?, note: text?" },
        { "units", "id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?, note: text?, speed: float64?, kmh: float64?" },
        { "pivot", "plaza: text, a_n: int64, a_sum: decimal(38,2)?, none_n: int64, none_sum: decimal(38,2)?" },
        { "nest", "plaza: text, trips: list<struct<id: int32, at: timestamp, toll: decimal(9,2)?, note: text?, speed: float64?>>?" },
        { "first", "id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?, note: text?, speed: float64?" },
        { "nearly", "id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?, note: text?, speed: float64?" },
        { "forward", "id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?, note: text?, speed: float64?" },
        { "mean", "id: int32, plaza: text, at: timestamp, toll: float64?, note: text?, speed: float64?" },
        { "edges", "id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?, note: text?, speed: float64?, bin: text?" },
        { "width", "id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?, note: text?, speed: float64?, bin: int64?" },
        { "quantiles", "id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?, note: text?, speed: float64?, bin: text?" },
        { "split", "id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?, key: text?, value: text?, speed: float64?" },
        { "extract", "id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?, note: text?, speed: float64?, year: text?, month: text?" },
        { "lookup", "id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?, note: text?, speed: float64?, name: text?, km: float64?" },
    };

    static readonly Dictionary<string, Relation> steps = new()
    {
        ["compute"] = new Compute(trips, [new("double", Functions.Multiply.Of(Col("id"), LiteralExpr.Of(2L))), new("note", Functions.Coalesce.Of(Col("note"), LiteralExpr.Of("")))]),
        ["rename"] = new Rename(trips, [new("plaza", "gate")]),
        ["drop"] = new Drop(trips, ["note", "toll"]),
        ["reorder"] = new Reorder(trips, ["speed", "id"]),
        ["units"] = new ConvertUnits(trips, "speed", "mph", "km/h", "kmh"),
        ["pivot"] = new Pivot(trips, ["plaza"], "note", [PivotValue.Of("a"), new("none", LiteralExpr.Of(null))], [new("n", Aggregate.Count.Of()), new("sum", Aggregate.Sum.Of(Col("toll")))]),
        ["nest"] = new Nest(trips, ["plaza"], "trips", OrderBy: [new SortKey(Col("at"))]),
        ["first"] = new Deduplicate(trips, ["plaza"], Keep.Last, [new SortKey(Col("at"))]),
        ["nearly"] = new DeduplicateNearly(trips, "note", 2, ["plaza"], [new SortKey(Col("id"))]),
        ["forward"] = new Fill(trips, ["toll", "speed"], FillWith.Forward, ["plaza"], [new SortKey(Col("at"))]),
        ["mean"] = new Fill(trips, ["toll"], FillWith.Mean),
        ["edges"] = new Bin(trips, "id", "bin", BinBy.Edges, [LiteralExpr.Of(0), LiteralExpr.Of(10), LiteralExpr.Of(20)], Over: "more"),
        ["width"] = new Bin(trips, "speed", "bin", BinBy.Width, Count: 4),
        ["quantiles"] = new Bin(trips, "toll", "bin", BinBy.Quantiles, Count: 2, Labels: ["low", "high"]),
        ["split"] = new SplitColumn(trips, "note", "=", ["key", "value"], PartsMismatch.Rest),
        ["extract"] = new ExtractColumns(trips, "note", @"(?<year>\d{4})-(x|y)?(?P<month>\d\d)", NullWithoutMatch: true),
        ["lookup"] = new Lookup(trips, plazas, [new JoinKey(Col("plaza"), Col("code"))], [new("name", Col("name")), new("km", Col("km"))]),
    };

    [Theory]
    [MemberData(nameof(Columns))]
    public void A_step_that_people_say_becomes_core_steps_with_the_same_columns(string step, string columns)
    {
        var plan = steps[step];
        Assert.Equal(columns, plan.Schema.ToString());

        var core = Lowering.Lower(plan);

        Assert.Equal(plan.Schema, core.Schema);
        Assert.All(All(core), s => Assert.False(s is RichRelation or RichJoin));
        Assert.All(All(core), s => Assert.True(s is Window or Group || !Expressions(s).Any(e => e is WindowExpr)));
    }

    [Fact]
    public void Groups_without_names_count_when_groups_are_numbered()
    {
        var core = (Project)Lowering.Lower(steps["extract"]);
        Assert.Equal(Functions.Extract.Of(Col("note"), LiteralExpr.Of(@"(\d{4})-(x|y)?(\d\d)"), LiteralExpr.Of(3)), core.Columns[^1].Value);
    }

    [Fact]
    public void A_step_that_two_others_share_stays_one()
    {
        var join = All(Lowering.Lower(steps["nearly"])).OfType<Join>().Single();
        Assert.Same(join.Left, join.Right);
    }

    [Fact]
    public void Values_outside_the_bins_are_refused_unless_they_have_a_label()
    {
        var check = Assert.IsType<Check>(Lowering.Lower(steps["edges"]).Inputs[0]);
        Assert.Equal("id falls into a bin", check.Rule);
        var both = (Bin)steps["edges"] with { Under = "less" };
        Assert.DoesNotContain(All(Lowering.Lower(both)), s => s is Check);
    }

    [Theory]
    [InlineData("mile", "km", 1, 1.609344)]
    [InlineData("celsius", "fahrenheit", 100, 212)]
    [InlineData("F", "C", -40, -40)]
    [InlineData("F", "C", 212, 100)]
    [InlineData("C", "K", 0, 273.15)]
    [InlineData("GiB", "byte", 1, 1073741824)]
    [InlineData("km/h", "m/s", 36, 10)]
    [InlineData("hours", "s", 2, 7200)]
    public void Units_convert_exactly(string from, string to, double value, double expected) =>
        Assert.Equal(expected, Unit.Named(from).Convert(value, Unit.Named(to)));

    [Fact]
    public void Units_that_measure_something_else_are_refused_with_those_that_fit()
    {
        var wrong = Assert.Throws<PlanException>(() => new ConvertUnits(trips, "speed", "mph", "kg").Schema);
        Assert.Equal("mile per hour measures speed and kilogram mass. mile per hour converts to metre per second (m/s), kilometre per hour (km/h), knot (kn), foot per second (ft/s).", wrong.Message);
    }

    [Fact]
    public void No_two_units_share_a_name_or_symbol() =>
        Assert.Equal(Unit.All.Count, Unit.All.Select(u => u.Symbol).Concat(Unit.All.Select(u => u.Name)).Distinct().Count() - Unit.All.Count(u => u.Name != u.Symbol));

    static IEnumerable<Relation> All(Relation plan) => plan.Inputs.SelectMany(All).Prepend(plan);

    static IEnumerable<Expr> Expressions(Relation step) => step switch
    {
        Project p => p.Columns.SelectMany(c => c.Value.All()),
        Filter f => f.Condition.All(),
        Check c => c.Condition.All(),
        Sort s => s.Keys.SelectMany(k => k.Value.All()),
        _ => [],
    };

    sealed record Named(string Kind, Schema Schema) : ISource
    {
        public JsonObject? Describe() => null;
        public IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, CancellationToken cancel) => throw new InvalidOperationException("Nothing reads this.");
    }
}
