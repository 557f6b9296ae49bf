using System.Security.Cryptography;
using Millrace.Storage.Sqlite;
using Millrace.Testing.Simulation;

namespace Millrace.Cli.Bench;

/// <summary>The scheduler in random worlds of virtual time: what breaks there is printed with the seed that replays it.</summary>
static class SimulateBench
{
    internal static Task<Dictionary<string, object>> RunAsync(BenchOptions options, CancellationToken cancellation) => Task.Run(() =>
    {
        var first = RandomNumberGenerator.GetInt32(1_000_000, int.MaxValue / 2);
        var (runs, transitions, crashes, hours) = (0L, 0L, 0L, 0.0);
        var broken = new List<string>();
        var seeds = options.Seeds ?? 500;
        for (var seed = first; seed < first + seeds; seed++)
        {
            cancellation.ThrowIfCancellationRequested();
            var report = Simulation.Run(seed, new SimulationOptions(), SqliteStore.InMemory);
            runs += report.Runs;
            transitions += report.Transitions;
            crashes += report.Crashes;
            hours += report.VirtualTime.TotalHours;
            if (report.Violation is { } violation) broken.Add($"seed {seed}: {violation}");
        }
        return new Dictionary<string, object>
        {
            ["seeds"] = seeds,
            ["first_seed"] = first,
            ["violations"] = broken,
            ["runs"] = runs,
            ["transitions"] = transitions,
            ["crashes"] = crashes,
            ["virtual_hours"] = Math.Round(hours, 1),
        };
    }, cancellation);
}
