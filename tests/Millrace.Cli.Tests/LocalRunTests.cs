namespace Millrace.Cli.Tests;

public sealed class LocalRunTests : IDisposable
{
    readonly CommandLineDriver _millrace = new();

    public void Dispose() => _millrace.Dispose();

    [Fact]
    public async Task A_new_Dag_is_made_and_tested_without_a_scheduler_or_a_database()
    {
        await _millrace.OkAsync("new", "dag", "orders");
        var run = (await _millrace.RunAsync("dags", "test", "orders", "--logical-time", "2026-11-21", "--json")).Json.GetProperty("run");
        Assert.Equal("success", run.GetProperty("state").GetString());
        var shown = await _millrace.OkAsync("dags", "test", "orders");
        Assert.Contains("report | ", shown, StringComparison.Ordinal);
        Assert.Contains("└── hello  success", shown, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_millrace.Home, "millrace.db")));

        Assert.Contains("Did you mean 'orders'?", await _millrace.RefusedAsync("dags", "test", "order"), StringComparison.Ordinal);
        Assert.Contains("exists already", await _millrace.RefusedAsync("new", "dag", "orders"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_task_is_tested_with_the_tasks_whose_results_it_takes_in_Airflows_spelling()
    {
        await _millrace.OkAsync("new", "dag", "orders");
        var tested = (await _millrace.RunAsync("tasks", "test", "orders", "sum", "2026-11-21", "--json")).Json;
        Assert.Equal(["extract", "sum"], tested.GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("task").GetString()));
        Assert.StartsWith("2026-11-21T00:00:00", tested.GetProperty("run").GetProperty("logicalTime").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_fails_is_exit_code_1_and_a_file_that_does_not_compile_is_named_with_its_line()
    {
        var dags = Directory.CreateDirectory(Path.Combine(_millrace.Home, "dags")).FullName;
        await File.WriteAllTextAsync(Path.Combine(dags, "bad.cs"), """
            using Millrace.Dags;
            public static class Bad
            {
                public static Dag Dag => Dag.Build("bad", d => d.Task("t", void () => throw new System.Exception("No.")));
            }
            """, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(dags, "broken.cs"), "class Broken {\n  int x = nothing;\n}\n", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Failed, (await _millrace.RunAsync("dags", "test", "bad")).Code);
        Assert.Contains("broken.cs(2,", await _millrace.RefusedAsync("dags", "test", "other"), StringComparison.Ordinal);
    }
}
