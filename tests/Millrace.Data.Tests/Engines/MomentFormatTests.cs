using Millrace.Plans;
using Millrace.Testing.Plans;
using Millrace.Testing.Servers;
using Npgsql;
using static Millrace.Data.Columns;

namespace Millrace.Data.Tests.Engines;

/// <summary>What a format reads is what .NET reads by it, on each engine; nothing is forgiven.</summary>
public sealed class MomentFormatTests
{
    static readonly string?[] texts =
    [
        "2026-01-31", "2026-1-31", "2026-02-29", "2000-02-29", "2100-02-29", "2026-04-31", "2026-00-10", "2026-13-10", "2026-10-00", "2026-10-32", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01",
        " 2026-01-31", "2026-01-31 ", "2026-01-31\n", "٢٠٢٦-01-31", "2026/01/31", "31.1.2026", "1.12.2026", "01.02.2026", "31.04.2026", "031.1.2026", "", "today", "infinity", "null", null,
        "2026-01-31 23:59:59", "2026-01-31 24:00:00", "2026-01-31 23:60:00", "2026-01-31 7:05:09", "2026-01-31T07:05:09.123", "2026-01-31T07:05:09.12", "2026-06-31T07:05:09.123",
        "23:59", "7:5", "24:00", "07:05", "7h", "12:30 AM", "0:30 pm", "13:00 PM", "31 Jan 2026", "31 jan 26", "30 Feb 2026", "20260131", "20260231", "it's 2026",
    ];

    static readonly (string Type, string Format)[] formats =
    [
        ("date", "yyyy-MM-dd"), ("date", "d.M.yyyy"), ("date", "yyyyMMdd"), ("date", "yyyy-MM"), ("date", "dd MMM yyyy"), ("date", "dd MMM yy"), ("date", "'it''s' yyyy"), ("date", "\"it's\" yyyy"), ("time", "HH:mm"), ("time", "H:m"), ("time", "H'h'"), ("time", "h:mm tt"),
        ("timestamp", "yyyy-MM-dd HH:mm:ss"), ("timestamp", "yyyy-MM-dd H:mm:ss"), ("timestamp", "yyyy-MM-ddTHH:mm:ss.fff"), ("timestamp", "d.M.yyyy"),
    ];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    sealed record Text(int Id, string? Value);

    [Fact]
    public async Task Each_engine_reads_what_DotNet_reads()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using (var command = source.CreateCommand("create table texts (id int not null, value text)")) await command.ExecuteNonQueryAsync(Cancel);
        for (var i = 0; i < texts.Length; i++)
        {
            await using var insert = source.CreateCommand("insert into texts values ($1, $2)");
            insert.Parameters.AddWithValue(i);
            insert.Parameters.AddWithValue((object?)texts[i] ?? DBNull.Value);
            await insert.ExecuteNonQueryAsync(Cancel);
        }
        var table = Frame.From(Postgres.Connect(database.ConnectionString).Table("texts"));
        var broken = new List<string>();
        foreach (var (type, format) in formats)
        {
            var wanted = Enumerable.Range(0, texts.Length).Select(i => InNet(type, format, texts[i])).ToList();
            foreach (var (frame, engine) in new (Frame, PlanEngine?)[] { (InMemory, PlanEngine.Streaming), (InMemory, null), (table, null) })
            {
                // The order makes it DuckDB's in the second case.
                var tried = frame.Select("id", ("at", Parsed($"try_parse_{type}", format)));
                var actual = await Rows(engine is null ? tried.OrderBy("id") : tried, engine);
                for (var i = 0; i < texts.Length; i++)
                    if (!Equals(wanted[i], actual[i])) broken.Add($"'{texts[i]}' by {format} ({(frame == table ? "postgres" : engine)}) is {actual[i] ?? "null"} and should be {wanted[i] ?? "null"}.");
            }
        }
        Assert.True(broken.Count == 0, string.Join("\n", broken));
    }

    [Fact]
    public async Task Each_engine_refuses_what_is_not_of_the_format()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using (var command = source.CreateCommand("create table texts (id int not null, value text); insert into texts values (1, '31.12.2026'), (2, null), (3, '31.04.2026'), (4, '1.1.2026')")) await command.ExecuteNonQueryAsync(Cancel);
        var table = Frame.From(Postgres.Connect(database.ConnectionString).Table("texts"));
        var read = table.Select("id", ("at", Col("value").ParseDate("dd.MM.yyyy")));
        Assert.Contains("CASE WHEN", read.Where(Col("id") < 3).Explain(), StringComparison.Ordinal);
        Assert.Equal([new DateOnly(2026, 12, 31), null], await Rows(table.Where(Col("id") < 3).Select("id", ("at", Col("value").ParseDate("dd.MM.yyyy"))).OrderBy("id"), null));
        await Assert.ThrowsAsync<DatabaseException>(() => Rows(table.Where(Col("id") == 3).Select("id", ("at", Col("value").ParseDate("dd.MM.yyyy"))), null));
        var wrong = await Assert.ThrowsAsync<DatabaseException>(() => Rows(table.Where(Col("id") == 4).Select("id", ("at", Col("value").ParseDate("dd.MM.yyyy"))), null));
        Assert.Contains("'1.1.2026' isn't of the format dd.MM.yyyy", wrong.Message, StringComparison.Ordinal);

        foreach (var bad in (string[])["31.04.2026", "1.1.2026"])
        {
            var rows = Frame.From([new Text(1, bad)]).Untyped.Select("Id", ("at", Col("Value").ParseDate("dd.MM.yyyy")));
            Assert.Contains(bad, (await Assert.ThrowsAsync<RowException>(() => Rows(rows, PlanEngine.Streaming))).Message, StringComparison.Ordinal);
            await Assert.ThrowsAnyAsync<Exception>(() => Rows(rows, PlanEngine.DuckDb));
        }
    }

    static Frame InMemory { get; } = Frame.From(texts.Select((t, i) => new Text(i, t)).ToList()).Untyped.Rename(("Id", "id"), ("Value", "value"));

    static Value Parsed(string function, string format) => new(Functions.Named(function).Of(new ColumnExpr("value"), LiteralExpr.Of(format)));

    static async Task<List<object?>> Rows(Frame frame, PlanEngine? engine) => [.. (await FrameRunner.RunAsync(frame.Plan, new RunContext { Engine = engine }, Cancel).RowsAsync()).Select(r => r[1])];

    static object? InNet(string type, string format, string? text) => type switch
    {
        "date" => text.TryParseDate(format),
        "time" => text.TryParseTime(format),
        _ => text.TryParseTimestamp(format),
    };
}
