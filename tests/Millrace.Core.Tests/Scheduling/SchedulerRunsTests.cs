using Millrace.Assets;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Runs;
using Millrace.Scheduling;
using Xunit;
using static Millrace.Core.Tests.Scheduling.SchedulerBed;

namespace Millrace.Core.Tests.Scheduling;

/// <summary>Where runs come from.</summary>
public sealed class SchedulerRunsTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    static DagSpec Every10s(bool catchup, int maxActiveRuns = 16) =>
        Dag("timed", Task("a")) with { Schedule = "@every 10s", Catchup = catchup, StartDate = Noon, MaxActiveRuns = maxActiveRuns };

    [Fact]
    public async Task A_schedule_fires_on_the_instant()
    {
        await using var bed = await StartAsync(Every10s(catchup: false));
        await bed.EndAllAsync();
        await bed.PassAsync(9.999);
        Assert.Equal("12:00:00 success", await bed.RunsAsync("timed"));
        await bed.PassAsync(0.001);
        var assignment = bed.Out("a");
        Assert.Equal((Noon.AddSeconds(10), Noon, Noon.AddSeconds(10)), (assignment.LogicalTime, assignment.IntervalStart, assignment.IntervalEnd));
    }

    [Fact]
    public async Task Catchup_runs_every_interval_that_passed_in_a_pause()
    {
        await using var bed = await StartAsync(Every10s(catchup: true));
        await bed.PauseAsync("timed", true);
        await bed.PassAsync(35);
        await bed.PauseAsync("timed", false);
        await bed.EndAllAsync();
        Assert.Equal("12:00:00 success, 12:00:10 success, 12:00:20 success, 12:00:30 success", await bed.RunsAsync("timed"));
    }

    [Fact]
    public async Task Without_catchup_only_the_latest_interval_of_a_pause_runs()
    {
        await using var bed = await StartAsync(Every10s(catchup: false));
        await bed.EndAllAsync();
        await bed.PauseAsync("timed", true);
        await bed.PassAsync(35);
        await bed.PauseAsync("timed", false);
        await bed.EndAllAsync();
        Assert.Equal("12:00:00 success, 12:00:30 success", await bed.RunsAsync("timed"));
    }

    [Fact]
    public async Task With_catchup_a_full_Dag_works_its_firings_off_one_after_another()
    {
        await using var bed = await StartAsync(Every10s(catchup: true, maxActiveRuns: 1));
        await bed.PassAsync(25);
        Assert.Equal("12:00:00 running", await bed.RunsAsync("timed"));
        await bed.EndAllAsync();
        Assert.Equal("12:00:00 success, 12:00:10 success, 12:00:20 success", await bed.RunsAsync("timed"));
    }

    [Fact]
    public async Task A_continuous_Dag_starts_again_when_its_run_has_ended()
    {
        await using var bed = await StartAsync(Dag("loop", Task("a")) with { Schedule = Schedule.Continuous });
        for (var round = 1; round <= 3; round++)
        {
            Assert.Single(bed.Executor.Out);
            await bed.PassAsync(1);
            await bed.EndAsync("a", round == 2 ? Outcome.Failed : Outcome.Succeeded);
        }
        Assert.Equal("12:00:00 success, 12:00:01 failed, 12:00:02 success, 12:00:03 running", await bed.RunsAsync("loop"));
    }

    [Fact]
    public async Task A_Dag_runs_when_all_the_assets_it_waits_for_were_updated()
    {
        await using var bed = await StartAsync(
            Dag("makes", Task("a") with { Produces = ["left"] }, Task("b") with { Produces = ["right"] }),
            Dag("takes", Task("c")) with { Schedule = Schedule.OnAll(new Asset("left"), new Asset("right")) });
        await bed.TriggerAsync("makes");
        await bed.EndAsync("a");
        Assert.Equal("", await bed.RunsAsync("takes"));
        await bed.EndAsync("b");
        Assert.Equal("12:00:00 running", await bed.RunsAsync("takes"));
        Assert.Equal("c", Assert.Single(bed.Executor.Out).Attempt.Instance.Task);
    }

    [Fact]
    public async Task An_update_from_outside_wakes_who_waits_for_it()
    {
        await using var bed = await StartAsync(Dag("makes", Task("a") with { Produces = ["orders"] }), Dag("takes", Task("c")) with { Schedule = Schedule.OnAny(new Asset("orders")) });
        await bed.Store.RecordAssetEventAsync("orders", Noon, Token);
        bed.Wake(null);
        await bed.TurnAsync();
        Assert.Equal("12:00:00 running", await bed.RunsAsync("takes"));
    }

    [Theory]
    [InlineData("success")]
    [InlineData("failed")]
    public async Task A_trigger_that_waits_ends_as_the_run_it_started(string end)
    {
        await using var bed = await StartAsync(
            Dag("outer", Task("t") with { Kind = TaskKind.TriggerDag, Trigger = new TriggerDagSpec { Dag = "inner", Wait = true } }),
            Dag("inner", Task("a")));
        var run = await bed.TriggerAsync("outer");
        Assert.Equal("t deferred", await bed.TasksAsync(run.Id));
        await bed.EndAsync("a", end == "success" ? Outcome.Succeeded : Outcome.Failed);
        Assert.Equal($"t {end}", await bed.TasksAsync(run.Id));
        Assert.Equal(end, (await bed.RunAsync(run.Id)).State.Name());
    }

    [Fact]
    public async Task A_trigger_that_was_cleared_starts_another_run()
    {
        await using var bed = await StartAsync(
            Dag("outer", Task("t") with { Kind = TaskKind.TriggerDag, Trigger = new TriggerDagSpec { Dag = "inner" } }),
            Dag("inner", Task("a")));
        var run = await bed.TriggerAsync("outer");
        await bed.EndAllAsync();
        await bed.PassAsync(1);
        await bed.Commands.ClearAsync(run.Id, new TaskSelection(), FollowVersion.Own, dryRun: false, Token);
        bed.Wake(run.Id);
        await bed.TurnAsync();
        await bed.EndAllAsync();
        Assert.Equal("12:00:00 success, 12:00:01 success", await bed.RunsAsync("inner"));
    }

    [Fact]
    public async Task A_trigger_of_a_Dag_that_is_not_there_fails_and_names_it()
    {
        await using var bed = await StartAsync(Dag("outer", Task("t") with { Kind = TaskKind.TriggerDag, Trigger = new TriggerDagSpec { Dag = "nowhere" } }));
        var run = await bed.TriggerAsync("outer");
        Assert.Contains("'nowhere'", (await bed.Store.LoadRunAsync(run.Id, Token))!.Tasks[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(Reprocess.None), "12:00:00 1, 12:00:10 1, 12:00:20 1, 12:00:30 1")]
    [InlineData(nameof(Reprocess.Failed), "12:00:00 1, 12:00:10 2, 12:00:20 1, 12:00:30 1")]
    [InlineData(nameof(Reprocess.All), "12:00:00 2, 12:00:10 2, 12:00:20 1, 12:00:30 1")]
    public async Task A_backfill_runs_what_never_ran_and_again_what_it_was_told_to(string reprocess, string attempts)
    {
        // Two firings ran, the second failed; then the Dag was paused for two.
        await using var bed = await StartAsync(Every10s(catchup: false));
        await bed.EndAsync("a");
        await bed.PassAsync(10);
        await bed.EndAsync("a", Outcome.Failed);
        await bed.PauseAsync("timed", true);
        await bed.PassAsync(25);

        var backfill = await BackfillAsync(bed, Enum.Parse<Reprocess>(reprocess), newestFirst: false);
        await EndAllInTurnAsync(bed);

        var shown = new List<string>();
        foreach (var run in (await bed.Store.ListRunsAsync(new RunFilter { Dag = "timed" }, Token)).OrderBy(run => run.LogicalTime))
            shown.Add($"{run.LogicalTime:HH:mm:ss} {(await bed.Store.LoadRunAsync(run.Id, Token))!.Tasks[0].Attempt}");
        Assert.Equal(attempts, string.Join(", ", shown));
        Assert.Equal(BackfillState.Done, (await bed.Store.ListBackfillsAsync("timed", Token)).Single(row => row.Id == backfill).State);
    }

    [Fact]
    public async Task A_backfill_keeps_to_its_most_active_runs_and_takes_the_newest_first_if_told()
    {
        await using var bed = await StartAsync(Every10s(catchup: false));
        await bed.EndAllAsync();
        await bed.PauseAsync("timed", true);
        await bed.PassAsync(35);
        await BackfillAsync(bed, Reprocess.None, newestFirst: true, maxActive: 2);
        Assert.Equal("12:00:00 success, 12:00:20 running, 12:00:30 running", await bed.RunsAsync("timed"));
        await EndAllInTurnAsync(bed);
        Assert.Equal("12:00:00 success, 12:00:10 success, 12:00:20 success, 12:00:30 success", await bed.RunsAsync("timed"));
    }

    static async Task<BackfillId> BackfillAsync(SchedulerBed bed, Reprocess reprocess, bool newestFirst, int maxActive = 1)
    {
        var id = new BackfillId(Guid.CreateVersion7());
        await bed.Store.CreateBackfillAsync(new BackfillRow { Id = id, Dag = "timed", From = Noon, To = Noon.AddSeconds(30), Reprocess = reprocess, NewestFirst = newestFirst, MaxActive = maxActive, CreatedAt = bed.Clock.GetUtcNow() }, Token);
        bed.Wake(null);
        await bed.TurnAsync();
        return id;
    }

    static async Task EndAllInTurnAsync(SchedulerBed bed)
    {
        for (var round = 0; round < 10; round++)
        {
            await bed.EndAllAsync();
            await bed.PassAsync(2);
        }
    }
}
