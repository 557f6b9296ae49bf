namespace Millrace.Data.Tests.Frames;

public sealed class SqlTests
{
    sealed record Order(string City, int Amount);

    static readonly Frame orders = Frame.From([new Order("Ulm", 3), new Order("Bonn", 4), new Order("Ulm", 5)]);

    [Fact]
    public async Task A_query_over_frames_is_a_frame()
    {
        var totals = Frame.Sql("select City, sum(Amount)::bigint as total from orders group by all order by City -- by name", ("orders", orders));
        Assert.Equal("City: text?, total: int64?", totals.Schema.ToString());

        var table = await totals.Where(Columns.Col("total") > 4).CollectAsync(TestContext.Current.CancellationToken);
        Assert.Equal([["Ulm", 8L]], table.Rows);
    }

    [Fact]
    public async Task A_query_keeps_the_order_it_asks_for()
    {
        var sorted = await Frame.Sql("with o as (select * from orders) select Amount from o order by Amount desc", ("orders", orders)).CollectAsync(TestContext.Current.CancellationToken);
        Assert.Equal([[5], [4], [3]], sorted.Rows);
    }

    [Fact]
    public void A_query_that_is_wrong_says_so_before_it_runs()
    {
        var wrong = Assert.Throws<PlanException>(() => Frame.Sql("select town from orders", ("orders", orders)));
        Assert.Contains("\"town\" not found", wrong.Message, StringComparison.Ordinal);
    }

}
