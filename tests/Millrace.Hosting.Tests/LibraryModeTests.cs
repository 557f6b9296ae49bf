using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Dags;
using Millrace.Runs;
using Millrace.Testing.Servers;

namespace Millrace.Hosting.Tests;

public sealed class LibraryModeTests : IAsyncDisposable
{
    readonly TempFolder _home = new();
    IHost? _host;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    async Task<MillraceClient> StartAsync(Action<MillraceBuilder> configure)
    {
        _host = Host.CreateDefaultBuilder()
            .ConfigureLogging(logging => logging.ClearProviders())
            .ConfigureServices(services => services.AddMillrace(millrace =>
            {
                millrace.UseHome(_home.FullPath);
                configure(millrace);
            }))
            .Build();
        await _host.StartAsync(Cancellation);
        return _host.Services.GetRequiredService<MillraceClient>();
    }

    static Dag Sum { get; } = Dag.Build("sum", d =>
    {
        var upTo = d.Param("upTo", 3);
        var numbers = d.Task("numbers", context => Enumerable.Range(1, context.Get(upTo)).ToArray());
        d.Task("total", numbers, all => all.Sum());
    });

    static Dag Failing { get; } = Dag.Build("failing", d => d.Task("fail", void () => throw new InvalidDataException("Row 7 is broken.")));

    [Fact]
    public async Task A_host_runs_a_Dag_of_its_own_code_and_reads_its_result()
    {
        var millrace = await StartAsync(m => m.AddDag(Sum));
        var run = await millrace.RunAsync("sum", new { upTo = 10 }, cancellation: Cancellation);
        Assert.Equal(RunState.Success, run.State);
        Assert.All(run.Tasks, task => Assert.Equal(TaskState.Success, task.State));
        Assert.Equal(55, await millrace.ResultAsync<int>(run.Id, "total", Cancellation));
    }

    [Fact]
    public async Task A_task_that_throws_fails_its_run_and_says_why()
    {
        var millrace = await StartAsync(m => m.AddDag(Failing));
        var run = await millrace.RunAsync("failing", cancellation: Cancellation);
        Assert.Equal(RunState.Failed, run.State);
        Assert.Contains("Row 7 is broken.", Assert.Single(run.Tasks).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dags_are_found_in_an_assembly()
    {
        var millrace = await StartAsync(m => m.AddDagsFrom(typeof(LibraryModeTests).Assembly));
        Assert.Equal(RunState.Success, (await millrace.RunAsync("sum", cancellation: Cancellation)).State);
    }

    [Fact]
    public async Task Params_that_do_not_fit_are_refused_before_anything_runs()
    {
        var millrace = await StartAsync(m => m.AddDag(Sum));
        await Assert.ThrowsAsync<ParamException>(() => millrace.TriggerAsync("sum", new { upTo = "many" }, cancellation: Cancellation));
        await Assert.ThrowsAsync<CommandException>(() => millrace.TriggerAsync("smu", cancellation: Cancellation));
        Assert.Empty(await millrace.ListRunsAsync(cancellation: Cancellation));
    }

    [Fact]
    public async Task What_a_host_recorded_is_there_after_its_restart()
    {
        var millrace = await StartAsync(m => m.AddDag(Sum));
        var run = await millrace.RunAsync("sum", note: "by hand", cancellation: Cancellation);
        await _host!.StopAsync(Cancellation);
        await ((IAsyncDisposable)_host).DisposeAsync();

        millrace = await StartAsync(m => m.AddDag(Sum));
        var found = await millrace.FindRunAsync(run.Id, Cancellation);
        Assert.Equal((run.Key, RunState.Success, "by hand"), (found!.Key, found.State, found.Note));
    }

    [Fact]
    public async Task A_run_that_is_cancelled_stops_its_task()
    {
        var began = new TaskCompletionSource();
        var stopped = new TaskCompletionSource();
        var endless = Dag.Build("endless", d => d.Task("wait", async context =>
        {
            began.SetResult();
            using var _ = context.Cancellation.Register(() => stopped.SetResult());
            await Task.Delay(Timeout.Infinite, context.Cancellation);
        }));
        var millrace = await StartAsync(m => m.AddDag(endless));
        var run = await millrace.TriggerAsync("endless", cancellation: Cancellation);
        await began.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        await millrace.CancelAsync(run.Id, Cancellation);
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        Assert.Equal(RunState.Failed, (await millrace.WaitAsync(run.Id, Cancellation)).State);
    }

    [Fact]
    public async Task Two_hosts_share_the_work_in_a_PostgreSQL_database()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancellation);
        var first = await StartAsync(m => m.UsePostgres(database.ConnectionString).AddDag(Sum));
        var firstHost = _host!;
        var second = await StartAsync(m => m.UsePostgres(database.ConnectionString).AddDag(Sum));

        var runs = await Task.WhenAll(Enumerable.Range(0, 10).Select(i =>
            (i % 2 == 0 ? first : second).RunAsync("sum", new { upTo = i }, DateTimeOffset.UnixEpoch.AddDays(i), cancellation: Cancellation)));
        Assert.All(runs, run => Assert.Equal(RunState.Success, run.State));

        // What one host's scheduler leaves, the other one takes.
        await firstHost.StopAsync(Cancellation);
        await ((IAsyncDisposable)firstHost).DisposeAsync();
        Assert.Equal(RunState.Success, (await second.RunAsync("sum", cancellation: Cancellation)).State);
        Assert.Equal(11, (await second.ListRunsAsync("sum", cancellation: Cancellation)).Count);
    }

    [Fact]
    public async Task A_second_host_on_the_same_SQLite_file_is_refused()
    {
        await StartAsync(m => m.AddDag(Sum));
        var first = _host;
        var refused = await Assert.ThrowsAsync<SchedulerRunsException>(() => StartAsync(m => m.AddDag(Sum)));
        Assert.Contains("runs on", refused.Message, StringComparison.Ordinal);
        await ((IAsyncDisposable)_host!).DisposeAsync();
        _host = first;
    }

    [Fact]
    public void The_same_Dag_can_not_be_added_twice() =>
        Assert.Contains("'sum' was added twice", Assert.Throws<DagException>(() => new ServiceCollection().AddMillrace(m => m.AddDag(Sum).AddDag(Sum))).Message, StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync(CancellationToken.None);
            await ((IAsyncDisposable)_host).DisposeAsync();
        }
        _home.Dispose();
    }
}
