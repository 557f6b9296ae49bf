using Millrace.Dags;
using Millrace.Execution;
using Millrace.Runs;
using Xunit;
using static Millrace.Core.Tests.Runs.RunBed;

namespace Millrace.Core.Tests.Runs;

public sealed class RunFlowTests
{
    [Fact]
    public void A_branch_skips_what_it_did_not_choose_but_not_the_join()
    {
        var bed = Of(
            Task("check") with { Kind = TaskKind.Branch },
            Task("yes", "check"), Task("no", "check"), Task("after_no", "no"),
            Task("join", "yes", "after_no") with { TriggerRule = TriggerRule.NoneFailedMinOneSuccess });
        bed.Choose("check", "yes");
        bed.Expect("check success, yes scheduled, no skipped, after_no skipped, join none");
        bed.End("yes");
        bed.Expect("check success, yes success, no skipped, after_no skipped, join scheduled");
        bed.End("join");
        Assert.Equal(RunState.Success, bed.Run.Row.State);
    }

    [Fact]
    public void A_branch_that_leads_straight_to_the_join_does_not_skip_it()
    {
        var bed = Of(Task("check") with { Kind = TaskKind.Branch }, Task("work", "check"), Task("join", "check", "work") with { TriggerRule = TriggerRule.NoneFailedMinOneSuccess });
        bed.Choose("check", "work");
        bed.Expect("check success, work scheduled, join none");
    }

    [Fact]
    public void A_branch_may_choose_several_or_none()
    {
        var several = Of(Task("check") with { Kind = TaskKind.Branch }, Task("a", "check"), Task("b", "check"), Task("c", "check"));
        several.Choose("check", "a", "c");
        several.Expect("check success, a scheduled, b skipped, c scheduled");
        var none = Of(Task("check") with { Kind = TaskKind.Branch }, Task("a", "check"));
        none.Choose("check");
        none.Expect("check success, a skipped");
        Assert.Equal(RunState.Success, none.Run.Row.State);
    }

    [Fact]
    public void A_branch_that_chooses_a_stranger_fails_and_names_the_choices()
    {
        var bed = Of(Task("check") with { Kind = TaskKind.Branch }, Task("a", "check"), Task("b", "check"));
        bed.Choose("check", "c");
        bed.Expect("check failed, a upstream_failed, b upstream_failed");
        Assert.Contains("'c'", bed["check"].Reason, StringComparison.Ordinal);
        Assert.Contains("a, b", bed["check"].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "gate success, a skipped, b skipped, c skipped")]
    [InlineData(true, "gate success, a skipped, b skipped, c scheduled")]
    public void A_short_circuit_skips_all_that_follows_or_lets_the_rules_decide(bool respects, string states)
    {
        var bed = Of(Task("gate") with { Kind = TaskKind.ShortCircuit, RespectsTriggerRules = respects }, Task("a", "gate"), Task("b", "a"), Task("c", "b") with { TriggerRule = TriggerRule.AllDone });
        bed.GoOn("gate", false);
        bed.Expect(states);
    }

    [Fact]
    public void A_short_circuit_that_holds_changes_nothing()
    {
        var bed = Of(Task("gate") with { Kind = TaskKind.ShortCircuit }, Task("a", "gate"));
        bed.GoOn("gate", true);
        bed.Expect("gate success, a scheduled");
    }

    [Fact]
    public void A_teardown_runs_after_a_failure_and_does_not_decide_the_run()
    {
        var bed = Of(Task("setup") with { IsSetup = true }, Task("work", "setup"), Teardown(failsRun: false));
        bed.End("setup");
        bed.End("work");
        bed.End("teardown", Outcome.Failed);
        Assert.Equal(RunState.Success, bed.Run.Row.State);

        var failed = Of(Task("setup") with { IsSetup = true }, Task("work", "setup"), Teardown(failsRun: false));
        failed.End("setup");
        failed.End("work", Outcome.Failed);
        failed.Expect("setup success, work failed, teardown scheduled");
        failed.End("teardown");
        Assert.Equal(RunState.Failed, failed.Run.Row.State);
    }

    [Fact]
    public void A_teardown_that_was_told_to_fails_its_run()
    {
        var bed = Of(Task("setup") with { IsSetup = true }, Task("work", "setup"), Teardown(failsRun: true));
        bed.End("setup");
        bed.End("work");
        bed.End("teardown", Outcome.Failed);
        Assert.Equal(RunState.Failed, bed.Run.Row.State);
    }

    [Fact]
    public void A_teardown_does_not_run_when_its_setup_failed()
    {
        var bed = Of(Task("setup") with { IsSetup = true }, Task("work", "setup"), Teardown(failsRun: false));
        bed.End("setup", Outcome.Failed);
        bed.Expect("setup failed, work upstream_failed, teardown upstream_failed");
        Assert.Equal(RunState.Failed, bed.Run.Row.State);
    }

    [Fact]
    public void A_task_that_depends_on_its_past_waits_until_the_past_is_known_to_be_good()
    {
        var bed = Of(new DagSpec { Name = "dag", Tasks = [Task("a") with { DependsOnPast = true }] }, RunKind.Scheduled);
        bed.Expect("a none");
        Assert.True(bed.Run.TakeNewlyAwaiting());
        bed.Run.PastKnown(bed["a"], good: false, bed.Now);
        bed.Expect("a none");
        bed.Run.PastKnown(bed["a"], good: true, bed.Now);
        bed.Expect("a scheduled");
    }

    [Fact]
    public void A_manual_run_has_no_past()
    {
        var bed = Of(Task("a") with { DependsOnPast = true });
        bed.Expect("a scheduled");
    }

    [Fact]
    public void A_run_that_is_ended_stops_what_runs_and_skips_what_waits()
    {
        var bed = Of(Task("a"), Task("b"), Task("c", "a"));
        var out_ = bed.Claim("a");
        bed.Run.End(bed.Now, "cancelled");
        bed.Expect("a failed, b skipped, c skipped");
        Assert.Equal(RunState.Failed, bed.Run.Row.State);
        Assert.False(bed.Report(out_, Outcome.Succeeded));
        Assert.Contains(bed.Commit()!.Attempts, attempt => attempt.State == AttemptState.Cancelled);
    }

    static TaskSpec Teardown(bool failsRun) => Task("teardown", "setup", "work") with { IsTeardown = true, FailsRun = failsRun, TriggerRule = TriggerRule.AllDoneSetupSuccess };
}
