using System.Globalization;
using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Samples.Tests;

public sealed class ShellSamplesTests : IDisposable
{
    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_shell_ETL_cuts_sums_and_loads()
    {
        var test = DagTest.For(ShellEtl.Dag).With("table", folder["totals.csv"]).At("2026-11-21T10:00Z");

        var run = await test.RunAsync(Cancel);
        await test.RunAsync(Cancel);

        Assert.True(run.State == RunState.Success, run.ToString());
        Assert.Equal(["price,shipping,total", "10.5,2.25,12.75", "20,3,23", "7.75,0,7.75"], await File.ReadAllLinesAsync(run.Result<string>("transform"), Cancel));
        Assert.Equal("Loaded 3 rows.", run.Result<string>("load"));
        Assert.Contains("Extracted 3 rows.", run["extract"].Log, StringComparison.Ordinal);
        Assert.Equal(
            ["time,price,shipping,total", "2026-11-21T10:00Z,10.5,2.25,12.75", "2026-11-21T10:00Z,20,3,23", "2026-11-21T10:00Z,7.75,0,7.75"],
            await File.ReadAllLinesAsync(folder["totals.csv"], Cancel));
    }

    [Fact]
    public async Task The_temperature_ETL_reads_computes_and_reports()
    {
        var run = await DagTest.For(TemperatureEtl.Dag).With("folder", folder.Path).At("2026-11-21T10:00Z").RunAsync(Cancel);

        Assert.True(run.State == RunState.Success, run.ToString());
        var reading = double.Parse(Assert.Single(await File.ReadAllLinesAsync(folder["temperature.log"], Cancel)).Split(',')[1], CultureInfo.InvariantCulture);
        Assert.InRange(reading, 6, 24);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"1,{reading:0.0},{reading:0.00},{reading:0.0}"), run.Result<string>("transform"));
        Assert.Equal(2, (await File.ReadAllLinesAsync(folder["dashboard.csv"], Cancel)).Length);
    }

    [Fact]
    public async Task The_temperature_ETL_keeps_the_last_sixty_readings_and_takes_a_minute_once()
    {
        await File.WriteAllLinesAsync(folder["temperature.log"], Enumerable.Range(0, 70).Select(i => string.Create(CultureInfo.InvariantCulture, $"2026-11-21T{i / 60:00}:{i % 60:00}Z,{i - 20}.5")), Cancel);
        var test = DagTest.For(TemperatureEtl.Dag).With("folder", folder.Path).At("2026-11-21T01:10Z").Returning("load", "");

        await test.RunAsync(Cancel);
        await test.Failing("transform", times: 1).RunAsync(Cancel);

        var log = await File.ReadAllLinesAsync(folder["temperature.log"], Cancel);
        Assert.Equal((60, "2026-11-21T00:11Z,-9.5", 1), (log.Length, log[0], log.Count(line => line.StartsWith("2026-11-21T01:10Z,", StringComparison.Ordinal))));
        var stats = (await File.ReadAllLinesAsync(folder["temp_stats.csv"], Cancel))[1].Split(',');
        Assert.Equal(("60", "-9.5", "49.5"), (stats[0], stats[1], stats[3]));
    }

    [Fact]
    public async Task A_broken_sensor_is_read_again_and_then_given_up()
    {
        var run = await DagTest.For(TemperatureEtl.Dag).With("folder", folder.Path).Failing("extract").RunAsync(Cancel);
        Assert.Equal((RunState.Failed, 3, TaskState.UpstreamFailed), (run.State, run["extract"].Attempts, run["load"].State));
    }
}
