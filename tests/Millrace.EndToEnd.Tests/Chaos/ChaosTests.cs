using Millrace.Hosting;
using Millrace.Metadata;
using Millrace.Runs;
using Millrace.Testing.Servers;

namespace Millrace.EndToEnd.Tests.Chaos;

/// <summary>Real processes, killed without warning while 2,000 tasks run.</summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    const int Runs = 20, TasksPerRun = 100, Slots = 6;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task Killed_workers_and_schedulers_lose_and_double_nothing_on_SQLite()
    {
        using var home = new TempFolder();
        await using var chaos = new ChaosScene(home, postgres: null, schedulers: 1, output);
        await RunAsync(chaos, databaseRestarts: 0);
    }

    [Fact]
    public async Task Killed_workers_schedulers_and_databases_lose_and_double_nothing_on_PostgreSQL()
    {
        using var home = new TempFolder();
        await using var server = await PostgresServer.StartAsync(TestContext.Current.CancellationToken);
        await using var chaos = new ChaosScene(home, server, schedulers: 2, output);
        await RunAsync(chaos, databaseRestarts: 5);
    }

    async Task RunAsync(ChaosScene chaos, int databaseRestarts)
    {
        var seed = Environment.GetEnvironmentVariable("MILLRACE_SEED") is { } given ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : Random.Shared.Next();
        output.WriteLine($"seed {seed} (set MILLRACE_SEED to it to kill in the same order)");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);

        await chaos.PrepareAsync(Runs, TasksPerRun, Slots, patience.Token);
        var kills = await chaos.KillUntilDoneAsync(new Random(seed), Runs, databaseRestarts, patience.Token);
        output.WriteLine($"killed {kills.Workers} workers and {kills.Schedulers} schedulers, restarted the database {kills.Databases} times");
        Assert.True(kills.Workers > 0 && kills.Schedulers > 0, "Nothing was killed: the test showed nothing.");
        Assert.Equal(databaseRestarts, kills.Databases);

        var audit = await ChaosAudit.ReadAsync(chaos.Store, Runs, patience.Token);
        output.WriteLine(audit.ToString());
        Assert.Empty(audit.Violations);
        Assert.Equal(Runs, audit.RunsSucceeded);
        Assert.Equal(Runs * TasksPerRun, audit.TasksSucceeded);
        Assert.InRange(audit.MostSlotsUsed, 1, Slots);
    }
}
