using Millrace.Testing.Plans;

namespace Millrace.Plans.Tests;

public sealed class LineageTests
{
    static readonly MemoryTable trips = Table("trips", "id: int32, plaza: text, at: timestamp, toll: decimal(9,2)?, note: text?");
    static readonly MemoryTable plazas = Table("plazas", "code: text, name: text, km: float64?");

    static ColumnExpr Col(string name) => new(name);
    static MemoryTable Table(string name, string fields) => new(name, ((StructType)DataType.Parse($"struct<{fields}>")).Fields, []);

    static readonly Relation monthly = new Group(
        new Join(
            new Filter(new Scan(trips), Functions.Greater.Of(Col("toll"), LiteralExpr.Of(1))),
            new Scan(plazas), JoinKind.Inner, [new JoinKey(Col("plaza"), Col("code"))]),
        [new NamedExpr("name", Col("name")), new NamedExpr("month", Functions.TruncateTo.Of(Col("at"), LiteralExpr.Of("month")))],
        [new NamedExpr("per_km", Functions.Divide.Of(Aggregate.Sum.Of(Col("toll")), Aggregate.Max.Of(Col("km"))))]);

    [Fact]
    public void Each_column_knows_its_origins_their_manner_and_the_steps() => Assert.Equal(
        """
        name: copied from plazas.name
        month: computed from trips.at (group by name, month = truncate_to(at, 'month'): per_km = sum(toll) / max(km))
        per_km: aggregated from trips.toll (group by name, month = truncate_to(at, 'month'): per_km = sum(toll) / max(km)), plazas.km (group by name, month = truncate_to(at, 'month'): per_km = sum(toll) / max(km))
        rows: filtered by trips.toll (filter toll > 1); joined by trips.plaza (inner join on plaza = code), plazas.code (inner join on plaza = code); grouped by plazas.name (group by name, month = truncate_to(at, 'month'): per_km = sum(toll) / max(km)), trips.at (group by name, month = truncate_to(at, 'month'): per_km = sum(toll) / max(km))
        """, Lineage.Of(monthly).ToString());

    [Fact]
    public void Steps_that_people_say_are_called_by_their_names()
    {
        var plan = new Fill(new Rename(new Scan(trips), [new ColumnRename("toll", "price")]), ["price"], FillWith.Forward, ["plaza"], [new SortKey(Col("at"))]);
        var price = Lineage.Of(plan)["price"];
        Assert.Equal(
            "price: aggregated from trips.toll (rename toll to price; fill price forward within plaza order by at); " +
            "grouped by trips.plaza (fill price forward within plaza order by at); ordered by trips.at (fill price forward within plaza order by at)", price.ToString());
        Assert.Equal("id: copied from trips.id", Lineage.Of(plan)["id"].ToString());
    }

    [Fact]
    public void A_lookup_copies_from_its_reference_and_is_joined_by_its_keys()
    {
        var lineage = Lineage.Of(new Lookup(new Scan(trips), new Scan(plazas), [new JoinKey(Col("plaza"), Col("code"))], [new NamedExpr("gate", Col("name"))]));
        Assert.Equal([(Manner.Copied, "plazas", "name")], lineage["gate"].Origins.Select(o => (o.Manner, o.SourceName, o.Column)));
        Assert.Contains((Manner.JoinedBy, "plazas", "code"), lineage.Rows.Select(o => (o.Manner, o.SourceName, o.Column)));
    }

    [Fact]
    public void A_column_of_constants_has_no_origin() =>
        Assert.Equal("one: no column, only constants", Lineage.Of(new Project(new Scan(trips), [new NamedExpr("one", LiteralExpr.Of(1))]))["one"].ToString());

    [Fact]
    public void Every_column_of_random_plans_comes_from_sources_of_the_plan()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            var random = new RandomPlans(seed, new() { Steps = 8, OrderDependent = true, Rejects = true });
            var plan = random.Plan();
            var lineage = Lineage.Of(plan);
            Assert.Equal(plan.Schema.Names, lineage.Columns.Select(c => c.Column));
            Assert.All(lineage.Columns.SelectMany(c => c.Origins).Concat(lineage.Rows), o => Assert.Contains(o.Column, o.Source.Schema.Names));
            _ = Losses.Of(plan);
        }
    }

    [Fact]
    public void What_a_plan_may_lose_is_listed() => Assert.Equal(
        [
            "rows filtered: rows stay where toll > 1",
            "rows filtered: left rows go that have no partner",
            "rows filtered: right rows go that have no partner",
            "rows multiplied: left rows stand several times that have several partners",
            "rows multiplied: right rows stand several times that have several partners",
            "column dropped: 'id' goes no further",
            "column dropped: 'plaza' goes no further",
            "column dropped: 'note' goes no further",
            "column dropped: 'code' goes no further",
            "grain changed: rows become one a name, month",
            "precision cut: truncate_to(at, 'month') cuts a part of the time",
            "precision cut: sum(toll) / max(km) divides decimals as float64",
        ],
        Losses.Of(monthly).Select(l => l.ToString().Split(" (in: ")[0]));

    [Fact]
    public void A_join_with_rows_that_are_unique_by_its_keys_multiplies_nothing_of_the_other_side()
    {
        var once = new Deduplicate(new Scan(plazas), ["code"]);
        var join = new Join(new Scan(trips), once, JoinKind.Left, [new JoinKey(Col("plaza"), Col("code"))]);
        Assert.Equal(["right rows stand several times that have several partners"], Losses.Of(join).Where(l => l.Kind == LossKind.RowsMultiplied).Select(l => l.Detail));
    }

    [Theory]
    [InlineData("int32", true, "cast(toll as int32): decimal(9,2) to int32 rounds to whole numbers")]
    [InlineData("float64", true, "cast(toll as float64): decimal(9,2) to float64 keeps 15 digits at most, and no decimal fractions exactly")]
    [InlineData("decimal(9,1)", true, "cast(toll as decimal(9,1)): decimal(9,2) to decimal(9,1) rounds to its scale")]
    [InlineData("decimal(12,3)", true, null)]
    [InlineData("text", true, null)]
    [InlineData("date", false, "try_cast(toll as date): what isn't date becomes null")]
    public void Casts_that_cut_are_listed(string to, bool strict, string? detail) =>
        Assert.Equal(detail, Losses.Of(new Compute(new Scan(trips), [new NamedExpr("x", new CastExpr(Col("toll"), DataType.Parse(to), strict))])).SingleOrDefault()?.Detail);

    [Fact]
    public void Columns_that_a_scan_leaves_out_and_rows_that_a_check_refuses_are_listed()
    {
        var plan = new Deduplicate(new Check(new Scan(trips, ["id", "toll"]), "paid", Functions.Greater.Of(Col("toll"), LiteralExpr.Of(0)), "toll"), ["id"]);
        Assert.Equal(
            ["'plaza' isn't read", "'at' isn't read", "'note' isn't read", "rows are refused that break 'paid': toll > 0", "one row stays of those equal in id"],
            Losses.Of(plan).Select(l => l.Detail));
    }
}
