using System.Collections.Concurrent;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Runs;

namespace Millrace.Core.Tests.Execution;

public sealed class InProcessExecutorTests : IExecutorListener, IAsyncDisposable
{
    readonly RunnerBench bench = new();
    readonly ConcurrentDictionary<Guid, TaskCompletionSource<AttemptReport>> reports = new();
    readonly RunId run = RunId.New(DateTimeOffset.UtcNow);
    readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly InProcessExecutor executor;
    readonly Dag dag;
    int most, now;

    public InProcessExecutorTests()
    {
        dag = Dag.Build("mine", d =>
        {
            d.Task("nothing", () => { });
            d.Task("counts", async () =>
            {
                InterlockedMax(Interlocked.Increment(ref now));
                await Task.Yield();
                Interlocked.Decrement(ref now);
            });
            d.Task("waits", async () =>
            {
                begun.TrySetResult();
                await release.Task;
            });
            d.Task("listens", async (TaskContext c) =>
            {
                begun.TrySetResult();
                await Task.Delay(Timeout.Infinite, c.Cancellation);
            });
        });
        executor = new InProcessExecutor(new Dictionary<string, Dag> { ["mine"] = dag }, bench.Home, bench, 2, TimeProvider.System);
    }

    [Fact]
    public async Task It_never_runs_more_at_once_than_it_may()
    {
        await executor.StartAsync(this, TestContext.Current.CancellationToken);

        var all = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Run("counts")));

        Assert.All(all, r => Assert.Equal(Outcome.Succeeded, r.Outcome));
        Assert.InRange(most, 1, 2);
        Assert.Equal(200, reports.Count);
    }

    [Fact]
    public async Task An_unknown_Dag_fails_the_attempt()
    {
        await executor.StartAsync(this, TestContext.Current.CancellationToken);

        var report = await Run(RunnerBench.Of(dag, "nothing", run) with { Dag = "other" });

        Assert.Contains("has no Dag 'other'", report.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_lets_running_bodies_end_and_returns_those_not_begun()
    {
        await executor.StartAsync(this, TestContext.Current.CancellationToken);
        var running = new[] { Run("waits"), Run("waits") };
        var waiting = Run("nothing");
        await begun.Task;

        var stop = executor.StopAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(Outcome.Returned, (await waiting).Outcome);
        release.SetResult();
        await stop;

        Assert.Equal(3, reports.Values.Count(r => r.Task.IsCompletedSuccessfully));
        Assert.All(await Task.WhenAll(running), r => Assert.Equal(Outcome.Succeeded, r.Outcome));
        Assert.Equal(Outcome.Returned, (await Run("nothing")).Outcome);
    }

    [Fact]
    public async Task A_cancelled_body_that_listens_ends_by_its_reason()
    {
        await executor.StartAsync(this, TestContext.Current.CancellationToken);
        var assignment = RunnerBench.Of(dag, "listens", run);
        var running = Run(assignment);
        await begun.Task;

        executor.Cancel(assignment.Attempt, CancelReason.TimedOut);

        Assert.Equal(Outcome.TimedOut, (await running).Outcome);
    }

    Task<AttemptReport> Run(string task) => Run(RunnerBench.Of(dag, task, run));

    Task<AttemptReport> Run(Assignment assignment)
    {
        var report = reports.GetOrAdd(assignment.Attempt.Lease, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        executor.Run(assignment);
        return report.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    void InterlockedMax(int value)
    {
        for (int seen = most; value > seen; seen = most) Interlocked.CompareExchange(ref most, value, seen);
    }

    void IExecutorListener.Reported(AttemptReport report) => reports[report.Attempt.Lease].SetResult(report);

    void IExecutorListener.CallbackEnded(Guid callback, string? error)
    {
    }

    void IExecutorListener.FiringKnown(Guid question, FiringAnswer answer)
    {
    }

    void IExecutorListener.CapacityChanged()
    {
    }

    public async ValueTask DisposeAsync()
    {
        release.TrySetResult();
        await executor.DisposeAsync();
        bench.Dispose();
    }
}
