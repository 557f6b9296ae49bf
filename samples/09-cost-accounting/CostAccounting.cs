using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Millrace.Dags;
using static Millrace.Data.Columns;
using static Millrace.Data.TimeUnit;

namespace Millrace.Samples;

/// <summary>Payroll, sales and purchasing, each in its own format and with its own names of departments, are staged and brought into one mart.</summary>
public static class CostAccounting
{
    public sealed record Wage(int Employee, [ColumnName("cost centre")] string CostCentre, string Month, [Digits(18, 2)] decimal Gross, [ColumnName("employer share"), Digits(18, 2)] decimal EmployerShare);

    public sealed record SaleLine(string Item, [Digits(18, 2)] decimal Amount);

    public sealed record Sale(string Invoice, DateTimeOffset At, string Department, IReadOnlyList<SaleLine> Lines);

    /// <summary>An XML element with attributes and a text of its own.</summary>
    public sealed record Money(string Currency, [Digits(18, 2)] decimal Text);

    public sealed record Order(string Number, DateOnly Date, string Centre, string Supplier, Money Amount);

    /// <summary>What all sources have in common.</summary>
    public sealed record Entry(string Department, DateOnly Month, string Category, [Digits(18, 2)] decimal Amount);

    public sealed record Department(string Spelling, string Name);

    static readonly Department[] departments = [new("bakery", "Bakery"), new("delivery", "Delivery"), new("shop", "Shop")];

    static readonly DataType amount = DataType.Decimal(18, 2);

    public static Dag Dag { get; } = Dag.Build("cost_accounting", d =>
    {
        d.Description = "Amounts by department, month and category.";
        d.Schedule = "0 5 * * *";
        d.Defaults = new() { Retry = Retry.Exponential(2, TimeSpan.FromSeconds(30)), Timeout = TimeSpan.FromMinutes(10) };
        var folder = d.Param("folder", Here(), description: "Where payroll.csv, sales.jsonl and purchasing.xml are.");
        var database = d.Param("database", Path.Combine(Path.GetTempPath(), "millrace-samples", "costs.db"), description: "A SQLite file, or the connection string of a PostgreSQL database.");

        var payroll = d.Task("stage_payroll", c => StageAsync(c, Payroll(c.Get(folder)), "stage_payroll", c.Get(database)));
        var sales = d.Task("stage_sales", c => StageAsync(c, Sales(c.Get(folder)), "stage_sales", c.Get(database)));
        var purchasing = d.Task("stage_purchasing", c => StageAsync(c, Purchasing(c.Get(folder)), "stage_purchasing", c.Get(database)));
        var mart = d.Task("build_mart", payroll, sales, purchasing, BuildMart);
        var load = d.Task("load_mart", mart, (c, rows) => LoadAsync(c, rows, c.Get(database)));
        var reconcile = d.Task("reconcile", c => ReconcileAsync(c.Get(folder), c.Get(database), c.Cancellation));

        _ = load >> reconcile;
    });

    // Semicolons, decimal commas, and a month without a day.
    static Frame<Entry> Payroll(string folder) => Csv.Read<Wage>(Path.Combine(folder, "payroll.csv"), new() { Delimiter = ';', DecimalSeparator = ',' })
        .Select(Col("cost centre").As("department"), (Col("month") + "-01").Cast(DataType.Date).As("month"), ("category", "payroll"), (Col("gross") + Col("employer share")).Cast(amount).As("amount"))
        .As<Entry>();

    // An invoice has a list of lines: each becomes a row.
    static Frame<Entry> Sales(string folder) => JsonLines.Read<Sale>(Path.Combine(folder, "sales.jsonl"))
        .Flatten("lines")
        .Select("department", Col("at").Truncate(Months).Date().As("month"), ("category", "sales"), Col("lines").Field("amount").Cast(amount).As("amount"))
        .As<Entry>();

    static Frame<Entry> Purchasing(string folder) => Xml.Read<Order>(Path.Combine(folder, "purchasing.xml"), "/orders/order")
        .Select(Col("centre").As("department"), Col("date").Truncate(Months).Cast(DataType.Date).As("month"), ("category", "purchasing"), Col("amount").Field("text").Cast(amount).As("amount"))
        .As<Entry>();

    // What is staged no longer changes when the source does: the mart can be built again from it.
    static async Task<Frame<Entry>> StageAsync(TaskContext context, Frame<Entry> entries, string table, string database)
    {
        var staged = Database.Table(database, table);
        context.Logger.LogInformation("{Report}", await entries.LoadAsync(staged, Load.Full, cancel: context.Cancellation));
        return Frame.From(staged).As<Entry>();
    }

    // A department that nobody has heard of is refused, with its name, and then the totals don't reconcile.
    static Frame<Entry> BuildMart(Frame<Entry> payroll, Frame<Entry> sales, Frame<Entry> purchasing) => payroll.UnionAll(sales).UnionAll(purchasing)
        .With("spelling", Col("department").Trim().Lower())
        .Lookup(Frame.From(departments), "spelling", take: ["name"], name: "departments")
        .GroupBy(Col("name").As("department"), "month", "category").Aggregate(Sum("amount").Cast(amount).As("amount"))
        .As<Entry>();

    // Whole months are replaced: loaded twice, they are there once.
    static async Task LoadAsync(TaskContext context, Frame<Entry> rows, string database)
    {
        var report = await rows.LoadAsync(Mart(database), Load.DeleteInsert, cancel: context.Cancellation);
        context.Logger.Log(report.Rejected > 0 ? LogLevel.Warning : LogLevel.Information, "{Report}", report);
    }

    static async Task ReconcileAsync(string folder, string database, CancellationToken cancel)
    {
        var mart = Frame.From(Mart(database)).As<Entry>();
        foreach (var (category, source) in new[] { ("payroll", Payroll(folder)), ("sales", Sales(folder)), ("purchasing", Purchasing(folder)) })
        {
            var (expected, loaded) = (await TotalAsync(source, cancel), await TotalAsync(mart.Where(entry => entry.Category == category), cancel));
            if (expected != loaded)
                throw new FailTaskException(string.Create(CultureInfo.InvariantCulture, $"The mart doesn't reconcile: {category} is {loaded:0.00} there and {expected:0.00} in the source. See which rows load_mart refused."));
        }
    }

    static async Task<decimal> TotalAsync(Frame<Entry> entries, CancellationToken cancel) =>
        (await entries.Aggregate(g => new { Total = g.Sum(entry => (decimal?)entry.Amount) }).ToListAsync(cancel))[0].Total ?? 0;

    public static TableTarget Mart(string database) => Database.Table(database, "costs", key: ["month"]);

    static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
