using Millrace.Plans;
using static Millrace.Data.Columns;

namespace Millrace.Data.Tests.Frames;

/// <summary>Every verb that names columns, run.</summary>
public sealed class VerbTests
{
    sealed record Person(string Name, int? Age, string City, double Amount);

    static readonly Frame People = Frame.From([
        new Person("Ann", 31, "Oslo", 10.5), new Person("Bob", 17, "Rome", 3), new Person("Cid", null, "Oslo", 4.5), new Person("Dee", 64, "Rome", 7), new Person("Eve", 31, "Bonn", 1)]).Untyped;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static async Task<string> Text(Frame frame)
    {
        using var table = await frame.CollectAsync(Cancel);
        return string.Join("\n", table.Rows.Select(r => string.Join(" ", r.Select(v => v switch
        {
            null => "-",
            System.Collections.IList list => $"[{string.Join(",", list.Cast<object>().Select(i => i is IReadOnlyDictionary<string, object?> fields ? $"{{{string.Join(",", fields.Values)}}}" : i))}]",
            IFormattable f => f.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
            _ => v.ToString(),
        }))));
    }

    static async Task Gives(Frame frame, params string[] rows) => Assert.Equal(string.Join("\n", rows), await Text(frame));

    [Fact]
    public void What_no_engine_could_run_is_refused_by_the_verb_that_says_it()
    {
        Refused("'sum' stands among the values of single rows", () => People.With("s", Sum("Age")));
        Refused("'sum' stands among the values of single rows", () => People.OrderBy(Sum("Age")));
        Refused("'sum' stands among the values of single rows", () => People.Aggregate(Max(Sum("Age")).As("m")));
        Refused("Column 'Age' stands outside of an aggregate, and a group has many values of it. Say which is wanted, as Max(\"Age\") or First(\"Age\"), or group by it too.", () => People.GroupBy("City").Aggregate((Sum("Amount") / Col("Age")).As("x")));
        Refused("Column 'Age' stands outside of an aggregate", () => People.Aggregate("Age"));
        Refused("the fifth percentile is 0.05", () => People.Aggregate(Percentile("Age", 5)));
        Refused("look-around", () => People.Where(Col("Name").Matches("(?<=a)b")));
        _ = People.With("s", Sum("Age").Over(["City"]));

        static void Refused(string says, Func<Frame> verb) => Assert.Contains(says, Assert.Throws<PlanException>(verb).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frame_says_where_its_columns_come_from_and_what_it_may_lose()
    {
        var frame = People.Where(Col("Age") > 18).GroupBy("City").Aggregate(Sum("Amount").As("Total"));
        Assert.Equal("Amount", frame.Lineage()["Total"].Origins[0].Column);
        Assert.Contains(frame.Losses(), l => l is { Kind: LossKind.ColumnDropped, Column: "Name" });
        var wide = People.Select("Name", "City", "Amount").Pivot("City", ["Oslo", "Rome"], ["Name"], Sum("Amount").As("x"));
        Assert.Contains(wide.Losses(), l => l is { Kind: LossKind.RowsFiltered, Column: "City" } && l.Detail.Contains("none of Oslo, Rome", StringComparison.Ordinal));
    }

    [Fact]
    public Task Where_keeps_rows_whose_condition_is_true() => Gives(People.Where(Col("Age") >= 18 && Col("City") != "Rome").Select("Name"), "Ann", "Eve");

    [Fact]
    public Task A_column_is_found_whatever_its_case() => Gives(People.Where(Col("age").IsNull()).Select("NAME"), "Cid");

    [Fact]
    public Task Select_computes_and_names() => Gives(People.Select("Name", ("Twice", Col("Amount") * 2), (Col("Name").Upper() + "!").As("Loud")).Take(2), "Ann 21 ANN!", "Bob 6 BOB!");

    [Fact]
    public Task With_adds_and_replaces() => Gives(People.With("Year", 2026 - Col("Age")).With("Name", Col("Name").Lower()).Take(1), "ann 31 Oslo 10.5 1995");

    [Fact]
    public Task Drop_rename_and_reorder() => Gives(People.Drop("City", "Amount").Rename("Age", "Years").Reorder("Years").Take(1), "31 Ann");

    [Fact]
    public Task Rows_in_order_with_nulls_last() => Gives(People.OrderBy(Col("Age").Descending(), "Name").Select("Name"), "Dee", "Ann", "Eve", "Bob", "Cid");

    [Fact]
    public Task Nulls_come_first_where_it_is_said() => Gives(People.OrderBy(((Order)"Age").NullsFirst(), "Name").Select("Name"), "Cid", "Bob", "Ann", "Eve", "Dee");

    [Fact]
    public Task Skip_and_take() => Gives(People.OrderBy("Name").Skip(1).Take(2).Select("Name"), "Bob", "Cid");

    [Fact]
    public Task The_tail_keeps_the_order() => Gives(People.OrderBy("Name").Tail(2).Select("Name"), "Dee", "Eve");

    [Fact]
    public async Task A_sample_is_the_same_each_time()
    {
        var numbers = Frame.From(Enumerable.Range(0, 2000)).Sample(0.25, seed: 7);
        var first = await numbers.ToListAsync(Cancel);
        Assert.Equal(first, await numbers.ToListAsync(Cancel));
        Assert.InRange(first.Count, 380, 620);
    }

    [Fact]
    public Task Groups_with_aggregates() => Gives(People.GroupBy("City").Aggregate(Sum("Amount"), Average("Age").As("mean_age"), Count()).OrderBy("City"), "Bonn 1 31 1", "Oslo 15 31 2", "Rome 10 40.5 2");

    [Fact]
    public Task Aggregates_over_chosen_rows() => Gives(People.Aggregate(Count().Where(Col("Amount") > 4).As("some"), CountDistinct("City"), Max("Name"), Median("Amount"), First("Name").By(Col("Amount").Descending()).As("top")), "3 3 Eve 4.5 Ann");

    [Fact]
    public Task Values_of_a_group_may_name_its_keys() => Gives(People.GroupBy("City").Aggregate((Col("City").Length() + Count()).As("n")).OrderBy("City"), "Bonn 5", "Oslo 6", "Rome 6");

    [Fact]
    public void Aggregates_name_themselves() => Assert.Equal(["City", "sum_Amount", "count", "distinct_Name"], People.GroupBy("City").Aggregate(Sum("Amount"), Count(), CountDistinct("Name")).Schema.Names);

    [Fact]
    public Task Windows_look_around() => Gives(People.OrderBy("Name").Select("Name", RowNumber().Over(["City"], ["Name"]).As("place"), Sum("Amount").Over(order: ["Name"], rows: Rows.Last(2)).As("moving"), Lag("Name").Over(order: ["Name"]).As("before")).OrderBy("Name"),
        "Ann 1 10.5 -", "Bob 1 13.5 Ann", "Cid 2 7.5 Bob", "Dee 2 11.5 Cid", "Eve 1 8 Dee");

    [Fact]
    public Task Choices() => Gives(People.Select("Name", When(Col("Age") < 18).Then("minor").When(Col("Age").IsNull()).Then("unknown").Otherwise("adult").As("kind")), "Ann adult", "Bob minor", "Cid unknown", "Dee adult", "Eve adult");

    sealed record Town(string City, string Land);

    static readonly Frame Towns = Frame.From([new Town("Oslo", "Norway"), new Town("Rome", "Italy"), new Town("Riga", "Latvia")]).Untyped;

    [Fact]
    public Task An_inner_join_has_the_shared_key_once() => Gives(People.Join(Towns, "City").OrderBy("Name").Select("Name", "City", "Land"), "Ann Oslo Norway", "Bob Rome Italy", "Cid Oslo Norway", "Dee Rome Italy");

    [Fact]
    public void A_shared_key_is_one_column() => Assert.Equal(["Name", "Age", "City", "Amount", "Land"], People.Join(Towns, "City").Schema.Names);

    [Fact]
    public Task Left_right_and_full_joins() => Gives(
        People.LeftJoin(Towns, "City").Aggregate(Count("Land")).UnionAll(People.RightJoin(Towns, "City").Aggregate(Count("City"))).UnionAll(People.FullJoin(Towns, "City").Aggregate(Count("City"))), "4", "5", "6");

    [Fact]
    public Task Semi_and_anti_joins() => Gives(Towns.SemiJoin(People, "City").OrderBy("City").Select("City").UnionAll(Towns.AntiJoin(People, "City").Select("City")), "Oslo", "Rome", "Riga");

    [Fact]
    public async Task A_cross_join_pairs_each_with_each() => Assert.Equal(15, await People.CrossJoin(Towns).CountAsync(Cancel));

    [Fact]
    public Task A_zip_pairs_by_position() => Gives(Towns.Zip(Frame.From([1, 2])), "Oslo Norway 1", "Rome Italy 2", "Riga Latvia -");

    [Fact]
    public Task An_as_of_join_takes_the_last_before()
    {
        var quotes = Frame.From([new { At = 1, Price = 10 }, new { At = 5, Price = 11 }]);
        var trades = Frame.From([new { At = 0 }, new { At = 4 }, new { At = 5 }, new { At = 9 }]);
        return Gives(trades.Untyped.AsOfJoin(quotes, ("At", "At")).OrderBy("At").Select("At", "Price"), "0 -", "4 10", "5 11", "9 11");
    }

    [Fact]
    public Task Sets() => Gives(Frame.From([1, 2, 2, 3]).Untyped.Union(Frame.From([3, 4])).OrderBy("value").UnionAll(Frame.From([1, 2, 3]).Untyped.Intersect(Frame.From([2, 3, 9])).OrderBy("value")).UnionAll(Frame.From([1, 2]).Untyped.Except(Frame.From([2]))),
        "1", "2", "3", "4", "2", "3", "1");

    [Fact]
    public Task Distinct_rows() => Gives(People.Select("City").Distinct().OrderBy("City"), "Bonn", "Oslo", "Rome");

    [Fact]
    public Task Deduplicate_keeps_the_first_in_order() => Gives(People.Deduplicate(["City"], order: [Col("Amount").Descending()]).OrderBy("City").Select("City", "Name"), "Bonn Eve", "Oslo Ann", "Rome Dee");

    [Fact]
    public Task Near_duplicates_go() => Gives(Frame.From(["Smith", "Smyth", "Jones"]).Untyped.DeduplicateNearly("value", 1).OrderBy("value"), "Jones", "Smith");

    [Fact]
    public Task A_pivot_makes_columns_of_values() => Gives(People.Pivot("City", ["Oslo", "Rome"], ["Age"], Sum("Amount")).OrderBy("Age"), "17 - 3", "31 10.5 -", "64 - 7", "- 4.5 -");

    [Fact]
    public async Task A_pivot_finds_the_values_itself() => Assert.Equal(["Age", "Bonn", "Oslo", "Rome"], (await People.PivotAsync("City", ["Age"], [Sum("Amount")], Cancel)).Schema.Names);

    [Fact]
    public Task An_unpivot_makes_rows_of_columns() => Gives(Frame.From([new { Id = 1, A = 2.5, B = 3.5 }]).Untyped.Unpivot(["A", "B"]).OrderBy("name"), "1 A 2.5", "1 B 3.5");

    [Fact]
    public Task Nest_and_flatten() => Gives(People.Select("City", "Name").GroupBy("City").Nest("people", "Name").OrderBy("City"), "Bonn [{Eve}]", "Oslo [{Ann},{Cid}]", "Rome [{Bob},{Dee}]");

    [Fact]
    public Task Flatten_makes_rows_of_items() => Gives(Frame.From([new { Id = 1, Tags = new[] { "a", "b" } }, new { Id = 2, Tags = Array.Empty<string>() }]).Untyped.Flatten("Tags"), "1 a", "1 b");

    [Fact]
    public Task Bins_by_edges_and_width() => Gives(People.Where(Col("Age").IsNotNull()).BinByEdges("Age", [0, 18, 65], "group", ["child", "adult"]).BinByWidth("Amount", 2).OrderBy("Name").Select("Name", "group", "Amount_bin"),
        "Ann adult 1", "Bob child 0", "Dee adult 1", "Eve adult 0");

    [Fact]
    public Task Bins_by_quantiles() => Gives(People.BinByQuantiles("Amount", 2, labels: ["low", "high"]).OrderBy("Name").Select("Amount_bin"), "high", "low", "low", "high", "low");

    [Fact]
    public Task Nulls_are_filled() => Gives(People.FillForward(["Age"], ["Name"]).OrderBy("Name").Select("Age").UnionAll(People.Fill("Age", 0).Where(Col("Name") == "Cid").Select("Age")), "31", "17", "17", "64", "31", "0");

    [Fact]
    public Task Nulls_are_filled_with_the_mean() => Gives(People.FillMean(["Age"]).Where(Col("Name") == "Cid").Select("Age"), "35.75");

    [Fact]
    public Task Units_convert() => Gives(Frame.From([new { Miles = 1.0 }]).Untyped.ConvertUnits("Miles", "mile", "km", "Km"), "1 1.609344");

    [Fact]
    public Task Text_splits_into_columns() => Gives(Frame.From([new { Full = "Ann Lee" }]).Untyped.Split("Full", " ", ["First", "Last"]), "Ann Lee");

    [Fact]
    public Task Patterns_extract_columns() => Gives(Frame.From([new { Line = "404 not found" }]).Untyped.Extract("Line", @"(?<code>\d+) (?<text>.*)").Select("code", "text"), "404 not found");

    [Fact]
    public async Task A_lookup_rejects_what_it_misses()
    {
        var run = new RunContext { Rejects = new RejectLog() };
        using var table = await People.Lookup(Towns, "City", ["Land"], name: "towns").CollectAsync(run, Cancel);
        Assert.Equal(4, table.Count);
        Assert.Equal("Bonn", Assert.Single(run.Rejects.All).Value);
    }

    [Fact]
    public async Task A_check_rejects_and_a_require_fails()
    {
        var run = new RunContext { Rejects = new RejectLog() };
        using var table = await People.Check("adults only", Col("Age") >= 18, "Age").CollectAsync(run, Cancel);
        Assert.Equal(3, table.Count);
        Assert.Equal(2, run.Rejects.Count);
        await Assert.ThrowsAnyAsync<Exception>(() => People.Require("adults only", Col("Age") >= 18, "Age").CollectAsync(Cancel));
    }

    [Fact]
    public Task Casts() => Gives(Frame.From(["12", "7"]).Untyped.Cast("value", DataType.Int32).Aggregate(Sum("value")), "19");

    [Fact]
    public async Task A_cast_that_does_not_fit_names_the_value()
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(() => Frame.From(["12", "x7"]).Untyped.Cast("value", DataType.Int32).CollectAsync(Cancel));
        Assert.Contains("x7", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public Task A_C_sharp_function_is_called_for_each_row() => Gives(People.Select(Col("Name").Apply((string name) => new string([.. name.Reverse()])).As("back")).Take(2), "nnA", "boB");

    [Fact]
    public void A_missing_column_is_reported_where_it_is_named() =>
        Assert.Equal("There is no column 'Agee'. The columns are Name, Age, City, Amount.", Assert.Throws<PlanException>(() => People.Where(Col("Agee") > 3)).Message);

    [Fact]
    public void A_computed_column_needs_a_name() =>
        Assert.Equal("A computed value needs a name for its column: add .As(\"...\").", Assert.Throws<PlanException>(() => People.Select(Col("Age") + 1)).Message);
}
