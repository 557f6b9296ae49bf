using static Millrace.Data.TimeUnit;

namespace Millrace.Data.Tests.Frames;

/// <summary>Frames of records, run.</summary>
public sealed class TypedFrameTests
{
    sealed record Reading(string Station, DateTime At, double Celsius);

    sealed record Hourly(string Station, DateTime Hour, double Min, double Mean, double Max);

    sealed record Station(string Code, string Name, int? Height);

    static readonly Frame<Reading> Readings = Frame.From([
        new Reading("A", new(2026, 1, 1, 10, 5, 0), 1), new Reading("A", new(2026, 1, 1, 10, 35, 0), 3), new Reading("A", new(2026, 1, 1, 11, 0, 0), -99),
        new Reading("B", new(2026, 1, 1, 10, 59, 0), 7), new Reading("B", new(2026, 1, 1, 11, 1, 0), 8), new Reading("C", new(2026, 1, 1, 12, 0, 0), 5)]);

    static readonly Frame<Station> Stations = Frame.From([new Station("A", "Alpha", 100), new Station("B", "Beta", null)]);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Readings_become_hours()
    {
        var hourly = Readings
            .Where(r => r.Celsius > -90)
            .GroupBy(r => new { r.Station, Hour = r.At.Truncate(Hours) })
            .Select(g => new Hourly(g.Key.Station, g.Key.Hour, g.Min(r => r.Celsius), g.Average(r => r.Celsius), g.Max(r => r.Celsius)))
            .OrderBy(h => h.Station).ThenBy(h => h.Hour);
        Assert.Equal(
            [new Hourly("A", new(2026, 1, 1, 10, 0, 0), 1, 2, 3), new("B", new(2026, 1, 1, 10, 0, 0), 7, 7, 7), new("B", new(2026, 1, 1, 11, 0, 0), 8, 8, 8), new("C", new(2026, 1, 1, 12, 0, 0), 5, 5, 5)],
            await hourly.ToListAsync(Cancel));
    }

    [Fact]
    public async Task Joins_make_rows_of_both_sides()
    {
        var joined = Readings.Join(Stations, r => r.Station, s => s.Code, (r, s) => new { s.Name, r.Celsius }).OrderByDescending(r => r.Celsius).Take(1);
        Assert.Equal(new { Name = "Beta", Celsius = 8.0 }, Assert.Single(await joined.ToListAsync(Cancel)));
    }

    [Fact]
    public async Task A_missing_side_of_a_join_is_null()
    {
        var names = await Readings.LeftJoin(Stations, r => r.Station, s => s.Code, (r, s) => new { r.Station, Name = s == null ? "unknown" : s.Name, Height = (int?)s!.Height })
            .Distinct().OrderBy(r => r.Station).ToListAsync(Cancel);
        Assert.Equal([new { Station = "A", Name = "Alpha", Height = (int?)100 }, new { Station = "B", Name = "Beta", Height = (int?)null }, new { Station = "C", Name = "unknown", Height = (int?)null }], names);
    }

    [Fact]
    public async Task Semi_anti_and_as_of_joins()
    {
        Assert.Equal(5, await Readings.SemiJoin(Stations, r => r.Station, s => s.Code).CountAsync(Cancel));
        Assert.Equal("C", Assert.Single(await Readings.AntiJoin(Stations, r => r.Station, s => s.Code).ToListAsync(Cancel)).Station);
        var events = Frame.From([new { Station = "A", When = new DateTime(2026, 1, 1, 10, 40, 0) }]);
        var last = await events.AsOfJoin(Readings, e => e.When, r => r.At, e => e.Station, r => r.Station, (e, r) => new { e.When, r.Celsius }).ToListAsync(Cancel);
        Assert.Equal(3, Assert.Single(last).Celsius);
    }

    [Fact]
    public async Task Single_values_are_rows_too()
    {
        Assert.Equal(["A", "B", "C"], await Readings.Select(r => r.Station).Distinct().OrderBy(s => s).ToListAsync(Cancel));
        Assert.Equal(["a1", "b1"], await Frame.From(["a", "b"]).Where(s => s != "c").Select(s => s + "1").ToListAsync(Cancel));
    }

    [Fact]
    public async Task Groups_by_one_value_compute_over_keys_and_aggregates()
    {
        var groups = await Readings.GroupBy(r => r.Station)
            .Select(g => new { Label = g.Key + "!", Spread = g.Max(r => r.Celsius) - g.Min(r => r.Celsius), First = g.OrderBy(r => r.At).First(r => r.Celsius), Warm = g.Count(r => r.Celsius > 2), Kinds = g.CountDistinct(r => r.Celsius) })
            .OrderBy(g => g.Label).ToListAsync(Cancel);
        Assert.Equal([new { Label = "A!", Spread = 102.0, First = 1.0, Warm = 1L, Kinds = 3L }, new { Label = "B!", Spread = 1.0, First = 7.0, Warm = 2L, Kinds = 2L }, new { Label = "C!", Spread = 0.0, First = 5.0, Warm = 1L, Kinds = 1L }], groups);
    }

    [Fact]
    public async Task A_key_of_several_parts_is_a_row_of_its_own()
    {
        var counts = await Readings.GroupBy(r => new { r.Station, r.At.Hour }).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(Cancel);
        Assert.Equal(2, counts.Single(c => c.Key is { Station: "A", Hour: 10 }).Count);
    }

    [Fact]
    public async Task An_aggregate_of_ones_own_is_called_back_with_the_values()
    {
        var groups = await Readings.GroupBy(r => r.Station).Select(g => new { g.Key, Spread = g.Aggregate(r => r.Celsius, values => values.Max() - values.Min()) }).OrderBy(g => g.Key).ToListAsync(Cancel);
        Assert.Equal([102, 1, 0], groups.Select(g => g.Spread));
    }

    [Fact]
    public async Task A_method_of_the_rows_own_is_called_back()
    {
        var normal = Readings.Where(r => IsNormal(r) && r.Celsius > 4).Select(r => new { r.Station, Text = Text(r.Celsius) });
        Assert.Equal(["B 7.0", "B 8.0", "C 5.0"], (await normal.ToListAsync(Cancel)).Select(r => $"{r.Station} {r.Text}"));
        var explained = normal.OrderBy(r => r.Text).Explain();
        TestContext.Current.TestOutputHelper!.WriteLine(explained);
        Assert.Contains("runs as a C# callback: Text(r.Celsius), over Celsius", explained, StringComparison.Ordinal);
        Assert.Contains("duckdb runs\n  sort Text", explained, StringComparison.Ordinal);
    }

    static bool IsNormal(Reading reading) => reading.Celsius > -90;
    static string Text(double value) => value.ToString("F1", System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public async Task The_whole_frame_is_a_group()
    {
        var all = await Readings.Aggregate(g => new { Rows = g.Count(), Mean = g.Where(r => r.Celsius > -90).Average(r => r.Celsius), Stations = g.OrderBy(r => r.Station).ToList(r => r.Station) }).ToListAsync(Cancel);
        Assert.Equal((6, 4.8), (Assert.Single(all).Rows, all[0].Mean));
        Assert.Equal(["A", "A", "A", "B", "B", "C"], all[0].Stations);
    }

    [Fact]
    public async Task Windows_see_the_rows_near()
    {
        var moves = await Readings.Over(r => r.Station, r => r.At).Select((r, near) => new { r.Station, r.At, Change = r.Celsius - near.Lag(x => (double?)x.Celsius), Place = near.RowNumber() })
            .OrderBy(r => r.Station).ThenBy(r => r.At).ToListAsync(Cancel);
        Assert.Equal([null, 2, -102, null, 1, null], moves.Select(m => m.Change));
        Assert.Equal([1, 2, 3, 1, 2, 1], moves.Select(m => m.Place));
    }

    [Fact]
    public async Task Lists_become_rows()
    {
        var orders = Frame.From([new { Id = 1, Items = new List<string> { "a", "b" } }, new { Id = 2, Items = new List<string>() }]);
        Assert.Equal([new { Id = 1, Item = "a" }, new { Id = 1, Item = "b" }], await orders.SelectMany(o => o.Items, (o, item) => new { o.Id, Item = item }).ToListAsync(Cancel));
    }

    [Fact]
    public async Task Columns_are_read_as_the_type_that_is_asked_for()
    {
        var typed = Frame.From([new { code = 7L, name = "x", height = (double?)2 }]).Untyped.Rename("code", "the_code").Rename("the_code", "Code").With("Code", Millrace.Data.Columns.Col("Code").Cast(DataType.Text)).With("height", Millrace.Data.Columns.Col("height").Cast(DataType.Int32)).As<Station>();
        Assert.Equal(new Station("7", "x", 2), Assert.Single(await typed.ToListAsync(Cancel)));
    }

    [Fact]
    public void A_property_without_a_column_is_reported_at_once() =>
        Assert.Equal("Hourly has a property 'Hour', and there is no such column. The columns are Station, At, Celsius. Rename a column or put [ColumnName(\"...\")] on the property.",
            Assert.Throws<PlanException>(() => Readings.As<Hourly>()).Message);

    sealed class Countdown(int from) : Source<int>
    {
        protected override async IAsyncEnumerable<int> ReadRowsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
        {
            for (var i = from; i > 0; i--)
            {
                await Task.Yield();
                yield return i;
            }
        }
    }

    [Fact]
    public async Task A_source_of_ones_own_is_a_small_class()
    {
        Assert.Equal([3, 2, 1], await Frame.From(new Countdown(3)).ToListAsync(Cancel));
        Assert.Equal(2000, await Frame.From(new Countdown(100_000)).Where(i => i % 50 == 0).CountAsync(Cancel));
    }

    [Fact]
    public async Task A_table_has_rows_columns_and_cells()
    {
        using var table = await Readings.OrderBy(r => r.At).CollectAsync(Cancel);
        Assert.Equal(6, table.Count);
        Assert.Equal(1.0, table[0, "celsius"]);
        Assert.Equal([1, 3, 7, -99, 8, 5], table.Column<double>("Celsius"));
        Assert.Equal("C", table.As<Reading>().Last().Station);
        Assert.Equal(3, await table.ToFrame().Where(Millrace.Data.Columns.Col("Station") == "A").CountAsync(Cancel));
    }

    [Fact]
    public async Task Batches_are_read_in_place()
    {
        var sum = 0.0;
        await foreach (var batch in Readings.ReadBatchesAsync(Cancel))
            foreach (var value in ((Column<double>)batch["Celsius"]).Values) sum += value;
        Assert.Equal(-75, sum);
    }

    [Fact]
    public async Task A_frame_shows_itself_as_a_table()
    {
        using var text = new StringWriter();
        await Stations.OrderBy(s => s.Code).ShowAsync(to: text, cancel: Cancel);
        Assert.Equal("""
            Code | Name  | Height
            text | text  | int32?
            -----+-------+-------
            A    | Alpha |    100
            B    | Beta  |
            2 rows

            """.ReplaceLineEndings("\n"), text.ToString().ReplaceLineEndings("\n"));
        using var cut = new StringWriter();
        await Readings.ShowAsync(2, cut, Cancel);
        Assert.Contains("the first 2 rows; there are more", cut.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Describe_sums_up_each_column()
    {
        using var table = await Stations.Describe().CollectAsync(Cancel);
        Assert.Equal(["column", "type", "count", "nulls", "distinct", "min", "max", "mean", "deviation", "q1", "median", "q3"], table.Schema.Names);
        Assert.Equal(["Height", "int32?", 1L, 1L, 1L, "100", "100", 100.0, null, 100.0, 100.0, 100.0], table.Rows.Single(r => (string)r[0]! == "Height"));
    }
}
