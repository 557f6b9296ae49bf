using System.Diagnostics;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Cli.Bench;

/// <summary>Benchmarks of schedules: how late tasks start, and what a fleet of DAGs costs.</summary>
static class ScheduleBenches
{
    static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>100 firings a second for ten seconds: from the instant a run is due to the instant its task begins in a worker.</summary>
    internal static async Task<Dictionary<string, object>> LatencyAsync(BenchOptions options, CancellationToken cancellation)
    {
        const int Dags = 100, Seconds = 10;
        var start = TimeProvider.System.GetUtcNow().AddSeconds(8);
        await using var bed = await BenchBed.CreateAsync(options.Postgres, [BenchDags.Firing("firing.cs", 0, Dags, Second, Second / Dags, start)], cancellation);
        await bed.StartAsync(cancellation);
        await WaitUntilAsync(start.AddSeconds(Seconds + 1), cancellation);
        var late = new List<double>();
        foreach (var run in await bed.Store.ListRunsAsync(new RunFilter { Limit = int.MaxValue, From = start, To = start.AddSeconds(Seconds) }, cancellation))
        {
            if (await bed.Store.LoadHistoryAsync(run.Id, cancellation) is not { Attempts: [{ State: AttemptState.Success } attempt, ..] }) continue;
            late.Add((attempt.StartedAt - run.LogicalTime).TotalMilliseconds);
        }
        return new()
        {
            ["firings"] = late.Count,
            ["due_to_start_p50_ms"] = Math.Round(BenchOptions.Percentile(late, 0.50), 2),
            ["p99_ms"] = Math.Round(BenchOptions.Percentile(late, 0.99), 2),
            ["max_ms"] = Math.Round(late.Max(), 2),
        };
    }

    /// <summary>Thousands of DAGs of which 100 are due each second: the scheduler's share of one core, and how fast it is back after a restart.</summary>
    internal static async Task<Dictionary<string, object>> FleetAsync(BenchOptions options, CancellationToken cancellation)
    {
        const int PerFile = 100, PerSecond = 100, Seconds = 15;
        var dags = options.Dags ?? 10_000;
        // Far enough ahead that all files are compiled before the first is due, as in a fleet that has been there.
        var start = TimeProvider.System.GetUtcNow().AddSeconds(15);
        var period = Second * ((double)dags / PerSecond);
        var files = Enumerable.Range(0, (dags + PerFile - 1) / PerFile)
            .Select(file => NoCatchup(BenchDags.Firing($"fleet_{file}.cs", file * PerFile, Math.Min(PerFile, dags - file * PerFile), period, Second / PerSecond, start)));
        await using var bed = await BenchBed.CreateAsync(options.Postgres, files, cancellation);
        var since = Stopwatch.GetTimestamp();
        await bed.StartAsync(cancellation);
        var firstStart = Stopwatch.GetElapsedTime(since);
        await WaitUntilAsync(start.AddSeconds(5), cancellation);

        using var self = Process.GetCurrentProcess();
        var (before, endedBefore, from) = (self.TotalProcessorTime, bed.Ended, Stopwatch.GetTimestamp());
        await WaitUntilAsync(TimeProvider.System.GetUtcNow().AddSeconds(Seconds), cancellation);
        self.Refresh();
        var percent = (self.TotalProcessorTime - before) / Stopwatch.GetElapsedTime(from) * 100;
        var perSecond = (bed.Ended - endedBefore) / Stopwatch.GetElapsedTime(from).TotalSeconds;

        var restarts = new List<double>();
        for (var i = 0; i < Math.Min(options.Repeat, 3); i++)
        {
            await bed.CloseAndReopenAsync();
            var ended = bed.Ended;
            since = Stopwatch.GetTimestamp();
            await bed.StartAsync(cancellation);
            while (bed.Ended == ended) await WaitUntilAsync(TimeProvider.System.GetUtcNow().AddMilliseconds(5), cancellation);
            restarts.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        }
        return new()
        {
            ["dags"] = dags,
            ["runs_per_s"] = Math.Round(perSecond),
            ["scheduler_cpu_percent"] = Math.Round(percent, 1),
            ["restart_ms"] = Math.Round(BenchOptions.Median(restarts)),
            ["first_start_ms"] = Math.Round(firstStart.TotalMilliseconds),
            ["rss_mb"] = Math.Round(ProcessMemory.TreeMegabytes(Environment.ProcessId)),
        };
    }

    static (string, string) NoCatchup((string File, string Code) dag) => (dag.File, dag.Code.Replace("d.Catchup = true;", "", StringComparison.Ordinal));

    static async Task WaitUntilAsync(DateTimeOffset instant, CancellationToken cancellation)
    {
        var wait = instant - TimeProvider.System.GetUtcNow();
        if (wait > TimeSpan.Zero) await Task.Delay(wait, cancellation);
    }
}
