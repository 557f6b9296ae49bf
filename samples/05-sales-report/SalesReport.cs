using System.Globalization;
using Microsoft.Extensions.Logging;
using Millrace.Dags;

namespace Millrace.Samples;

/// <summary>Waits for the day's sales file, processes it and loads the totals into a reporting table. Nothing runs before the file is there.</summary>
public static class SalesReport
{
    sealed record Sale(string Product, int Count, decimal Price);

    public sealed record Total(string Product, int Sold, decimal Revenue);

    public static Dag Dag { get; } = Dag.Build("sales_report", d =>
    {
        d.Description = "Yesterday's sales by product.";
        d.Schedule = "0 6 * * *";
        var folder = d.Param("folder", Path.Combine(Path.GetTempPath(), "millrace-samples", "sales"), description: "Where sales-DAY.csv is dropped and report.csv is kept.");

        // Between two looks it holds no worker, however long it waits.
        var arrived = d.FileSensor("wait_for_sales", c => SalesFile(c, c.Get(folder)), every: TimeSpan.FromMinutes(1), timeout: TimeSpan.FromHours(12));
        var totals = d.Task("process_sales", c => Process(c, SalesFile(c, c.Get(folder))));
        d.Task("load_report", totals, (c, rows) => Load(c, rows, Path.Combine(c.Get(folder), "report.csv")), new() { Retry = Retry.Fixed(3, TimeSpan.FromMinutes(1)) });

        _ = arrived >> totals;
    });

    // A run covers the time since the one before it: the day that its interval begins with.
    static string Day(TaskContext context) => context.DataInterval.Start.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    static string SalesFile(TaskContext context, string folder) => Path.Combine(folder, $"sales-{Day(context)}.csv");

    static Total[] Process(TaskContext context, string path)
    {
        var lines = File.ReadLines(path).Skip(1).Where(line => line.Length > 0).ToArray();
        var sales = lines.Select(Parse).OfType<Sale>().ToArray();
        if (sales.Length < lines.Length) context.Logger.LogWarning("{Count} of {Lines} lines can't be read and are left out", lines.Length - sales.Length, lines.Length);
        return
        [
            .. sales.GroupBy(sale => sale.Product)
                .Select(group => new Total(group.Key, group.Sum(sale => sale.Count), group.Sum(sale => sale.Count * sale.Price)))
                .OrderBy(total => total.Product, StringComparer.Ordinal),
        ];
    }

    static Sale? Parse(string line) =>
        line.Split(',') is [var product, var count, var price]
        && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var sold)
        && decimal.TryParse(price, NumberStyles.Number, CultureInfo.InvariantCulture, out var each) ? new Sale(product, sold, each) : null;

    // The day's rows replace those that an earlier try has loaded.
    static void Load(TaskContext context, Total[] totals, string table)
    {
        var day = Day(context);
        var others = File.Exists(table) ? File.ReadAllLines(table).Skip(1).Where(line => !line.StartsWith(day + ",", StringComparison.Ordinal)) : [];
        var own = totals.Select(total => string.Create(CultureInfo.InvariantCulture, $"{day},{total.Product},{total.Sold},{total.Revenue:0.00}"));
        var temporary = table + ".new";
        File.WriteAllLines(temporary, ["day,product,sold,revenue", .. others, .. own]);
        File.Move(temporary, table, overwrite: true);
    }
}
