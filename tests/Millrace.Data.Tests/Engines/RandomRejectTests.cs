using System.Globalization;
using Millrace.Plans;
using Millrace.Testing.Plans;

namespace Millrace.Data.Tests.Engines;

/// <summary>
/// Random plans that refuse rows. What each step must refuse is worked out by a plan that refuses nothing, wholly in
/// DuckDB: the rows for which the condition isn't true, with where they came from.
/// </summary>
public sealed class RandomRejectTests(ITestOutputHelper output)
{
    static readonly int count = RandomPlanTests.Number("MILLRACE_TEST_PLANS") ?? 300;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_that_break_a_rule_are_refused_with_rule_value_source_and_line()
    {
        var first = RandomPlanTests.Number("MILLRACE_TEST_SEED") ?? Random.Shared.Next(1_000_000_000);
        output.WriteLine($"seeds {first} to {first + count - 1}");
        var (compared, refused) = (0, 0);
        var broken = new List<string>();
        for (var seed = first; seed < first + count && broken.Count < 5; seed++)
        {
            var plan = new RandomPlans(seed, new() { Steps = 2 + seed % 7, Rejects = true, OrderDependent = true, Callbacks = true }).Plan();
            if (await CompareAsync(plan, seed) is not { } outcome) continue;
            compared++;
            refused += outcome.Refused;
            if (outcome.Difference is null) continue;
            var small = await PlanShrinking.ShrinkAsync(plan, async p => await CompareAsync(p, seed) is { Difference: not null });
            broken.Add($"seed {seed}: {(await CompareAsync(small, seed))!.Value.Difference}\n{small.ToText()}\nprepared:\n{Planner.Prepare(small).ToText()}");
        }
        output.WriteLine($"{compared} plans compared, {refused} rows refused");
        Assert.True(broken.Count == 0, string.Join("\n", broken));
        Assert.True(compared >= count / 8 && refused >= count, $"Of {count} plans {compared} refuse, {refused} rows in all.");
    }

    static async Task<(string? Difference, int Refused)?> CompareAsync(Relation plan, int seed)
    {
        var core = Planner.Prepare(plan);
        var steps = Steps(core).Distinct<Relation>(ReferenceEqualityComparer.Instance).ToList();
        if (!steps.Any(s => s is Check { Fail: false } or Project { Rejects: true })) return null;
        var expected = new List<string>();
        List<object?[]> rows;
        try
        {
            foreach (var step in steps)
            {
                if (Refused(step) is { } broken) expected.AddRange(await TextsAsync(broken));
            }
            rows = await FrameRunner.RunAsync(Kept(core), new RunContext(), Cancel).RowsAsync();
        }
        catch (RowException)
        {
            // A lookup that may fail the run did, for a row that it should: nothing is refused then.
            return null;
        }
        catch (Exception wrong) when (wrong is not OperationCanceledException)
        {
            return ($"What must be refused can't be worked out: {wrong}", 0);
        }
        try
        {
            using var rejects = new RejectLog();
            var actual = await FrameRunner.RunAsync(plan, new RunContext { Rejects = rejects, Threads = 1 + seed % 3 }, Cancel).RowsAsync();
            if (RowComparison.Difference(rows, actual) is { } difference) return (difference, 0);
            // What has no result is told in words of its own; what breaks a rule, by the rule and the value.
            var rules = steps.OfType<Check>().Select(c => c.Rule).ToHashSet();
            var given = rejects.All.Select(r => $"{(rules.Contains(r.Rule) ? $"{r.Rule} | {r.Value ?? "null"}" : "? | null")} | {r.Source ?? "null"} | {r.Line?.ToString(CultureInfo.InvariantCulture) ?? "null"}").ToList();
            // A step that two others read in fragments of their own runs for each of them.
            var shared = Steps(core).Where(s => Refused(s) is not null).GroupBy(s => s, (IEqualityComparer<Relation>)ReferenceEqualityComparer.Instance).Any(g => g.Count() > 1);
            if (shared) (expected, given) = ([.. expected.Distinct()], [.. given.Distinct()]);
            return (Difference(expected, given, whole: !steps.Any(MayLeaveRowsUnread)), given.Count);
        }
        catch (Exception wrong) when (wrong is not OperationCanceledException)
        {
            return (wrong.ToString(), 0);
        }
    }

    // What nobody asks for is not read, so it isn't refused either: below a limit, beside a join's empty side, or below a
    // filter that no row can pass.
    static bool MayLeaveRowsUnread(Relation step) =>
        step is (Limit or Filter or Join or SetOperation { Kind: not SetKind.UnionAll }) && Steps(step).Any(s => Refused(s) is not null);

    static string? Difference(List<string> expected, List<string> given, bool whole)
    {
        var left = expected.ToList();
        var surplus = given.Where(g => !left.Remove(g)).ToList();
        return surplus.Count > 0 ? $"Refused and shouldn't be: {string.Join("; ", surplus)}. Expected besides: {string.Join("; ", left)}"
            : whole && left.Count > 0 ? $"Not refused: {string.Join("; ", left)}"
            : null;
    }

    /// <summary>Rule, value, source and line of the rows that a step must refuse; null where it refuses none.</summary>
    static Project? Refused(Relation step)
    {
        var input = step.Inputs.Count == 1 ? step.Inputs[0] : null;
        return step switch
        {
            Check { Fail: false } check => Told(Kept(input!), Functions.Coalesce.Of(Functions.Not.Of(check.Condition), LiteralExpr.Of(true)), check.Rule, check.Column is { } c ? new ColumnExpr(c) : null),
            Project { Rejects: true } project when project.Columns.FirstOrDefault(c => Fails(c.Value) is not null) is { } failing =>
                Told(Kept(input!), Fails(failing.Value)!, null, null),
            _ => null,
        };

        static Project Told(Relation input, Expr broken, string? rule, Expr? value) => new(new Filter(input, broken),
        [
            new("rule", LiteralExpr.Of(rule ?? "?")), new("value", value ?? LiteralExpr.Of(null)),
            new("source", Origin(input, Provenance.Source)), new("line", Origin(input, Provenance.Line)),
        ]);

        static Expr Origin(Relation input, string column) => input.Schema.Contains(column) ? new ColumnExpr(column) : LiteralExpr.Of(null);
    }

    /// <summary>The same plan with filters in the place of what refuses.</summary>
    static Relation Kept(Relation core)
    {
        var plan = core.WithInputs([.. core.Inputs.Select(Kept)]);
        return plan switch
        {
            Check { Fail: false } check => new Filter(check.Input, check.Condition),
            Project { Rejects: true } project => WithoutFailing(project),
            _ => plan,
        };

        static Project WithoutFailing(Project project)
        {
            var failing = project.Columns.Select(c => Fails(c.Value)).OfType<CallExpr>().ToList();
            Relation input = failing.Aggregate(project.Input, (rows, fails) => new Filter(rows, Functions.Not.Of(fails)));
            return project with { Input = input, Rejects = false };
        }
    }

    // That a value has no result: never null.
    static CallExpr? Fails(Expr value) => value switch
    {
        CallExpr { Function.Name: "divide" } quotient => Functions.Coalesce.Of(Functions.Equals.Of(quotient.Arguments[1], LiteralExpr.Of(0)), LiteralExpr.Of(false)),
        CastExpr { Strict: true, Value: ColumnExpr } cast => Functions.And.Of(Functions.IsNull.Of(cast with { Strict = false }), Functions.Not.Of(Functions.IsNull.Of(cast.Value))),
        _ => null,
    };

    static async Task<List<string>> TextsAsync(Relation refused)
    {
        var rows = await FrameRunner.RunAsync(refused, new RunContext(), Cancel).RowsAsync();
        return [.. rows.Select(r => $"{r[0]} | {(r[1] is null ? "null" : ClrValue.Display(r[1]))} | {r[2] ?? "null"} | {(r[3] is null ? "null" : ClrValue.Display(r[3]))}")];
    }

    static IEnumerable<Relation> Steps(Relation plan) => plan.Inputs.SelectMany(Steps).Prepend(plan);
}
