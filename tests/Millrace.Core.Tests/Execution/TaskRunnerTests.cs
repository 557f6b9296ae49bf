using Millrace.Dags;
using Millrace.Execution;

namespace Millrace.Core.Tests.Execution;

public sealed class TaskRunnerTests : IDisposable
{
    readonly RunnerBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task A_function_gets_the_results_it_names_and_its_own_is_kept()
    {
        var dag = Dag.Build("sums", d =>
        {
            var one = d.Task("one", () => new Order("a", 3));
            var two = d.Task("two", () => (Count: 4, Note: "tuples too"));
            d.Task("sum", one, two, (order, pair) => order.Amount + pair.Count);
        });

        await bench.RunAsync(dag, "one");
        await bench.RunAsync(dag, "two");
        var report = await bench.RunAsync(dag, "sum");

        Assert.Equal(Outcome.Succeeded, report.Outcome);
        Assert.Equal("7", RunnerBench.Json(report));
        Assert.Equal("System.Int32", report.Result!.Type);
        Assert.Null(report.Error);
    }

    [Fact]
    public async Task A_context_tells_the_run_and_reads_variables_params_and_results()
    {
        bench.Variables["region"] = "eu";
        var dag = Dag.Build("asks", d =>
        {
            var one = d.Task("one", () => 1);
            d.Task("all", async (TaskContext c) =>
                $"{c.DagName} {c.TaskId} {c.Attempt}/{c.MaxAttempts} {c.Params.Get<string>("day")} {await c.VariableAsync("region")} {await c.VariableAsync("none") ?? "-"} {await c.ResultOfAsync(one)}");
        });

        await bench.RunAsync(dag, "one");
        var report = await bench.RunAsync(dag, "all", parameters: """{"day":"2026-01-01"}""");

        Assert.Equal("asks all 1/3 2026-01-01 eu - 1", RunnerBench.Text(report));
    }

    [Fact]
    public async Task An_exception_fails_the_attempt_and_its_stack_is_in_the_log()
    {
        var dag = Dag.Build("fails", d => d.Task("t", void () => throw new InvalidOperationException("no such table\nsecond line")));

        var report = await bench.RunAsync(dag, "t");

        Assert.Equal(Outcome.Failed, report.Outcome);
        Assert.Equal("InvalidOperationException: no such table", report.Error);
        Assert.False(report.FailNow);
        var log = bench.Log(dag, "t");
        Assert.Contains("ERROR Attempt 1 of 3 failed.\n    System.InvalidOperationException: no such table\n    second line\n       at ", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailTaskException_and_a_predicate_that_says_no_fail_at_once_and_SkipTaskException_skips()
    {
        var dag = Dag.Build("ends", d =>
        {
            d.Task("stop", void () => throw new FailTaskException("bad key"));
            d.Task("fatal", void () => throw new FormatException("x"), new() { Retry = Retry.Fixed(2, TimeSpan.Zero) with { If = e => e is not FormatException } });
            d.Task("flaky", void () => throw new IOException("x"), new() { Retry = Retry.Fixed(2, TimeSpan.Zero) with { If = e => e is not FormatException } });
            d.Task("skip", void () => throw new SkipTaskException("nothing new"));
        });

        Assert.True((await bench.RunAsync(dag, "stop")).FailNow);
        Assert.True((await bench.RunAsync(dag, "fatal")).FailNow);
        Assert.False((await bench.RunAsync(dag, "flaky")).FailNow);
        var skipped = await bench.RunAsync(dag, "skip");
        Assert.Equal((Outcome.Skipped, "nothing new"), (skipped.Outcome, skipped.Error));
    }

    [Theory]
    [InlineData(CancelReason.Cancelled, Outcome.Cancelled)]
    [InlineData(CancelReason.TimedOut, Outcome.TimedOut)]
    [InlineData(CancelReason.Stopping, Outcome.Lost)]
    internal async Task A_cancelled_body_ends_by_the_reason_it_was_cancelled_for(CancelReason reason, Outcome outcome)
    {
        var begun = new TaskCompletionSource();
        var dag = Dag.Build("slow", d => d.Task("t", async (TaskContext c) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, c.Cancellation);
        }));
        using var cancellation = new AttemptCancellation();

        var running = bench.RunAsync(dag, "t", cancellation: cancellation);
        await begun.Task;
        cancellation.Cancel(reason);

        Assert.Equal(outcome, (await running).Outcome);
    }

    [Fact]
    public async Task An_own_cancellation_of_the_body_is_a_failure()
    {
        var dag = Dag.Build("own", d => d.Task("t", void () => throw new OperationCanceledException("mine")));

        Assert.Equal(Outcome.Failed, (await bench.RunAsync(dag, "t")).Outcome);
    }

    [Fact]
    public async Task What_a_body_logs_and_prints_is_in_its_own_log_and_a_silent_one_makes_no_file()
    {
        var dag = Dag.Build("talks", d =>
        {
            d.Task("prints", async () =>
            {
                Console.Write("a");
                Console.Write("b\nc");
                await Task.Yield();
                Console.WriteLine("d");
                Console.Error.WriteLine("e");
            });
            d.Task("silent", () => 1);
        });

        await Task.WhenAll(bench.RunAsync(dag, "prints"), bench.RunAsync(dag, "silent"));

        Assert.Equal(["ab", "cd", "e"], bench.Log(dag, "prints").TrimEnd().Split('\n').Select(l => l[(l.IndexOf(" INFO ", StringComparison.Ordinal) + 6)..]));
        Assert.False(Directory.Exists(Path.GetDirectoryName(bench.Home.AttemptLog(bench.Assignment(dag, "silent")))));
    }

    sealed record Order(string Id, int Amount);
}
