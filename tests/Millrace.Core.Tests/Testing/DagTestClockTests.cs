using Millrace.Dags;
using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Core.Tests.Testing;

/// <summary>What takes time in production takes none in a test.</summary>
public sealed class DagTestClockTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sensor_looks_again_on_the_virtual_clock_until_its_condition_holds()
    {
        var there = false;
        var dag = Dag.Build("wait", d =>
        {
            var wait = d.Sensor("wait", () => there, every: TimeSpan.FromMinutes(1), timeout: TimeSpan.FromHours(6));
            wait.Then(d.Task("go", () => "gone"));
        });

        var run = await DagTest.For(dag).After(TimeSpan.FromMinutes(89.5), () => there = true).RunAsync(Cancel);

        Assert.Equal((RunState.Success, TimeSpan.FromMinutes(90)), (run.State, run.Duration));
        Assert.Equal(1, run["wait"].Attempts);
        Assert.Equal(90, run["wait"].States.Count(state => state == TaskState.UpForReschedule));
    }

    [Fact]
    public async Task A_sensor_that_never_sees_it_fails_or_is_skipped()
    {
        Dag Waiting(bool soft) => Dag.Build("wait", d =>
            d.Sensor("wait", () => true, every: TimeSpan.FromHours(1), timeout: TimeSpan.FromDays(7), softFail: soft).Then(d.Task("go", () => { })));

        var hard = await DagTest.For(Waiting(false)).Seeing("wait", false).RunAsync(Cancel);
        var soft = await DagTest.For(Waiting(true)).Seeing("wait", false).RunAsync(Cancel);
        var late = await DagTest.For(Waiting(false)).Seeing("wait", false, false, true).RunAsync(Cancel);

        Assert.Equal((RunState.Failed, TimeSpan.FromDays(7), TaskState.UpstreamFailed), (hard.State, hard.Duration, hard["go"].State));
        Assert.Equal((TaskState.Skipped, TaskState.Skipped), (soft["wait"].State, soft["go"].State));
        Assert.Equal((RunState.Success, TimeSpan.FromHours(2)), (late.State, late.Duration));
    }

    [Fact]
    public async Task A_time_sensor_waits_until_its_instant()
    {
        var dag = Dag.Build("six", d => d.TimeSensor("until_six", c => c.LogicalTime.AddHours(6)));
        Assert.Equal(TimeSpan.FromHours(6), (await DagTest.For(dag).At("2026-11-21").RunAsync(Cancel)).Duration);
    }

    [Fact]
    public async Task Tasks_that_take_time_take_it_side_by_side()
    {
        var dag = Dag.Build("side", d => _ = (d.Task("a", () => { }), d.Task("b", () => { })) >> d.Task("c", () => { }));

        var run = await DagTest.For(dag).Taking("a", TimeSpan.FromMinutes(5)).Taking("b", TimeSpan.FromMinutes(3)).Taking("c", TimeSpan.FromMinutes(1)).RunAsync(Cancel);

        Assert.Equal(TimeSpan.FromMinutes(6), run.Duration);
        Assert.Equal(TimeSpan.FromMinutes(3), run["b"].EndedAt - run["b"].StartedAt);
    }

    [Fact]
    public async Task A_task_that_takes_longer_than_its_timeout_is_timed_out_without_its_body()
    {
        var ran = 0;
        var dag = Dag.Build("slow", d => d.Task("slow", () => { ran++; }, new() { Timeout = TimeSpan.FromMinutes(10), Retry = Retry.Fixed(1, TimeSpan.FromMinutes(1)) }));

        var run = await DagTest.For(dag).Taking("slow", TimeSpan.FromHours(1)).RunAsync(Cancel);

        Assert.Equal((RunState.Failed, 2, 0), (run.State, run["slow"].Attempts, ran));
        Assert.Equal(TimeSpan.FromMinutes(21), run.Duration);
    }

    [Fact]
    public async Task A_body_that_hangs_gets_its_timeout_once_patience_is_over()
    {
        var dag = Dag.Build("hang", d => d.Task("hang", c => Task.Delay(Timeout.Infinite, c.Cancellation), new() { Timeout = TimeSpan.FromMinutes(10) }));

        var run = await DagTest.For(dag).Patience(TimeSpan.FromMilliseconds(50)).RunAsync(Cancel);

        Assert.Equal((TaskState.Failed, TimeSpan.FromMinutes(10)), (run["hang"].State, run.Duration));
        Assert.Contains("longer than its timeout", run["hang"].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_hangs_without_a_timeout_fails_the_test_by_name()
    {
        var dag = Dag.Build("hang", d => d.Task("for_ever", c => Task.Delay(Timeout.Infinite, c.Cancellation)));
        var e = await Assert.ThrowsAsync<TimeoutException>(() => DagTest.For(dag).Patience(TimeSpan.FromMilliseconds(50)).RunAsync(Cancel));
        Assert.Contains("'hang/for_ever' still runs", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_timeout_ends_what_runs_and_what_waits()
    {
        var dag = Dag.Build("long", d =>
        {
            d.RunTimeout = TimeSpan.FromMinutes(30);
            d.Task("a", () => { }).Then(d.Task("b", () => { }));
        });

        var run = await DagTest.For(dag).Taking("a", TimeSpan.FromHours(1)).RunAsync(Cancel);

        Assert.Equal((RunState.Failed, TimeSpan.FromMinutes(30)), (run.State, run.Duration));
        Assert.Equal((TaskState.Failed, TaskState.Skipped), (run["a"].State, run["b"].State));
    }

    [Fact]
    public async Task Missed_deadlines_are_told_at_their_instant()
    {
        var dag = Dag.Build("late", d =>
        {
            d.Deadline = TimeSpan.FromHours(2);
            d.OnMissedDeadline(_ => { });
            d.Task("slow", () => { }, new() { Deadline = TimeSpan.FromHours(1), OnMissedDeadline = new(_ => { }) });
        });

        var late = await DagTest.For(dag).Taking("slow", TimeSpan.FromHours(3)).RunAsync(Cancel);
        var punctual = await DagTest.For(dag).Taking("slow", TimeSpan.FromMinutes(59)).RunAsync(Cancel);

        Assert.Equal(["slow", null], late.Callbacks.Select(call => call.Task));
        Assert.All(late.Callbacks, call => Assert.Equal(CallbackKinds.MissedDeadline, call.Kind));
        Assert.Empty(punctual.Callbacks);
    }

    [Fact]
    public async Task A_month_of_waiting_takes_no_real_time()
    {
        var dag = Dag.Build("month", d => d.Sensor("wait", () => false, every: TimeSpan.FromHours(1), timeout: TimeSpan.FromDays(31)));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var run = await DagTest.For(dag).RunAsync(Cancel);
        Assert.Equal(TimeSpan.FromDays(31), run.Duration);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }
}
