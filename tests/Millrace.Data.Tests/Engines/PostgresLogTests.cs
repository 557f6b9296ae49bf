using System.Text.RegularExpressions;
using Millrace.Testing.Servers;
using Npgsql;
using static Millrace.Data.Columns;

namespace Millrace.Data.Tests.Engines;

/// <summary>That plans run inside the database is seen where nobody can pretend: in the server's own log.</summary>
public sealed partial class PostgresLogTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plan_is_one_statement_of_the_server_and_a_load_within_it_an_insert_of_a_select()
    {
        await using var server = await PostgresServer.StartAsync(Cancel);
        await using (var source = NpgsqlDataSource.Create(server.ConnectionString))
        await using (var command = source.CreateCommand("""
            create table passes (id int, plaza text, paid numeric(9,2));
            insert into passes select n, 'plaza ' || n % 10, n from generate_series(1, 1000) n;
            create table plazas (plaza text, city text);
            insert into plazas select 'plaza ' || n, case when n < 5 then 'Oslo' else 'Rome' end from generate_series(0, 9) n;
            """))
        {
            await command.ExecuteNonQueryAsync(Cancel);
        }
        var database = Postgres.Connect(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Options = "-c log_statement=all" }.ConnectionString);
        var cities = Frame.From(database.Table("passes")).Where(Col("id") > 10)
            .Join(Frame.From(database.Table("plazas")), "plaza")
            .GroupBy("city").Aggregate(Sum("paid").As("paid"), Count().As("n"))
            .OrderBy("city");

        var table = await cities.CollectAsync(Cancel);
        Assert.Equal(2, table.Count);
        var asked = Assert.Single(Statements(server), OfPasses);
        Assert.StartsWith("COPY (", asked, StringComparison.OrdinalIgnoreCase);
        Assert.All(["WHERE", "JOIN", "GROUP BY", "ORDER BY"], word => Assert.Contains(word, asked, StringComparison.Ordinal));

        var before = Statements(server).Count;
        var report = await cities.LoadAsync(database.Table("by_city", key: ["city"]), Load.Upsert, cancel: Cancel);
        Assert.Equal(2, report.Added);
        var loaded = Statements(server).Skip(before).ToList();
        Assert.Equal(0, report.Bytes);
        Assert.DoesNotContain(loaded, s => s.Contains("to stdout", StringComparison.OrdinalIgnoreCase));
        var staged = Assert.Single(loaded, OfPasses);
        Assert.StartsWith("insert into", staged, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("GROUP BY", staged, StringComparison.Ordinal);
    }

    // One that ends in limit 0 asks for the columns only.
    static bool OfPasses(string statement) =>
        statement.Contains("\"passes\"", StringComparison.Ordinal) && !statement.TrimEnd().EndsWith("limit 0", StringComparison.OrdinalIgnoreCase);

    // A statement of several lines goes on after a tab.
    static List<string> Statements(PostgresServer server)
    {
        using var log = new StreamReader(new FileStream(server.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. Statement().Matches(log.ReadToEnd()).Select(m => m.Groups[1].Value.Replace("\n\t", "\n", StringComparison.Ordinal))];
    }

    [GeneratedRegex(@"LOG:  (?:statement|execute [^:]+): (.*(?:\n\t.*)*)")]
    private static partial Regex Statement();
}
