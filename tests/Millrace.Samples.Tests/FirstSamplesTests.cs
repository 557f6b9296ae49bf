using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Samples.Tests;

public sealed class FirstSamplesTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task My_first_dag_says_hello()
    {
        var run = await DagTest.For(MyFirstDag.Dag).At("2026-11-21").RunAsync(Cancel);

        Assert.Equal(RunState.Success, run.State);
        Assert.Equal("Hello, Millrace!", run.Result<string>("print_hello"));
        Assert.Contains("Hello, Millrace!", run["print_hello"].Log, StringComparison.Ordinal);
        Assert.StartsWith("scheduled__", run.RunId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task My_first_dag_tries_once_more()
    {
        Assert.Equal(RunState.Success, (await DagTest.For(MyFirstDag.Dag).Failing("print_hello", times: 1).RunAsync(Cancel)).State);
        Assert.Equal(RunState.Failed, (await DagTest.For(MyFirstDag.Dag).Failing("print_hello", times: 2).RunAsync(Cancel)).State);
    }

    [Fact]
    public async Task The_simple_example_prints_hello_and_then_the_date()
    {
        var run = await DagTest.For(SimpleExample.Dag).At("2026-11-21T00:00:05Z").RunAsync(Cancel);

        Assert.Equal(RunState.Success, run.State);
        Assert.Equal("Hello, Millrace!", run.Result<string>("print_hello"));
        Assert.Contains("20", run.Result<string>("print_date"), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(5), run.DataInterval.End - run.DataInterval.Start);
    }

    [Fact]
    public async Task The_simple_example_waits_five_minutes_for_its_retry()
    {
        var run = await DagTest.For(SimpleExample.Dag).Failing("print_hello", times: 1).RunAsync(Cancel);
        Assert.Equal((RunState.Success, TimeSpan.FromMinutes(5)), (run.State, run.Duration));
    }
}
