using Millrace.Dags;

namespace Millrace.Core.Tests.Dags;

public sealed class FlowTests
{
    static Dag Branching(Func<TaskContext, IEnumerable<string>> choose) => Dag.Build("branching", d =>
    {
        var check = d.Branch("check", choose);
        var group = d.Group("clean", g => _ = g.Task("wash", () => { }) >> g.Task("dry", () => { }));
        _ = check >> (d.Empty("store"), d.Empty("report"), group);
        d.Empty("elsewhere");
    });

    [Fact]
    public async Task A_branch_chooses_one_or_many_of_the_tasks_behind_it()
    {
        Assert.Equal(new[] { "store" }, await Branching(_ => ["store"]).Call("check"));
        Assert.Equal(new[] { "store", "report" }, await Branching(_ => ["store", "report"]).Call("check"));
        Assert.Equal(Array.Empty<string>(), await Branching(_ => []).Call("check"));
    }

    [Fact]
    public async Task A_branch_that_chooses_a_group_chooses_its_first_tasks() =>
        Assert.Equal(new[] { "clean.wash" }, await Branching(_ => ["clean"]).Call("check"));

    [Fact]
    public async Task A_branch_that_chooses_no_neighbour_fails_for_good_and_names_the_nearest()
    {
        var error = await Assert.ThrowsAsync<FailTaskException>(async () => await Branching(_ => ["stor"]).Call("check"));
        Assert.Equal("Branch 'check' of Dag 'branching' chose 'stor', which is not directly behind it (did you mean 'store'?).", error.Message);
        await Assert.ThrowsAsync<FailTaskException>(async () => await Branching(_ => ["elsewhere"]).Call("check"));
    }

    [Fact]
    public async Task Branches_may_be_sync_or_async_and_take_inputs()
    {
        var dag = Dag.Build("forms", d =>
        {
            var number = d.Task("number", () => 3);
            var (x, y) = (d.Empty("x"), d.Empty("y"));
            _ = d.Branch("one", () => "x") >> (x, y);
            _ = d.Branch("from_input", number, n => n > 2 ? "x" : "y") >> (x, y);
            _ = d.Branch("async_one", async c => { await Task.Yield(); return c.Attempt == 1 ? "y" : "x"; }) >> (x, y);
            _ = d.Branch("async_many", number, async n => { await Task.Yield(); return new[] { "x", "y" }; }) >> (x, y);
            _ = d.Branch("two", number, number, (c, a, b) => a == b ? "x" : "y") >> (x, y);
        });

        Assert.Equal(new[] { "x" }, await dag.Call("one"));
        Assert.Equal(new[] { "y" }, await dag.Call("from_input", 1));
        Assert.Equal(new[] { "y" }, await dag.Call("async_one"));
        Assert.Equal(new[] { "x", "y" }, await dag.Call("async_many", 1));
        Assert.Equal(new[] { "x" }, await dag.Call("two", 1, 1));
        Assert.Equal(TaskKind.Branch, dag.TaskOf("one").Kind);
    }

    [Fact]
    public async Task In_a_group_a_branch_may_leave_out_the_groups_name()
    {
        var dag = Dag.Build("inner", d => d.Group("g", g => _ = g.Branch("check", () => "store") >> (g.Empty("store"), g.Empty("report"))));
        Assert.Equal(new[] { "g.store" }, await dag.CodeOf("g.check").Body!(Bodies.Context(dag, "g.check"), []));
    }

    [Fact]
    public async Task A_short_circuit_says_whether_to_go_on()
    {
        var dag = Dag.Build("short", d =>
        {
            d.ShortCircuit("weekdays", c => c.LogicalTime.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday));
            d.ShortCircuit("near", async () => { await Task.Yield(); return true; }, respectTriggerRules: true);
            d.ShortCircuit("full", d.Task("rows", () => 3), rows => rows > 0);
        });
        // The context's logical time is a Saturday.
        Assert.Equal(false, await dag.Call("weekdays"));
        Assert.Equal(true, await dag.Call("near"));
        Assert.Equal(true, await dag.Call("full", 3));
        Assert.False(dag.TaskOf("weekdays").RespectsTriggerRules);
        Assert.True(dag.TaskOf("near").RespectsTriggerRules);
    }

    [Fact]
    public async Task A_sensor_looks_at_its_condition_and_says_how_often_and_how_long()
    {
        var ready = false;
        var dag = Dag.Build("sensing", d =>
        {
            d.Sensor("ready", () => ready, every: TimeSpan.FromSeconds(5), timeout: TimeSpan.FromHours(1), softFail: true);
            d.Sensor("asked", async c => { await Task.Yield(); return c.Attempt == 1; });
        });
        var look = dag.CodeOf("ready").Condition!;

        Assert.False(await look(Bodies.Context(dag), []));
        ready = true;
        Assert.True(await look(Bodies.Context(dag), []));
        Assert.True(await dag.CodeOf("asked").Condition!(Bodies.Context(dag), []));
        Assert.Equal(new() { Interval = TimeSpan.FromSeconds(5), Timeout = TimeSpan.FromHours(1), SoftFail = true }, dag.TaskOf("ready").Sensor);
        Assert.Equal(new(), dag.TaskOf("asked").Sensor);
    }

    [Fact]
    public async Task A_file_sensor_waits_for_a_path_or_a_pattern()
    {
        var folder = Directory.CreateTempSubdirectory("millrace-sensor-");
        try
        {
            var dag = Dag.Build("files", d =>
            {
                d.FileSensor("file", Path.Combine(folder.FullName, "sales.csv"));
                d.FileSensor("any", Path.Combine(folder.FullName, "*.csv"));
            });
            Assert.False(await dag.CodeOf("file").Condition!(Bodies.Context(dag), []));
            Assert.False(await dag.CodeOf("any").Condition!(Bodies.Context(dag), []));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "sales.csv"), "1", TestContext.Current.CancellationToken);
            Assert.True(await dag.CodeOf("file").Condition!(Bodies.Context(dag), []));
            Assert.True(await dag.CodeOf("any").Condition!(Bodies.Context(dag), []));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_sensor_that_never_looks_is_refused() =>
        Assert.Equal("Task 'a' of Dag 'orders' has every = 00:00:00. Use a positive time between two looks.", Bodies.Message(d => d.Sensor("a", () => true, every: TimeSpan.Zero)));

    [Fact]
    public void A_trigger_names_the_other_Dag_and_its_params()
    {
        var dag = Dag.Build("parent", d => d.TriggerDag("start_child", "child_dag", wait: true, @params: new { day = new DateOnly(2026, 11, 21), rows = 3 }));
        Assert.Equal(new() { Dag = "child_dag", Wait = true, Params = """{"day":"2026-11-21","rows":3}""" }, dag.TaskOf("start_child").Trigger);
        Assert.Contains("which are not an object", Bodies.Message(d => d.TriggerDag("t", "child", @params: 3)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_teardown_runs_whatever_happened_and_leaves_the_outcome_alone()
    {
        var dag = Dag.Build("cluster", d =>
        {
            d.Defaults = new() { TriggerRule = TriggerRule.AllDone };
            var up = d.Setup("create", () => "cluster-7");
            var work = d.Task("work", up, name => name.Length);
            var down = d.Teardown("drop", up, name => { });
            _ = work >> down;
            d.Shell("drop_all", "rm -rf tmp").AsTeardown(d.Shell("make", "mkdir tmp"), failsRun: true);
        });

        Assert.True(dag.TaskOf("create").IsSetup);
        Assert.Equal(["create", "work"], dag.UpstreamOf("drop"));
        Assert.Equal((true, TriggerRule.AllDoneSetupSuccess, false), (dag.TaskOf("drop").IsTeardown, dag.TaskOf("drop").TriggerRule, dag.TaskOf("drop").FailsRun));
        Assert.True(dag.TaskOf("make").IsSetup);
        Assert.True(dag.TaskOf("drop_all").FailsRun);
    }

    [Fact]
    public void A_teardown_needs_no_setup() => Assert.Empty(Dag.Build("alone", d => d.Teardown("clean", () => { })).UpstreamOf("clean"));
}
