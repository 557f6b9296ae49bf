using Millrace.Dags;
using Millrace.Execution;
using Millrace.Runs;
using Xunit;
using static Millrace.Core.Tests.Runs.RunBed;

namespace Millrace.Core.Tests.Runs;

public sealed class RunCommandTests
{
    static TaskSpec[] Diamond => [Task("a"), Task("b", "a"), Task("c", "a"), Task("d", "b", "c")];

    [Theory]
    [InlineData(false, false, "a success, b scheduled, c success, d success")]
    [InlineData(false, true, "a success, b scheduled, c success, d none")]
    [InlineData(true, false, "a scheduled, b none, c success, d success")]
    [InlineData(true, true, "a scheduled, b none, c success, d none")]
    public void A_clear_takes_upstream_and_downstream_along_when_told(bool upstream, bool downstream, string states)
    {
        var bed = Of(Diamond);
        foreach (var task in (string[])["a", "b", "c", "d"]) bed.End(task);
        Assert.Equal(RunState.Success, bed.Run.Row.State);
        bed.Run.Clear(bed.Run.Select(["b"], null, upstream, downstream), bed.Now);
        Assert.Equal(RunState.Queued, bed.Run.Row.State);
        bed.Run.Start(bed.Now);
        bed.Expect(states);
    }

    [Fact]
    public void A_cleared_instance_has_all_its_tries_again_and_its_attempts_go_on_counting()
    {
        var bed = Of(Task("a") with { Retry = Retry.Fixed(1, TimeSpan.Zero) });
        bed.End("a", Outcome.Failed);
        bed.Run.Due(bed["a"], bed.Now);
        bed.End("a", Outcome.Failed);
        bed.Run.Clear(bed.Run.Instances, bed.Now);
        bed.Run.Start(bed.Now);
        var third = bed.Claim("a");
        Assert.Equal((3, 1, 2), (third.Attempt.Number, third.Try, third.MaxTries));
        bed.Report(third, Outcome.Failed);
        bed.Expect("a up_for_retry");
    }

    [Fact]
    public void A_running_instance_that_is_cleared_is_restarting_until_its_worker_lets_go()
    {
        var bed = Of(Diamond);
        var running = bed.Claim("a");
        bed.Run.Clear(bed.Run.Select(["a"], null, false, false), bed.Now);
        bed.Expect("a restarting, b none, c none, d none");
        // Even a success comes too late.
        Assert.True(bed.Report(running, Outcome.Succeeded));
        bed.Expect("a scheduled, b none, c none, d none");
        bed.End("a");
        bed.Expect("a success, b scheduled, c scheduled, d none");
    }

    [Fact]
    public void A_mark_takes_the_lease_away_and_what_follows_goes_on()
    {
        var bed = Of(Diamond);
        var running = bed.Claim("a");
        bed.Run.Mark([bed["a"]], success: true, bed.Now);
        bed.Expect("a success, b scheduled, c scheduled, d none");
        Assert.False(bed.Report(running, Outcome.Failed));
    }

    [Fact]
    public void A_mark_on_a_finished_run_decides_it_anew()
    {
        var bed = Of(Task("a"));
        bed.End("a", Outcome.Failed);
        bed.Run.Mark([bed["a"]], success: true, bed.Now);
        Assert.Equal(RunState.Success, bed.Run.Row.State);
    }

    [Theory]
    [InlineData(true, "a success, b success", RunState.Success)]
    [InlineData(false, "a failed, b skipped", RunState.Failed)]
    public void A_run_that_is_marked_ends_with_all_its_tasks(bool success, string states, RunState state)
    {
        var bed = Of(Task("a"), Task("b", "a"));
        bed.Claim("a");
        bed.Run.MarkRun(success, bed.Now);
        bed.Expect(states);
        Assert.Equal(state, bed.Run.Row.State);
    }

    [Fact]
    public void A_clear_can_follow_a_newer_version()
    {
        var bed = Of(Task("a"), Task("old", "a"));
        bed.End("a");
        bed.End("old", Outcome.Failed);
        bed.Reload(new DagSpec { Name = "dag", Tasks = [Task("a"), Task("new", "a")] });
        bed.Run.Clear(bed.Run.Instances, bed.Now);
        bed.Run.Start(bed.Now);
        bed.Expect("a scheduled, new none");
        var change = bed.Commit()!;
        Assert.Equal("v2", change.Run.Version);
        Assert.Contains(change.Tasks, task => task.Id.Task == "old" && task.State == TaskState.Removed);
        bed.End("a");
        bed.End("new");
        Assert.Equal(RunState.Success, bed.Run.Row.State);
    }

    [Fact]
    public void A_run_goes_on_from_what_was_stored()
    {
        var bed = Of(Diamond);
        bed.End("a");
        bed.Reload();
        bed.Run.Resume(bed.Now);
        bed.Expect("a success, b scheduled, c scheduled, d none");
        bed.End("b");
        bed.End("c");
        bed.Reload();
        bed.Run.Resume(bed.Now);
        bed.End("d");
        Assert.Equal(RunState.Success, bed.Run.Row.State);
    }

    [Fact]
    public void Every_step_is_recorded_with_its_time_in_the_order_it_was_made()
    {
        var bed = Of(Task("a"));
        bed.Pass(TimeSpan.FromSeconds(1));
        var claimed = bed.Claim("a");
        bed.Pass(TimeSpan.FromSeconds(2));
        bed.Report(claimed, Outcome.Succeeded);
        Assert.Equal(
            ["queued>running 0", "none>scheduled 0", "scheduled>queued 1", "queued>running 1", "running>success 3", "running>success 3"],
            bed.Commit()!.Transitions.Select(step => $"{step.From}>{step.To} {(step.At - Noon).TotalSeconds}"));
    }
}
