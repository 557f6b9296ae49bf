using System.Reflection;
using System.Runtime.CompilerServices;

namespace Millrace.Data.Tests.Engines;

/// <summary>That each verb of a frame is held against SQL by hand: a new one isn't done before its case is.</summary>
public sealed class GoldenCoverageTests
{
    /// <summary>What makes a frame of a frame and has no case, with the reason.</summary>
    static readonly Dictionary<string, string> exceptions = new()
    {
        ["Sample"] = "No SQL keeps the same rows for a seed: Samples_are_some_of_the_rows_and_about_as_many_as_asked holds it.",
        ["As"] = "It says what rows are, and changes none; every case by lambdas begins with it.",
    };

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Each_verb_of_a_frame_has_a_case()
    {
        var missing = new List<string>();
        foreach (var (type, after) in new (Type, string?)[]
        {
            (typeof(Frame), null), (typeof(Frame<>), @"T\(s\)"), (typeof(OrderedFrame<>), "OrderBy|OrderByDescending"), (typeof(GroupedFrame), "GroupBy"), (typeof(GroupedFrame<,>), "GroupBy"), (typeof(WindowedFrame<>), "Over|Within"),
        })
        {
            var byLambdas = type.IsGenericType;
            var cases = GoldenCases.All.Where(c => c.Text.Contains("T(s)", StringComparison.Ordinal) == byLambdas).ToList();
            foreach (var verb in Verbs(type).Except(exceptions.Keys))
                if (!cases.Any(c => c.Has(verb, type == typeof(Frame<>) ? null : after))) missing.Add($"{type.Name}.{verb}");
        }
        Assert.True(missing.Count == 0, $"These verbs have no golden case: {string.Join(", ", missing)}. Write one in GoldenCases, with SQL by hand.");
        Assert.All(exceptions.Keys, e => Assert.Contains(e, Verbs(typeof(Frame))));
    }

    [Fact]
    public void More_than_a_hundred_cases_have_rows_of_their_own()
    {
        Assert.True(GoldenCases.All.Count >= 220, $"There are {GoldenCases.All.Count} cases.");
        Assert.True(GoldenCases.All.Count(c => c.Name == c.Text) >= 125, $"{GoldenCases.All.Count(c => c.Name == c.Text)} of the cases are of verbs.");
        Assert.Equal(GoldenCases.All.Count, GoldenCases.All.Select(c => c.Name).Distinct().Count());
    }

    [Fact]
    public async Task Samples_are_some_of_the_rows_and_about_as_many_as_asked()
    {
        var rows = Frame.From(Enumerable.Range(0, 20_000).Select(n => new Row(n)).ToList());
        var some = await rows.Sample(0.25, seed: 7).ToListAsync(cancel: Cancel);
        Assert.Equal(some, some.Distinct().OrderBy(r => r.N));
        Assert.All(some, r => Assert.InRange(r.N, 0, 19_999));
        // Ten standard deviations: of a share of 0.25 of 20,000 they are 61 rows each.
        Assert.InRange(some.Count, 4_390, 5_610);
        Assert.Equal(some, await rows.Sample(0.25, seed: 7).ToListAsync(cancel: Cancel));
        Assert.NotEqual(some, await rows.Sample(0.25, seed: 8).ToListAsync(cancel: Cancel));
        Assert.Equal(some.Count, await rows.Untyped.Sample(0.25, seed: 7).CountAsync(cancel: Cancel));
        Assert.Equal(20_000, await rows.Sample(1).CountAsync(cancel: Cancel));
        Assert.Equal(0, await rows.Sample(0).CountAsync(cancel: Cancel));
    }

    static IEnumerable<string> Verbs(Type type) => type
        .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(m => !m.IsSpecialName && !m.IsDefined(typeof(CompilerGeneratedAttribute)) && MakesRows(m.ReturnType))
        .Select(m => m.Name)
        .Distinct();

    static bool MakesRows(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>)
        ? MakesRows(type.GetGenericArguments()[0])
        : typeof(Frame).IsAssignableFrom(type) || type == typeof(GroupedFrame) || type.IsGenericType && type.GetGenericTypeDefinition() is var open && (open == typeof(GroupedFrame<,>) || open == typeof(WindowedFrame<>));

    sealed record Row(int N);
}
