using Millrace.Authoring.Watching;
using Millrace.Execution;
using Millrace.Hosting;
using Millrace.Metadata;
using Millrace.Runs;
using Millrace.Testing.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Millrace.EndToEnd.Tests.Chaos;

/// <summary>Schedulers with their workers, and somebody who kills them.</summary>
sealed class ChaosScene : IAsyncDisposable
{
    readonly TempFolder home;
    readonly PostgresServer? server;
    readonly ITestOutputHelper output;
    readonly MillraceProcess?[] schedulers;

    internal ChaosScene(TempFolder home, PostgresServer? postgres, int schedulers, ITestOutputHelper output)
    {
        (this.home, server, this.output) = (home, postgres, output);
        this.schedulers = new MillraceProcess?[schedulers];
        Store = Stores.Open(Connection, home["millrace.db"]);
    }

    internal IMetadataStore Store { get; }

    string Connection => server is null ? "" : server.ConnectionString + ";Timeout=5;Command Timeout=10";

    /// <summary>Registers the DAG and triggers its runs, before anybody works on them.</summary>
    internal async Task PrepareAsync(int runs, int tasks, int slots, CancellationToken cancellation)
    {
        var folder = new HomeFolder(home.FullPath);
        Directory.CreateDirectory(folder.Dags);
        await File.WriteAllTextAsync(Path.Combine(folder.Dags, "chaos.cs"), Dag(tasks), cancellation);
        await Store.MigrateAsync(cancellation);
        await Store.SetPoolAsync(new PoolRow("chaos", slots, null), cancellation);
        await using var dags = new DagFolder(new AuthoringOptions { Folder = folder.Dags, Bundles = folder.Bundles }, TimeProvider.System, NullLogger.Instance);
        var readings = await dags.ReadAllAsync([], cancellation);
        Assert.Empty(readings.SelectMany(reading => reading.Errors));
        await Store.RegisterAsync(readings, TimeProvider.System.GetUtcNow(), cancellation);
        var commands = new RunCommands(Store, TimeProvider.System);
        for (var run = 0; run < runs; run++)
            await commands.TriggerAsync("chaos", null, DateTimeOffset.UnixEpoch.AddYears(50).AddHours(run), null, cancellation);
    }

    internal async Task<(int Workers, int Schedulers, int Databases)> KillUntilDoneAsync(Random random, int runs, int databaseRestarts, CancellationToken cancellation)
    {
        var (workers, killed, databases) = (0, 0, 0);
        for (var place = 0; place < schedulers.Length; place++) Start(place);
        // The pace of the killing is part of the scene, not a wait for something to happen.
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(400));
        while (await pace.WaitForNextTickAsync(cancellation))
        {
            for (var place = 0; place < schedulers.Length; place++)
                if (schedulers[place]!.HasExited) Start(place);
            if (await DoneAsync(cancellation) == runs && databases == databaseRestarts) break;

            var victim = schedulers[random.Next(schedulers.Length)]!;
            switch (random.Next(10))
            {
                case < 6 when MillraceProcess.ChildrenOf(victim.Id) is { Count: > 0 } children:
                    Signals.Kill(children[random.Next(children.Count)]);
                    workers++;
                    break;
                case 6:
                    victim.Kill();
                    killed++;
                    break;
                case 7 or 8 when databases < databaseRestarts:
                    await (random.Next(2) == 0 ? server!.CrashAndRestartAsync(cancellation) : server!.RestartAsync(cancellation));
                    databases++;
                    break;
            }
        }
        return (workers, killed, databases);
    }

    async Task<int> DoneAsync(CancellationToken cancellation)
    {
        try
        {
            return (await Store.ListRunsAsync(new RunFilter { Dag = "chaos", States = [RunState.Success, RunState.Failed], Limit = int.MaxValue }, cancellation)).Count;
        }
        catch (Exception e) when (server is not null && e is not OperationCanceledException)
        {
            // The database was just killed: ask again at the next tick.
            output.WriteLine($"the store is away: {e.Message}");
            return -1;
        }
    }

    void Start(int place) => schedulers[place] = server is null
        ? MillraceProcess.Start("scheduler", "--home", home.FullPath)
        : MillraceProcess.Start("scheduler", "--home", home.FullPath, "--store", Connection);

    static string Dag(int tasks) => $$"""
        public static class Chaos
        {
            public static Dag Dag { get; } = Dag.Build("chaos", d =>
            {
                d.Defaults = new() { Pool = "chaos", Retry = Retry.Fixed(1000, TimeSpan.Zero) };
                var numbers = d.Task("numbers", () => Enumerable.Range(0, {{tasks - 2}}).ToArray());
                var slept = d.Map("sleep", numbers, async (int number) =>
                {
                    await Task.Delay(number % 7 * 5);
                    return number;
                });
                d.Task("sum", slept, (IReadOnlyList<int> all) => all.Count == {{tasks - 2}} ? all.Sum() : throw new InvalidOperationException($"{all.Count} results"));
            });
        }
        """;

    public async ValueTask DisposeAsync()
    {
        foreach (var scheduler in schedulers)
        {
            if (scheduler is null) continue;
            if (TestContext.Current.TestState?.Result == TestResult.Failed) output.WriteLine(scheduler.Output);
            await scheduler.DisposeAsync();
        }
        await Store.DisposeAsync();
    }
}
