using System.Text.Json;
using Millrace.Testing.Servers;
using static Millrace.Data.Columns;

namespace Millrace.Data.Tests.Frames;

/// <summary>A frame is handed on as its plan.</summary>
public sealed class FrameJsonTests
{
    sealed record Sale(string City, decimal Amount, DateOnly Day, int? Rank);

    static readonly Frame<Sale> sales = Frame.From([new Sale("Oslo", 10.5m, new(2026, 1, 2), 1), new Sale("Rome", 3m, new(2026, 1, 3), null)]);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    sealed record Result(Frame<Sale> Typed, Frame Plain);

    [Fact]
    public async Task A_frame_goes_to_another_process_and_back()
    {
        var json = JsonSerializer.Serialize(new Result(sales.Where(s => s.Amount > 5), sales.GroupBy("City").Aggregate(Sum("Amount")).OrderBy("City")));
        var read = JsonSerializer.Deserialize<Result>(json)!;
        Assert.Equal(new Sale("Oslo", 10.5m, new(2026, 1, 2), 1), Assert.Single(await read.Typed.ToListAsync(Cancel)));
        using var table = await read.Plain.CollectAsync(Cancel);
        Assert.Equal(["Oslo", "Rome"], table.Column<string>("City"));
    }

    [Fact]
    public async Task A_frame_over_files_opens_them_again()
    {
        using var folder = new TempFolder();
        var (csv, places) = (Path.Combine(folder.FullPath, "a.csv"), Path.Combine(folder.FullPath, "b.txt"));
        await File.WriteAllTextAsync(csv, "City;Amount\nOslo;1,5\nNA;2,5\n", Cancel);
        await File.WriteAllTextAsync(places, "Ann 31\nBob 17\n", Cancel);
        var delimited = Csv.Read(csv, new CsvOptions { Delimiter = ';', DecimalSeparator = ',', Nulls = ["NA"], Types = new Dictionary<string, DataType> { ["Amount"] = DataType.Float64 } });
        var placed = FixedWidth.Read(places, [new("Name", 1, 3), new("Age", 5, 2, DataType.Int32)]);
        using var first = await JsonSerializer.Deserialize<Frame>(JsonSerializer.Serialize(delimited))!.CollectAsync(Cancel);
        using var second = await JsonSerializer.Deserialize<Frame>(JsonSerializer.Serialize(placed))!.CollectAsync(Cancel);
        Assert.Equal([["Oslo", 1.5], [null, 2.5]], first.Rows);
        Assert.Equal([["Ann", 31], ["Bob", 17]], second.Rows);
    }

    [Fact]
    public async Task Limits_travel_with_the_plan()
    {
        using var folder = new TempFolder();
        foreach (var (name, text) in new[] { ("a.json", "[{\"n\":[[[1]]]}]"), ("a.xml", "<all><row><n>1</n></row></all>"), ("a.csv", "n\n1\n") }) await File.WriteAllTextAsync(folder[name], text, Cancel);
        await Frame.From([new { n = 1 }]).WriteAsync(Excel.File(folder["a.xlsx"]), Cancel);
        var limits = new InputLimits { MaxRatio = 7, MaxBytes = 100_000 };
        var frames = new[]
        {
            Json.Read(folder["a.json"], new() { Limits = limits, MaxDepth = 9, MaxRowBytes = 2_048, InferRows = 5 }),
            Xml.Read(folder["a.xml"], "//row", new() { Limits = limits, MaxDepth = 9, MaxRowNodes = 2_048, InferRows = 5 }),
            Excel.Read(folder["a.xlsx"], options: new() { Limits = limits, InferRows = 5 }),
            Csv.Read(folder["a.csv"], new() { Limits = limits }),
        };
        foreach (var frame in frames)
        {
            var json = JsonSerializer.Serialize(frame);
            Assert.Contains("\"maxRatio\":7,\"maxBytes\":100000", json, StringComparison.Ordinal);
            Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize<Frame>(json)));
        }
        // What another process opens keeps to them: three arrays in a row are deeper than two.
        var shallow = JsonSerializer.Serialize(Json.Read(folder["a.json"], new() { MaxDepth = 2, Columns = frames[0].Schema }));
        await Assert.ThrowsAsync<BadDataException>(() => JsonSerializer.Deserialize<Frame>(shallow)!.CountAsync(cancel: Cancel));
        Assert.DoesNotContain("max", JsonSerializer.Serialize(Json.Read(folder["a.json"])), StringComparison.Ordinal);
    }

    [Fact]
    public void Many_rows_of_memory_stay_where_they_are() =>
        Assert.Equal("This frame can't be handed on by reference: its rows live in this process, and only up to 1,000 rows of a list travel with a plan. Load it into a file, a table or a dataset first, and hand on a frame over that.",
            Assert.Throws<PlanException>(() => JsonSerializer.Serialize(Frame.From(Enumerable.Range(0, 5000)))).Message);

    [Fact]
    public void A_callback_stays_where_it_is() =>
        Assert.StartsWith("This frame can't be handed on by reference: it calls C# back (s.City.Normalize()).",
            Assert.Throws<PlanException>(() => JsonSerializer.Serialize(sales.Select(s => new { Name = s.City.Normalize() }))).Message, StringComparison.Ordinal);
}
