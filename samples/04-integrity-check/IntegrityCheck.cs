using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Millrace.Dags;

namespace Millrace.Samples;

/// <summary>
/// Ingests a table, analyses it and goes one of two ways: what is broken is described, mailed and reported; what is sound is
/// saved and summed up.
/// </summary>
public static class IntegrityCheck
{
    public sealed record Order(string Id, string Customer, decimal Amount);

    public sealed record Analysis(int Rows, IReadOnlyList<string> MissingCustomers, IReadOnlyList<string> DuplicateIds, IReadOnlyList<string> NegativeAmounts)
    {
        public bool IsSound => MissingCustomers.Count + DuplicateIds.Count + NegativeAmounts.Count == 0;
    }

    public static Dag Dag { get; } = Dag.Build("integrity_check", d =>
    {
        d.Description = "Checks the orders before anybody builds on them.";
        d.Schedule = "@daily";
        d.Defaults = new() { Retry = Retry.Fixed(2, TimeSpan.FromMinutes(1)) };
        var source = d.Param("source", "orders.csv", description: "A file beside this one.", choices: ["orders.csv", "orders-broken.csv"]);

        var orders = d.Task("ingest_data", c => Ingest(Path.Combine(Here(), c.Get(source))));
        var analysis = d.Task("analyze_data", orders, Analyze);
        var check = d.Branch("check_integrity", analysis, found => found.IsSound ? "save_data" : "describe_integrity");

        var description = d.Task("describe_integrity", analysis, Describe);
        var email = d.Task("email_error", description, EmailError);
        var issue = d.Task("report_issue", description, (context, text) => context.Logger.LogWarning("Issue reported: {Text}", text));

        var saved = d.Task("save_data", orders, SaveData);
        var report = d.Task("generate_report", orders, GenerateReport);

        _ = check >> description >> email >> issue;
        _ = check >> saved >> report;
    });

    static Order[] Ingest(string path) =>
        [.. File.ReadLines(path).Skip(1).Select(line => line.Split(',')).Select(row => new Order(row[0], row[1], decimal.Parse(row[2], CultureInfo.InvariantCulture)))];

    static Analysis Analyze(Order[] orders) => new(
        orders.Length,
        [.. orders.Where(order => order.Customer.Length == 0).Select(order => order.Id)],
        [.. orders.GroupBy(order => order.Id).Where(same => same.Count() > 1).Select(same => same.Key)],
        [.. orders.Where(order => order.Amount < 0).Select(order => order.Id)]);

    static string Describe(Analysis found)
    {
        var lines = new List<string> { $"{found.Rows} orders were read." };
        if (found.MissingCustomers.Count > 0) lines.Add($"Without a customer: {string.Join(", ", found.MissingCustomers)}.");
        if (found.DuplicateIds.Count > 0) lines.Add($"More than once: {string.Join(", ", found.DuplicateIds)}.");
        if (found.NegativeAmounts.Count > 0) lines.Add($"With a negative amount: {string.Join(", ", found.NegativeAmounts)}.");
        return string.Join('\n', lines);
    }

    // A sample has no mail server: it leaves the message as a file, as a mail server's pick-up folder takes it.
    static async Task<FileResult> EmailError(TaskContext context, string description)
    {
        var path = context.NewFile("message.eml");
        await File.WriteAllTextAsync(path, $"""
            From: millrace@example.org
            To: data-team@example.org
            Subject: The orders of {context.LogicalTime:yyyy-MM-dd} are broken

            {description}
            """, context.Cancellation);
        return new FileResult(path);
    }

    static async Task<FileResult> SaveData(TaskContext context, Order[] orders)
    {
        var path = context.NewFile("orders.csv");
        await File.WriteAllLinesAsync(path, orders.Select(order => string.Create(CultureInfo.InvariantCulture, $"{order.Id},{order.Customer},{order.Amount}")), context.Cancellation);
        return new FileResult(path);
    }

    static string GenerateReport(Order[] orders) => string.Create(CultureInfo.InvariantCulture,
        $"{orders.Length} orders of {orders.Select(order => order.Customer).Distinct().Count()} customers, {orders.Sum(order => order.Amount):0.00} in all");

    static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
