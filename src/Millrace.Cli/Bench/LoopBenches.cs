using System.Diagnostics;
using Millrace.Execution;
using Millrace.Runs;

namespace Millrace.Cli.Bench;

/// <summary>Benchmarks of the development loop: the first minute, and every edit after it.</summary>
static class LoopBenches
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The command's own start, in a fresh home with one DAG file, to the end of its first task.</summary>
    internal static async Task<Dictionary<string, object>> StartAsync(BenchOptions options, CancellationToken cancellation)
    {
        var ready = new List<double>();
        var idle = new List<double>();
        for (var i = 0; i < options.Repeat; i++)
        {
            var home = new HomeFolder(Directory.CreateTempSubdirectory("millrace-bench-").FullName);
            Directory.CreateDirectory(home.Dags);
            var (file, code) = BenchDags.Once();
            await File.WriteAllTextAsync(Path.Combine(home.Dags, file), code, cancellation);
            var start = ToolCommand.Find().Start("up", "--home", home.Root, "--broker-port", "0");
            start.RedirectStandardOutput = true;
            start.RedirectStandardError = true;
            var since = Stopwatch.GetTimestamp();
            using var up = Process.Start(start)!;
            up.ErrorDataReceived += (_, _) => { };
            up.BeginErrorReadLine();
            try
            {
                var seen = "";
                while (!seen.Contains("success", StringComparison.Ordinal))
                    seen = await up.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(Patience, cancellation)
                        ?? throw new InvalidOperationException("'millrace up' ended before its first task did.");
                ready.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
                await Task.Delay(TimeSpan.FromSeconds(5), cancellation);
                idle.Add(ProcessMemory.TreeMegabytes(up.Id));
            }
            finally
            {
                up.Kill(entireProcessTree: true);
                await up.WaitForExitAsync(CancellationToken.None);
                Directory.Delete(home.Root, recursive: true);
            }
        }
        return new()
        {
            ["ready_ms"] = Math.Round(BenchOptions.Median(ready)),
            ["idle_rss_mb"] = Math.Round(BenchOptions.Median(idle)),
            ["all_ms"] = ready.Select(ms => Math.Round(ms)).ToArray(),
        };
    }

    /// <summary>From the save of a DAG file to its new version in force.</summary>
    internal static async Task<Dictionary<string, object>> ReloadAsync(BenchOptions options, CancellationToken cancellation)
    {
        await using var bed = await BenchBed.CreateAsync(options.Postgres, [BenchDags.Edited(0)], cancellation);
        await bed.StartAsync(cancellation, watches: true);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var version = (await bed.Store.FindDagAsync("edited", cancellation))!.Version;
        var changed = new SemaphoreSlim(0);
        var watching = Task.Run(async () =>
        {
            await foreach (var readings in bed.Dags.WatchAsync([], ending.Token))
            {
                await bed.RegisterAsync(readings, ending.Token);
                changed.Release();
            }
        }, cancellation);
        await changed.WaitAsync(cancellation);

        var times = new List<double>();
        for (var edit = 1; edit <= options.Repeat; edit++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellation);
            var (file, code) = BenchDags.Edited(edit);
            var since = Stopwatch.GetTimestamp();
            await File.WriteAllTextAsync(Path.Combine(bed.Home.Dags, file), code, cancellation);
            string now;
            do
            {
                await changed.WaitAsync(Patience, cancellation);
                now = (await bed.Store.FindDagAsync("edited", cancellation))!.Version;
            }
            while (now == version);
            version = now;
            times.Add(Math.Round(Stopwatch.GetElapsedTime(since).TotalMilliseconds));
        }
        await ending.CancelAsync();
        try
        {
            await watching;
        }
        catch (OperationCanceledException)
        {
        }
        return new() { ["ms"] = BenchOptions.Median(times), ["all_ms"] = times };
    }
}
