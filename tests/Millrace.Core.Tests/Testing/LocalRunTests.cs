using System.Collections.Concurrent;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Core.Tests.Testing;

/// <summary>The engine under the real clock, as <c>dags test</c> uses it.</summary>
public sealed class LocalRunTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static LocalOptions Options(Dag dag) => new() { Dag = dag, Home = new HomeFolder(TestFolder.New()), Parallel = 4 };

    [Fact]
    public async Task Parallel_tasks_run_at_once()
    {
        using var meeting = new Barrier(3);
        var dag = Dag.Build("meet", d =>
        {
            foreach (var name in new[] { "a", "b", "c" }) d.Task(name, c => meeting.SignalAndWait(TimeSpan.FromSeconds(20), c.Cancellation) ? 1 : throw new TimeoutException());
        });
        var record = await new LocalRun(Options(dag)).RunAsync(Cancel);
        Assert.Equal(RunState.Success, record.Run.Row.State);
    }

    [Fact]
    public async Task Steps_and_lines_are_told_as_they_come()
    {
        var moved = new List<string>();
        var said = new ConcurrentQueue<string>();
        var dag = Dag.Build("told", d => d.Task("a", () => Console.WriteLine("one")).Then(d.Shell("b", "echo two")));
        await new LocalRun(Options(dag) with
        {
            Moved = (row, step) => moved.Add($"{step.Task} {step.To}"),
            Said = (assignment, text) => said.Enqueue($"{assignment.Attempt.Instance.Task}: {text}"),
        }).RunAsync(Cancel);

        Assert.Equal([" running", "a scheduled", "a queued", "a running", "a success", "b scheduled", "b queued", "b running", "b success", " success"], moved);
        Assert.Contains(said, line => line.StartsWith("a: ", StringComparison.Ordinal) && line.EndsWith("one\n", StringComparison.Ordinal));
        Assert.Contains(said, line => line.StartsWith("b: ", StringComparison.Ordinal) && line.Contains("two\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_retry_waits_for_the_real_clock()
    {
        var dag = Dag.Build("again", d => d.Task("a", c => c.Attempt > 1 ? 1 : throw new InvalidOperationException("not yet"), new() { Retry = Retry.Fixed(1, TimeSpan.FromMilliseconds(100)) }));
        var record = await new LocalRun(Options(dag)).RunAsync(Cancel);
        Assert.Equal(RunState.Success, record.Run.Row.State);
        Assert.True(record.Run.Row.EndedAt - record.Run.Row.StartedAt >= TimeSpan.FromMilliseconds(99));
    }

    [Fact]
    public async Task A_timeout_cancels_the_body()
    {
        var dag = Dag.Build("slow", d => d.Task("a", c => Task.Delay(Timeout.Infinite, c.Cancellation), new() { Timeout = TimeSpan.FromMilliseconds(50) }));
        var record = await new LocalRun(Options(dag)).RunAsync(Cancel);
        Assert.Equal("The attempt ran longer than its timeout.", record.Run.Find("a", InstanceId.Unmapped)!.Reason);
    }

    [Fact]
    public async Task Cancelling_ends_the_run_and_its_bodies()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var ended = new TaskCompletionSource();
        var dag = Dag.Build("stopped", d => d.Task("a", async c =>
        {
            try
            {
                await stop.CancelAsync();
                await Task.Delay(Timeout.Infinite, c.Cancellation);
            }
            finally
            {
                ended.SetResult();
            }
        }).Then(d.Task("b", () => { })));

        var record = await new LocalRun(Options(dag)).RunAsync(stop.Token);

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        Assert.Equal((RunState.Failed, "cancelled"), (record.Run.Row.State, record.Run.Row.Note));
        Assert.Equal(TaskState.Skipped, record.Run.Find("b", InstanceId.Unmapped)!.State);
    }
}
