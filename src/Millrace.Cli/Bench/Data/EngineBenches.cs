using System.Diagnostics;
using Millrace.Data.Engines.DuckDb;

namespace Millrace.Cli.Bench.Data;

/// <summary>What it costs to cross between DuckDB and C#, a chunk at a time.</summary>
static class EngineBenches
{
    /// <summary>Rows out of DuckDB into a C# loop over its own memory.</summary>
    internal static Task<Dictionary<string, object>> ScanAsync(BenchOptions options, CancellationToken cancel) => Task.Run(() =>
    {
        var rows = options.Rows ?? 100_000_000;
        var (walls, allocated) = (new List<double>(), 0L);
        for (var i = 0; i <= options.Repeat; i++)
        {
            using var database = DuckDbDatabase.InMemory();
            using var connection = database.Connect();
            var (start, before) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
            using (var result = connection.Stream($"SELECT i FROM range({rows}) t(i)", cancel))
            {
                var sum = 0L;
                while (result.Read(out var chunk)) sum += Sum(chunk[0].Values<long>());
                Expect((long)rows * (rows - 1) / 2, sum);
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (i > 0) walls.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds); // The first warms up.
        }
        return new Dictionary<string, object>
        {
            ["rows"] = rows,
            ["wall_ms"] = Math.Round(BenchOptions.Median(walls), 1),
            ["allocated_bytes"] = allocated,
            ["peak_rss_mb"] = PeakMegabytes(),
        };
    }, cancel);

    /// <summary>A C# function that SQL calls for each row.</summary>
    internal static Task<Dictionary<string, object>> CallbackAsync(BenchOptions options, CancellationToken cancel) => Task.Run(() =>
    {
        var rows = options.Rows ?? 10_000_000;
        var walls = new List<double>();
        for (var i = 0; i <= options.Repeat; i++)
        {
            using var database = DuckDbDatabase.InMemory();
            using var connection = database.Connect();
            connection.AddFunction("collatz", (long value) => value % 2 == 0 ? value / 2 : 3 * value + 1);
            connection.Execute($"CREATE TABLE numbers AS SELECT i FROM range({rows}) t(i)", cancel);
            var start = Stopwatch.GetTimestamp();
            using (var result = connection.Query("SELECT sum(collatz(i))::bigint FROM numbers", cancel))
            {
                result.Read(out var chunk);
                var (even, odd) = ((rows + 1L) / 2, rows / 2L);
                Expect(even * (even - 1) / 2 + 3 * odd * odd + odd, chunk[0].Values<long>()[0]);
            }
            if (i > 0) walls.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return new Dictionary<string, object>
        {
            ["rows"] = rows,
            ["wall_ms"] = Math.Round(BenchOptions.Median(walls), 1),
            ["peak_rss_mb"] = PeakMegabytes(),
        };
    }, cancel);

    // A method of its own is compiled again once it is seen to be hot; a loop within the one above would not be.
    static long Sum(ReadOnlySpan<long> values)
    {
        var sum = 0L;
        foreach (var value in values) sum += value;
        return sum;
    }

    static double PeakMegabytes()
    {
        using var process = Process.GetCurrentProcess();
        return Math.Round(process.PeakWorkingSet64 / 1e6, 1);
    }

    static void Expect(long expected, long actual)
    {
        if (actual != expected) throw new InvalidOperationException($"The engine counted {actual}, and {expected} is right.");
    }
}
