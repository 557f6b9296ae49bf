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
        var first = Number("MILLRACE_TEST_SEED") ?? Random.Shared.Next(1_000_000_000);
        output.WriteLine($"seeds {first} to {first + count - 1}");
        var compared = 0;
        var broken = new List<string>();
        for (var seed = first; seed < first + count; seed++)
        {
            var plan = new RandomPlans(seed, Options(seed)).Plan();
            try
            {
                compared += await CompareAsync(plan);
            }
            catch (Exception wrong)
            {
                broken.Add($"seed {seed}: {(wrong is InvalidOperationException ? wrong.Message : wrong)}\n{plan.ToText()}\nprepared:\n{Planner.Prepare(plan).ToText()}\n");
                if (broken.Count == 5) break;
            }
        }
        output.WriteLine($"{compared} results compared");
        Assert.True(broken.Count == 0, string.Join("\n", broken));
        Assert.True(compared >= count / 2, $"Only {compared} of {count} plans were run by two engines.");
    }

    [Fact]
    public async Task PostgreSQL_gives_the_same_rows()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        await using var copies = new PostgresCopies(database.ConnectionString);
        var first = Number("MILLRACE_TEST_SEED") ?? Random.Shared.Next(1_000_000_000);
        output.WriteLine($"seeds {first} to {first + count - 1}");
        var compared = 0;
        var broken = new List<string>();
        for (var seed = first; seed < first + count && broken.Count < 5; seed++)
        {
            var plan = Lowering.Lower(new RandomPlans(seed, Options(seed) with { Queries = false, NestedTypes = [.. new[] { "list<int32?>", "list<text?>" }.Select(DataType.Parse)] }).Plan());
            if (await copies.CopyAsync(plan, Cancel) is not { } copy) continue;
            // Where not all of it can be said there, the planner computes the rest elsewhere.
            var statement = PostgresEngine.SqlFor(copy);
            try
            {
                var expected = await RowsAsync(FrameRunner.RunAsync(plan, new RunContext(), Cancel), plan);
                var actual = await RowsAsync(FrameRunner.RunAsync(copy, new RunContext(), Cancel), copy);
                if (RowComparison.Difference(expected, actual) is { } difference) throw new InvalidOperationException(difference);
                if (statement is not null) compared++;
            }
            catch (Exception wrong)
            {
                broken.Add($"seed {seed}: {wrong.Message}\n{plan.ToText()}\n{statement?.Sql}\n");
            }
        }
        output.WriteLine($"{compared} results compared");
        Assert.True(broken.Count == 0, string.Join("\n", broken));
        Assert.True(compared >= count / 4, $"Only {compared} of {count} plans ran in PostgreSQL.");
    }

    static RandomPlanOptions Options(int seed) => new() { Steps = 2 + seed % 8, OrderDependent = true, Callbacks = true, Queries = true };

    static async Task<int> CompareAsync(Relation plan)
    {
        var expected = await RowsAsync(FrameRunner.RunAsync(plan, new RunContext(), Cancel), plan);
        var core = Planner.Prepare(plan);
        var compared = 0;
        foreach (IEngine engine in (IEngine[])[new DuckDbEngine(), new StreamingEngine()])
        {
            if (!RunsAll(engine, core)) continue;
            try
            {
                if (RowComparison.Difference(expected, await RowsAsync(engine.RunAsync(core, new RunContext(), Cancel), plan)) is { } difference)
                    throw new InvalidOperationException($"{engine.Name} differs from the planner's choice. {difference}");
            }
            catch (Exception wrong) when (wrong is not InvalidOperationException)
            {
                throw new InvalidOperationException($"{engine.Name} failed: {wrong.Message}{(engine is DuckDbEngine ? $"\n{DuckDbEngine.Explain(core)}" : "")}", wrong);
            }
            compared++;
        }
        return Math.Min(1, compared);
    }

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

    static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
