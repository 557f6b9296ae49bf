using Millrace.Assets;
using Millrace.Dags;
using Millrace.Scheduling;

namespace Millrace.Core.Tests.Dags;

/// <summary>What an author writes first.</summary>
static class Etl
{
    internal sealed record Table(IReadOnlyList<int> Rows)
    {
        public bool Ok => Rows.Count > 0;
    }

    internal static Asset Averages { get; } = new("averages");

    internal static Dag Pipeline { get; } = Dag.Build("etl_ipeline", d =>
    {
        d.Schedule = "0 0 * * *";
        d.StartDate = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
        d.Owner = "me";
        d.Tags = ["sales"];
        d.Docs = "# Every night";
        d.MaxActiveRuns = 3;
        d.Defaults = new() { Retry = Retry.Exponential(3, TimeSpan.FromSeconds(5)), Timeout = TimeSpan.FromMinutes(10), Pool = "db" };
        d.OnFailure(c => c.Logger.ToString());

        var rows = d.Param("rows", 10, description: "How many", min: 1, max: 100);
        var table = d.Task("extract", c => new Table([.. Enumerable.Range(0, c.Get(rows))]));
        var mean = d.Task("average", table, t => t.Rows.Average());
        d.Task("load", mean, Load, new() { Retry = Retry.None, Pool = "warehouse", Slots = 2, Produces = [Averages], OnRetry = new(async c => await Task.Yield()) });

        var check = d.Branch("check", table, t => t.Ok ? "store" : "report");
        var end = d.Empty("end", new() { TriggerRule = TriggerRule.NoneFailedMinOneSuccess });
        _ = check >> (d.Shell("store", "echo stored"), d.Shell("report", c => $"echo bad {c.LogicalTime:o}")) >> end;
    });

    static async Task Load(TaskContext context, double mean) => await Task.Delay(TimeSpan.Zero, context.Cancellation);
}

public sealed class SampleTests
{
    static readonly Dag Pipeline = Etl.Pipeline;

    [Fact]
    public void Settings_reach_the_spec()
    {
        Assert.Equal(Schedule.Cron("0 0 * * *"), Pipeline.Spec.Schedule);
        Assert.Equal(("etl_ipeline", "me", 3, false), (Pipeline.Name, Pipeline.Spec.Owner, Pipeline.Spec.MaxActiveRuns, Pipeline.Spec.Catchup));
        Assert.Equal(["sales"], Pipeline.Spec.Tags);
        Assert.Equal(CallbackKinds.Failure, Pipeline.Spec.Callbacks);
        Assert.Contains(CallbackKinds.Failure, Pipeline.Callbacks);
    }

    [Fact]
    public void A_task_follows_the_Dags_defaults_where_it_says_nothing()
    {
        var extract = Pipeline.TaskOf("extract");
        Assert.Equal((3, TimeSpan.FromMinutes(10), "db", 1), (extract.Retry.Count, extract.Timeout, extract.Pool, extract.Slots));
        Assert.Equal(("me", 0, false, TriggerRule.AllSuccess), (extract.Owner, extract.Priority, extract.DependsOnPast, extract.TriggerRule));
    }

    [Fact]
    public void A_tasks_own_options_win_over_the_defaults()
    {
        var load = Pipeline.TaskOf("load");
        Assert.Equal((0, TimeSpan.FromMinutes(10), "warehouse", 2), (load.Retry.Count, load.Timeout, load.Pool, load.Slots));
        Assert.Equal(["averages"], load.Produces);
        Assert.Equal(CallbackKinds.Retry, load.Callbacks);
        Assert.NotNull(Pipeline.CodeOf("load").CallbackFor(CallbackKinds.Retry));
        Assert.Null(Pipeline.CodeOf("load").CallbackFor(CallbackKinds.Failure));
    }

    [Fact]
    public void Branches_meet_again()
    {
        Assert.Equal(["extract"], Pipeline.UpstreamOf("check"));
        Assert.Equal(["check"], Pipeline.UpstreamOf("store"));
        Assert.Equal(["store", "report"], Pipeline.UpstreamOf("end"));
        Assert.Equal(TriggerRule.NoneFailedMinOneSuccess, Pipeline.TaskOf("end").TriggerRule);
    }

    [Fact]
    public async Task A_task_reads_a_param_through_its_handle()
    {
        var table = (Etl.Table?)await Pipeline.CodeOf("extract").Body!(Bodies.Context(Pipeline, "extract", @params: """{"rows": 4}"""), []);
        Assert.Equal([0, 1, 2, 3], table!.Rows);
        Assert.Equal(1.5, await Pipeline.Call("average", table));
    }

    [Theory]
    [InlineData("Slots = -1")]
    [InlineData("Priority = -1")]
    [InlineData("MaxActive = 0")]
    [InlineData("Timeout = -00:00:01")]
    [InlineData("Deadline = 00:00:00")]
    public void A_senseless_option_is_refused_by_name_and_value(string fault)
    {
        TaskOptions options = fault.Split(' ')[0] switch
        {
            "Slots" => new() { Slots = -1 },
            "Priority" => new() { Priority = -1 },
            "MaxActive" => new() { MaxActive = 0 },
            "Timeout" => new() { Timeout = TimeSpan.FromSeconds(-1) },
            _ => new() { Deadline = TimeSpan.Zero },
        };
        Assert.StartsWith($"Task 'a' of Dag 'orders' has {fault}. ", Bodies.Message(d => d.Task("a", () => { }, options)), StringComparison.Ordinal);
        Assert.StartsWith($"Task 'a' of Dag 'orders' has {fault}. ", Bodies.Message(d =>
        {
            d.Task("a", () => { });
            d.Defaults = options;
        }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_senseless_setting_is_refused_by_name_and_value()
    {
        Assert.Equal("Dag 'orders' has MaxActiveRuns = 0. Use 1 or more.", Bodies.Message(d => d.MaxActiveRuns = 0));
        Assert.Contains("RunTimeout = 00:00:00", Bodies.Message(d => d.RunTimeout = TimeSpan.Zero), StringComparison.Ordinal);
        Assert.Contains("It is before StartDate", Bodies.Message(d => (d.StartDate, d.EndDate) = (DateTimeOffset.UnixEpoch.AddDays(1), DateTimeOffset.UnixEpoch)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_zone_or_a_bad_cron_stops_the_build()
    {
        Assert.Throws<ScheduleException>(() => Dag.Build("orders", d => d.Schedule = Schedule.Cron("0 0 * * *", "Europe/Atlantis")));
        Assert.Throws<ScheduleException>(() => Dag.Build("orders", d => d.Schedule = "61 * * * *"));
    }

    [Fact]
    public async Task Callbacks_may_be_sync_or_async()
    {
        var told = new List<string>();
        var dag = Dag.Build("orders", d =>
        {
            d.OnSuccess(async c => { await Task.Yield(); told.Add("run"); });
            d.Task("a", () => { }, new() { OnSuccess = new(c => told.Add($"sync {c.TaskId}")), OnFailure = new(async c => { await Task.Yield(); told.Add($"async {c.Error}"); }) });
        });
        var context = new CallbackContext { Kind = CallbackKinds.Success, DagName = "orders", RunId = "r", LogicalTime = default, TaskId = "a", Error = "boom", Logger = Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance };

        await dag.CodeOf("a").OnSuccess!.Body(context);
        await dag.CodeOf("a").OnFailure!.Body(context);
        await dag.Callbacks[CallbackKinds.Success].Body(context);

        Assert.Equal(["sync a", "async boom", "run"], told);
    }
}
