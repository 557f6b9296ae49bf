using Millrace.Dags;
using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Samples.Tests;

public sealed class IntegrityCheckTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static readonly string[] BadWay = ["describe_integrity", "email_error", "report_issue"];
    static readonly string[] GoodWay = ["save_data", "generate_report"];

    [Fact]
    public async Task Sound_orders_are_saved_and_summed_up()
    {
        var run = await DagTest.For(IntegrityCheck.Dag).RunAsync(Cancel);

        Assert.Equal(RunState.Success, run.State);
        Assert.All(GoodWay, task => Assert.Equal(TaskState.Success, run[task].State));
        Assert.All(BadWay, task => Assert.Equal(TaskState.Skipped, run[task].State));
        Assert.Equal("4 orders of 3 customers, 154.40 in all", run.Result<string>("generate_report"));
        Assert.Equal(4, File.ReadAllLines(run.Result<FileResult>("save_data").Path).Length);
    }

    [Fact]
    public async Task Broken_orders_are_described_mailed_and_reported()
    {
        var run = await DagTest.For(IntegrityCheck.Dag).With("source", "orders-broken.csv").At("2026-11-21").RunAsync(Cancel);

        Assert.Equal(RunState.Success, run.State);
        Assert.All(BadWay, task => Assert.Equal(TaskState.Success, run[task].State));
        Assert.All(GoodWay, task => Assert.Equal(TaskState.Skipped, run[task].State));
        Assert.Equal("4 orders were read.\nWithout a customer: 1002.\nMore than once: 1002.\nWith a negative amount: 1004.", run.Result<string>("describe_integrity"));
        var mail = await File.ReadAllTextAsync(run.Result<FileResult>("email_error").Path, Cancel);
        Assert.Contains("Subject: The orders of 2026-11-21 are broken", mail, StringComparison.Ordinal);
        Assert.Contains("Issue reported: 4 orders were read.", run["report_issue"].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_other_source_is_refused()
    {
        var e = await Assert.ThrowsAsync<ParamException>(() => DagTest.For(IntegrityCheck.Dag).With("source", "invoices.csv").RunAsync(Cancel));
        Assert.Contains("""expected one of "orders.csv", "orders-broken.csv""", e.Message, StringComparison.Ordinal);
    }
}
