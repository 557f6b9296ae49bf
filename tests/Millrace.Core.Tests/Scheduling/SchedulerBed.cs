using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Runs;
using Millrace.Scheduling;
using Millrace.Storage.Sqlite;
using Millrace.Testing;
using Xunit;

namespace Millrace.Core.Tests.Scheduling;

/// <summary>A real scheduler over a real store; the test turns its clock and does its work.</summary>
sealed class SchedulerBed : IAsyncDisposable
{
    internal static DateTimeOffset Noon { get; } = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    static readonly SchedulerOptions Options = new() { Lease = TimeSpan.FromSeconds(10) };

    internal SqliteStore Store { get; } = SqliteStore.InMemory();
    internal VirtualClock Clock { get; } = new(Noon);
    internal List<(Scheduler Scheduler, HandExecutor Executor)> Schedulers { get; } = [];
    internal HandExecutor Executor => Schedulers[0].Executor;
    internal RunCommands Commands { get; }

    static CancellationToken Token => TestContext.Current.CancellationToken;

    SchedulerBed() => Commands = new RunCommands(Store, Clock);

    internal static async Task<SchedulerBed> StartAsync(params IReadOnlyList<DagSpec> dags)
    {
        var bed = new SchedulerBed();
        await bed.Store.MigrateAsync(Token);
        await bed.RegisterAsync(dags);
        await bed.JoinAsync();
        return bed;
    }

    internal static DagSpec Dag(string name, params IReadOnlyList<TaskSpec> tasks) => new() { Name = name, Tasks = tasks };

    internal static TaskSpec Task(string id, params IReadOnlyList<string> upstream) => new() { Id = id, Kind = TaskKind.Function, Upstream = upstream };

    internal Task RegisterAsync(params IReadOnlyList<DagSpec> dags) => Store.RegisterAsync([new SourceReading("dags", [.. dags.Select(spec =>
        new DagRegistration(new DagVersion(spec.Name, DagJson.Hash(spec), "", DagJson.Write(spec), Noon), "dags", null, null, [], spec.Schedule.Describe(), false)
        {
            Produces = [.. spec.Tasks.SelectMany(task => task.Produces)],
            Consumes = [.. spec.Schedule.Condition?.Assets.Select(asset => asset.Name) ?? []],
        })], [])], Clock.GetUtcNow(), Token);

    internal async Task JoinAsync(int workers = 2000)
    {
        var executor = new HandExecutor(workers);
        var scheduler = new Scheduler(Store, executor, Options, Clock, NullLogger<Scheduler>.Instance);
        scheduler.TurnFailed += e => Assert.Fail($"a turn failed: {e}");
        await scheduler.JoinAsync(Token);
        Schedulers.Add((scheduler, executor));
        await TurnAsync();
    }

    /// <summary>A scheduler's process is gone, and nobody was told.</summary>
    internal async Task KillAsync(int scheduler)
    {
        await Schedulers[scheduler].Scheduler.DisposeAsync();
        Schedulers.RemoveAt(scheduler);
    }

    /// <summary>Turns until nothing is left to take in.</summary>
    internal async Task TurnAsync()
    {
        while (Schedulers.Find(pair => pair.Scheduler.HasHappenings) is { Scheduler: { } scheduler }) await scheduler.TryTurnAsync(Token);
    }

    internal async Task PassAsync(double seconds)
    {
        var until = Clock.GetUtcNow().AddSeconds(seconds);
        while (Clock.NextTimer is { } next && next <= until)
        {
            Clock.AdvanceTo(next);
            await TurnAsync();
        }
        Clock.AdvanceTo(until);
        await TurnAsync();
    }

    internal async Task<RunRow> TriggerAsync(string dag)
    {
        var run = await Commands.TriggerAsync(dag, null, null, null, Token);
        Wake(run.Id);
        await TurnAsync();
        return run;
    }

    internal void Wake(RunId? run)
    {
        foreach (var (scheduler, _) in Schedulers) scheduler.Wake(run);
    }

    internal async Task PauseAsync(string dag, bool paused)
    {
        await Store.SetPausedAsync(dag, paused, Token);
        Wake(null);
        await TurnAsync();
    }

    internal Assignment Out(string task, HandExecutor? executor = null) => (executor ?? Executor).Out.First(assignment => assignment.Attempt.Instance.Task == task);

    internal async Task EndAsync(string task, Outcome outcome = Outcome.Succeeded)
    {
        Executor.Report(Out(task), outcome);
        await TurnAsync();
    }

    /// <summary>Everything that is out succeeds, and what follows from it, until nothing is out.</summary>
    internal async Task EndAllAsync()
    {
        while (Executor.Out.Count > 0)
        {
            foreach (var assignment in Executor.Out.ToArray()) Executor.Report(assignment, Outcome.Succeeded);
            await TurnAsync();
        }
    }

    internal async Task<RunRow> RunAsync(RunId id) => (await Store.LoadRunAsync(id, Token))!.Run;

    /// <summary>All runs of a Dag in the order of their logical times: <c>12:00:10 running</c>.</summary>
    internal async Task<string> RunsAsync(string dag) => string.Join(", ", (await Store.ListRunsAsync(new RunFilter { Dag = dag, Limit = 1000 }, Token))
        .OrderBy(run => run.LogicalTime).Select(run => $"{run.LogicalTime:HH:mm:ss} {run.State.Name()}"));

    internal async Task<string> TasksAsync(RunId id) => string.Join(", ", (await Store.LoadRunAsync(id, Token))!.Tasks
        .Select(task => $"{task.Id.Task}{(task.Id.MapIndex < 0 ? "" : $"[{task.Id.MapIndex}]")} {task.State.Name()}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var (scheduler, _) in Schedulers) await scheduler.DisposeAsync();
        await Store.DisposeAsync();
    }
}
