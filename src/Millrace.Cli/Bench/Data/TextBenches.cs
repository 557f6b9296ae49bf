using System.Diagnostics;
using Millrace.Data;
using Millrace.Plans;

namespace Millrace.Cli.Bench.Data;

/// <summary>Text files in, text files out, as a job would do it: read, changed, paired and written in one stream.</summary>
static class TextBenches
{
    static readonly CsvOptions AsText = new() { Header = Header.No, Infer = false };
    static readonly CsvWriteOptions Bare = new() { Header = false };

    /// <summary>The three files of a toll road as one: some columns of each, side by side, the vehicle's kind in capitals.</summary>
    internal static async Task<Dictionary<string, object>> TollAsync(BenchOptions options, CancellationToken cancel)
    {
        var files = BenchFiles.Of(options);
        files.NeedToll();
        return await MeasureAsync(options, "toll.csv", Toll, cancel);

        Relation Toll()
        {
            var vehicles = Csv.Open(files["vehicle-data.csv"], AsText with { Delimiter = ',' });
            var plazas = Csv.Open(files["tollplaza-data.tsv"], AsText with { Delimiter = '\t', Quote = null });
            var payments = FixedWidth.Open(files["payment-data.txt"], [new("payment", 59, 3), new("code", 63, 5)], CsvOptions.Default);
            var kinds = new Project(new Scan(vehicles),
            [
                new("row", new ColumnExpr("column1")), new("time", new ColumnExpr("column2")), new("vehicle", new ColumnExpr("column3")),
                new("kind", new CallExpr(Functions.Upper, [new ColumnExpr("column4")])),
            ]);
            var both = new Join(kinds, new Scan(plazas, Columns: ["column5", "column6", "column7"]), JoinKind.Positional);
            return new Join(both, new Scan(payments), JoinKind.Positional);
        }
    }

    /// <summary>A filter over numbers of a file, its rows written again.</summary>
    internal static async Task<Dictionary<string, object>> FilterAsync(BenchOptions options, CancellationToken cancel)
    {
        var files = BenchFiles.Of(options);
        files.NeedGroups();
        return await MeasureAsync(options, "filtered.csv", () => new Filter(new Scan(Csv.Open(files["G1.csv"], CsvOptions.Default)), new CallExpr(Functions.Greater, [new ColumnExpr("v3"), LiteralExpr.Of(50.0)])), cancel);
    }

    // As the peers do, it doesn't wait for the disk to have it all; what it would have waited is told apart.
    static async Task<Dictionary<string, object>> MeasureAsync(BenchOptions options, string file, Func<Relation> plan, CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("millrace-bench-").FullName;
        var path = Path.Combine(folder, file);
        var (walls, commits) = (new List<double>(), new List<double>());
        try
        {
            var (rows, bytes) = (0L, 0L);
            var context = new RunContext();
            for (var i = 0; i < options.Repeat; i++)
            {
                File.Delete(path);
                context = new RunContext();
                var since = Stopwatch.GetTimestamp();
                var made = plan();
                await using (var writer = new CsvSink(null, Bare).Start(path, path, made.Schema, context))
                {
                    await foreach (var batch in new StreamingEngine().RunAsync(made, context, cancel)) await writer.WriteAsync(batch, cancel);
                    await writer.FinishAsync(cancel);
                    rows = writer.Rows;
                }
                walls.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
                bytes = Disk.Flush(path);
                commits.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
            }
            using var process = Process.GetCurrentProcess();
            return new()
            {
                ["rows"] = rows,
                ["bytes"] = bytes,
                ["wall_ms"] = Math.Round(BenchOptions.Median(walls), 1),
                ["on_disk_ms"] = Math.Round(BenchOptions.Median(commits), 1),
                ["peak_rss_mb"] = Math.Round(process.PeakWorkingSet64 / 1e6, 1),
                ["limiting_stage"] = context.Stages.Limiting?.Name ?? "",
                ["stages_ms"] = context.Stages.All.Select(s => $"{s.Name} {s.Busy.TotalMilliseconds:0}").ToArray(),
                ["all_ms"] = walls.Select(ms => Math.Round(ms)).ToArray(),
            };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
