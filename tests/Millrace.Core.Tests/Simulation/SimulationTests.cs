using System.Globalization;
using System.Security.Cryptography;
using Millrace.Storage.Sqlite;
using Millrace.Testing.Simulation;
using Xunit;

namespace Millrace.Core.Tests.Simulation;

/// <summary>After all others: twenty seconds of a whole core would disturb tests of processes that have deadlines.</summary>
[CollectionDefinition("Simulation", DisableParallelization = true)]
public sealed class SimulationsLast;

[Collection("Simulation")]
public sealed class SimulationTests(ITestOutputHelper output)
{
    const int FixedSeeds = 490;
    const int FreshSeeds = 10;

    /// <summary>MILLRACE_SIMULATE_SEED replays one seed and prints all that was stored; MILLRACE_SIMULATE_SEEDS tries more than usual.</summary>
    [Fact]
    public void Five_hundred_random_worlds_keep_every_promise()
    {
        if (Environment.GetEnvironmentVariable("MILLRACE_SIMULATE_SEED") is { Length: > 0 } one)
        {
            var replay = Simulate(int.Parse(one, CultureInfo.InvariantCulture));
            foreach (var line in replay.Log) output.WriteLine(line);
            Assert.True(replay.Violation is null, replay.Violation);
            return;
        }
        var count = Environment.GetEnvironmentVariable("MILLRACE_SIMULATE_SEEDS") is { Length: > 0 } many ? int.Parse(many, CultureInfo.InvariantCulture) : FixedSeeds;
        var fresh = Enumerable.Range(0, FreshSeeds).Select(_ => RandomNumberGenerator.GetInt32(1_000_000, int.MaxValue)).ToArray();
        output.WriteLine($"fresh seeds: {string.Join(", ", fresh)}");
        var reports = Enumerable.Range(1, count).Concat(fresh).Select(Simulate).ToArray();
        output.WriteLine($"{reports.Length} worlds: {reports.Sum(report => report.Runs)} runs, {reports.Sum(report => report.Attempts)} attempts, {reports.Sum(report => report.Transitions)} transitions, "
            + $"{reports.Sum(report => report.Crashes)} crashes, {reports.Sum(report => report.VirtualTime.TotalHours):F1} virtual hours");

        var broken = reports.Where(report => report.Violation is not null).ToArray();
        Assert.True(broken.Length == 0, $"{broken.Length} of {reports.Length} worlds broke a promise. Replay one with MILLRACE_SIMULATE_SEED.\n"
            + string.Join('\n', broken.Take(20).Select(report => $"seed {report.Seed}: {report.Violation}")));
    }

    [Fact]
    public void A_seed_replays_exactly()
    {
        foreach (var seed in (int[])[7, 86, 146, 289])
            Assert.Equal(Simulate(seed).Log, Simulate(seed).Log);
    }

    static SimulationReport Simulate(int seed) => Millrace.Testing.Simulation.Simulation.Run(seed, new SimulationOptions(), SqliteStore.InMemory);
}
