using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Millrace.Data;
using Millrace.Runs;
using Millrace.Testing;

namespace Millrace.Samples.Tests;

public sealed class CostAccountingTests : IDisposable
{
    static readonly string[] Files = ["payroll.csv", "sales.jsonl", "purchasing.xml"];

    readonly TempFolder folder = new();

    public CostAccountingTests()
    {
        foreach (var file in Files) File.Copy(Path.Combine(Repository.Samples, "09-cost-accounting", file), folder[file]);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    DagTest Test => DagTest.For(CostAccounting.Dag).With("folder", folder.Path).With("database", folder["costs.db"]).At("2026-11-21T05:00Z");

    public void Dispose() => folder.Dispose();

    Task<List<CostAccounting.Entry>> MartAsync() =>
        Frame.From(CostAccounting.Mart(folder["costs.db"])).As<CostAccounting.Entry>().OrderBy(e => e.Department).ThenBy(e => e.Month).ThenBy(e => e.Category).ToListAsync(Cancel);

    // The same sums with nothing but the base library.
    IEnumerable<CostAccounting.Entry> Expected()
    {
        IEnumerable<(string Department, string Month, string Category, decimal Amount)> entries = File.ReadLines(folder["payroll.csv"]).Skip(1).Where(line => line.Length > 0).Select(line => line.Split(';'))
            .Select(wage => (wage[1], wage[2], "payroll", Euros(wage[3]) + Euros(wage[4])))
            .Concat(File.ReadLines(folder["sales.jsonl"]).Where(line => line.Length > 0).Select(line => JsonDocument.Parse(line).RootElement).SelectMany(
                sale => sale.GetProperty("lines").EnumerateArray(),
                (sale, line) => (sale.GetProperty("department").GetString()!, sale.GetProperty("at").GetString()![..7], "sales", line.GetProperty("amount").GetDecimal())))
            .Concat(XDocument.Load(folder["purchasing.xml"]).Root!.Elements("order").Select(
                order => (order.Attribute("centre")!.Value, order.Attribute("date")!.Value[..7], "purchasing", decimal.Parse(order.Element("amount")!.Value, CultureInfo.InvariantCulture))));
        return entries.GroupBy(e => (Department: char.ToUpperInvariant(e.Department[0]) + e.Department[1..].ToLowerInvariant(), e.Month, e.Category))
            .Select(g => new CostAccounting.Entry(g.Key.Department, DateOnly.ParseExact(g.Key.Month + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture), g.Key.Category, g.Sum(e => e.Amount)))
            .OrderBy(e => e.Department, StringComparer.Ordinal).ThenBy(e => e.Month).ThenBy(e => e.Category, StringComparer.Ordinal);

        static decimal Euros(string text) => decimal.Parse(text.Replace(',', '.'), CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Three_sources_become_one_mart_with_their_sums()
    {
        var run = await Test.RunAsync(Cancel);

        Assert.True(run.State == RunState.Success, run.ToString());
        var mart = await MartAsync();
        Assert.Equal(Expected(), mart);
        Assert.Contains(new("Shop", new DateOnly(2026, 1, 1), "sales", 8686.80m), mart);
        Assert.Contains(new("Bakery", new DateOnly(2026, 2, 1), "purchasing", 2204.00m), mart);
    }

    [Fact]
    public async Task Loaded_again_the_mart_is_the_same_and_a_correction_takes_the_place_of_its_month()
    {
        await Test.RunAsync(Cancel);
        await Test.Failing("load_mart", times: 1).RunAsync(Cancel);
        Assert.Equal(Expected(), await MartAsync());

        await File.WriteAllTextAsync(folder["purchasing.xml"], (await File.ReadAllTextAsync(folder["purchasing.xml"], Cancel)).Replace("143.75", "1143.75", StringComparison.Ordinal), Cancel);
        var run = await Test.RunAsync(Cancel);

        Assert.True(run.State == RunState.Success, run.ToString());
        Assert.Equal(Expected(), await MartAsync());
    }

    [Fact]
    public async Task An_unknown_department_is_refused_by_name_and_the_totals_say_so()
    {
        await File.AppendAllTextAsync(folder["payroll.csv"], "1006;Brewery;2026-02;100,00;20,50\n", Cancel);

        var run = await Test.RunAsync(Cancel);

        Assert.Equal((RunState.Failed, TaskState.Success, TaskState.Failed), (run.State, run["load_mart"].State, run["reconcile"].State));
        Assert.Contains("brewery", run["load_mart"].Log, StringComparison.Ordinal);
        Assert.Contains("doesn't reconcile: payroll is", run["reconcile"].Log, StringComparison.Ordinal);
        Assert.Equal(1, run["reconcile"].Attempts);
    }
}
