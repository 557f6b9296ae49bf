using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Cli.Bench;

/// <summary>Benchmarks of single runs: from the trigger to the stored end.</summary>
static class RunBenches
{
    internal static async Task<Dictionary<string, object>> ChainAsync(BenchOptions options, CancellationToken cancellation)
    {
        var tasks = options.Tasks ?? 40;
        var times = await TimesAsync(options, BenchDags.Chain(tasks), "chain", cancellation);
        return new() { ["tasks"] = tasks, ["total_ms"] = BenchOptions.Median(times), ["all_ms"] = times };
    }

    internal static async Task<Dictionary<string, object>> LatticeAsync(BenchOptions options, CancellationToken cancellation)
    {
        var times = await TimesAsync(options, BenchDags.Lattice(10, 100), "lattice", cancellation);
        return new() { ["tasks"] = 1000, ["total_ms"] = BenchOptions.Median(times), ["all_ms"] = times };
    }

    internal static async Task<Dictionary<string, object>> FanoutAsync(BenchOptions options, CancellationToken cancellation)
    {
        var tasks = options.Tasks ?? 10_000;
        await using var peak = new PeakMemory();
        var times = await TimesAsync(options, BenchDags.Fanout(tasks), "fanout", cancellation);
        var median = BenchOptions.Median(times);
        return new() { ["tasks"] = tasks, ["tasks_per_s"] = Math.Round(tasks / median * 1000), ["peak_rss_mb"] = Math.Round(peak.Megabytes), ["total_ms"] = median, ["all_ms"] = times };
    }

    /// <summary>A chain in an empty store, and in one with a long history.</summary>
    internal static async Task<Dictionary<string, object>> HistoryAsync(BenchOptions options, CancellationToken cancellation)
    {
        var instances = options.Instances ?? 1_000_000;
        var chain = BenchDags.Chain(options.Tasks ?? 40);
        await using var bed = await BenchBed.CreateAsync(options.Postgres, [chain], cancellation);
        await bed.StartAsync(cancellation);
        // Both sides are measured with the code compiled to the end: that takes seconds of use, whatever the store holds.
        var warm = TimeProvider.System.GetUtcNow().AddSeconds(8);
        while (TimeProvider.System.GetUtcNow() < warm) await bed.RunAsync("chain", cancellation);
        var empty = BenchOptions.Median(await TimesAsync(bed, options.Repeat, "chain", cancellation));
        await FillAsync(bed.Store, "chain", instances, cancellation);
        // Gigabytes were just written: let the disk come to rest before anything is measured on it.
        await Task.Delay(TimeSpan.FromSeconds(10), cancellation);
        var full = BenchOptions.Median(await TimesAsync(bed, options.Repeat, "chain", cancellation));
        return new() { ["instances"] = instances, ["empty_ms"] = empty, ["full_ms"] = full, ["ratio"] = Math.Round(full / empty, 2) };
    }

    static async Task<double[]> TimesAsync(BenchOptions options, (string, string) dag, string name, CancellationToken cancellation)
    {
        await using var bed = await BenchBed.CreateAsync(options.Postgres, [dag], cancellation);
        await bed.StartAsync(cancellation);
        return await TimesAsync(bed, options.Repeat, name, cancellation);
    }

    static async Task<double[]> TimesAsync(BenchBed bed, int repeat, string name, CancellationToken cancellation)
    {
        var times = new double[repeat];
        for (var i = 0; i < times.Length; i++) times[i] = Math.Round((await bed.RunAsync(name, cancellation)).TotalMilliseconds, 1);
        return times;
    }

    /// <summary>Finished runs of a thousand instances each, with attempts and transitions.</summary>
    static async Task FillAsync(IMetadataStore store, string dag, int instances, CancellationToken cancellation)
    {
        const int PerRun = 1000;
        var version = (await store.FindDagAsync(dag, cancellation))!.Version;
        var start = DateTimeOffset.UnixEpoch.AddYears(50);
        for (var number = 0; number < instances / PerRun; number++)
        {
            var at = start.AddHours(number);
            var run = new RunRow
            {
                Id = RunId.New(at), Dag = dag, Version = version, Key = RunRow.KeyFor(RunKind.Scheduled, at), Kind = RunKind.Scheduled,
                LogicalTime = at, IntervalStart = at.AddHours(-1), IntervalEnd = at, QueuedAt = at,
            };
            await store.CommitAsync(new CommitBatch { Now = at, NewRuns = [new NewRun(run)] }, cancellation);
            var tasks = Enumerable.Range(0, PerRun).Select(index => new TaskInstance(new InstanceId(run.Id, "fibo_0", index))
            {
                State = TaskState.Success, Attempt = 1, ScheduledAt = at, QueuedAt = at, StartedAt = at, EndedAt = at,
            }).ToArray();
            await store.CommitAsync(new CommitBatch
            {
                Now = at,
                Changes =
                [
                    new RunChange
                    {
                        Run = run with { State = RunState.Success, StartedAt = at, EndedAt = at },
                        ExpectedRevision = 0,
                        Tasks = tasks,
                        Attempts = [.. tasks.Select(task => new Attempt { Id = new AttemptId(task.Id, 1, Guid.NewGuid()), State = AttemptState.Success, StartedAt = at, EndedAt = at })],
                        Transitions = [.. tasks.SelectMany(task => Steps.Select(step => new Transition(run.Id, task.Id.Task, task.Id.MapIndex, 1, step.From, step.To, at, null)))],
                    },
                ],
            }, cancellation);
        }
    }

    static readonly (string From, string To)[] Steps = [("none", "scheduled"), ("scheduled", "queued"), ("queued", "running"), ("running", "success")];
}
