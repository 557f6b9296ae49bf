using Millrace.Dags;
using Millrace.Execution;
using Millrace.Runs;
using Xunit;
using static Millrace.Core.Tests.Runs.RunBed;

namespace Millrace.Core.Tests.Runs;

public sealed class RunAttemptTests
{
    [Fact]
    public void A_chain_runs_one_after_another_and_its_run_succeeds()
    {
        var bed = Of(Task("a"), Task("b", "a"), Task("c", "b"));
        bed.Expect("a scheduled, b none, c none");
        bed.End("a");
        bed.Expect("a success, b scheduled, c none");
        bed.End("b");
        bed.End("c");
        Assert.Equal(RunState.Success, bed.Run.Row.State);
    }

    [Fact]
    public void A_failed_attempt_is_retried_after_its_backoff()
    {
        var bed = Of(Task("a") with { Retry = Retry.Exponential(2, TimeSpan.FromSeconds(10), factor: 3) });
        bed.End("a", Outcome.Failed);
        bed.Expect("a up_for_retry");
        Assert.Equal(Noon.AddSeconds(10), bed["a"].DueAt);

        bed.Pass(TimeSpan.FromSeconds(9));
        bed.Run.Due(bed["a"], bed.Now);
        bed.Expect("a up_for_retry");
        bed.Pass(TimeSpan.FromSeconds(1));
        bed.Run.Due(bed["a"], bed.Now);
        bed.Expect("a scheduled");

        bed.End("a", Outcome.TimedOut);
        Assert.Equal(bed.Now.AddSeconds(30), bed["a"].DueAt);
        bed.Pass(TimeSpan.FromSeconds(30));
        bed.Run.Due(bed["a"], bed.Now);
        bed.End("a", Outcome.Lost);
        bed.Expect("a failed");
        Assert.Equal(RunState.Failed, bed.Run.Row.State);
        Assert.Equal(3, bed["a"].Attempt);
    }

    [Theory]
    [InlineData(1, 1, 10, 0, 10)]
    [InlineData(4, 1, 10, 0, 10)]
    [InlineData(1, 2, 10, 0, 10)]
    [InlineData(3, 2, 10, 0, 40)]
    [InlineData(9, 2, 10, 60, 60)]
    public void A_delay_grows_by_its_factor_up_to_its_cap(int failures, double factor, int first, int cap, int seconds)
    {
        var retry = Retry.Exponential(20, TimeSpan.FromSeconds(first), factor, cap == 0 ? null : TimeSpan.FromSeconds(cap));
        Assert.Equal(TimeSpan.FromSeconds(seconds), retry.DelayAfter(failures, seed: 1));
    }

    [Fact]
    public void Jitter_spreads_a_delay_within_its_share_and_the_same_seed_gives_the_same()
    {
        var retry = Retry.Exponential(5, TimeSpan.FromSeconds(100), factor: 1, jitter: 0.2);
        var delays = Enumerable.Range(0, 200).Select(seed => retry.DelayAfter(1, seed)).ToArray();
        Assert.All(delays, delay => Assert.InRange(delay.TotalSeconds, 80, 120));
        Assert.True(delays.Distinct().Count() > 150);
        Assert.Equal(delays[7], retry.DelayAfter(1, 7));
    }

    [Fact]
    public void An_attempt_that_says_fail_now_is_not_retried()
    {
        var bed = Of(Task("a") with { Retry = Retry.Fixed(5, TimeSpan.Zero) });
        bed.Run.Report(bed.Answer(bed.Claim("a"), Outcome.Failed) with { FailNow = true }, bed.Now);
        bed.Expect("a failed");
    }

    [Fact]
    public void A_returned_assignment_uses_no_try()
    {
        var bed = Of(Task("a"));
        bed.End("a", Outcome.Returned);
        bed.Expect("a queued");
        Assert.Equal(0, bed["a"].Attempt);
        var again = bed.Run.Claim(bed["a"], Guid.NewGuid(), bed.Now);
        Assert.Equal((1, 1), (again.Attempt.Number, again.Try));
    }

    [Fact]
    public void A_report_without_the_lease_is_refused()
    {
        var bed = Of(Task("a") with { Retry = Retry.Fixed(1, TimeSpan.Zero) });
        var first = bed.Claim("a");
        Assert.True(bed.Report(first, Outcome.Lost));
        Assert.False(bed.Report(first, Outcome.Succeeded));
        bed.Run.Due(bed["a"], bed.Now);
        var second = bed.Claim("a");
        Assert.False(bed.Report(first, Outcome.Succeeded));
        Assert.True(bed.Report(second, Outcome.Succeeded));
        Assert.False(bed.Report(second, Outcome.Succeeded));
        bed.Expect("a success");
    }

    [Fact]
    public void A_sensor_looks_again_after_its_interval_and_all_its_looks_are_one_attempt()
    {
        var bed = Of(Sensor(softFail: false));
        for (var look = 0; look < 2; look++)
        {
            bed.End("s", Outcome.NotYet);
            bed.Expect("s up_for_reschedule");
            Assert.Equal(1, bed["s"].Attempt);
            Assert.Equal(bed.Now.AddSeconds(4), bed["s"].DueAt);
            bed.Pass(TimeSpan.FromSeconds(4));
            bed.Run.Due(bed["s"], bed.Now);
        }
        bed.End("s");
        bed.Expect("s success");
    }

    [Theory]
    [InlineData(false, "s failed")]
    [InlineData(true, "s skipped")]
    public void A_sensor_that_waited_longer_than_its_timeout_takes_a_last_look_and_gives_up(bool softFail, string states)
    {
        var bed = Of(Sensor(softFail));
        bed.End("s", Outcome.NotYet);
        bed.Pass(TimeSpan.FromSeconds(8));
        bed.Run.Due(bed["s"], bed.Now);
        bed.End("s", Outcome.NotYet);
        Assert.Equal(Noon.AddSeconds(10), bed["s"].DueAt);
        bed.Pass(TimeSpan.FromSeconds(2));
        bed.Run.Due(bed["s"], bed.Now);
        bed.End("s", Outcome.NotYet);
        bed.Expect(states);
    }

    [Fact]
    public void An_attempt_is_a_row_that_says_how_it_ended()
    {
        var bed = Of(Task("a") with { Retry = Retry.Fixed(1, TimeSpan.Zero) });
        bed.End("a", Outcome.Failed);
        bed.Run.Due(bed["a"], bed.Now);
        bed.End("a");
        var attempts = bed.Commit()!.Attempts.Where(attempt => attempt.State != AttemptState.Running).ToArray();
        Assert.Equal([(1, AttemptState.Failed, "it threw"), (2, AttemptState.Success, null)], attempts.Select(attempt => (attempt.Id.Number, attempt.State, attempt.Error)));
    }

    [Fact]
    public void Callbacks_are_owed_once_for_what_they_were_declared_for()
    {
        var all = CallbackKinds.Success | CallbackKinds.Failure | CallbackKinds.Retry | CallbackKinds.MissedDeadline;
        var bed = Of(new DagSpec { Name = "dag", Callbacks = CallbackKinds.Failure | CallbackKinds.MissedDeadline, Deadline = TimeSpan.FromMinutes(1), Tasks = [Task("a") with { Retry = Retry.Fixed(1, TimeSpan.Zero), Callbacks = all, Deadline = TimeSpan.FromSeconds(5) }] });
        bed.End("a", Outcome.Failed);
        bed.Run.MissTaskDeadline("a");
        bed.Run.MissTaskDeadline("a");
        bed.Run.MissDeadline();
        bed.Run.MissDeadline();
        bed.Run.Due(bed["a"], bed.Now);
        bed.End("a", Outcome.Failed);
        bed.Run.MissDeadline();
        Assert.Equal([("a", CallbackKinds.Retry), ("a", CallbackKinds.MissedDeadline), ("", CallbackKinds.MissedDeadline), ("a", CallbackKinds.Failure), ("", CallbackKinds.Failure)],
            bed.Commit()!.Callbacks.Select(callback => (callback.Id.Task, callback.Kind)));
    }

    [Fact]
    public void A_success_updates_the_assets_it_produces()
    {
        var bed = Of(Task("a") with { Produces = ["orders", "lines"] }, Task("b") with { Produces = ["never"] });
        bed.End("a");
        bed.End("b", Outcome.Failed);
        Assert.Equal(["orders", "lines"], bed.Commit()!.AssetEvents.Select(update => update.Asset));
    }

    [Fact]
    public void An_empty_task_needs_no_worker()
    {
        var bed = Of(Task("a"), Task("join", "a") with { Kind = TaskKind.Empty }, Task("b", "join"));
        bed.End("a");
        bed.Expect("a success, join success, b scheduled");
    }

    [Fact]
    public void A_trigger_that_waits_ends_as_the_run_it_started_and_each_try_starts_another()
    {
        var bed = Of(Task("t") with { Kind = TaskKind.TriggerDag, Trigger = new TriggerDagSpec { Dag = "other", Wait = true }, Retry = Retry.Fixed(1, TimeSpan.Zero) });
        var first = Child(RunState.Failed);
        bed.Run.Triggered(bed["t"], first.Id, waits: true, bed.Now);
        bed.Expect("t deferred");
        bed.Run.ChildEnded(bed["t"], Child(RunState.Failed), bed.Now);
        bed.Expect("t deferred");
        bed.Run.ChildEnded(bed["t"], first, bed.Now);
        bed.Expect("t up_for_retry");
        bed.Run.Due(bed["t"], bed.Now);
        var second = Child(RunState.Success);
        bed.Run.Triggered(bed["t"], second.Id, waits: true, bed.Now);
        Assert.Equal(2, bed["t"].Attempt);
        bed.Run.ChildEnded(bed["t"], second, bed.Now);
        bed.Expect("t success");
    }

    static RunRow Child(RunState state) => new()
    {
        Id = RunId.New(Noon),
        Dag = "other",
        Version = "v1",
        Key = "k",
        Kind = RunKind.Triggered,
        State = state,
        LogicalTime = Noon,
        IntervalStart = Noon,
        IntervalEnd = Noon,
        QueuedAt = Noon,
    };

    static TaskSpec Sensor(bool softFail) => Task("s") with
    {
        Kind = TaskKind.Sensor,
        Sensor = new SensorSpec { Interval = TimeSpan.FromSeconds(4), Timeout = TimeSpan.FromSeconds(10), SoftFail = softFail },
    };
}
