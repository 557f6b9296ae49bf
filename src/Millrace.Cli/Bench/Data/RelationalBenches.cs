using System.Diagnostics;
using Millrace.Data;
using static Millrace.Data.Columns;

namespace Millrace.Cli.Bench.Data;

/// <summary>The group-by and join questions of the well-known database benchmark, asked of frames over CSV files.</summary>
static class RelationalBenches
{
    internal static Task<Dictionary<string, object>> GroupByAsync(BenchOptions options, CancellationToken cancel)
    {
        var files = BenchFiles.Of(options);
        files.NeedGroups();
        var x = Csv.Read(files["G1.csv"]);
        return AskAsync(options, cancel,
            ("q1", x.GroupBy("id1").Aggregate(Sum("v1").As("v1"))),
            ("q2", x.GroupBy("id1", "id2").Aggregate(Sum("v1").As("v1"))),
            ("q3", x.GroupBy("id3").Aggregate(Sum("v1").As("v1"), Average("v3").As("v3"))),
            ("q4", x.GroupBy("id4").Aggregate(Average("v1").As("v1"), Average("v2").As("v2"), Average("v3").As("v3"))),
            ("q5", x.GroupBy("id6").Aggregate(Sum("v1").As("v1"), Sum("v2").As("v2"), Sum("v3").As("v3"))),
            ("q10", x.GroupBy("id1", "id2", "id3", "id4", "id5", "id6").Aggregate(Sum("v3").As("v3"), Count().As("count"))));
    }

    internal static Task<Dictionary<string, object>> JoinAsync(BenchOptions options, CancellationToken cancel)
    {
        var files = BenchFiles.Of(options);
        files.NeedJoins();
        var x = Csv.Read(files["J1_x.csv"]);
        return AskAsync(options, cancel,
            ("q1", x.Join(Csv.Read(files["J1_small.csv"]).Rename(("id4", "s4")), "id1")),
            ("q2", x.Join(Csv.Read(files["J1_medium.csv"]).Rename(("id1", "m1"), ("id4", "m4"), ("id5", "m5")), "id2")),
            ("q5", x.Join(Csv.Read(files["J1_big.csv"]).Rename(("id1", "b1"), ("id2", "b2"), ("id4", "b4"), ("id5", "b5"), ("id6", "b6")), "id3")));
    }

    /// <summary>A CSV file to a Parquet file packed with zstd, through frames.</summary>
    internal static async Task<Dictionary<string, object>> ParquetAsync(BenchOptions options, CancellationToken cancel)
    {
        var files = BenchFiles.Of(options);
        files.NeedGroups();
        var folder = Directory.CreateTempSubdirectory("millrace-bench-").FullName;
        var (walls, processor) = (new List<double>(), new List<double>());
        try
        {
            var target = Path.Combine(folder, "G1.parquet");
            for (var i = 0; i < options.Repeat; i++)
            {
                var (start, before) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
                await Csv.Read(files["G1.csv"]).WriteAsync(Parquet.File(target), cancel);
                walls.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                processor.Add((Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
            }
            using var process = Process.GetCurrentProcess();
            return new()
            {
                ["wall_ms"] = Math.Round(BenchOptions.Median(walls), 1),
                ["cpu_ms"] = Math.Round(BenchOptions.Median(processor), 1),
                ["bytes"] = new FileInfo(target).Length,
                ["peak_rss_mb"] = Math.Round(process.PeakWorkingSet64 / 1e6, 1),
            };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task<Dictionary<string, object>> AskAsync(BenchOptions options, CancellationToken cancel, params (string Name, Frame Frame)[] questions)
    {
        var figures = new Dictionary<string, object>();
        var all = 0.0;
        foreach (var (name, frame) in questions)
        {
            var (walls, processor, rows) = (new List<double>(), new List<double>(), 0L);
            for (var i = 0; i < options.Repeat; i++)
            {
                var (start, before) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
                rows = 0;
                await foreach (var batch in frame.ReadBatchesAsync(new RunContext(), cancel)) rows += batch.Count;
                walls.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                processor.Add((Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
            }
            figures[$"{name}_ms"] = Math.Round(BenchOptions.Median(walls), 1);
            // What a busy machine can still tell.
            figures[$"{name}_cpu_ms"] = Math.Round(BenchOptions.Median(processor), 1);
            figures[$"{name}_rows"] = rows;
            all += BenchOptions.Median(walls);
        }
        using var process = Process.GetCurrentProcess();
        figures["wall_ms"] = Math.Round(all, 1);
        figures["peak_rss_mb"] = Math.Round(process.PeakWorkingSet64 / 1e6, 1);
        return figures;
    }
}
