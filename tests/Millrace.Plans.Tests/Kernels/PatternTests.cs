using System.Text;
using System.Text.RegularExpressions;

namespace Millrace.Plans.Tests.Kernels;

public sealed class PatternTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(@"^\w+$", "Tromso", true)]
    [InlineData(@"^\w+$", "Tromsø", false)]
    [InlineData(@"\d", "\u0663", false)]
    [InlineData(@"\D", "\u0663", true)]
    [InlineData("a$", "a\n", false)]
    [InlineData(@"\s", "\u00a0", false)]
    [InlineData(@"\s", "\u2028", false)]
    [InlineData(@"\s", "\v", true)]
    [InlineData("^.$", "\U0001D518", true)]
    [InlineData("^[^a]$", "\U0001D518", true)]
    [InlineData("^.$", "\n", false)]
    [InlineData("^[^a]$", "\n", true)]
    [InlineData("^\U0001D518{2}$", "\U0001D518\U0001D518", true)]
    [InlineData("^[\U0001F600-\U0001F64F]+$", "\U0001F600\U0001F64F", true)]
    [InlineData("^[\U0001F600-\U0001F64F]+$", "\U0001F650", false)]
    [InlineData(@"^[\w.-]+@[a-z]+\.com$", "ann.b-c@shop.com", true)]
    [InlineData("^[]a]+$", "]a", true)]
    [InlineData("^(?:ab|c)*$", "abcab", true)]
    [InlineData("^$", "", true)]
    public void A_pattern_means_the_same_whatever_runs_it(string pattern, string text, bool matches) =>
        Assert.Equal(matches, Regex.IsMatch(text, CommonPattern.Read(pattern).Net, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));

    [Theory]
    [InlineData("(?<=a)b", "look-around")]
    [InlineData("(?i)true", "inline options")]
    [InlineData("(?<name>a)", "named")]
    [InlineData(@"(a)\1", @"\1")]
    [InlineData(@"\bword", @"\b")]
    [InlineData(@"\p{L}", @"\p")]
    [InlineData("[[:alpha:]]", "[A-Za-z]")]
    [InlineData("[a-z-[aeiou]]", "taken from each other")]
    [InlineData("a++", "possessive")]
    [InlineData("a{300}", "255")]
    [InlineData("(a{200}){20}", "4,000 times")]
    [InlineData("a{x", @"\{")]
    [InlineData("*a", @"\*")]
    [InlineData("(a", @"\(")]
    [InlineData("a)", @"\)")]
    [InlineData("[a", @"\[")]
    [InlineData("[z-a]", "later one")]
    [InlineData(@"a\", @"\\")]
    public void What_engines_read_differently_is_refused_with_its_place_and_another_way(string pattern, string says)
    {
        var wrong = Assert.Throws<PlanException>(() => CommonPattern.Read(pattern)).Message;
        Assert.Contains($"'{pattern}'", wrong, StringComparison.Ordinal);
        Assert.Contains("at character", wrong, StringComparison.Ordinal);
        Assert.Contains(says, wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[0-9]+", true)]
    [InlineData("([a-z]+) ([a-z]+)", true)]
    [InlineData("([0-9]+)-([0-9]{2})", true)]
    [InlineData("a|ab", false)]
    [InlineData("a?(?:ab)?", false)]
    [InlineData("a+?b", false)]
    [InlineData("[a-c]*[b-d]*", false)]
    [InlineData("a*b?c*", false)]
    public void Whether_the_first_match_is_the_longest_is_known(string pattern, bool hasOne) => Assert.Equal(hasOne, CommonPattern.Read(pattern).HasOneMatch);

    [Fact]
    public void Sets_of_code_points_are_written_for_NET_as_what_they_are()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        int[] edges = [0, 1, 'a', 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10001, 0x103FF, 0x10400, 0x107FF, 0x1F600, 0x1F64F, 0x10FC00, 0x10FFFF];
        for (var i = 0; i < 300; i++)
        {
            var (one, two) = (Range(), Range());
            var set = CharacterSet.Range(one.From, one.To).With(CharacterSet.Range(two.From, two.To));
            var isNegated = random.Next(2) == 0;
            if (isNegated) set = set.Others;
            if (set.IsEmpty) continue;
            var regex = new Regex($@"^{set.ToNet()}\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            foreach (var point in edges.Concat(edges.Where(e => e is > 0 and not 0xE000).Select(e => e - 1)).Append(random.Next(0x10000, 0x110000)))
            {
                var within = (point >= one.From && point <= one.To) || (point >= two.From && point <= two.To);
                Assert.True(within != isNegated == regex.IsMatch(new Rune(point).ToString()), $"U+{point:X} of {set.ToNet()}");
            }
        }

        (int From, int To) Range()
        {
            var (a, b) = (edges[random.Next(edges.Length)], edges[random.Next(edges.Length)]);
            return (Math.Min(a, b), Math.Max(a, b));
        }
    }

    static readonly Schema texts = new(new Field("t", DataType.Text));

    [Fact]
    public void Calls_are_checked_when_the_plan_is_built()
    {
        Expr t = new ColumnExpr("t");
        Refused("(?<=a)b", Functions.Matches.Of(t, LiteralExpr.Of("(?<=a)b")));
        Refused("no group 2", Functions.Extract.Of(t, LiteralExpr.Of("(a)"), LiteralExpr.Of(2)));
        Refused("names group 3", Functions.ReplacePattern.Of(t, LiteralExpr.Of("(a)"), LiteralExpr.Of(@"<\3>")));
        Refused("backslash", Functions.ReplacePattern.Of(t, LiteralExpr.Of("(a)"), LiteralExpr.Of(@"<\&>")));
        Refused("constant", Functions.Matches.Of(t, t));

        static void Refused(string says, Expr call) => Assert.Contains(says, Assert.Throws<PlanException>(() => call.TypeIn(texts)).Message, StringComparison.Ordinal);
    }
}
