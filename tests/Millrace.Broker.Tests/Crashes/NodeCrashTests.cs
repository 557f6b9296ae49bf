using System.Globalization;

namespace Millrace.Broker.Tests.Crashes;

public sealed class NodeCrashTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(Durability.Disk, 40)]
    [InlineData(Durability.PageCache, 8)]
    internal async Task What_a_broker_acknowledged_outlives_crashes_at_any_point(Durability durability, int seeds)
    {
        var (points, records, transactions, givenUp) = (0, 0L, 0L, 0L);
        // As for the logs: MILLRACE_CRASH_SEED=123 begins with that seed, and MILLRACE_CRASH_SEEDS=5000 runs so many.
        var first = int.Parse(Environment.GetEnvironmentVariable("MILLRACE_CRASH_SEED") ?? "1", CultureInfo.InvariantCulture);
        var count = Environment.GetEnvironmentVariable("MILLRACE_CRASH_SEEDS") is { } more ? int.Parse(more, CultureInfo.InvariantCulture) : seeds;
        for (var seed = first; seed < first + count; seed++)
        {
            await using var scene = new NodeScene(seed, durability);
            try
            {
                await scene.RunAsync(crashes: 8);
            }
            catch (Exception e) when (!e.Message.Contains($"Seed {seed}", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"Seed {seed}, crash point {scene.CrashPoints}: {e.Message}", e);
            }
            points += scene.CrashPoints;
            records += scene.Acknowledged;
            transactions += scene.Committed;
            givenUp += scene.GivenUp;
        }
        output.WriteLine($"{durability}: {points} crash points, {records:N0} records and {transactions:N0} transactions acknowledged, {givenUp:N0} transactions given up by hand, seeds {first} to {first + count - 1}.");
        Assert.True(points >= 8 * count);
    }
}
