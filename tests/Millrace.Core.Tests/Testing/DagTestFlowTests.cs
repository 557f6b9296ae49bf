using Millrace.Dags;
using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Core.Tests.Testing;

/// <summary>Branches, commands, callbacks, other Dags.</summary>
public sealed class DagTestFlowTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static readonly Dag Checked = Dag.Build("checked", d =>
    {
        var check = d.Branch("check", () => "fine");
        var end = d.Empty("end", new() { TriggerRule = TriggerRule.NoneFailedMinOneSuccess });
        _ = check >> (d.Shell("fine", "echo all is well"), d.Shell("broken", "echo it is broken >&2; exit 3")) >> end;
    });

    [Fact]
    public async Task A_branch_goes_where_the_test_sends_it()
    {
        var fine = await DagTest.For(Checked).RunAsync(Cancel);
        Assert.Equal((RunState.Success, TaskState.Skipped, "all is well"), (fine.State, fine["broken"].State, fine.Result<string>("fine")));

        var broken = await DagTest.For(Checked).Returning("check", "broken").RunAsync(Cancel);
        Assert.Equal((RunState.Failed, TaskState.Skipped, TaskState.Failed), (broken.State, broken["fine"].State, broken["broken"].State));
        Assert.Contains("it is broken", broken["broken"].Log, StringComparison.Ordinal);

        var lost = await DagTest.For(Checked).Returning("check", "brokn").RunAsync(Cancel);
        Assert.Contains("did you mean 'broken'?", lost["check"].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_can_be_replaced_or_fail_like_any_task()
    {
        var run = await DagTest.For(Checked).Returning("fine", "replaced").RunAsync(Cancel);
        Assert.Equal("replaced", run.Result<string>("fine"));
        Assert.Equal(TaskState.Failed, (await DagTest.For(Checked).Failing("fine").RunAsync(Cancel))["fine"].State);
    }

    [Fact]
    public async Task Callbacks_are_called_and_recorded()
    {
        var told = new List<string>();
        var dag = Dag.Build("told", d =>
        {
            d.OnFailure(c => told.Add($"run: {c.Reason}"));
            d.Task("a", () => { }, new()
            {
                Retry = Retry.Fixed(1, TimeSpan.FromMinutes(1)),
                OnRetry = new(c => told.Add($"{c.TaskId} retry {c.Attempt}")),
                OnFailure = new(c => throw new InvalidOperationException("mail server down")),
            });
        });

        var run = await DagTest.For(dag).Failing("a").RunAsync(Cancel);

        Assert.Equal(["a retry 1", "run: task 'a' failed"], told);
        Assert.Equal([CallbackKinds.Retry, CallbackKinds.Failure, CallbackKinds.Failure], run.Callbacks.Select(call => call.Kind));
        Assert.Equal("InvalidOperationException: mail server down", run.Callbacks[1].Error);
        Assert.Null(run.Callbacks[2].Task);
    }

    [Fact]
    public async Task A_trigger_of_an_unknown_Dag_is_recorded_and_taken_as_a_success()
    {
        var dag = Dag.Build("first", d => d.TriggerDag("start", "second", wait: true, @params: new { day = "2026-11-21" }).Then(d.Task("after", () => { })));

        var run = await DagTest.For(dag).RunAsync(Cancel);

        Assert.Equal(RunState.Success, run.State);
        Assert.Equal(("second", """{"day":"2026-11-21"}"""), (Assert.Single(run.Triggered).Dag, run.Triggered[0].Params));
        Assert.Equal((RunState.Failed, 0), (await DagTest.For(dag).Failing("start").RunAsync(Cancel)) is var failed ? (failed.State, failed.Triggered.Count) : default);
    }

    [Fact]
    public async Task A_known_Dag_is_really_run_and_waited_for()
    {
        var second = Dag.Build("second", d =>
        {
            var day = d.RequiredParam<string>("day");
            d.Sensor("wait", c => c.LogicalTime > DateTimeOffset.MinValue, every: TimeSpan.FromHours(1)).Then(d.Task("say", c => c.Get(day)));
        });
        var first = Dag.Build("first", d => d.TriggerDag("start", "second", wait: true, @params: new { day = "2026-11-21" }).Then(d.Task("after", () => { })));
        var bad = Dag.Build("bad", d => d.TriggerDag("start", "second"));

        var run = await DagTest.For(first).Knowing(second).RunAsync(Cancel);

        Assert.Equal(RunState.Success, run.State);
        Assert.Contains(TaskState.Deferred, run["start"].States);
        Assert.Equal("2026-11-21", Assert.Single(run.Triggered).Run!.Result<string>("say"));
        Assert.Contains("'day' has no default", (await DagTest.For(bad).Knowing(second).RunAsync(Cancel))["start"].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Variables_other_results_and_files_are_at_hand()
    {
        var dag = Dag.Build("context", d =>
        {
            var one = d.Task("one", () => 1);
            var file = d.Task("file", async c =>
            {
                var path = c.NewFile("big.txt");
                await File.WriteAllTextAsync(path, $"{await c.VariableAsync("greeting")} {await c.ResultOfAsync(one)}", c.Cancellation);
                return new FileResult(path);
            });
            _ = one >> file;
            d.Task("read", file, f => File.ReadAllText(f.Path));
        });

        var run = await DagTest.For(dag).WithVariable("greeting", "hello").RunAsync(Cancel);

        Assert.Equal("hello 1", run.Result<string>("read"));
        Assert.True(File.Exists(run.Result<FileResult>("file").Path));
    }

    [Fact]
    public async Task A_teardown_runs_when_the_work_failed()
    {
        var dag = Dag.Build("cluster", d =>
        {
            var up = d.Setup("up", () => "cluster-1");
            var work = d.Task("work", up, name => name.Length);
            var down = d.Teardown("down", up, name => Console.WriteLine($"{name} is gone"));
            _ = work >> down;
        });

        var run = await DagTest.For(dag).Failing("work").RunAsync(Cancel);

        Assert.Equal((RunState.Failed, TaskState.Failed, TaskState.Success), (run.State, run["work"].State, run["down"].State));
        Assert.Contains("cluster-1 is gone", run["down"].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_thousand_instances_run_in_seconds()
    {
        var dag = Dag.Build("wide", d =>
        {
            var numbers = d.Task("numbers", () => Enumerable.Range(0, 10_000).ToArray());
            d.Task("sum", d.Map("square", numbers, n => (long)n * n), squares => squares.Sum());
        });

        var run = await DagTest.For(dag).RunAsync(Cancel);

        Assert.Equal(333283335000, run.Result<long>("sum"));
    }
}
