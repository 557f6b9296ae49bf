using System.Globalization;
using Millrace.Dags;

namespace Millrace.Samples.LibraryMode;

/// <summary>The application's own DAG. Its tasks run in the application's process.</summary>
static class Invoices
{
    internal sealed record Invoice(string Customer, decimal Amount);

    public static Dag Dag { get; } = Dag.Build("invoices", d =>
    {
        d.Description = "Collects a month's orders and writes an invoice to every customer.";
        d.Defaults = new() { Retry = Retry.Fixed(2, TimeSpan.FromSeconds(10)) };
        var month = d.RequiredParam<string>("month", description: "Such as 2026-11.", pattern: "^[0-9]{4}-[0-9]{2}$");

        var invoices = d.Task("collect", c => Collect(c.Get(month)));
        var sent = d.Map("send", invoices, (context, invoice) => Send(context, invoice));
        d.Task("sum_up", sent, invoices, (files, all) => $"{files.Count} invoices over {all.Sum(invoice => invoice.Amount).ToString("0.00", CultureInfo.InvariantCulture)}");
    });

    static Invoice[] Collect(string month) => [new("ada", 119.00m), new("grace", 23.80m), new("edsger", month.Length)];

    static async Task<FileResult> Send(TaskContext context, Invoice invoice)
    {
        var path = context.NewFile("invoice.txt");
        await File.WriteAllTextAsync(path, string.Create(CultureInfo.InvariantCulture, $"Dear {invoice.Customer}, please pay {invoice.Amount:0.00}.\n"), context.Cancellation);
        return new FileResult(path);
    }
}
