#pragma warning disable CA1304, CA1305, CA1311, CA1847, CA1866 // Lambdas as users write them.
using System.Linq.Expressions;
using System.Text.RegularExpressions;
using static Millrace.Data.TimeUnit;

namespace Millrace.Data.Tests.Frames;

/// <summary>A lambda computes in a plan, on each engine, what it computes in C#.</summary>
public sealed class LambdaMeaningTests
{
    enum Colour { Red, Green, Blue }

    sealed record Row(int Id, long Big, short Small, float Single, double Real, decimal Money, string Name, string? Nick, int? Age, bool Good, DateTime At, DateTimeOffset Seen, DateOnly Day, TimeSpan Took, Colour Colour, List<string> Tags);

    static readonly List<Row> rows = [.. Enumerable.Range(-20, 60).Select(i => new Row(
        i, i * 3_000_000_007L, (short)(i * 7), i / 4f, i * 1.37, i * 2.25m, i % 5 == 0 ? "" : $"Name;{i};ä{i % 3}", i % 4 == 0 ? null : $" nick{i} ", i % 3 == 0 ? null : i, i % 2 == 0,
        new DateTime(2026, 2, 28, 22, 10, 7).AddHours(i * 7), new DateTimeOffset(2026, 3, 29, 0, 30, 0, TimeSpan.Zero).AddHours(i), new DateOnly(2026, 1, 31).AddDays(i), TimeSpan.FromSeconds(i * 31.5), (Colour)((i + 30) % 3), [.. Enumerable.Repeat($"t{i}", (i + 20) % 4)]))];

    readonly List<string> differences = [];

    async Task Same<T>(Expression<Func<Row, T>> lambda)
    {
        var expected = rows.Select(lambda.Compile()).ToList();
        foreach (var engine in (PlanEngine[])[PlanEngine.Streaming, PlanEngine.DuckDb])
        {
            try
            {
                var actual = await Frame.From(rows).Select(lambda).ToListAsync(new RunContext { Engine = engine }, TestContext.Current.CancellationToken);
                var at = Enumerable.Range(0, rows.Count).FirstOrDefault(i => !IsSame(expected[i], actual[i]), -1);
                if (at >= 0) differences.Add($"{lambda} ({engine}) of {rows[at]}: C# says {expected[at]} and the plan {actual[at]}.");
            }
            catch (PlanException e) when (engine == PlanEngine.DuckDb && e.Message.StartsWith("The plan was given to duckdb, which can't run", StringComparison.Ordinal))
            {
                // What it can't say as C# means it, it leaves to the other.
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                differences.Add($"{lambda} ({engine}): {e.GetType().Name}: {e.Message}");
            }
        }
    }

    static bool IsSame<T>(T expected, T actual) => (expected, actual) switch
    {
        (double a, double b) => Math.Abs(a - b) <= 1e-9 * Math.Abs(a),
        // Divided decimals are floats in a plan.
        (decimal a, decimal b) => Math.Abs(a - b) <= 1e-9m,
        _ => Equals(expected, actual),
    };

    [Fact]
    public async Task Formats()
    {
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        await Same(r => r.At.ToString("dd.MM.yyyy HH:mm:ss", culture));
        await Same(r => r.At.ToString("dddd, d MMMM yy h:m:s tt", culture));
        await Same(r => r.Seen.ToString("yyyy-MM-ddTHH:mm:ss.fff", culture));
        await Same(r => r.Day.ToString("ddd MMM M/d/yyyy", culture));
        await Same(r => DateOnly.ParseExact(r.Day.ToString("d.M.yyyy", culture), "d.M.yyyy", culture));
        await Same(r => DateTime.ParseExact(r.At.ToString("yyyyMMdd HH:mm:ss", culture), "yyyyMMdd HH:mm:ss", culture));
        await Same(r => r.Nick.TryParseDate("yyyy-MM-dd"));
        await Same(r => ("2026-02-" + r.Id.ToString()).TryParseDate("yyyy-MM-d"));
        await Same(r => (r.Id.ToString() + ":5").TryParseTime("H:m"));
        Assert.True(differences.Count == 0, string.Join("\n", differences));
    }

    [Fact]
    public async Task Numbers()
    {
        await Same(r => r.Id * 3 - 7);
        await Same(r => r.Id / 3);
        await Same(r => r.Id % 4);
        await Same(r => -r.Id / 2.0);
        await Same(r => r.Big + r.Id);
        await Same(r => r.Small * r.Small);
        await Same(r => r.Id * r.Single);
        await Same(r => r.Money * 3 + r.Id);
        await Same(r => r.Money / 4);
        await Same(r => (int)r.Real);
        await Same(r => (long)r.Single);
        await Same(r => (double)r.Money);
        await Same(r => Math.Abs(r.Id) + Math.Max(r.Id, 5) + Math.Min(r.Id, -3));
        await Same(r => Math.Floor(r.Real) + Math.Ceiling(r.Real) + Math.Truncate(r.Real));
        await Same(r => Math.Round(r.Real, 1, MidpointRounding.AwayFromZero));
        await Same(r => Math.Sqrt(Math.Abs(r.Id)) + Math.Pow(r.Id, 2));
        await Same(r => Math.Clamp(r.Id, -5, 5));
        await Same(r => Math.Sign(r.Real));
        await Same(r => r.Id << 2);
        Assert.Empty(differences);
    }

    [Fact]
    public async Task Text()
    {
        await Same(r => r.Name.ToUpperInvariant() + "|" + r.Name.ToLowerInvariant());
        await Same(r => r.Name.Length);
        await Same(r => r.Name.Contains("1") || r.Name.StartsWith("Name;2"));
        await Same(r => r.Name.Replace(";", "--"));
        await Same(r => r.Name.IndexOf(";"));
        await Same(r => r.Name.PadLeft(12, '*').PadRight(15));
        await Same(r => (r.Nick ?? "none").Trim());
        await Same(r => $"{r.Id}: {r.Name}");
        await Same(r => string.IsNullOrEmpty(r.Name));
        await Same(r => r.Name == "Name;1;ä1");
        await Same(r => r.Name.Length > 5 ? r.Name.Substring(2, 3) : "short");
        await Same(r => r.Name == "" ? "none" : r.Name.Split(';')[1]);
        await Same(r => Regex.IsMatch(r.Name, "^Name;[0-9]+;"));
        await Same(r => Regex.Replace(r.Name, "[0-9]+", "#"));
        await Same(r => r.Colour == Colour.Green ? "g" : r.Colour.ToString());
        await Same(r => r.Colour);
        await Same(r => r.Name.Normalize().Length);
        await Same(r => r.Id.ToString());
        await Same(r => r.Name.EndsWith("Ä1", StringComparison.OrdinalIgnoreCase));
        Assert.Empty(differences);
    }

    [Fact]
    public async Task Time()
    {
        await Same(r => r.At.Year * 10000 + r.At.Month * 100 + r.At.Day);
        await Same(r => r.At.Hour * 3600 + r.At.Minute * 60 + r.At.Second);
        await Same(r => r.At.DayOfWeek == DayOfWeek.Sunday);
        await Same(r => r.At.DayOfYear);
        await Same(r => r.At.Date);
        await Same(r => r.At.Truncate(Hours));
        await Same(r => r.At.Truncate(Weeks));
        await Same(r => r.At.Truncate(Quarters));
        await Same(r => r.Seen.Truncate(Days));
        await Same(r => r.Day.Truncate(Months));
        await Same(r => r.Seen.AtZone("Europe/Oslo"));
        await Same(r => r.At.AddDays(3).AddHours(r.Id));
        await Same(r => r.At.AddMonths(1));
        await Same(r => r.Day.AddMonths(1).AddDays(r.Id));
        await Same(r => r.At - r.At.Date);
        await Same(r => r.Took.TotalMinutes);
        await Same(r => r.At + r.Took);
        await Same(r => r.At > new DateTime(2026, 3, 1));
        await Same(r => DateOnly.FromDateTime(r.At));
        await Same(r => TimeOnly.FromDateTime(r.At));
        await Same(r => r.At.TimeOfDay.TotalSeconds);
        Assert.Empty(differences);
    }

    [Fact]
    public async Task Nulls_choices_lists_and_callbacks()
    {
        int[] some = [1, 2, 30];
        await Same(r => r.Age == null);
        await Same(r => r.Age.HasValue && r.Age.Value > 3);
        await Same(r => r.Age ?? -1);
        await Same(r => r.Age + 1);
        await Same(r => r.Nick);
        await Same(r => some.Contains(r.Id));
        await Same(r => r.Id > 5 ? r.Id > 10 ? "big" : "middle" : "small");
        await Same(r => r.Good && r.Id > 0 || !r.Good && r.Id < 0);
        await Same(r => r.Good ^ r.Id > 0);
        await Same(r => r.Tags.Count);
        await Same(r => r.Tags.Count > 1 ? r.Tags[1] : "none");
        await Same(r => string.Join("+", r.Tags));
        await Same(r => Own(r.Id, r.Nick));
        await Same(r => Whole(r));
        await Same(r => r.Age.GetValueOrDefault(7));
        await Same(r => r.Colour > Colour.Red);
        Assert.Empty(differences);
    }

    static string Own(int id, string? nick) => $"{nick?.Trim() ?? "?"}{id}";
    static int Whole(Row row) => row.Name.Length + row.Tags.Count + (row.Age ?? 0) + (int)row.Colour;
}
