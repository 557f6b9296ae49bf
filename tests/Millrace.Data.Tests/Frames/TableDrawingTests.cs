using System.Globalization;
using Millrace.Plans;

namespace Millrace.Data.Tests.Frames;

public sealed class TableDrawingTests
{
    static async Task<string> DrawAsync(string sql, int? width = null, int rows = 40) =>
        await Frame.Sql(sql).DrawAsync(rows, width, new RunContext(), TestContext.Current.CancellationToken);

    [Fact]
    public async Task Null_is_blank_and_the_empty_text_is_not() =>
        Assert.Equal(
            """
            a     | b
            text? | text?
            ------+------
                  | ""
            1 row
            """.ReplaceLineEndings("\n"), await DrawAsync("select null::text a, '' b"));

    [Fact]
    public async Task Wide_letters_and_emoji_take_two_places_and_marks_none() =>
        Assert.Equal(
            """
            a       |      b
            text?   | int32?
            --------+-------
            東京    |      1
            😀 x    |      2
            e{0}le{0}ve   |      3
            👩‍👩‍👧      |      4
            abcdefg |      5
            5 rows
            """.Replace("{0}", "\u0301", StringComparison.Ordinal).ReplaceLineEndings("\n"),
            await DrawAsync("select * from (values ('東京', 1), ('😀 x', 2), ('e\u0301le\u0301ve', 3), ('👩‍👩‍👧', 4), ('abcdefg', 5)) t(a, b) order by b"));

    [Fact]
    public async Task Numbers_of_any_size_and_what_is_nested_are_spelled_out()
    {
        var drawn = await DrawAsync("select 99999999999999999999999999999999999999::decimal(38,0) as whole, -0.05::decimal(38,20) as part, {n: [1.50::decimal(4,2), null], m: map {'k': 'v'}} as s");
        Assert.Contains("99999999999999999999999999999999999999 | -0.05000000000000000000 | {n: [1.50, null], m: {k: v}}", drawn, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_would_move_the_cursor_is_escaped() =>
        Assert.Contains(@"a\n\u001b[2J", await DrawAsync("select 'a' || chr(10) || chr(27) || '[2J' as x"), StringComparison.Ordinal);

    [Theory]
    [InlineData(80)]
    [InlineData(200)]
    [InlineData(20)]
    public async Task A_table_is_no_wider_than_its_terminal(int width)
    {
        var columns = string.Join(", ", Enumerable.Range(1, 60).Select(i => i % 5 == 0 ? $"repeat('東', {i}) as t{i}" : string.Create(CultureInfo.InvariantCulture, $"{i * 1000} as c{i}")));
        var drawn = await DrawAsync($"select {columns}", width);
        Assert.All(drawn.Split('\n')[..^1], line => Assert.True(TextWidth.Of(line) <= width, $"{TextWidth.Of(line)} places: {line}"));
        Assert.StartsWith("    c1 | ", drawn, StringComparison.Ordinal);
        Assert.Matches(@"1 row, \d+ of 60 columns$", drawn);
    }

    [Fact]
    public async Task Long_texts_give_way_before_columns_do()
    {
        var drawn = await DrawAsync("select 1 as id, repeat('x', 100) as a, repeat('y', 100) as b", 50);
        Assert.Contains("     1 | xxxxxxxxxxx… | yyyyyyyyyyy…\n1 row", drawn, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_without_rows_shows_its_columns() =>
        Assert.Equal("a     | b\ntext? | text?\n------+------\n0 rows", await DrawAsync("select 'x' a, 'y' b limit 0"));
}
