using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Frames;

/// <summary>Every method that runs a frame takes a run context, and treats refused rows by one rule.</summary>
public sealed class RunTests : IDisposable
{
    const int In = 5;

    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    public sealed record Item(int Id, string? Name, int Amount);

    public static TheoryData<string> Sources => ["csv", "jsonl", "xml", "xlsx", "check", "sorted"];

    /// <summary>Five rows of which one or two are refused; nothing but the run says what becomes of them.</summary>
    async Task<Frame<Item>> ItemsAsync(string kind)
    {
        var path = folder["items." + kind];
        switch (kind)
        {
            case "csv":
                await File.WriteAllTextAsync(path, "Id,Name,Amount\n1,a,5\n2,b,x\n3,c,7\n4,d\n5,e,9\n", Cancel);
                return Csv.Read<Item>(path);
            case "jsonl":
                await File.WriteAllTextAsync(path, "{\"Id\":1,\"Name\":\"a\",\"Amount\":5}\n{\"Id\":2,\"Name\":\"b\",\"Amount\":\"x\"}\n{\"Id\":3,\"Name\":\"c\",\"Amount\":7}\n{\"Id\":4,\"Name\":\n{\"Id\":5,\"Name\":\"e\",\"Amount\":9}\n", Cancel);
                return JsonLines.Read<Item>(path);
            case "xml":
                await File.WriteAllTextAsync(path, $"<items>{string.Concat(new[] { "5", "x", "7", "", "9" }.Select((a, i) => $"\n<item><Id>{i + 1}</Id><Name>n</Name><Amount>{a}</Amount></item>"))}</items>", Cancel);
                return Xml.Read<Item>(path, "item");
            case "xlsx":
                await Frame.From(new[] { "5", "x", "7", "y", "9" }.Select((a, i) => new { Id = i + 1, Name = "n", Amount = a })).WriteAsync(path, Cancel);
                return Excel.Read<Item>(path);
            case "check":
                return Frame.From(Enumerable.Range(1, In).Select(i => new Item(i, "n", i * 10))).Check("not 30", i => i.Amount != 30);
            default:
                return (await ItemsAsync("csv")).OrderByDescending(i => i.Id);
        }
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task Rows_in_are_rows_out_and_rejected_whatever_runs_the_frame(string kind)
    {
        var items = await ItemsAsync(kind);
        var refused = kind == "check" ? 1 : 2;
        var left = In - refused;

        Assert.Equal((left, refused), await RunAsync(async run => (await items.CollectAsync(run, Cancel)).Count));
        Assert.Equal((left, refused), await RunAsync(run => items.CountAsync(run, Cancel)));
        Assert.Equal((left, refused), await RunAsync(async run => (await items.ToListAsync(run, Cancel)).Count));
        Assert.Equal((left, refused), await RunAsync(async run => await items.ReadAsync(run, Cancel).CountAsync(Cancel)));
        Assert.Equal((left, refused), await RunAsync(async run => await items.ReadBatchesAsync(run, Cancel).AggregateAsync(0L, (rows, batch) => rows + batch.Count, Cancel)));
        Assert.Equal((left, refused), await RunAsync(async run => (long)(await items.Describe().CollectAsync(run, Cancel))[0, "count"]!));
        Assert.Equal((left, refused), await RunAsync(async run => (await items.PivotAsync("Id", [], [Columns.Max("Amount")], run, Cancel)).Schema.Count));
        Assert.Equal((left, refused), await RunAsync(async run => (await items.WriteAsync(folder["out.csv"], run, Cancel)).Rows));
        Assert.Equal((left, refused), await RunAsync(async run => (await items.WriteAsync(Csv.File(folder["out.csv"]), run, Cancel)).Rows));
        Assert.Equal((left, refused), await RunAsync(async run =>
        {
            var report = await items.LoadAsync(Dataset.At(folder["set"]), Load.Full, run: run, cancel: Cancel);
            Assert.Equal((In, refused), (report.RowsIn, report.Rejected));
            return report.Written;
        }));
        Assert.Equal((left, refused), await RunAsync(async run =>
        {
            using var drawn = new StringWriter();
            await items.ShowAsync(20, drawn, run, Cancel);
            Assert.Contains($"\n{left} rows, {refused} rejected\n  rejected ", drawn.ToString().ReplaceLineEndings("\n"), StringComparison.Ordinal);
            return drawn.ToString().Split('\n').Count(line => line.Contains(" | ", StringComparison.Ordinal)) - 2;
        }));
    }

    static async Task<(long Out, long Rejected)> RunAsync(Func<RunContext, Task<long>> work)
    {
        using var rejects = new RejectLog();
        var rows = await work(new RunContext { Bad = Bad.Reject, Rejects = rejects });
        return (rows, rejects.Count);
    }

    static Task<(long Out, long Rejected)> RunAsync(Func<RunContext, Task<int>> work) => RunAsync(async run => (long)await work(run));

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task Without_a_log_a_run_that_gives_rows_fails_and_says_how_to_keep_them(string kind)
    {
        var items = await ItemsAsync(kind);
        var run = new RunContext { Bad = Bad.Reject };
        foreach (var work in (Func<Task>[])[() => items.CollectAsync(run, Cancel), () => items.CountAsync(run, Cancel), () => items.ToListAsync(run, Cancel), () => items.Describe().CollectAsync(run, Cancel),
            async () => await items.ReadAsync(run, Cancel).CountAsync(Cancel), async () => await items.ReadBatchesAsync(run, Cancel).CountAsync(Cancel), () => items.PivotAsync("Id", [], [Columns.Max("Amount")], run, Cancel)])
        {
            var error = await Assert.ThrowsAnyAsync<Exception>(work);
            Assert.Contains("give it a new RunContext { Rejects = new RejectLog() }", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task Without_a_log_a_run_that_ends_in_a_report_keeps_them_for_it(string kind)
    {
        var items = await ItemsAsync(kind);
        var run = new RunContext { Bad = Bad.Reject };
        var refused = kind == "check" ? 1 : 2;

        var written = await items.WriteAsync(folder["out.csv"], run, Cancel);
        Assert.Equal((In - refused, refused), (written.Rows, written.Rejects.Count));
        var loaded = await items.LoadAsync(Dataset.At(folder["set"]), Load.Full, run: run, cancel: Cancel);
        Assert.Equal((In, In - refused, refused), (loaded.RowsIn, loaded.Written, loaded.Rejected));
        using var drawn = new StringWriter();
        await items.ShowAsync(to: drawn, run: run, cancel: Cancel);
        Assert.Contains($"{In - refused} rows, {refused} rejected", drawn.ToString(), StringComparison.Ordinal);
        Assert.Null(run.Rejects);
    }

    [Fact]
    public async Task A_look_names_each_rule_with_the_first_row_that_broke_it()
    {
        var items = await ItemsAsync("csv");
        using var drawn = new StringWriter { NewLine = "\n" };

        await items.ShowAsync(to: drawn, run: new RunContext { Bad = Bad.Reject }, cancel: Cancel);

        var path = folder["items.csv"];
        Assert.Contains($"""
            3 rows, 2 rejected
              rejected 1: not int32 (csv), e.g. {path}, line 3: Amount 'x': It isn't a value of type int32. Read the column as text, or let such rows be rejected (Bad.Reject) or such values be null (Bad.Null).
              rejected 1: ragged (csv), e.g. {path}, line 5: '4,d': The row has 2 fields where the file has 3. Ragged.Fill takes rows that are short, Ragged.FillAndCut those that are long as well.

            """.ReplaceLineEndings("\n"), drawn.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_look_at_the_first_rows_says_what_was_rejected_so_far()
    {
        using var drawn = new StringWriter();

        await Frame.From(Enumerable.Range(1, 100_000)).Check("odd", i => i % 2 == 1).ShowAsync(1, drawn, Cancel);

        Assert.Contains("the first 1 row; there are more; ", drawn.ToString(), StringComparison.Ordinal);
        Assert.Contains(" rejected so far", drawn.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_source_was_told_goes_before_what_the_run_says()
    {
        await ItemsAsync("csv");
        var path = folder["items.csv"];
        using var rejects = new RejectLog();
        var rejecting = new RunContext { Bad = Bad.Reject, Rejects = rejects };

        await Assert.ThrowsAsync<BadDataException>(() => Csv.Read<Item>(path, new CsvOptions { Bad = Bad.Fail }).CountAsync(rejecting, Cancel));
        Assert.Equal(0, rejects.Count);
        Assert.Equal(3, await Csv.Read<Item>(path, new CsvOptions { Bad = Bad.Reject }).CountAsync(new RunContext { Bad = Bad.Fail, Rejects = rejects }, Cancel));
        Assert.Equal(2, rejects.Count);
        await Assert.ThrowsAsync<BadDataException>(() => Csv.Read<Item>(path).CountAsync(Cancel));
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("jsonl")]
    [InlineData("xml")]
    public async Task A_run_that_makes_bad_values_null_notes_them_and_counts_the_same_rows_as_it_lists(string kind)
    {
        await ItemsAsync(kind);
        var path = folder["items." + kind];
        var columns = new Schema(new Field("Id", DataType.Int32, Nullable: false), new Field("Name", DataType.Text), new Field("Amount", DataType.Int32));
        var strict = new Schema(new Field("Id", DataType.Int32), new Field("Name", DataType.Text), new Field("Amount", DataType.Int32, Nullable: false));
        Frame Read(Schema schema) => kind switch
        {
            "csv" => Csv.Read(path, new CsvOptions { Columns = schema }),
            "jsonl" => JsonLines.Read(path, new JsonOptions { Columns = schema }),
            _ => Xml.Read(path, "item", new XmlOptions { Columns = schema }),
        };

        using var loose = new RejectLog();
        using var table = await Read(columns).CollectAsync(new RunContext { Bad = Bad.Null, Rejects = loose }, Cancel);
        Assert.Null(table[1, "Amount"]);
        Assert.Equal(("Amount", "x"), loose.Discarded.Select(d => (d.Column!, d.Value!)).First());
        Assert.Equal(In, table.Count + loose.Count);

        using var listed = new Rejected();
        using var counted = new Rejected();
        using var all = await Read(strict).CollectAsync(listed.Run, Cancel);
        Assert.Equal(all.Count, await Read(strict).CountAsync(counted.Run, Cancel));
        Assert.Equal(In, all.Count + listed.Run.Rejects!.Count);
        Assert.Equal(listed.Run.Rejects.All, counted.Run.Rejects!.All);
    }

    sealed class Rejected : IDisposable
    {
        internal RunContext Run { get; } = new() { Bad = Bad.Null, Rejects = new RejectLog() };
        public void Dispose() => Run.Rejects!.Dispose();
    }

    [Fact]
    public void What_a_source_was_told_travels_with_it_and_what_it_was_not_told_does_not()
    {
        File.WriteAllText(folder["a.csv"], "id\n1\n");
        foreach (var bad in (Bad?[])[null, Bad.Fail, Bad.Reject, Bad.Null])
        {
            var options = CsvOptions.Read(new CsvOptions { Bad = bad }.Describe(folder["a.csv"]));
            Assert.Equal(bad, options.Bad);
            var described = new System.Text.Json.Nodes.JsonObject();
            SourceText.Describe(described, null, bad);
            Assert.Equal(bad, SourceText.BadRows(described));
        }
    }
}
