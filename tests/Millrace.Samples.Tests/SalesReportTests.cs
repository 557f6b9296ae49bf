using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Samples.Tests;

public sealed class SalesReportTests : IDisposable
{
    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    DagTest Test => DagTest.For(SalesReport.Dag).With("folder", folder.Path).At("2026-11-21T06:00Z");

    public void Dispose() => folder.Dispose();

    void Drop(string day, params string[] sales) => File.WriteAllLines(folder[$"sales-{day}.csv"], ["product,sold,price", .. sales]);

    [Fact]
    public async Task It_waits_for_yesterdays_file_and_then_goes_on()
    {
        var run = await Test.After(TimeSpan.FromMinutes(44.5), () => Drop("2026-11-20", "tea,3,2.50", "coffee,1,4.00", "tea,2,2.50")).RunAsync(Cancel);

        Assert.Equal((RunState.Success, TimeSpan.FromMinutes(45)), (run.State, run.Duration));
        Assert.Equal(45, run["wait_for_sales"].States.Count(state => state == TaskState.UpForReschedule));
        Assert.Equal(["day,product,sold,revenue", "2026-11-20,coffee,1,4.00", "2026-11-20,tea,5,12.50"], await File.ReadAllLinesAsync(folder["report.csv"], Cancel));
    }

    [Fact]
    public async Task Without_a_file_it_gives_up_after_half_a_day()
    {
        var run = await Test.RunAsync(Cancel);
        Assert.Equal((RunState.Failed, TimeSpan.FromHours(12), TaskState.UpstreamFailed), (run.State, run.Duration, run["process_sales"].State));
    }

    [Fact]
    public async Task Lines_that_can_not_be_read_are_counted_and_left_out()
    {
        Drop("2026-11-20", "tea,3,2.50", "coffee,many,4.00", "broken");
        var run = await Test.RunAsync(Cancel);
        Assert.Equal([new("tea", 3, 7.50m)], run.Result<SalesReport.Total[]>("process_sales"));
        Assert.Contains("2 of 3 lines can't be read", run["process_sales"].Log, StringComparison.Ordinal);
    }
}
