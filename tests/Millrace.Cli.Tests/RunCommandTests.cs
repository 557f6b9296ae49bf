using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Dags;
using Millrace.Hosting;

namespace Millrace.Cli.Tests;

/// <summary>The commands against a scheduler that runs on the same home folder.</summary>
public sealed class RunCommandTests : IAsyncLifetime
{
    readonly CommandLineDriver _millrace = new();
    readonly MillraceService _host;
    int _broken = 1;

    public RunCommandTests()
    {
        var etl = Dag.Build("etl", d =>
        {
            d.Description = "Loads orders.";
            d.Schedule = "@daily";
            d.StartDate = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
            var day = d.Param("day", "monday");
            var extract = d.Task("extract", context =>
            {
                Console.WriteLine($"extracting {context.Get(day)}");
                return 2;
            });
            var check = d.Task("check", extract, rows => _broken > 0 ? throw new InvalidDataException("Rows are broken.") : rows);
            d.Task("load", extract, check, (a, b) => a + b);
        });
        var mapped = Dag.Build("mapped", d => d.Map("square", [1, 2, 3], n => n * n));
        _host = new(new MillraceBuilder().UseHome(_millrace.Home).AddDag(etl).AddDag(mapped), _millrace.Home, TimeProvider.System, NullLoggerFactory.Instance);
    }

    public async ValueTask InitializeAsync() => await _host.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        await _host.DisposeAsync();
        _millrace.Dispose();
    }

    async Task<JsonElement> TriggerAsync(string dag = "etl")
    {
        await _millrace.OkAsync("dags", "pause", dag);
        return (await _millrace.RunAsync("dags", "trigger", dag, "--wait", "--json")).Json;
    }

    [Fact]
    public async Task A_run_is_triggered_awaited_shown_and_run_again_from_where_it_failed()
    {
        var run = await TriggerAsync();
        Assert.Equal("failed", run.GetProperty("state").GetString());
        Assert.Contains("Rows are broken.", await _millrace.OkAsync("runs", "show", "etl", "latest"), StringComparison.Ordinal);

        Assert.Contains("2 tasks would be cleared", await _millrace.OkAsync("runs", "clear", "etl", "latest", "--only-failed", "--dry-run"), StringComparison.Ordinal);
        _broken = 0;
        Assert.Contains("2 tasks cleared", await _millrace.OkAsync("runs", "clear", "etl", "latest", "--only-failed"), StringComparison.Ordinal);
        Assert.Contains("success", await _millrace.OkAsync("runs", "wait", "etl", "latest"), StringComparison.Ordinal);

        var tasks = (await _millrace.RunAsync("tasks", "list", "etl", "latest", "--json")).Json.EnumerateArray()
            .ToDictionary(task => task.GetProperty("task").GetString()!, task => task.GetProperty("attempt").GetInt32());
        Assert.Equal((1, 2, 1), (tasks["extract"], tasks["check"], tasks["load"]));
    }

    [Fact]
    public async Task A_run_is_named_by_its_key_a_part_of_it_or_the_beginning_of_its_id()
    {
        var run = await TriggerAsync();
        var (id, key) = (run.GetProperty("id").GetString()!, run.GetProperty("key").GetString()!);
        foreach (var words in (string[][])[["etl", key], ["etl", key[8..]], ["etl", "latest"], [id], [id[..16]], [Guid.Parse(id).ToString()]])
            Assert.Equal(id, (await _millrace.RunAsync(["runs", "show", .. words, "--json"])).Json.GetProperty("run").GetProperty("id").GetString());

        Assert.Contains("There is no Dag 'elt'. Did you mean 'etl'?", await _millrace.RefusedAsync("runs", "show", "elt", key), StringComparison.Ordinal);
        Assert.Contains("'etl' is a Dag; say which of its runs", await _millrace.RefusedAsync("runs", "show", "etl"), StringComparison.Ordinal);
        Assert.Contains("has no task 'laod'. Did you mean 'load'?", await _millrace.RefusedAsync("tasks", "logs", "etl", "latest", "laod"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_s_log_is_printed()
    {
        await _millrace.OkAsync("dags", "pause", "etl");
        await _millrace.RunAsync("dags", "trigger", "etl", "--param", "day=sunday", "--wait");
        Assert.Contains("extracting sunday", await _millrace.OkAsync("tasks", "logs", "etl", "latest", "extract"), StringComparison.Ordinal);
        Assert.Contains("extracting sunday", await _millrace.OkAsync("tasks", "logs", "etl", "latest", "extract", "--follow"), StringComparison.Ordinal);
        Assert.Contains("has had no attempt", await _millrace.RefusedAsync("tasks", "logs", "etl", "latest", "load"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mapped_task_wants_to_know_which_instance()
    {
        await TriggerAsync("mapped");
        Assert.Contains("3 instances", await _millrace.RefusedAsync("tasks", "logs", "mapped", "latest", "square"), StringComparison.Ordinal);
        await _millrace.OkAsync("tasks", "logs", "mapped", "latest", "square", "--map-index", "2");
        Assert.Contains("1 task cleared", await _millrace.OkAsync("tasks", "clear", "mapped", "latest", "square", "--map-index", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_task_that_is_marked_a_success_lets_the_run_go_on()
    {
        await TriggerAsync();
        await _millrace.OkAsync("tasks", "mark", "etl", "latest", "check", "--as", "success");
        Assert.Contains("--as is 'fine'", await _millrace.RefusedAsync("runs", "mark", "etl", "latest", "--as", "fine"), StringComparison.Ordinal);
        Assert.Contains("marked success", await _millrace.OkAsync("runs", "mark", "etl", "latest", "--as", "success"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backfill_in_Airflows_spelling_runs_each_interval_once()
    {
        _broken = 0;
        await _millrace.OkAsync("dags", "pause", "etl");
        Assert.Contains("3 runs (dry run", await _millrace.OkAsync("dags", "backfill", "-s", "2026-11-02", "-e", "2026-11-04", "etl", "--dry-run"), StringComparison.Ordinal);
        await _millrace.OkAsync("dags", "backfill", "-s", "2026-11-02", "-e", "2026-11-04", "etl");
        foreach (var day in (int[])[2, 3, 4])
            await UntilAsync(async () => (await _millrace.RunAsync("runs", "show", "etl", $"backfill__2026-11-{day:00}", "--json")) is { Code: 0 } shown
                && shown.Json.GetProperty("run").GetProperty("state").GetString() == "success");
        Assert.Contains("done", await EventuallyAsync("dags", "backfill", "list"), StringComparison.Ordinal);
        Assert.Contains("0 runs, 3 left as they are", await _millrace.OkAsync("dags", "backfill", "etl", "--from", "2026-11-02", "--to", "2026-11-04", "--dry-run"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Dag_is_listed_shown_paused_and_its_next_times_are_told()
    {
        await _millrace.OkAsync("dags", "pause", "etl");
        Assert.Contains("etl", await _millrace.OkAsync("dags", "list"), StringComparison.Ordinal);
        var shown = await _millrace.OkAsync("dags", "show", "etl");
        Assert.Contains("Loads orders.", shown, StringComparison.Ordinal);
        Assert.Contains("also after extract", shown, StringComparison.Ordinal);
        Assert.Equal(5, (await _millrace.RunAsync("dags", "next", "etl", "--json")).Json.GetArrayLength());
        Assert.Contains("in force", await _millrace.OkAsync("dags", "versions", "etl"), StringComparison.Ordinal);
        Assert.Contains("No errors", await _millrace.OkAsync("dags", "errors"), StringComparison.Ordinal);
        await _millrace.OkAsync("dags", "unpause", "etl");
    }

    async Task<string> EventuallyAsync(params string[] args)
    {
        var text = "";
        await UntilAsync(async () => (text = await _millrace.OkAsync(args)).Contains("done", StringComparison.Ordinal), () => text);
        return text;
    }

    static async Task UntilAsync(Func<Task<bool>> condition, Func<string>? seen = null)
    {
        for (var deadline = Environment.TickCount64 + 20_000; !await condition();)
        {
            Assert.True(Environment.TickCount64 < deadline, $"It did not happen within 20 s. {seen?.Invoke()}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
