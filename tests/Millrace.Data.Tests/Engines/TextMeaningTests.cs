using Millrace.Plans;
using Millrace.Testing.Servers;
using static Millrace.Data.Columns;

namespace Millrace.Data.Tests.Engines;

/// <summary>Functions of text over texts at the edges: each engine that can say them gives what the streaming engine gives.</summary>
public sealed class TextMeaningTests
{
    sealed record Row(int Id, string? S, int? N);

    static readonly string?[] texts =
    [
        "Tromso", "Tromsø", "ÅÄ", "straße", "İ", "ı", "ǆ", "ΑΣ", "a\n", "\u0663", "\u00a0x\u00a0", "\u2028", "\v", "\U0001D518x", "e\u0301", "abc", "a.b.c", "..", ".", "", "ab", "aab", "true", "a1b22", "x-1", "\\", "$1", null,
    ];

    static readonly Row[] rows = [.. texts.SelectMany((t, i) => new[] { new Row(i * 4, t, -1), new Row(i * 4 + 1, t, 0), new Row(i * 4 + 2, t, 2), new Row(i * 4 + 3, t, null) })];

    static readonly Value S = Col("S"), N = Col("N");

    static readonly (string Name, Value Value)[] cases =
    [
        .. new[] { "a$", @"^\d$", @"^\w+$", @"^\s", "^.$", "^[^a]$", @"\W", @"\S\s", "[^\n]", "a|ab", "(?:a+)+b", "a{2}", @"^\.{1,2}$", @"[\w.-]+", "[^\\W\\d]", @"\\", "[\u0660-\u0669]", "\U0001D518", "^$", "" }
            .Select(p => ($"matches {p}", S.Matches(p))),
        .. new[] { "[0-9]+", "a|ab", "(a?)(ab)?", "a*", "a+b", "(a)|b", "([a-z]+)([0-9]+)", "^.", "[^a]+" }.Select(p => ($"extract {p}", S.Extract(p))),
        ("extract group", S.Extract("([a-z]+)([0-9]+)", 2)), ("extract missing group", S.Extract("(a)|b", 1)),
        ("replace [0-9]", S.ReplacePattern("[0-9]", "#")), ("replace groups", S.ReplacePattern("([a-z])([0-9])", @"\2\1<\0>")), ("replace a*", S.ReplacePattern("a*", "-")), ("replace a|ab", S.ReplacePattern("a|ab", "-")), ("replace dollar", S.ReplacePattern("b", "$1")),
        ("upper", S.Upper()), ("lower", S.Lower()), ("trim", S.Trim()), ("reverse", S.Reverse()), ("length", S.Length()),
        ("substring 0 1", S.Substring(0, 1)), ("substring -1 2", S.Substring(-1, 2)), ("substring -1", S.Substring(-1)), ("substring 0 -1", S.Substring(0, -1)), ("substring 1 100", S.Substring(1, 100)),
        ("substring n 2", S.Substring(N, 2)), ("substring 1 n", S.Substring(1, N)), ("substring n", S.Substring(N)),
        ("split", S.Split(".").ItemCount()), ("split empty", S.Split("").ItemCount()), ("part", S.Part(".", 1)), ("part empty", S.Part("", 0)), ("part -1", S.Part(".", -1)),
        ("index of empty", S.IndexOf("")), ("replace empty", S.Replace("", "x")), ("pad", S.PadLeft(5, "ab")), ("pad empty", S.PadLeft(9, "")), ("starts", S.StartsWith("")), ("less", S < "a"),
    ];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_engine_means_the_same_by_functions_of_text()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        var table = Postgres.Connect(database.ConnectionString).Table("texts");
        var memory = Frame.From(rows).Untyped;
        await memory.LoadAsync(table, Load.Full, cancel: Cancel);
        var stored = Frame.From(table);
        var broken = new List<string>();
        foreach (var (name, value) in cases)
        {
            try
            {
                var expected = await RowsAsync(memory.Select("Id", value.As("x")), PlanEngine.Streaming);
                // A sort makes DuckDB of what would stream, and what PostgreSQL can't say the planner takes elsewhere.
                foreach (var (where, frame) in new[] { ("sorted", memory.Select("Id", value.As("x")).OrderBy("x")), ("stored", stored.Select("id", value.As("x"))), ("stored and sorted", stored.Select("id", value.As("x")).OrderBy("x")) })
                {
                    var actual = await RowsAsync(frame, null);
                    if (expected.Zip(actual).FirstOrDefault(p => p.First != p.Second) is { First: not null } other) broken.Add($"{name}, {where}: {other.First} is {other.Second}");
                }
                var step = memory.Select("Id", value.As("x"));
                if (new DuckDbEngine().WhyNot(Planner.Prepare(step.Plan)) is null && expected.Zip(await RowsAsync(step, PlanEngine.DuckDb)).FirstOrDefault(p => p.First != p.Second) is { First: not null } wrong)
                    broken.Add($"{name}, DuckDB: {wrong.First} is {wrong.Second}");
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                broken.Add($"{name}: {e.GetType().Name} {e.Message}");
            }
        }
        Assert.True(broken.Count == 0, string.Join("\n", broken));
    }

    [Fact]
    public async Task A_filter_counts_the_same_with_and_without_a_sort()
    {
        var frame = Frame.From([new { City = "Tromso" }, new { City = "Tromsø" }, new { City = "ÅÄ" }]).Untyped.Where(Col("City").Matches(@"^\w+$"));
        Assert.Equal(1, await frame.CountAsync(Cancel));
        Assert.Single((await frame.OrderBy("City").CollectAsync(Cancel)).Rows);
    }

    static async Task<List<string>> RowsAsync(Frame frame, PlanEngine? engine)
    {
        var rows = new List<(int, string)>();
        await foreach (var batch in frame.ReadBatchesAsync(new RunContext { Engine = engine }, Cancel))
            for (var i = 0; i < batch.Count; i++) rows.Add(((int)batch.Row(i)[0]!, batch.Row(i)[1] is { } x ? ClrValue.Display(x) : "(null)"));
        return [.. rows.Order().Select(r => $"'{TextMeaningTests.rows[r.Item1].S}': {r.Item2}")];
    }
}
