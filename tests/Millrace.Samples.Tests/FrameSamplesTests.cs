using System.Text.Json;
using Millrace.Dags;
using Millrace.Data;
using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Samples.Tests;

public sealed class FrameSamplesTests : IDisposable
{
    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Cut_awk_copy_loads_the_accounts_there_are()
    {
        var database = folder["users.db"];
        var test = DagTest.For(CutAwkCopy.Dag).With("database", database);

        var run = await test.RunAsync(Cancel);
        await test.RunAsync(Cancel);

        Assert.True(run.State == RunState.Success, run.ToString());
        var users = await Frame.From(CutAwkCopy.Users(database)).As<CutAwkCopy.User>().OrderBy(user => user.UserId).ToListAsync(Cancel);
        Assert.Equal(7, users.Count);
        Assert.Equal([new("root", 0, "system", "/root"), new("ada", 1000, "person", "/home/ada")], users.Where(user => user.Name is "root" or "ada"));
        Assert.Contains("7 rows in, 7 written", run["load"].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_is_no_account_names_itself()
    {
        await File.WriteAllLinesAsync(folder["accounts.txt"], ["root:x:0:0:root:/root:/bin/bash", "ada:x:one:1000::/home/ada:/bin/sh"], Cancel);

        var run = await DagTest.For(CutAwkCopy.Dag).With("source", folder["accounts.txt"]).With("database", folder["users.db"]).RunAsync(Cancel);

        Assert.Equal((RunState.Failed, TaskState.Success, TaskState.Failed), (run.State, run["transform"].State, run["load"].State));
        Assert.Contains("accounts.txt", run["load"].Log, StringComparison.Ordinal);
        Assert.Contains("line 2", run["load"].Log, StringComparison.Ordinal);
        Assert.Contains("'one'", run["load"].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_may_return_the_report_of_its_load_and_what_can_not_travel_is_refused_with_the_reason()
    {
        var accounts = Path.Combine(Repository.Samples, "11-cut-awk-copy", "accounts.txt");
        var dag = Dag.Build("reports", d =>
        {
            var frame = d.Task("extract", () => CutAwkCopy.Extract(accounts));
            d.Task("load", frame, (c, rows) => rows.LoadAsync(Database.Table(folder["a.db"], "accounts", key: ["name"]), Load.Upsert, cancel: c.Cancellation));
            d.Task("write", frame, (c, rows) => rows.WriteAsync(folder["a.parquet"], c.Cancellation));
            d.Task("back", frame, rows => rows.Select(account => new { Back = string.Concat(account.Name.Reverse()) }));
        });

        var run = await DagTest.For(dag).RunAsync(Cancel);

        Assert.Equal((7, 0), (run.Result<JsonElement>("load").GetProperty("added").GetInt64(), run.Result<JsonElement>("load").GetProperty("rejected").GetInt64()));
        Assert.Equal(7, run.Result<JsonElement>("write").GetProperty("rows").GetInt64());
        Assert.Equal(TaskState.Failed, run["back"].State);
        Assert.Contains("can't be handed on by reference: it calls C# back", run["back"].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Temperatures_are_read_kept_for_an_hour_and_summed_up()
    {
        var database = folder["temperature.db"];
        var test = DagTest.For(TemperatureFrame.Dag).With("database", database);
        var start = new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

        // A table with two hours of readings, as if the DAG had run all the while.
        var earlier = Enumerable.Range(0, 120).Select(minute => new TemperatureFrame.Reading("hill", start.AddMinutes(minute - 120), minute - 100));
        await Frame.From(earlier).LoadAsync(TemperatureFrame.ReadingsTable(database), Load.Full, cancel: Cancel);
        var run = await test.At(start).RunAsync(Cancel);
        var again = await test.At(start).Failing("load", times: 1).RunAsync(Cancel);

        Assert.True(run.State == RunState.Success, run.ToString());
        Assert.True(again.State == RunState.Success, again.ToString());
        var kept = await Frame.From(TemperatureFrame.ReadingsTable(database)).As<TemperatureFrame.Reading>().ToListAsync(Cancel);
        Assert.Equal([("harbour", 1), ("hill", 60), ("tower", 1)], kept.CountBy(reading => reading.Station).Select(s => (s.Key, s.Value)).Order());
        var now = Assert.Single(kept, reading => reading.Station == "hill" && reading.At == start).Celsius;

        var stats = await Frame.From(TemperatureFrame.StatsTable(database)).As<TemperatureFrame.Stats>().OrderBy(s => s.Station).ToListAsync(Cancel);
        Assert.Equal(["harbour", "hill", "tower"], stats.Select(s => s.Station));
        // The readings of 59 earlier minutes are -39 to 19.
        Assert.Equal((start, 60, -39.0, 19.0), (stats[1].Until, stats[1].Readings, stats[1].Min, stats[1].Max));
        Assert.Equal((Enumerable.Range(-39, 59).Sum() + now) / 60, stats[1].Average, 9);
    }

    [Fact]
    public async Task A_minute_always_has_the_same_temperatures()
    {
        var minute = new DateTimeOffset(2026, 11, 21, 6, 0, 0, TimeSpan.Zero);
        var first = await Frame.From(new TemperatureFrame.StationApi(minute)).ToListAsync(Cancel);
        Assert.Equal(first, await Frame.From(new TemperatureFrame.StationApi(minute)).ToListAsync(Cancel));
        Assert.Equal(("harbour", 13.0), (first[0].Station, first[0].Celsius));
    }
}
