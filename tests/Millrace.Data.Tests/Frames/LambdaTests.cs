#pragma warning disable CA1304, CA1305, CA1311, CA1866 // Lambdas as users write them.
using System.Linq.Expressions;
using System.Text.RegularExpressions;
using Millrace.Plans;
using static Millrace.Data.Columns;
using static Millrace.Data.TimeUnit;

namespace Millrace.Data.Tests.Frames;

/// <summary>A lambda and the names of columns build the same expression.</summary>
public sealed class LambdaTests
{
    enum Colour { Red, Green }

    sealed record Inner(int A, string? B);

    sealed record Row(int Id, long Big, short Small, byte Tiny, float Single, double Real, decimal Money, string Name, string? Nick, int? Age, bool Good, DateTime At, DateTimeOffset Seen, DateOnly Day,
        TimeOnly Clock, TimeSpan Took, Colour Colour, Inner Inner, List<string> Tags, Dictionary<string, int> Scores)
    {
        public string Shout() => Name + "!";
    }

    static readonly Schema schema = RecordSchema.Of<Row>();

    static void Same<T>(Expression<Func<Row, T>> lambda, Value value) => Assert.Equal(value.Expr, LambdaTranslator.Value(lambda, schema));

    [Fact]
    public void Columns_constants_and_captured_variables()
    {
        var limit = 18;
        var settings = new { Least = new { Age = 3 } };
        Same(r => r.Id, Col("Id"));
        Same(r => r.Id > limit, Col("Id") > 18);
        Same(r => r.Id > settings.Least.Age + 1, Col("Id") > 4);
        int[] limits = [1, 2];
        Same(r => limits.Any(l => l > 1) && r.Good, new Value(LiteralExpr.Of(true)) && Col("Good"));
        Same(r => r.Inner.A, Col("Inner").Field("A"));
        Same(r => r.Good && r.Id != 3 || !r.Good, Col("Good") && Col("Id") != 3 || !Col("Good"));
    }

    [Fact]
    public void Numbers_widen_as_in_C_sharp_without_a_word()
    {
        Same(r => r.Id * 1.5, Col("Id") * 1.5);
        Same(r => r.Id + r.Big, Col("Id") + Col("Big"));
        Same(r => r.Id + r.Money, Col("Id") + Col("Money"));
        Same(r => r.Id / 2, Col("Id") / 2);
        Same(r => r.Id > r.Real, Col("Id") > Col("Real"));
        Same(r => -r.Id % 3, -Col("Id") % 3);
    }

    [Fact]
    public void Where_a_plan_would_end_at_another_type_the_conversion_is_said()
    {
        Same(r => r.Small + r.Small, Col("Small").Cast(DataType.Int32) + Col("Small").Cast(DataType.Int32));
        Same(r => r.Id * r.Single, Col("Id").Cast(DataType.Float32) * Col("Single"));
        Same(r => (double)r.Id, Col("Id").Cast(DataType.Float64));
        Same(r => (int)r.Real, new Value(new CallExpr(Functions.Truncate, [Col("Real").Expr])).Cast(DataType.Int32));
    }

    [Fact]
    public void Dates_and_times_are_read_and_written_by_a_format()
    {
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        Same(r => DateOnly.ParseExact(r.Name, "dd.MM.yyyy", culture), Col("Name").ParseDate("dd.MM.yyyy"));
        Same(r => DateOnly.ParseExact(r.Name, "dd.MM.yyyy"), Col("Name").ParseDate("dd.MM.yyyy"));
        Same(r => TimeOnly.ParseExact(r.Name, "HH:mm", culture), Col("Name").ParseTime("HH:mm"));
        Same(r => DateTime.ParseExact(r.Name, "yyyy-MM-dd HH:mm", culture), Col("Name").ParseTimestamp("yyyy-MM-dd HH:mm"));
        Same(r => DateTimeOffset.ParseExact(r.Name, "yyyy-MM-dd HH:mm", culture, System.Globalization.DateTimeStyles.AssumeUniversal), Col("Name").ParseTimestamp("yyyy-MM-dd HH:mm").FromZone("UTC"));
        Same(r => r.Nick.TryParseDate("d.M.yyyy"), Col("Nick").TryParseDate("d.M.yyyy"));
        Same(r => r.Nick.TryParseTime("HH:mm"), Col("Nick").TryParseTime("HH:mm"));
        Same(r => r.Nick.TryParseTimestamp("yyyy-MM"), Col("Nick").TryParseTimestamp("yyyy-MM"));
        Same(r => r.At.ToString("yyyy-MM"), Col("At").Format("yyyy-MM"));
        Same(r => r.Day.ToString("dd MMM", culture), Col("Day").Format("dd MMM"));
        Same(r => r.Clock.ToString("HH:mm"), Col("Clock").Format("HH:mm"));
        Same(r => r.Seen.ToString("yyyy-MM-dd HH"), Col("Seen").Format("yyyy-MM-dd HH"));
        Same(r => $"{r.Id}: {r.At:dd.MM.yyyy}", Col("Id").Cast(DataType.Text).Concat(": ", Col("At").Format("dd.MM.yyyy")));
    }

    [Fact]
    public void Formats_that_plans_do_not_share_are_called_back()
    {
        var norwegian = System.Globalization.CultureInfo.GetCultureInfo("nb-NO");
        Expression<Func<Row, object>>[] lambdas = [r => r.At.ToString("D"), r => r.At.ToString("MMMM yyyy", norwegian), r => DateTime.ParseExact(r.Name, "ddd dd yyyy", null), r => DateTimeOffset.ParseExact(r.Name, "yyyy-MM", null)];
        Assert.All(lambdas, l => Assert.IsType<CallbackExpr>(LambdaTranslator.Value(l, schema)));
    }

    [Fact]
    public void Nulls_are_asked_for()
    {
        Same(r => r.Nick == null, Col("Nick").IsNull());
        Same(r => r.Age != null, Col("Age").IsNotNull());
        Same(r => r.Age.HasValue, Col("Age").IsNotNull());
        Same(r => r.Age!.Value + 1, Col("Age") + 1);
        Same(r => r.Age ?? 0, Col("Age").Or(0));
        Same(r => r.Age.GetValueOrDefault(), Col("Age").Or(0));
        Same(r => r.Age > 18, Col("Age") > 18);
        Same(r => string.IsNullOrEmpty(r.Nick), Col("Nick").IsNull() | Col("Nick") == "");
    }

    [Fact]
    public void Text()
    {
        Same(r => r.Name.ToUpper(), Col("Name").Upper());
        Same(r => r.Name.Trim().ToLowerInvariant(), Col("Name").Trim().Lower());
        Same(r => r.Name.Contains("nn"), Col("Name").Contains("nn"));
        Same(r => r.Name.Contains("NN", StringComparison.OrdinalIgnoreCase), Col("Name").Lower().Contains("nn"));
        Same(r => r.Name.StartsWith('A') || r.Name.EndsWith("b"), Col("Name").StartsWith("A") || Col("Name").EndsWith("b"));
        Same(r => r.Name.Substring(1, 2), Col("Name").Substring(1, 2));
        Same(r => r.Name.Replace("a", "b").Length, Col("Name").Replace("a", "b").Length());
        Same(r => r.Name.Split(';')[1], Col("Name").Part(";", 1));
        Same(r => r.Name + "-" + r.Nick, Col("Name").Concat("-", Col("Nick")));
        Same(r => $"{r.Name} is {r.Id}!", Col("Name").Concat(" is ", Col("Id").Cast(DataType.Text), "!"));
        Same(r => r.Name == "Ann", Col("Name") == "Ann");
        Same(r => r.Name.PadLeft(5, '0').IndexOf("x"), Col("Name").PadLeft(5, "0").IndexOf("x"));
        Same(r => int.Parse(r.Name), Col("Name").Cast(DataType.Int32));
        Same(r => Regex.IsMatch(r.Name, "^[A-C]+$"), Col("Name").Matches("^[A-C]+$"));
    }

    [Fact]
    public void Time()
    {
        Same(r => r.At.Year, Col("At").Year());
        Same(r => r.At.Truncate(Hours), Col("At").Truncate(Hours));
        Same(r => r.Seen.Truncate(Months), Col("Seen").Truncate(Months));
        Same(r => r.At.Date, Col("At").Truncate(Days));
        Same(r => DateOnly.FromDateTime(r.At), Col("At").Date());
        Same(r => r.At.AddDays(2), Col("At") + TimeSpan.FromDays(2));
        Same(r => r.At.AddHours(r.Id), Col("At") + Col("Id").Of(Hours));
        Same(r => r.Day.AddDays(3).AddMonths(1), (Col("Day") + 3).AddMonths(1));
        Same(r => (r.At - r.At.Date).TotalSeconds, (Col("At") - Col("At").Truncate(Days)).TotalSeconds());
        Same(r => r.At.DayOfWeek == DayOfWeek.Sunday, Col("At").DayOfWeek() == 0);
        Same(r => r.Seen.AtZone("Europe/Oslo").Hour, Col("Seen").AtZone("Europe/Oslo").Hour());
        Same(r => r.At > new DateTime(2026, 1, 1), Col("At") > new DateTime(2026, 1, 1));
        Same(r => r.Took.TotalMinutes, Col("Took").TotalSeconds() / 60.0);
    }

    [Fact]
    public void Mathematics_choices_and_sets()
    {
        int[] wanted = [1, 2];
        var names = new HashSet<string> { "Ann" };
        Same(r => Math.Abs(r.Id), Col("Id").Abs());
        Same(r => Math.Round(r.Real, 2), Col("Real").Round(2));
        Same(r => Math.Sqrt(r.Id), Col("Id").Sqrt());
        Same(r => Math.Max(r.Id, 3), Greatest(Col("Id"), 3));
        Same(r => r.Good ? "yes" : "no", When(Col("Good")).Then("yes").Otherwise("no"));
        Same(r => wanted.Contains(r.Id), Col("Id").In(1, 2));
        Same(r => names.Contains(r.Name), Col("Name").In("Ann"));
        Same(r => r.Colour == Colour.Green, Col("Colour") == "Green");
        Same(r => r.Tags[0], Col("Tags").Item(0));
        Same(r => r.Tags.Count, Col("Tags").ItemCount());
        Same(r => r.Scores["maths"], Col("Scores").Lookup("maths"));
    }

    [Fact]
    public void What_a_plan_cannot_say_is_called_back_over_the_columns_it_uses()
    {
        var callback = Assert.IsType<CallbackExpr>(LambdaTranslator.Value((Expression<Func<Row, string>>)(r => r.Name.Normalize()), schema));
        Assert.Equal("r.Name.Normalize()", callback.Callback.Name);
        Assert.Equal([new ColumnExpr("Name")], callback.Arguments);
        Assert.False(callback.Callback.SeesNulls);
        Assert.Equal("é", callback.Callback.Body.DynamicInvoke("e\u0301"));
    }

    [Fact]
    public void Only_the_smallest_part_is_called_back()
    {
        var compared = Assert.IsType<CallExpr>(LambdaTranslator.Value((Expression<Func<Row, bool>>)(r => r.Id > 3 && r.Name.Normalize().Length > 4), schema));
        Assert.Equal(Functions.And, compared.Function);
        Assert.Equal("Name", Assert.Single(Assert.Single(compared.All().OfType<CallbackExpr>()).ColumnNames));
    }

    [Fact]
    public void A_callback_gets_enums_nulls_and_whole_rows()
    {
        var colour = (CallbackExpr)LambdaTranslator.Value((Expression<Func<Row, bool>>)(r => r.Colour > Colour.Red), schema);
        Assert.Equal(true, colour.Callback.Body.DynamicInvoke("Green"));
        var mixed = (CallbackExpr)LambdaTranslator.Value((Expression<Func<Row, string>>)(r => Describe(r.Id, r.Nick)), schema);
        Assert.True(mixed.Callback.SeesNulls);
        Assert.Equal("3 none", mixed.Callback.Body.DynamicInvoke(3, null));
        Assert.Null(mixed.Callback.Body.DynamicInvoke(null, "x"));
    }

    static string Describe(int id, string? nick) => $"{id} {nick ?? "none"}";

    sealed record Pair(string Name, int Age)
    {
        public string Both() => $"{Name}/{Age}";
        public string Computed => Both();
    }

    [Fact]
    public void A_method_of_the_row_gets_the_row()
    {
        var whole = (CallbackExpr)LambdaTranslator.Value((Expression<Func<Pair, string>>)(p => p.Both()), RecordSchema.Of<Pair>());
        Assert.Equal(["Name", "Age"], whole.ColumnNames);
        Assert.Equal("Ann/3", whole.Callback.Body.DynamicInvoke("Ann", 3));
        var computed = (CallbackExpr)LambdaTranslator.Value((Expression<Func<Pair, string>>)(p => p.Computed), RecordSchema.Of<Pair>());
        Assert.Equal("Bob/4", computed.Callback.Body.DynamicInvoke("Bob", 4));
    }

    [Fact]
    public void Patterns_that_engines_read_differently_stay_in_C_sharp() =>
        Assert.IsType<CallbackExpr>(LambdaTranslator.Value((Expression<Func<Row, bool>>)(r => Regex.IsMatch(r.Name, "(?<=a)b")), schema));

    [Fact]
    public void A_lambda_whose_result_is_no_column_says_so() =>
        Assert.Equal("'r.Name.GetType()' can't be part of a plan: it is a Type, and no column type stands for that.",
            Assert.Throws<PlanException>(() => LambdaTranslator.Value((Expression<Func<Row, Type>>)(r => r.Name.GetType()), schema)).Message);

    [Fact]
    public void A_row_made_out_of_sight_says_what_to_do() =>
        Assert.Contains("Make it here: new { ... }", Assert.Throws<PlanException>(() => Frame.From([new Pair("a", 1)]).Select(p => Other(p))).Message, StringComparison.Ordinal);

    static Pair Other(Pair p) => p with { Age = 2 };

    sealed record Totals(string City, long Count, double Sum)
    {
        public double Mean { get; init; }
    }

    sealed record Sale(string City, double Amount, int Year);

    static readonly Frame<Sale> sales = Frame.From<Sale>([]);

    [Fact]
    public void Rows_are_made_by_anonymous_types_records_and_initializers()
    {
        var frame = sales.Untyped;
        Assert.Equal(frame.Select("City", ("Next", Col("Year") + 1)).Plan, sales.Select(s => new { s.City, Next = s.Year + 1 }).Plan);
        Assert.Equal(frame.Select("City", ("Age", Col("Year"))).Plan.Schema.Names.Append("x").Take(1), sales.Select(s => new Pair(s.City, s.Year)).Schema.Names.Take(1).Select(_ => "City"));
        Assert.Equal(["City", "Count", "Sum", "Mean"], sales.Select(s => new Totals(s.City, s.Year, s.Amount) { Mean = s.Amount }).Schema.Names);
    }

    [Fact]
    public void The_same_plan_out_of_names_and_lambdas()
    {
        var frame = sales.Untyped;
        Assert.Equal(frame.Where(Col("Year") > 2020).Plan, sales.Where(s => s.Year > 2020).Plan);
        Assert.Equal(frame.OrderBy("City", Col("Amount").Descending()).Plan, sales.OrderBy(s => s.City).ThenByDescending(s => s.Amount).Plan);
        Assert.Equal(
            frame.GroupBy("City").Aggregate(Count().As("Count"), Sum("Amount").As("Sum")).Plan,
            sales.GroupBy(s => s.City).Select(g => new { City = g.Key, Count = g.Count(), Sum = g.Sum(s => s.Amount) }).Plan);
        Assert.Equal(
            frame.GroupBy("City", "Year").Aggregate((Sum("Amount") / Count()).As("Mean")).Plan,
            sales.GroupBy(s => new { s.City, s.Year }).Select(g => new { g.Key.City, g.Key.Year, Mean = g.Sum(s => s.Amount) / g.Count() }).Plan);
        Assert.Equal(
            frame.GroupBy("City").Aggregate(Sum("Amount").Where(Col("Year") == 2025).As("Last")).Plan,
            sales.GroupBy(s => s.City).Select(g => new { City = g.Key, Last = g.Where(s => s.Year == 2025).Sum(s => s.Amount) }).Plan);
        Assert.Equal(
            frame.Select("City", Sum("Amount").Over(["City"], ["Year"], Rows.Last(3)).As("Moving")).Plan,
            sales.Over(s => s.City, s => s.Year).Select((s, near) => new { s.City, Moving = near.Among(Rows.Last(3)).Sum(x => x.Amount) }).Plan);
    }
}
