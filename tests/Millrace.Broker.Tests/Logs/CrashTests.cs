using Millrace.Broker.Logs;

namespace Millrace.Broker.Tests.Logs;

public sealed class CrashTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(Durability.Disk, 60)]
    [InlineData(Durability.PageCache, 15)]
    internal void What_was_acknowledged_outlives_crashes_at_any_point(Durability durability, int seeds)
    {
        var (points, records, transactions) = (0, 0L, 0L);
        // MILLRACE_CRASH_SEED=123 runs one seed by itself, and MILLRACE_CRASH_SEEDS=5000 more than the usual ones.
        var first = int.Parse(Environment.GetEnvironmentVariable("MILLRACE_CRASH_SEED") ?? "1", System.Globalization.CultureInfo.InvariantCulture);
        var count = Environment.GetEnvironmentVariable("MILLRACE_CRASH_SEEDS") is { } more ? int.Parse(more, System.Globalization.CultureInfo.InvariantCulture) : seeds;
        for (var seed = first; seed < first + count; seed++)
        {
            using var scene = new CrashScene(seed, durability);
            try
            {
                scene.Run(crashes: 10);
            }
            catch (Exception e) when (!e.Message.Contains($"Seed {seed}", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"Seed {seed}, crash point {scene.CrashPoints}: {e.Message}", e);
            }
            points += scene.CrashPoints;
            records += scene.Acknowledged;
            transactions += scene.Transactions;
        }
        output.WriteLine($"{durability}: {points} crash points, {records:N0} records acknowledged, {transactions:N0} transactions, seeds {first} to {first + count - 1}.");
        Assert.True(points >= 10 * count);
    }
}
