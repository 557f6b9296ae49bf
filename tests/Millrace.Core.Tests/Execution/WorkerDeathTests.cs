using Millrace.Dags;
using Millrace.Execution;

namespace Millrace.Core.Tests.Execution;

public sealed class WorkerDeathTests
{
    static readonly WorkerPoolOptions Quick = new() { Min = 1, Max = 1, Silence = TimeSpan.FromSeconds(2), CancelGrace = TimeSpan.FromMilliseconds(300) };

    [Theory]
    [InlineData("exits", "exited with code 3")]
    [InlineData("overflows", "killed by signal 6")]
    public async Task A_task_that_takes_its_process_down_costs_one_attempt(string task, string how)
    {
        await using var bench = await PoolBench.StartAsync();
        var assignment = bench.Assignment(task);

        var report = await bench.Run(assignment);

        Assert.Equal(Outcome.Lost, report.Outcome);
        Assert.Contains(how, report.Error, StringComparison.Ordinal);
        Assert.Contains(how, bench.Log(assignment), StringComparison.Ordinal);
        if (task == "overflows") Assert.Contains("Stack overflow", bench.Log(assignment), StringComparison.Ordinal);
        Assert.Equal(Outcome.Succeeded, (await bench.Run("nothing")).Outcome);
    }

    [Fact]
    public async Task When_a_worker_is_killed_what_it_began_is_lost_and_what_it_only_held_runs_elsewhere()
    {
        await using var bench = await PoolBench.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => bench.Run("nothing")));
        var worker = await bench.WorkerAsync();

        var assignment = bench.Assignment("ignores");
        var begun = bench.Run(assignment);
        var held = Enumerable.Range(0, 10).Select(_ => bench.Run("nothing")).ToList();
        await bench.SaidAsync(assignment, "deaf");
        Posix.Kill(worker, Posix.SIGKILL);

        var lost = await begun;
        Assert.True(lost.Outcome == Outcome.Lost, lost.ToString());
        Assert.Contains("killed by signal 9", lost.Error, StringComparison.Ordinal);
        foreach (var report in await Task.WhenAll(held))
        {
            Assert.Equal(Outcome.Succeeded, report.Outcome);
            Assert.NotEqual($"worker {worker}", report.Worker);
        }
        Assert.Equal(112, bench.Reports.Count);
    }

    [Fact]
    public async Task Workers_killed_at_random_cost_only_what_they_had_begun_and_every_assignment_gets_one_report()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var bench = await PoolBench.StartAsync(new() { Min = 2, Max = 2 });
        await bench.WorkerAsync();
        var kills = 0;

        var all = Task.WhenAll(Enumerable.Range(0, 3000).Select(_ => bench.Run("nothing")));
        for (var seen = 0; !all.IsCompleted && kills < 8; kills++)
        {
            var next = seen + random.Next(100, 300);
            await PoolBench.UntilAsync(() => bench.Reports.Count > next || all.IsCompleted);
            seen = bench.Reports.Count;
            var victim = bench.Reports.Last().Worker.Split(' ')[1];
            Posix.Kill(int.Parse(victim, System.Globalization.CultureInfo.InvariantCulture), Posix.SIGKILL);
        }
        var reports = await all;

        Assert.InRange(reports.Count(r => r.Outcome == Outcome.Lost), 0, kills);
        Assert.All(reports, r => Assert.True(r.Outcome is Outcome.Succeeded or Outcome.Lost, r.ToString()));
        Assert.Equal(3001, bench.Reports.Count);
    }

    [Fact]
    public async Task A_silent_worker_is_killed_and_its_late_report_never_comes()
    {
        await using var bench = await PoolBench.StartAsync(Quick);
        var worker = await bench.WorkerAsync();
        var running = bench.Run("sleeps", """{"seconds":1}""");
        await PoolBench.UntilAsync(() => bench.Pool.BegunCount == 1);

        const int stop = 19;
        Posix.Kill(worker, stop);
        var report = await running;

        Assert.Equal(Outcome.Lost, report.Outcome);
        Assert.Contains("silent", report.Error, StringComparison.Ordinal);
        await bench.Run("nothing");
        Assert.Single(bench.Reports, r => r.Attempt == report.Attempt);
        Assert.False(PoolBench.IsAlive(worker));
    }

    [Theory]
    [InlineData("spins")]
    [InlineData("starves")]
    public async Task A_body_that_takes_the_processor_or_the_whole_thread_pool_does_not_silence_its_worker(string task)
    {
        await using var bench = await PoolBench.StartAsync(Quick);

        Assert.Equal(Outcome.Succeeded, (await bench.Run(task, """{"seconds":3.5}""")).Outcome);
    }

    [Fact]
    public async Task A_cancelled_body_that_listens_ends_by_itself_and_keeps_its_worker()
    {
        await using var bench = await PoolBench.StartAsync();
        var worker = await bench.WorkerAsync();
        var assignment = bench.Assignment("listens");

        var running = bench.Run(assignment);
        await PoolBench.UntilAsync(() => bench.Pool.BegunCount == 1);
        bench.Pool.Cancel(assignment.Attempt, CancelReason.TimedOut);

        Assert.Equal(Outcome.TimedOut, (await running).Outcome);
        Assert.Equal(worker, await bench.WorkerAsync());
    }

    [Fact]
    public async Task A_cancelled_body_that_does_not_listen_is_killed_with_its_worker_after_the_grace()
    {
        await using var bench = await PoolBench.StartAsync(Quick);
        var assignment = bench.Assignment("ignores");

        var running = bench.Run(assignment);
        await bench.SaidAsync(assignment, "deaf");
        bench.Pool.Cancel(assignment.Attempt, CancelReason.Cancelled);
        var report = await running;

        Assert.Equal(Outcome.Cancelled, report.Outcome);
        Assert.Contains("did not stop by itself", bench.Log(assignment), StringComparison.Ordinal);
        Assert.Equal(Outcome.Succeeded, (await bench.Run("nothing")).Outcome);
    }

    [Fact]
    public async Task A_cancelled_shell_task_ends_with_its_whole_tree()
    {
        await using var bench = await PoolBench.StartAsync(Quick);
        var worker = await bench.WorkerAsync();
        var file = Path.Combine(bench.Home.Root, "grandchild");
        var assignment = bench.Assignment("tree", parameters: $$"""{"file":"{{file}}"}""");

        var running = bench.Run(assignment);
        var grandchild = await PoolBench.ReadPidAsync(file);
        bench.Pool.Cancel(assignment.Attempt, CancelReason.Cancelled);

        Assert.Equal(Outcome.Cancelled, (await running).Outcome);
        Assert.False(PoolBench.IsAlive(grandchild));
        Assert.Equal(worker, await bench.WorkerAsync());
    }

    [Theory]
    [InlineData("tree")]
    [InlineData("child")]
    public async Task What_a_task_started_dies_with_its_worker(string task)
    {
        await using var bench = await PoolBench.StartAsync();
        var worker = await bench.WorkerAsync();
        var file = Path.Combine(bench.Home.Root, "descendant");

        var running = bench.Run(task, $$"""{"file":"{{file}}"}""");
        var descendant = await PoolBench.ReadPidAsync(file);
        Posix.Kill(worker, Posix.SIGKILL);

        Assert.Equal(Outcome.Lost, (await running).Outcome);
        await PoolBench.UntilAsync(() => !PoolBench.IsAlive(descendant));
    }

    [Fact]
    public async Task An_attempt_cancelled_before_it_began_is_reported_cancelled()
    {
        await using var bench = await PoolBench.StartAsync();
        var first = bench.Run("sleeps", """{"seconds":1}""");
        var assignment = bench.Assignment("nothing");
        var second = bench.Run(assignment);

        bench.Pool.Cancel(assignment.Attempt, CancelReason.Cancelled);

        Assert.Equal(Outcome.Cancelled, (await second).Outcome);
        Assert.Equal(Outcome.Succeeded, (await first).Outcome);
    }

    [Fact]
    public async Task Callbacks_are_called_in_workers_and_their_failures_and_deaths_are_told()
    {
        await using var bench = await PoolBench.StartAsync();

        Assert.Null(await bench.Call(Callback(bench, CallbackKinds.Success)));
        Assert.Equal("InvalidOperationException: deaf: x", await bench.Call(Callback(bench, CallbackKinds.Failure)));
        Assert.Contains("exited with code 4", await bench.Call(Callback(bench, CallbackKinds.Retry)), StringComparison.Ordinal);
        Assert.Empty(bench.Reports);
    }

    static Assignment Callback(PoolBench bench, CallbackKinds kind) =>
        bench.Assignment("tells") with { Kind = AssignmentKind.Callback, Callback = kind, Reason = "x" };
}
