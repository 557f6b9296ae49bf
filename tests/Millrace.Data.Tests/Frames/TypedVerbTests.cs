using Millrace.Plans;
using static Millrace.Data.Columns;

namespace Millrace.Data.Tests.Frames;

/// <summary>Each verb with lambdas: the plan that names build, and the rows that come of it.</summary>
public sealed class TypedVerbTests
{
    sealed record Person(string Name, int? Age, string City, double? Amount);

    sealed record Town(string City, string Land, int Height);

    sealed record Line(string Part, int Count);

    sealed record Order(int Id, List<Line> Lines);

    static readonly Frame<Person> People = Frame.From([
        new Person("Ann", 31, "Oslo", 10.5), new Person("Bob", 17, "Rome", null), new Person("Cid", null, "Oslo", 4.5), new Person("Dee", 64, "Rome", 7), new Person("Eve", 31, "Bonn", 1)]);

    static readonly Frame Names = People.Untyped;

    static readonly Frame<Town> Towns = Frame.From([new Town("Oslo", "Norway", 3), new Town("Rome", "Italy", 21), new Town("Riga", "Latvia", 6)]);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static async Task Same<T>(Frame named, Frame<T> typed, params string[] rows)
    {
        Assert.Equal(named.Plan.ToText(), typed.Plan.ToText());
        Assert.Equal(named.Plan, typed.Plan);
        Assert.Equal(rows, (await typed.ToListAsync(Cancel)).Select(r => $"{r}").Order(StringComparer.Ordinal));
    }

    static Task Same<T, TShown>(Frame named, Frame<T> typed, Func<T, TShown> shown, params string[] rows)
    {
        Assert.Equal(named.Plan.ToText(), typed.Plan.ToText());
        Assert.Equal(named.Plan, typed.Plan);
        return Shown();

        async Task Shown() => Assert.Equal(rows, (await typed.ToListAsync(Cancel)).Select(r => $"{shown(r)}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Fill()
    {
        await Same(Names.Fill("Age", 0), People.Fill(p => p.Age, 0), p => p.Age, "0", "17", "31", "31", "64");
        await Same(Names.FillForward(["Amount"], ["Name"]), People.FillForward(p => p.Amount, orderBy: p => p.Name), p => $"{p.Name} {p.Amount}", "Ann 10.5", "Bob 10.5", "Cid 4.5", "Dee 7", "Eve 1");
        await Same(Names.FillBackward(["Amount", "Age"], ["City", "Name"], ["City"]), People.FillBackward(p => new { p.Amount, p.Age }, orderBy: p => new { p.City, p.Name }, within: p => p.City), p => $"{p.Name} {p.Amount} {p.Age}",
            "Ann 10.5 31", "Bob 7 17", "Cid 4.5 ", "Dee 7 64", "Eve 1 31");
        await Same(Names.FillMean(["Amount"], ["City"]), People.FillMean(p => p.Amount, within: p => p.City), p => p.Amount, "1", "10.5", "4.5", "7", "7");
        await Same(Names.FillMedian(["Amount"]), People.FillMedian(p => p.Amount), p => p.Amount, "1", "10.5", "4.5", "5.75", "7");
        Assert.Equal("'p.Age' is a int?, and what comes of it a double. Select it as (double?) first.", Assert.Throws<PlanException>(() => People.FillMean(p => p.Age)).Message);
        Assert.Contains("is computed, and here stand columns", Assert.Throws<PlanException>(() => People.FillForward(p => p.Name + "!", p => p.Name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public Task Units() => Same(Names.ConvertUnits("Amount", "km", "m"), People.ConvertUnits(p => p.Amount, "km", "m"), p => p.Amount, "", "1000", "10500", "4500", "7000");

    [Fact]
    public async Task Bins()
    {
        await Same(Names.BinByEdges("Age", [0, 18, 120], "group", ["minor", "adult"]).Select("Name", ("Group", Col("group"))),
            People.BinByEdges(p => p.Age, [0, 18, 120], (p, group) => new { p.Name, Group = group }, labels: ["minor", "adult"]),
            "{ Name = Ann, Group = adult }", "{ Name = Bob, Group = minor }", "{ Name = Cid, Group =  }", "{ Name = Dee, Group = adult }", "{ Name = Eve, Group = adult }");
        await Same(Names.BinByWidth("Age", 2, "bin").Select("Name", ("Bin", Col("bin"))), People.BinByWidth(p => p.Age, 2, (p, bin) => new { p.Name, Bin = bin }), p => $"{p.Name} {p.Bin}", "Ann 0", "Bob 0", "Cid ", "Dee 1", "Eve 0");
        await Same(Names.BinByWidth("Age", 2, "bin", ["low", "high"]).Select("bin"), People.BinByWidth(p => p.Age, ["low", "high"], (p, bin) => bin), "", "high", "low", "low", "low");
        await Same(Names.BinByQuantiles("Amount", 2, "half").Select("Name", ("Half", Col("half"))), People.BinByQuantiles(p => p.Amount, 2, (p, half) => new { p.Name, Half = half }), p => $"{p.Name} {p.Half}", "Ann 1", "Bob ", "Cid 0", "Dee 1", "Eve 0");
        await Same(Names.BinByQuantiles("Amount", 2, "half", ["low", "high"]).Select("half"), People.BinByQuantiles(p => p.Amount, ["low", "high"], (p, half) => half), "", "high", "high", "low", "low");
    }

    [Fact]
    public async Task Split_and_extract()
    {
        var texts = Frame.From([new { Full = "Ann Lee", Code = "a=1" }, new { Full = "Bob May Roe", Code = "b" }]);
        await Same(texts.Untyped.Split("Full", " ", ["first", "last"], PartsMismatch.Rest, keep: true).Select(("First", Col("first")), ("Last", Col("last"))),
            texts.Split(t => t.Full, " ", (t, first, last) => new { First = first, Last = last }, PartsMismatch.Rest), "{ First = Ann, Last = Lee }", "{ First = Bob, Last = May Roe }");
        await Same(texts.Untyped.Split("Full", " ", ["a", "b", "c"], PartsMismatch.Null, keep: true).Select("b"), texts.Split(t => t.Full, " ", (t, a, b, c) => b, PartsMismatch.Null), "", "May");
        await Same(texts.Untyped.Extract("Code", "(?<key>[a-z])=(?<number>[0-9])", nullWithoutMatch: true).Select("Full", ("Key", Col("key")), ("Number", Col("number").Cast(DataType.Int32))),
            texts.Extract(t => t.Code, "(?<key>[a-z])=(?<number>[0-9])", (t, key, number) => new { t.Full, Key = key, Number = (int?)int.Parse(number!, System.Globalization.CultureInfo.InvariantCulture) }, nullWithoutMatch: true),
            "{ Full = Ann Lee, Key = a, Number = 1 }", "{ Full = Bob May Roe, Key = , Number =  }");
        Assert.Equal("The pattern '(?<key>[a-z])' has no group 'k'. Its groups are key; name the lambda's parameters like them.", Assert.Throws<PlanException>(() => texts.Extract(t => t.Code, "(?<key>[a-z])", (t, k) => k)).Message);
    }

    [Fact]
    public async Task Unpivot()
    {
        var wide = Frame.From([new { Name = "Ann", Maths = 5, Art = 3 }, new { Name = "Bob", Maths = 4, Art = 4 }]);
        await Same(wide.Untyped.Unpivot(["Maths", "Art"], "subject", "mark").Select("Name", ("Subject", Col("subject")), ("Mark", Col("mark"))),
            wide.Unpivot(w => new[] { w.Maths, w.Art }, (w, subject, mark) => new { w.Name, Subject = subject, Mark = mark }), w => $"{w.Name} {w.Subject} {w.Mark}", "Ann Art 3", "Ann Maths 5", "Bob Art 4", "Bob Maths 4");
    }

    sealed record Cities(int? Age, double? Oslo, double? Rome);

    [Fact]
    public async Task Pivot()
    {
        await Same(Names.Pivot("City", ["Oslo", "Rome"], ["Age"], Sum("Amount")).As<Cities>(), People.Pivot(p => p.City, ["Oslo", "Rome"], p => p.Age, g => g.Sum(p => p.Amount)).As<Cities>(), c => $"{c.Age} {c.Oslo} {c.Rome}", " 4.5 ", "17  ", "31 10.5 ", "64  7");
        Assert.Equal(Names.Pivot("City", ["Oslo"], ["Age"], Sum("Amount").As("Sum"), Count().As("Rows")).Plan, People.Pivot(p => p.City, ["Oslo"], p => p.Age, g => new { Sum = g.Sum(p => p.Amount), Rows = g.Count() }).Plan);
        Assert.Equal((await Names.PivotAsync("City", ["Age"], [Max("Name")], Cancel)).Plan, (await People.PivotAsync(p => p.City, p => p.Age, g => g.Max(p => p.Name), Cancel)).Plan);
    }

    [Fact]
    public async Task Duplicates()
    {
        await Same(Names.Deduplicate(["City"]), People.DistinctBy(p => p.City), p => p.Name, "Ann", "Bob", "Eve");
        await Same(Names.Deduplicate(["City"], Keep.Last, ["Age"]), People.DistinctBy(p => p.City, Keep.Last, orderBy: p => p.Age), p => p.Name, "Cid", "Dee", "Eve");
        await Same(Names.GroupBy("City").First(Col("Age").Descending().NullsFirst(), "Name"), People.GroupBy(p => p.City).OrderByDescending(p => p.Age).NullsFirst().ThenBy(p => p.Name).First(), p => p.Name, "Cid", "Dee", "Eve");
        await Same(Names.GroupBy("City").Last("Name", Col("Age").Descending()), People.GroupBy(p => p.City).OrderBy(p => p.Name).ThenByDescending(p => p.Age).Last(), p => p.Name, "Cid", "Dee", "Eve");
        var names = Frame.From([new { Name = "Smith", Town = 1 }, new { Name = "Smyth", Town = 2 }, new { Name = "Smythe", Town = 2 }]);
        await Same(names.Untyped.DeduplicateNearly("Name", 1, ["Town"]), names.DeduplicateNearly(n => n.Name, 1, within: n => n.Town), n => n.Name, "Smith", "Smyth");
        Assert.Contains("The key 'key' is computed", Assert.Throws<PlanException>(() => People.GroupBy(p => p.City.ToUpperInvariant()).First()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nest()
    {
        var few = People.Select(p => new { p.City, p.Name });
        await Same(Names.Select("City", "Name").GroupBy("City").Nest("people", Col("Name").Descending()).Select("City", ("People", Col("people"))),
            few.GroupBy(p => p.City).OrderByDescending(p => p.Name).Nest(p => new { p.Name }, (city, people) => new { City = city, People = people }),
            c => $"{c.City}: {string.Join(", ", c.People.Select(p => p.Name))}", "Bonn: Eve", "Oslo: Cid, Ann", "Rome: Dee, Bob");
        var whole = await People.GroupBy(p => new { p.City, p.Age }).Nest((key, rows) => new { key.City, key.Age, Rows = rows }).ToListAsync(Cancel);
        Assert.Equal(new Person("Dee", 64, "Rome", 7), Assert.Single(whole.Single(w => w.Age == 64).Rows));
    }

    static readonly Frame<Order> Orders = Frame.From([new Order(1, [new("bolt", 3), new("nut", 2)]), new Order(2, [])]);

    [Fact]
    public async Task Lists_of_records_become_rows()
    {
        Frame Flat(bool keepEmpty) => Orders.Untyped.With("$item", Col("Lines")).Flatten("$item", keepEmpty);
        await Same(Flat(false).Select("Id", ("Part", Col("$item").Field("Part")), ("Twice", Col("$item").Field("Count") * 2)),
            Orders.SelectMany(o => o.Lines, (o, line) => new { o.Id, line.Part, Twice = line.Count * 2 }), "{ Id = 1, Part = bolt, Twice = 6 }", "{ Id = 1, Part = nut, Twice = 4 }");
        await Same(Flat(false).Select(("Part", Col("$item").Field("Part")), ("Count", Col("$item").Field("Count"))), Orders.SelectMany(o => o.Lines, (o, line) => line), "Line { Part = bolt, Count = 3 }", "Line { Part = nut, Count = 2 }");
        await Same(Flat(true).Select("Id", ("Count", Col("$item").Field("Count")), ("None", Col("$item").IsNull())),
            Orders.SelectMany(o => o.Lines, (o, line) => new { o.Id, Count = (int?)line.Count, None = line == null }, keepEmpty: true), "{ Id = 1, Count = 2, None = False }", "{ Id = 1, Count = 3, None = False }", "{ Id = 2, Count = , None = True }");
        var kept = await Orders.SelectMany(o => o.Lines, (o, line) => new { o.Id, Line = (Line?)line }, keepEmpty: true).ToListAsync(Cancel);
        Assert.Equal([new Line("bolt", 3), new Line("nut", 2), null], kept.OrderBy(k => k.Id).ThenBy(k => k.Line?.Part).Select(k => k.Line));
    }

    [Fact]
    public async Task Lookup()
    {
        using var rejects = new RejectLog();
        var found = People.Lookup(Towns, p => p.City, t => t.City, (p, town) => new { p.Name, town.Land }, name: "towns");
        Assert.Equal(Names.Lookup(Towns, "City", ["Land"], name: "towns").Select("Name", "Land").Plan, found.Plan);
        Assert.Equal(["Italy", "Italy", "Norway", "Norway"], (await found.ToListAsync(new RunContext { Rejects = rejects }, Cancel)).Select(f => f.Land).Order(StringComparer.Ordinal));
        Assert.Equal("Bonn", Assert.Single(rejects.All).Value);

        await Same(Names.Lookup(Towns, "City", ["Land", "Height"], LookupMiss.Default, [("Land", "nowhere"), ("Height", 0)]).Select("Name", ("Where", Col("Land").Concat(" ", Col("Height").Cast(DataType.Text)))),
            People.Lookup(Towns, p => p.City, t => t.City, (p, town) => new { p.Name, Where = town.Land + " " + town.Height }, missing: new Town("", "nowhere", 0)), p => p.Where,
            "Italy 21", "Italy 21", "Norway 3", "Norway 3", "nowhere 0");
        await Same(Names.Lookup(Towns, "City", [("City_right", Col("City")), "Height"], LookupMiss.Null).Select("Name", ("Height", Col("Height")), ("Known", Col("City_right").IsNotNull())),
            People.Lookup(Towns, p => p.City, t => t.City, (p, town) => new { p.Name, Height = (int?)town.Height, Known = town != null }, LookupMiss.Null), p => $"{p.Name} {p.Height} {p.Known}",
            "Ann 3 True", "Bob 21 True", "Cid 3 True", "Dee 21 True", "Eve  False");
        Assert.Equal(Names.Lookup(Towns, [("City", "City"), ("Name", "Land")], ["Height"], LookupMiss.Fail).Select("Height").Plan,
            People.Lookup(Towns, p => new { p.City, Other = p.Name }, t => new { t.City, Other = t.Land }, (p, t) => t.Height, LookupMiss.Fail).Plan);
        Assert.Contains("missing: new", Assert.Throws<PlanException>(() => People.Lookup(Towns, p => p.City, t => t.City, (p, t) => t.Land, LookupMiss.Default)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Joins()
    {
        var pair = (On)("City", "City");
        await Same(Names.Join(Towns, pair).Select("Name", "Land"), People.Join(Towns, p => p.City, t => t.City, (p, t) => new { p.Name, t.Land }), p => $"{p.Name} {p.Land}", "Ann Norway", "Bob Italy", "Cid Norway", "Dee Italy");
        await Same(Names.LeftJoin(Towns, pair).Select("Name", "Land"), People.LeftJoin(Towns, p => p.City, t => t.City, (p, t) => new { p.Name, Land = (string?)t!.Land }), p => $"{p.Name} {p.Land}", "Ann Norway", "Bob Italy", "Cid Norway", "Dee Italy", "Eve ");
        await Same(Names.RightJoin(Towns, pair).Select("Name", "Land"), People.RightJoin(Towns, p => p.City, t => t.City, (p, t) => new { Name = (string?)p!.Name, t.Land }), p => $"{p.Name} {p.Land}", " Latvia", "Ann Norway", "Bob Italy", "Cid Norway", "Dee Italy");
        await Same(Names.FullJoin(Towns, pair).Select("Name", "Land"), People.FullJoin(Towns, p => p.City, t => t.City, (p, t) => new { Name = (string?)p!.Name, Land = (string?)t!.Land }), p => $"{p.Name} {p.Land}", " Latvia", "Ann Norway", "Bob Italy", "Cid Norway", "Dee Italy", "Eve ");
        await Same(Towns.Untyped.SemiJoin(Names, "City"), Towns.SemiJoin(People, t => t.City, p => p.City), t => t.City, "Oslo", "Rome");
        await Same(Towns.Untyped.AntiJoin(Names, "City"), Towns.AntiJoin(People, t => t.City, p => p.City), t => t.City, "Riga");
        var (two, three) = (Frame.From([1, 2]), Frame.From([1, 2, 3]));
        await Same(Towns.Untyped.Select("Land").CrossJoin(two).Select("Land", ("Number", Col("value"))), Towns.Select(t => new { t.Land }).CrossJoin(two, (t, n) => new { t.Land, Number = n }), t => $"{t.Land} {t.Number}", "Italy 1", "Italy 2", "Latvia 1", "Latvia 2", "Norway 1", "Norway 2");
        await Same(Towns.Untyped.Zip(three).Select("Land", ("Number", Col("value"))), Towns.Zip(three, (t, n) => new { t.Land, Number = n }), t => $"{t.Land} {t.Number}", "Italy 2", "Latvia 3", "Norway 1");
        await Same(Names.AsOfJoin(Towns, ("Age", "Height"), ("City", "City")).Select("Name", "Height"), People.AsOfJoin(Towns, p => p.Age, t => (int?)t.Height, p => p.City, t => t.City, (p, t) => new { p.Name, Height = (int?)t.Height }), p => $"{p.Name} {p.Height}", "Ann 3", "Bob ", "Cid ", "Dee 21", "Eve ");
    }

    [Fact]
    public async Task Sets_and_samples()
    {
        var (one, two) = (Frame.From([1, 2, 2, 3]), Frame.From([3, 4]));
        await Same(one.Untyped.Union(two), one.Union(two), "1", "2", "3", "4");
        await Same(one.Untyped.UnionAll(two), one.UnionAll(two), "1", "2", "2", "3", "3", "4");
        await Same(one.Untyped.Intersect(two), one.Intersect(two), "3");
        await Same(one.Untyped.Except(two), one.Except(two), "1", "2");
        Assert.Equal(Names.Sample(0.5, 7).Plan, People.Sample(0.5, 7).Plan);
    }

    [Fact]
    public async Task Orders_descend_and_have_nulls_first()
    {
        Assert.Equal(Names.OrderBy(Col("Age").Descending().NullsFirst(), "Name").Plan, People.OrderByDescending(p => p.Age).NullsFirst().ThenBy(p => p.Name).Plan);
        await Same(Names.GroupBy("City").Aggregate(First("Name").By(Col("Age").Descending().NullsFirst(), "Name").As("Name")),
            People.GroupBy(p => p.City).Select(g => new { City = g.Key, Name = g.OrderByDescending(p => p.Age).NullsFirst().ThenBy(p => p.Name).First(p => p.Name) }), g => $"{g.City} {g.Name}", "Bonn Eve", "Oslo Cid", "Rome Dee");
        Assert.Contains("no order yet", Assert.Throws<PlanException>(() => People.Over().NullsFirst()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Windows()
    {
        Sequence<Data.Order> down = [Col("Amount").Descending().NullsFirst(), "Name"];
        await Same(Names.Select("Name", ("Place", RowNumber().Over(["City"], down)), ("Before", Lag("Name").Over(["City"], down)), ("After", Lead("Name", 1, "-").Over(["City"], down))),
            People.Within(p => p.City).OrderByDescending(p => p.Amount).NullsFirst().ThenBy(p => p.Name).Select((p, near) => new { p.Name, Place = near.RowNumber(), Before = near.Lag(x => x.Name), After = near.Lead(x => x.Name, 1, "-") }),
            p => $"{p.Name} {p.Place} {p.Before} {p.After}", "Ann 1  Cid", "Bob 1  Dee", "Cid 2 Ann -", "Dee 2 Bob -", "Eve 1  -");
        await Same(Names.Select("Name", ("R", Rank().Over([], [Col("Age").Descending()])), ("D", DenseRank().Over([], [Col("Age").Descending()])), ("B", Bucket(2).Over([], [Col("Age").Descending()]))),
            People.Over().OrderByDescending(p => p.Age).Select((p, near) => new { p.Name, R = near.Rank(), D = near.DenseRank(), B = near.Bucket(2) }), p => $"{p.Name} {p.R} {p.D}", "Ann 2 2", "Bob 4 3", "Cid 5 4", "Dee 1 1", "Eve 2 2");
        await Same(Names.Select("Name", ("Run", Sum("Amount").Over([], ["Name"])), ("Two", Average("Age").Over([], ["Name"], Rows.Last(2))), ("Least", Min("Age").Over([], ["Name"], Rows.Around(1, 1))), ("Most", Max("Age").Over([], ["Name"])), ("Of", Count().Where(Col("Age") > 18).Over([], ["Name"]))),
            People.Over(p => p.Name).Select((p, near) => new { p.Name, Run = near.Sum(x => x.Amount), Two = near.Among(Rows.Last(2)).Average(x => x.Age), Least = near.Among(Rows.Around(1, 1)).Min(x => x.Age), Most = near.Max(x => x.Age), Of = near.Count(x => x.Age > 18) }),
            p => $"{p.Name} {p.Run} {p.Two} {p.Least} {p.Most} {p.Of}", "Ann 10.5 31 17 31 1", "Bob 10.5 24 17 31 1", "Cid 15 17 17 31 1", "Dee 22 64 31 64 2", "Eve 23 47.5 31 64 3");
        await Same(Names.Select("Name", ("First", FirstValue("Name").Over(["City"], ["Name"])), ("Last", LastValue("Name").Over(["City"], ["Name"], Rows.All)), ("Old", Sum("Amount").Where(Col("Age") > 18).Over(["City"], ["Name"], Rows.All))),
            People.Over(p => p.City, p => p.Name).Select((p, near) => new { p.Name, First = near.FirstValue(x => x.Name), Last = near.Among(Rows.All).LastValue(x => x.Name), Old = near.Where(x => x.Age > 18).Among(Rows.All).Sum(x => x.Amount) }),
            p => $"{p.Name} {p.First} {p.Last} {p.Old}", "Ann Ann Cid 10.5", "Bob Bob Dee 7", "Cid Ann Cid 10.5", "Dee Bob Dee 7", "Eve Eve Eve 1");
    }
}
