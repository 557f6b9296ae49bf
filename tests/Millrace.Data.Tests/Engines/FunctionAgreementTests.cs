using Millrace.Plans;
using Millrace.Testing.Plans;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Engines;

/// <summary>
/// Every function of the catalogue over arguments of every type that it takes: each engine that has it gives the same
/// values, and fails for the same rows. A function that is added is tried here without more.
/// </summary>
public sealed class FunctionAgreementTests(ITestOutputHelper output)
{
    const int Rows = 30;

    // How many tuples of types of each function one run tries.
    static readonly int most = RandomPlanTests.Number("MILLRACE_TEST_CALLS") ?? 6;

    static readonly (string Name, DataType Type)[] columns =
    [
        ("flag", DataType.Boolean), ("flag2", DataType.Boolean), ("small", DataType.Int16), ("whole", DataType.Int32), ("whole2", DataType.Int32), ("big", DataType.Int64), ("single", DataType.Float32), ("real", DataType.Float64), ("real2", DataType.Float64),
        ("money", DataType.Decimal(9, 2)), ("fine", DataType.Decimal(18, 4)), ("text", DataType.Text), ("text2", DataType.Text), ("bytes", DataType.Binary), ("day", DataType.Date), ("day2", DataType.Date), ("clock", DataType.Time),
        ("at", DataType.Timestamp), ("at2", DataType.Timestamp), ("instant", DataType.Instant), ("instant2", DataType.Instant), ("span", DataType.Duration), ("span2", DataType.Duration), ("id", DataType.Uuid), ("colour", DataType.Enum("red", "green")),
        ("numbers", DataType.Parse("list<int32?>")), ("numbers2", DataType.Parse("list<int32?>")), ("pair", DataType.Parse("struct<a: int32?, b: text?>")), ("map", DataType.Parse("map<text, int32?>")),
    ];

    // Arguments that must be constants.
    static readonly Dictionary<(string Function, int At), object[]> constants = new()
    {
        [("round", 1)] = [0, 1, -1], [("matches", 1)] = ["^a", "[0-9]+", "(a|b)c"], [("extract", 1)] = ["([a-z])(=|,)?([0-9a-z])"], [("extract", 2)] = [0, 1, 2, 3],
        [("replace_pattern", 1)] = ["[0-9]", "a+"], [("replace_pattern", 2)] = ["<\\0>", "#", ""], [("truncate_to", 1)] = ["year", "quarter", "month", "week", "day", "hour", "minute", "second"],
        [("to_duration", 1)] = ["day", "hour", "minute", "second", "millisecond", "microsecond"], [("at_zone", 1)] = ["UTC", "Europe/Oslo", "America/New_York"], [("from_zone", 1)] = ["UTC", "Europe/Oslo", "America/New_York"],
        [("field", 1)] = ["a", "b"], [("pad_left", 1)] = [0, 3, 9], [("pad_right", 1)] = [0, 3, 9], [("split", 1)] = ["=", ",", "l"], [("split_part", 1)] = ["=", ",", "l"], [("split_part", 2)] = [-1, 0, 1],
    };

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_function_gives_the_same_in_every_engine_that_has_it(bool wild)
    {
        var seed = RandomPlanTests.Number("MILLRACE_TEST_SEED") ?? Random.Shared.Next(1_000_000_000);
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var table = Table(random, wild);
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        await using var copies = new PostgresCopies(database.ConnectionString);
        var broken = new List<string>();
        var (calls, compared) = (0, 0);
        foreach (var function in Functions.All)
        {
            // Zones are known for the years 1 to 9999, and the edges of those are no place to compare them.
            if (wild && function.Name is ("at_zone" or "from_zone")) continue;
            var all = Calls(function, random).ToArray();
            Assert.True(all.Length > 0, $"No arguments are tried for '{function.Name}'. Give this test columns or constants that it takes.");
            random.Shuffle(all);
            foreach (var call in all.Take(most))
            {
                calls++;
                var (engines, difference) = await CompareAsync(call, table, copies);
                compared += engines;
                if (difference is not null) broken.Add($"{call}: {difference}");
            }
        }
        output.WriteLine($"{calls} calls, compared with {compared} engines");
        Assert.True(broken.Count == 0, $"{broken.Count} calls:\n{string.Join("\n", broken)}");
    }

    static MemoryTable Table(Random random, bool wild)
    {
        var values = new RandomValues(random);
        var schema = new Schema(columns.Select(c => new Field(c.Name, c.Type)).Append(new Field("n", DataType.Int32, false)));
        return new MemoryTable("arguments", schema, [.. Enumerable.Range(0, Rows).Select(n => (object?[])
            [.. columns.Select(c => random.Next(8) == 0 ? null : wild && !c.Type.IsNested ? values.Wild(c.Type) : values.Tame(c.Type)), n])]);
    }

    static IEnumerable<CallExpr> Calls(Function function, Random random)
    {
        for (var count = function.Least; count <= Math.Min(function.Most, 3); count++)
        {
            foreach (var arguments in Arguments(function.Name, count, random))
            {
                var call = function.Of(arguments);
                if (IsOne(call)) yield return call;
            }
        }
    }

    static bool IsOne(CallExpr call)
    {
        try
        {
            _ = call.TypeIn(Schema);
            return true;
        }
        catch (PlanException)
        {
            return false;
        }
    }

    static Schema Schema { get; } = new(columns.Select(c => new Field(c.Name, c.Type)));

    static IEnumerable<Expr[]> Arguments(string function, int count, Random random)
    {
        if (count == 0) return [[]];
        var last = constants.TryGetValue((function, count - 1), out var known)
            ? known.Select(Expr (k) => LiteralExpr.Of(k))
            : columns.Select(Expr (c) => new ColumnExpr(c.Name));
        return Arguments(function, count - 1, random).SelectMany(before => last.Select(l => (Expr[])[.. before, l]));
    }

    static async Task<(int Engines, string? Difference)> CompareAsync(CallExpr call, MemoryTable table, PostgresCopies copies)
    {
        // Ours tells which rows have no result; for the others it has the values.
        var streaming = new StreamingEngine();
        if (streaming.WhyNot(Calling(new Scan(table), call)) is not null) return (0, null);
        using var rejects = new RejectLog();
        List<object?[]> expected;
        try
        {
            expected = await streaming.RunAsync(Calling(new Scan(table), call) with { Rejects = true }, new RunContext { Rejects = rejects }, Cancel).RowsAsync();
        }
        catch (Exception wrong) when (wrong is ArgumentOutOfRangeException or OverflowException)
        {
            // A column may hold what .NET's dates and decimals can't: there is nothing to compare with then.
            return (0, null);
        }
        var good = expected.Select(r => (int)r[0]!).ToHashSet();
        var compared = 0;
        foreach (var engine in (string[])["duckdb", "postgres"])
        {
            var used = new MemoryTable($"{table.Name} of {call}", table.Schema.Select(call.ColumnNames.Append("n")), [.. table.Rows.Select(r => call.ColumnNames.Append("n").Select(c => r[table.Schema.IndexOf(c)]).ToArray())]);
            Relation? scan = engine == "duckdb" ? new Scan(used) : await copies.CopyAsync(new Scan(used), Cancel);
            if (scan is null || !Runs(engine, Calling(scan, call))) continue;
            compared++;
            try
            {
                var rows = await RunAsync(engine, Calling(Only(scan, good.Contains), call));
                if (RowComparison.Difference(expected, rows) is { } difference) return (compared, $"{engine}: {difference}");
            }
            catch (DatabaseException wrong) when (engine == "postgres" && call.TypeIn(Schema).Type.IsFloat && (wrong.Message.Contains("value out of range", StringComparison.Ordinal) || wrong.Message.Contains("zero raised", StringComparison.Ordinal)))
            {
                // docs/semantics.md: where others have infinity or 0.
                continue;
            }
            catch (Exception wrong) when (wrong is not OperationCanceledException)
            {
                return (compared, $"{engine} fails: {wrong.Message}");
            }
            foreach (var bad in Enumerable.Range(0, Rows).Where(n => !good.Contains(n)).Take(2))
            {
                try
                {
                    var rows = await RunAsync(engine, Calling(Only(scan, n => n == bad), call));
                    return (compared, $"{engine} gives {string.Join(", ", rows.Select(r => r[1] ?? "null"))} for ({string.Join(", ", used.Rows[bad])}), and ours fails: {rejects.All[0].Message}");
                }
                catch (Exception wrong) when (wrong is DatabaseException or Data.Engines.DuckDb.DuckDbException or ArgumentOutOfRangeException)
                {
                    // It fails, or its answer is a time that .NET can't hold.
                }
            }
        }
        return (compared, null);
    }

    static Project Calling(Relation input, CallExpr call) => new(input, [new("n", new ColumnExpr("n")), new("x", call)]);

    static Filter Only(Relation scan, Func<int, bool> wanted) =>
        new(scan, Functions.In.Of([new ColumnExpr("n"), .. Enumerable.Range(0, Rows).Where(wanted).Select(n => (Expr)LiteralExpr.Of(n))]));

    static bool Runs(string engine, Relation plan) => engine == "duckdb" ? new DuckDbEngine().WhyNot(plan) is null : PostgresEngine.SqlFor(plan) is not null;

    static async Task<List<object?[]>> RunAsync(string engine, Relation plan) =>
        await (engine == "duckdb" ? new DuckDbEngine() : (IEngine)PostgresEngine.Of(plan)!).RunAsync(plan, new RunContext(), Cancel).RowsAsync();
}
