using System.Globalization;
using Millrace.Plans;
using Millrace.Testing.Plans;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Engines;

/// <summary>Random plans, run by every engine that can run them: all give the same rows. MILLRACE_TEST_PLANS=5000 runs more, MILLRACE_TEST_SEED=7 from that seed on.</summary>
public sealed class RandomPlanTests(ITestOutputHelper output)
{
    static readonly int count = Number("MILLRACE_TEST_PLANS") ?? 300;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_engine_gives_the_same_rows()
    {
        var compared = 0;
        await RunAsync(seed => new RandomPlans(seed, Options(seed)), async plan => compared += await CompareAsync(plan, Cancel));
        output.WriteLine($"{compared} results compared");
        Assert.True(compared >= count / 2, $"Only {compared} of {count} plans were run by two engines.");
    }

    [Fact]
    public async Task PostgreSQL_gives_the_same_rows()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        await using var copies = new PostgresCopies(database.ConnectionString);
        var (compared, pushed) = (0, 0);
        await RunAsync(seed => new RandomPlans(seed, Options(seed) with { Queries = false, NestedTypes = inPostgres }), async plan =>
        {
            plan = Lowering.Lower(plan);
            if (await copies.CopyAsync(plan, Cancel) is not { } copy) return;
            // Where not all of it can be said there, the planner computes the rest elsewhere.
            var statement = PostgresEngine.SqlFor(copy);
            var expected = await RowsAsync(FrameRunner.RunAsync(plan, new RunContext(), Cancel), plan);
            try
            {
                var actual = await RowsAsync(FrameRunner.RunAsync(copy, new RunContext(), Cancel), copy);
                if (RowComparison.Difference(expected, actual) is { } difference) throw new EnginesDifferException(difference);
            }
            catch (Exception wrong) when (wrong is not OperationCanceledException)
            {
                throw new EnginesDifferException($"PostgreSQL: {wrong.Message}\n{statement?.Sql ?? "(not all of it in PostgreSQL)"}", wrong);
            }
            compared++;
            if (statement is not null) pushed++;
        });
        output.WriteLine($"{compared} results compared, {pushed} of them wholly from PostgreSQL");
        Assert.True(compared >= count / 2 && pushed >= count / 4, $"Of {count} plans {compared} read from PostgreSQL, and {pushed} ran there.");
    }

    static readonly IReadOnlyList<DataType> inPostgres = [DataType.Parse("list<int32?>"), DataType.Parse("list<text?>")];

    static RandomPlanOptions Options(int seed) => new() { Steps = 2 + seed % 8, OrderDependent = true, Callbacks = true, Queries = true };

    // Failing plans are told with the smallest plan that fails alike.
    async Task RunAsync(Func<int, RandomPlans> plans, Func<Relation, Task> compare)
    {
        var first = Number("MILLRACE_TEST_SEED") ?? Random.Shared.Next(1_000_000_000);
        output.WriteLine($"seeds {first} to {first + count - 1}");
        var broken = new List<string>();
        for (var seed = first; seed < first + count && broken.Count < 5; seed++)
        {
            var plan = plans(seed).Plan();
            if (await FailureAsync(plan) is null) continue;
            var small = await PlanShrinking.ShrinkAsync(plan, async p => await FailureAsync(p) is not null);
            broken.Add($"seed {seed}: {await FailureAsync(small)}\n{small.ToText()}\n");
        }
        Assert.True(broken.Count == 0, string.Join("\n", broken));

        async Task<string?> FailureAsync(Relation plan)
        {
            try
            {
                await compare(plan);
                return null;
            }
            catch (Exception wrong) when (wrong is not OperationCanceledException)
            {
                return wrong is EnginesDifferException ? wrong.Message : wrong.ToString();
            }
        }
    }

    static async Task<int> CompareAsync(Relation plan, CancellationToken cancel)
    {
        var expected = await RowsAsync(FrameRunner.RunAsync(plan, new RunContext(), cancel), plan);
        var core = Planner.Prepare(plan);
        var compared = 0;
        foreach (IEngine engine in (IEngine[])[new DuckDbEngine(), new StreamingEngine()])
        {
            if (!RunsAll(engine, core)) continue;
            List<object?[]> actual;
            try
            {
                actual = await RowsAsync(engine.RunAsync(core, new RunContext { Threads = 1 }, cancel), plan);
            }
            catch (Exception wrong) when (wrong is not OperationCanceledException)
            {
                throw new EnginesDifferException($"{engine.Name} failed: {wrong.Message}{(engine is DuckDbEngine ? $"\n{DuckDbEngine.Explain(core)}" : "")}", wrong);
            }
            if (RowComparison.Difference(expected, actual) is { } difference) throw new EnginesDifferException($"{engine.Name} differs from the planner's choice. {difference}");
            compared++;
        }
        return Math.Min(1, compared);
    }

    sealed class EnginesDifferException(string message, Exception? inner = null) : Exception(message, inner);

    static bool RunsAll(IEngine engine, Relation plan) => engine.WhyNot(plan) is null && plan.Inputs.All(i => RunsAll(engine, i));

    static async Task<List<object?[]>> RowsAsync(IAsyncEnumerable<Batch> batches, Relation plan)
    {
        return await Checked(batches).RowsAsync();

        async IAsyncEnumerable<Batch> Checked(IAsyncEnumerable<Batch> given)
        {
            await foreach (var batch in given)
            {
                Assert.Equal(plan.Schema.Select(f => $"{f.Name}: {f.Type}"), batch.Schema.Select(f => $"{f.Name}: {f.Type}"));
                yield return batch;
            }
        }
    }

    internal static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
