using Microsoft.Extensions.Logging;
using Millrace.Assets;
using Millrace.Dags;
using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Core.Tests.Testing;

/// <summary>The tests that a user of the kit would write.</summary>
public sealed class DagTestTests
{
    static readonly Dag Scores = Dag.Build("scores", d =>
    {
        d.Schedule = "@daily";
        d.Defaults = new() { Retry = Retry.Fixed(2, TimeSpan.FromMinutes(5)) };
        var day = d.Param("day", "2026-01-01");
        var fetch = d.Task("fetch", c => new[] { c.Get(day).Length, 2, 3 });
        var average = d.Task("average", fetch, rows => rows.Average());
        var load = d.Task("load", average, (c, mean) => c.Logger.LogInformation("loaded {Mean}", mean), new() { Produces = [new Asset("means")] });
        var print = d.Task("print", average, mean => Console.WriteLine($"the mean is {mean}"));
        _ = load >> print;
    });

    [Fact]
    public async Task A_run_gives_states_results_logs_and_its_duration()
    {
        var run = await DagTest.For(Scores).With("day", "2026-11-20").At("2026-11-21").RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(RunState.Success, run.State);
        Assert.Equal([10, 2, 3], run.Result<int[]>("fetch"));
        Assert.Equal(5, run.Result<double>("average"));
        Assert.Contains("loaded 5", run["load"].Log, StringComparison.Ordinal);
        Assert.Contains("the mean is 5", run["print"].Log, StringComparison.Ordinal);
        Assert.DoesNotContain("the mean", run["load"].Log, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.Zero, run.Duration);
        Assert.Equal(["means"], run.UpdatedAssets);
        Assert.All(run.Tasks, task => Assert.Equal(TaskState.Success, task.State));
    }

    [Fact]
    public async Task A_failed_attempt_is_retried_after_its_delay_on_the_virtual_clock()
    {
        var run = await DagTest.For(Scores).Failing("load", times: 2).RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(RunState.Success, run.State);
        Assert.Equal(3, run["load"].Attempts);
        Assert.Equal(TimeSpan.FromMinutes(10), run.Duration);
        Assert.Equal([TaskState.Scheduled, TaskState.Queued, TaskState.Running, TaskState.UpForRetry], run["load"].States.Take(4));
        Assert.Contains("'load' fails in this test (2 of 2)", run["load"].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_that_keeps_failing_fails_the_run_and_stops_what_follows()
    {
        var run = await DagTest.For(Scores).Failing("average", with: () => new InvalidDataException("no rows")).RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(RunState.Failed, run.State);
        Assert.Equal((TaskState.Failed, 3, "InvalidDataException: no rows"), (run["average"].State, run["average"].Attempts, run["average"].Reason));
        Assert.Equal(TaskState.UpstreamFailed, run["print"].State);
        Assert.Contains("average: failed after 3 attempts (InvalidDataException: no rows)", run.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replaced_task_returns_what_the_test_says()
    {
        var test = DagTest.For(Scores).Returning("fetch", new[] { 4, 6 });

        Assert.Equal(5, (await test.RunAsync(TestContext.Current.CancellationToken)).Result<double>("average"));
        Assert.Equal(7, (await test.Replacing("fetch", c => new[] { c.Attempt + 6 }).RunAsync(TestContext.Current.CancellationToken)).Result<double>("average"));
        var loaded = false;
        await test.Replacing("load", _ => { loaded = true; }).RunAsync(TestContext.Current.CancellationToken);
        Assert.True(loaded);
    }

    [Fact]
    public async Task A_run_at_a_firing_of_the_schedule_has_its_data_interval()
    {
        var scheduled = await DagTest.For(Scores).At("2026-11-21").RunAsync(TestContext.Current.CancellationToken);
        var manual = await DagTest.For(Scores).At("2026-11-21T10:30").RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(("scheduled__2026-11-21T00:00:00Z", TimeSpan.FromDays(1)), (scheduled.RunId, scheduled.DataInterval.End - scheduled.DataInterval.Start));
        Assert.Equal(("manual__2026-11-21T10:30:00Z", TimeSpan.Zero), (manual.RunId, manual.DataInterval.End - manual.DataInterval.Start));
    }

    [Fact]
    public async Task Instances_of_a_mapped_task_are_asked_for_by_index()
    {
        var dag = Dag.Build("sizes", d =>
        {
            var files = d.Task("files", () => new List<string> { "a", "bb", "ccc", "dddd" });
            var size = d.Map("size", files, name => name.Length, new() { Retry = Retry.Fixed(1, TimeSpan.FromSeconds(10)) });
            var twice = d.Map("twice", size, length => length * 2);
            d.Task("total", twice, sizes => sizes.Sum());
        });

        var run = await DagTest.For(dag).Failing("size", times: 1, mapIndex: 3).RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(20, run.Result<int>("total"));
        Assert.Equal((2, 4), (run["size", mapIndex: 3].Attempts, run["size", mapIndex: 3].Result<int>()));
        Assert.Equal(1, run["size", mapIndex: 0].Attempts);
        Assert.Equal([1, 2, 3, 4], run.Result<IReadOnlyList<int>>("size"));
        Assert.Contains("has 4 instances", Assert.Throws<ArgumentException>(() => run["size"]).Message, StringComparison.Ordinal);
        Assert.Contains("from 0 to 3", Assert.Throws<ArgumentException>(() => run["size", 4]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_test_names_wrongly_is_said_with_what_there_is()
    {
        var test = DagTest.For(Scores);
        Assert.Contains("did you mean 'fetch'?", Assert.Throws<ArgumentException>(() => test.Failing("fetsh")).Message, StringComparison.Ordinal);
        Assert.Contains("returns Int32[], its replacement String", Assert.Throws<ArgumentException>(() => test.Returning("fetch", "none")).Message, StringComparison.Ordinal);
        Assert.Contains("its replacement returns nothing", Assert.Throws<ArgumentException>(() => test.Replacing("fetch", _ => { })).Message, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<ParamException>(() => test.With("dai", 1).RunAsync(TestContext.Current.CancellationToken));
        Assert.Contains("did you mean 'day'?", refused.Message, StringComparison.Ordinal);
        var run = await test.RunAsync(TestContext.Current.CancellationToken);
        Assert.Contains("did you mean 'fetch'?", Assert.Throws<ArgumentException>(() => run["fetsh"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_runs_of_a_test_go_the_same_way()
    {
        var test = DagTest.For(Scores).Failing("fetch", times: 1).Failing("load", times: 1);
        var histories = new HashSet<string>();
        for (var i = 0; i < 5; i++) histories.Add((await test.RunAsync(TestContext.Current.CancellationToken)).History);
        Assert.Single(histories);
    }
}
