using Millrace.Data.Engines.DuckDb;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.DuckDb;

public sealed class AppenderTests : IDisposable
{
    readonly TempFolder folder = new();
    readonly DuckDbDatabase database;
    readonly DuckDbConnection connection;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public AppenderTests()
    {
        database = DuckDbDatabase.OpenFile(folder["test.duckdb"]);
        connection = database.Connect();
    }

    public void Dispose()
    {
        connection.Dispose();
        database.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Batches_are_appended_to_a_table_whose_types_are_wider()
    {
        connection.Execute("CREATE TABLE t(i BIGINT NOT NULL, name VARCHAR, price DECIMAL(12, 3))", Cancel);
        var schema = new Schema(new Field("i", DataType.Int32), new Field("name", DataType.Text), new Field("price", DataType.Decimal(10, 2)));
        var rows = new BatchBuilder(schema);
        for (var i = 0; i < 5000; i++) rows.Add(i, i % 7 == 0 ? null : $"name number {i}", i * 0.25m);
        using (var appender = new BatchAppender(connection, schema, "t"))
        {
            using var batch = rows.Build();
            appender.Append(batch);
            appender.Complete();
        }
        using var reader = new BatchReader(connection.Query("SELECT count(*), count(name), sum(i)::bigint, sum(price)::double FROM t", Cancel));
        using var sums = reader.Read()!;
        Assert.Equal([5000L, 4285L, 4999L * 2500, 4999L * 2500 * 0.25], sums.Row(0));
    }

    [Fact]
    public void What_is_not_completed_is_not_in_the_table()
    {
        connection.Execute("CREATE TABLE t(i BIGINT)", Cancel);
        var schema = new Schema(new Field("i", DataType.Int64));
        using (var appender = new BatchAppender(connection, schema, "t"))
        {
            using var batch = new BatchBuilder(schema).Add(1L).Build();
            appender.Append(batch);
        }
        using var reader = new BatchReader(connection.Query("SELECT count(*) FROM t", Cancel));
        using var count = reader.Read()!;
        Assert.Equal(0L, count.Row(0)[0]);
    }

    [Fact]
    public void A_row_that_breaks_a_constraint_says_which_table_refused_it()
    {
        connection.Execute("CREATE TABLE t(i BIGINT PRIMARY KEY)", Cancel);
        var schema = new Schema(new Field("i", DataType.Int64));
        using var appender = new BatchAppender(connection, schema, "t");
        using var batch = new BatchBuilder(schema).Add(1L).Add(1L).Build();
        var failure = Assert.Throws<DuckDbException>(() =>
        {
            appender.Append(batch);
            appender.Complete();
        });
        Assert.Equal(DuckDbErrorType.Constraint, failure.Type);
        Assert.Contains("'t'", failure.Message);
        Assert.Throws<DuckDbException>(() => new BatchAppender(connection, schema, "nowhere"));
    }
}
