using Millrace.Dags;
using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Runs;
using Xunit;
using static Millrace.Core.Tests.Scheduling.SchedulerBed;

namespace Millrace.Core.Tests.Scheduling;

public sealed class SchedulerTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_turn_that_takes_a_report_hands_out_the_successor_in_one_commit()
    {
        await using var bed = await StartAsync(Dag("chain", [.. Enumerable.Range(0, 10).Select(number => number == 0 ? Task("t0") : Task($"t{number}", $"t{number - 1}"))]));
        var run = await bed.TriggerAsync("chain");
        var before = (await bed.RunAsync(run.Id)).Revision;
        for (var number = 0; number < 10; number++) await bed.EndAsync($"t{number}");
        var after = await bed.RunAsync(run.Id);
        Assert.Equal(RunState.Success, after.State);
        // Every commit of a run counts its revision up by one.
        Assert.Equal(10, after.Revision - before);
    }

    [Fact]
    public async Task A_thousand_reports_at_once_are_one_commit()
    {
        await using var bed = await StartAsync(Dag("fan", Task("list"), Task("m", "list") with { Map = new MapSpec("list", null), Pool = "wide" }, Task("collect", "m")));
        await bed.Store.SetPoolAsync(new PoolRow("wide", 5000, null), Token);
        var run = await bed.TriggerAsync("fan");
        bed.Executor.Report(bed.Out("list"), Outcome.Succeeded, listLength: 1000);
        await bed.TurnAsync();
        Assert.Equal(1000, bed.Executor.Out.Count);
        var before = (await bed.RunAsync(run.Id)).Revision;
        foreach (var assignment in bed.Executor.Out.ToArray()) bed.Executor.Report(assignment, Outcome.Succeeded);
        await bed.TurnAsync();
        Assert.Equal(1, (await bed.RunAsync(run.Id)).Revision - before);
        Assert.Equal("collect", Assert.Single(bed.Executor.Out).Attempt.Instance.Task);
    }

    [Fact]
    public async Task A_triggered_run_begins_without_waiting_for_anything()
    {
        await using var bed = await StartAsync(Dag("one", Task("a")));
        var run = await bed.TriggerAsync("one");
        Assert.Equal(Noon, bed.Clock.GetUtcNow());
        Assert.Equal(run.Id, bed.Out("a").Attempt.Instance.Run);
    }

    [Fact]
    public async Task A_retry_is_handed_out_at_the_instant_it_is_due()
    {
        await using var bed = await StartAsync(Dag("one", Task("a") with { Retry = Retry.Fixed(1, TimeSpan.FromSeconds(7.5)) }));
        await bed.TriggerAsync("one");
        await bed.EndAsync("a", Outcome.Failed);
        await bed.PassAsync(7.25);
        Assert.Empty(bed.Executor.Out);
        await bed.PassAsync(0.25);
        Assert.Equal(2, bed.Out("a").Attempt.Number);
    }

    [Fact]
    public async Task An_attempt_that_runs_too_long_is_told_to_stop()
    {
        await using var bed = await StartAsync(Dag("one", Task("a") with { Timeout = TimeSpan.FromSeconds(3) }));
        var run = await bed.TriggerAsync("one");
        await bed.PassAsync(3);
        Assert.Equal((bed.Out("a").Attempt, CancelReason.TimedOut), Assert.Single(bed.Executor.Cancelled));
        await bed.EndAsync("a", Outcome.TimedOut);
        Assert.Equal(RunState.Failed, (await bed.RunAsync(run.Id)).State);
    }

    [Fact]
    public async Task A_run_that_takes_too_long_is_failed_and_its_work_stopped()
    {
        await using var bed = await StartAsync(Dag("one", Task("a"), Task("b", "a")) with { RunTimeout = TimeSpan.FromSeconds(5) });
        var run = await bed.TriggerAsync("one");
        await bed.PassAsync(5);
        Assert.Equal("a failed, b skipped", await bed.TasksAsync(run.Id));
        Assert.Single(bed.Executor.Cancelled);
    }

    [Fact]
    public async Task More_active_runs_than_a_Dag_allows_wait_and_begin_in_turn()
    {
        await using var bed = await StartAsync(Dag("one", Task("a")) with { MaxActiveRuns = 2 });
        var runs = new List<RunId>();
        for (var number = 0; number < 4; number++)
        {
            runs.Add((await bed.TriggerAsync("one")).Id);
            await bed.PassAsync(1);
        }
        Assert.Equal("12:00:00 running, 12:00:01 running, 12:00:02 queued, 12:00:03 queued", await bed.RunsAsync("one"));
        bed.Executor.Report(bed.Executor.Out.First(assignment => assignment.Attempt.Instance.Run == runs[1]), Outcome.Succeeded);
        await bed.TurnAsync();
        Assert.Equal("12:00:00 running, 12:00:01 success, 12:00:02 running, 12:00:03 queued", await bed.RunsAsync("one"));
    }

    [Fact]
    public async Task A_pool_is_never_overdrawn_and_goes_to_the_highest_priority_first()
    {
        await using var bed = await StartAsync(Dag("one", Task("low") with { Pool = "p" }, Task("high") with { Pool = "p", Priority = 5 }, Task("wide") with { Pool = "p", Slots = 2, Priority = 3 }));
        await bed.Store.SetPoolAsync(new PoolRow("p", 2, null), Token);
        await bed.TriggerAsync("one");
        Assert.Equal(["high"], OutTasks(bed).Where(task => task != "low"));
        await bed.EndAsync("high");
        if (OutTasks(bed).Contains("low")) await bed.EndAsync("low");
        Assert.Equal(["wide"], OutTasks(bed));
    }

    [Fact]
    public async Task A_task_of_an_unknown_pool_waits_until_the_pool_is_created()
    {
        await using var bed = await StartAsync(Dag("one", Task("a") with { Pool = "late" }));
        await bed.TriggerAsync("one");
        Assert.Empty(bed.Executor.Out);
        await bed.Store.SetPoolAsync(new PoolRow("late", 1, null), Token);
        bed.Wake(null);
        await bed.TurnAsync();
        Assert.Equal(["a"], OutTasks(bed));
    }

    [Fact]
    public async Task A_task_that_depends_on_its_past_waits_for_the_run_before()
    {
        await using var bed = await StartAsync(Dag("daily", Task("a") with { DependsOnPast = true }) with { Schedule = "@every 10s", Catchup = true, StartDate = Noon });
        await bed.PassAsync(10);
        Assert.Equal("12:00:00 running, 12:00:10 running", await bed.RunsAsync("daily"));
        Assert.Single(bed.Executor.Out);
        await bed.EndAsync("a");
        Assert.Equal(Noon.AddSeconds(10), Assert.Single(bed.Executor.Out).LogicalTime);
    }

    [Fact]
    public async Task A_callback_is_called_until_it_has_returned()
    {
        await using var bed = await StartAsync(Dag("one", Task("a") with { Callbacks = CallbackKinds.Success }));
        await bed.TriggerAsync("one");
        await bed.EndAsync("a");
        var first = Assert.Single(bed.Executor.Callbacks);

        // Its process dies before it returned: the next one calls it again.
        await bed.KillAsync(0);
        await bed.JoinAsync();
        await bed.PassAsync(15);
        Assert.Equal(first.Attempt.Lease, Assert.Single(bed.Executor.Callbacks).Attempt.Lease);
        bed.Executor.EndCallback(bed.Executor.Callbacks[0]);
        await bed.TurnAsync();
        await bed.PassAsync(15);
        Assert.Single(bed.Executor.Callbacks);
    }

    [Fact]
    public async Task A_cleared_run_is_taken_up_again_and_its_running_attempt_stopped()
    {
        await using var bed = await StartAsync(Dag("one", Task("a"), Task("b", "a")));
        var run = await bed.TriggerAsync("one");
        await bed.EndAsync("a");
        var old = bed.Out("b");
        await bed.Commands.ClearAsync(run.Id, new TaskSelection(), FollowVersion.Own, dryRun: false, Token);
        bed.Wake(run.Id);
        await bed.TurnAsync();
        Assert.Equal(old.Attempt, Assert.Single(bed.Executor.Cancelled).Attempt);
        Assert.Equal("a running, b restarting", await bed.TasksAsync(run.Id));
        bed.Executor.Report(old, Outcome.Cancelled);
        await bed.TurnAsync();
        await bed.EndAllAsync();
        Assert.Equal(RunState.Success, (await bed.RunAsync(run.Id)).State);
    }

    [Fact]
    public async Task A_command_that_told_nobody_is_noticed_all_the_same()
    {
        await using var bed = await StartAsync(Dag("one", Task("a")));
        var run = await bed.TriggerAsync("one");
        await bed.Commands.CancelAsync(run.Id, Token);
        await bed.PassAsync(3);
        Assert.Equal(bed.Out("a").Attempt, Assert.Single(bed.Executor.Cancelled).Attempt);
    }

    [Fact]
    public async Task A_scheduler_that_dies_is_replaced_within_its_lease_and_nothing_is_lost_or_doubled()
    {
        await using var bed = await StartAsync(Dag("one", Task("a"), Task("b", "a") with { Retry = Retry.Fixed(1, TimeSpan.Zero) }, Task("c", "b")));
        var run = await bed.TriggerAsync("one");
        await bed.EndAsync("a");
        var dead = bed.Out("b");
        await bed.JoinAsync();
        await bed.KillAsync(0);

        await bed.PassAsync(13);
        var again = Assert.Single(bed.Executor.Out);
        Assert.Equal(("b", 2), (again.Attempt.Instance.Task, again.Attempt.Number));
        Assert.NotEqual(dead.Attempt.Lease, again.Attempt.Lease);
        await bed.EndAllAsync();
        Assert.Equal(RunState.Success, (await bed.RunAsync(run.Id)).State);
        var history = await bed.Store.LoadHistoryAsync(run.Id, Token);
        Assert.Equal(["a 1 success", "b 1 lost", "b 2 success", "c 1 success"], history!.Attempts.Select(attempt => $"{attempt.Id.Instance.Task} {attempt.Id.Number} {attempt.State.Name()}"));
    }

    [Fact]
    public async Task Two_schedulers_share_a_limit_and_never_exceed_it()
    {
        await using var bed = await StartAsync(Dag("one", Task("a") with { Pool = "p" }) with { MaxActiveRuns = 50 });
        await bed.Store.SetPoolAsync(new PoolRow("p", 3, null), Token);
        await bed.JoinAsync();
        for (var number = 0; number < 12; number++)
        {
            await bed.TriggerAsync("one");
            await bed.PassAsync(0.1);
        }
        for (var round = 0; round < 200 && (await bed.RunsAsync("one")).Contains('r', StringComparison.Ordinal); round++)
        {
            Assert.True(bed.Schedulers.Sum(pair => pair.Executor.Out.Count) <= 3);
            foreach (var (_, executor) in bed.Schedulers)
                foreach (var assignment in executor.Out.ToArray()) executor.Report(assignment, Outcome.Succeeded);
            await bed.TurnAsync();
            await bed.PassAsync(1);
        }
        Assert.Equal(12, bed.Schedulers.Sum(pair => pair.Executor.HandedOut));
    }

    [Fact]
    public async Task A_scheduler_that_stops_leaves_what_waits_to_the_next()
    {
        await using var bed = await StartAsync(Dag("one", Task("a"), Task("b")));
        var run = await bed.TriggerAsync("one");
        var (scheduler, _) = bed.Schedulers[0];
        await scheduler.StopWorkAsync(TimeSpan.Zero);
        await bed.TurnAsync();
        await scheduler.LeaveAsync();
        await bed.KillAsync(0);
        await bed.JoinAsync();
        Assert.Equal([1, 1], bed.Executor.Out.Select(assignment => assignment.Attempt.Number));
        await bed.EndAllAsync();
        Assert.Equal(RunState.Success, (await bed.RunAsync(run.Id)).State);
    }

    static IEnumerable<string> OutTasks(SchedulerBed bed) => bed.Executor.Out.Select(assignment => assignment.Attempt.Instance.Task);
}
