using Millrace.Data.Engines.DuckDb;

namespace Millrace.Data.Tests.DuckDb;

public sealed class ConnectionTests : IDisposable
{
    readonly DuckDbDatabase database = DuckDbDatabase.InMemory();
    readonly DuckDbConnection connection;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ConnectionTests() => connection = database.Connect();

    public void Dispose()
    {
        connection.Dispose();
        database.Dispose();
    }

    [Fact]
    public void Rows_are_read_in_place()
    {
        using var result = connection.Stream("SELECT i, i::varchar || ' is a number', CASE WHEN i % 2 = 0 THEN i::double END FROM range(5000) t(i)", Cancel);
        var expected = 0L;
        while (result.Read(out var chunk))
        {
            var numbers = chunk[0].Values<long>();
            var texts = chunk[1].Texts;
            var validity = chunk[2].Validity;
            for (var row = 0; row < chunk.RowCount; row++, expected++)
            {
                Assert.Equal(expected, numbers[row]);
                Assert.Equal($"{expected} is a number", texts[row].ToString());
                Assert.Equal(expected % 2 == 0, (validity[row >> 6] >> (row & 63) & 1) == 1);
            }
        }
        Assert.Equal(5000, expected);
    }

    [Fact]
    public void Changed_rows_are_counted()
    {
        Assert.Equal(3, connection.Execute("CREATE TABLE t(i int); INSERT INTO t VALUES (1), (2), (3)", Cancel));
        Assert.Equal(2, connection.Execute("DELETE FROM t WHERE i > 1", Cancel));
    }

    [Fact]
    public void A_wrong_statement_says_what_is_wrong_with_it()
    {
        var failure = Assert.Throws<DuckDbException>(() => connection.Stream("SELECT nothing FROM nowhere", Cancel));
        Assert.Equal(DuckDbErrorType.Catalog, failure.Type);
        Assert.Contains("nowhere", failure.Message);
        failure = Assert.Throws<DuckDbException>(() => connection.Execute("SELEC 1", Cancel));
        Assert.Equal(DuckDbErrorType.Parser, failure.Type);
    }

    [Fact]
    public void An_error_halfway_through_a_stream_reaches_its_reader()
    {
        using var result = connection.Stream("SELECT CASE WHEN i < 4000000 THEN i ELSE error('enough') END FROM range(5000000) t(i)", Cancel);
        var failure = Assert.Throws<DuckDbException>(() =>
        {
            while (result.Read(out _)) { }
        });
        Assert.Contains("enough", failure.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_long_query_is_cancelled(bool streamed)
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var endless = "SELECT sum(a.i * b.i) FROM range(100000000) a(i), range(1000000) b(i)";
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(() =>
        {
            using var result = streamed ? connection.Stream(endless, cancel.Token) : connection.Query(endless, cancel.Token);
            while (result.Read(out _)) { }
        }, Cancel));
        Assert.Equal(1, One("SELECT 1::bigint"));
    }

    [Fact]
    public void Parameters_are_numbered_or_named()
    {
        using var numbered = connection.Prepare("SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?");
        object?[] values =
        [
            true, (short)-3, long.MaxValue, 0.5, "Grüße", new DateOnly(2026, 11, 21), new DateTime(2026, 11, 21, 5, 0, 0),
            new DateTimeOffset(2026, 11, 21, 5, 0, 0, TimeSpan.Zero), new Guid("f1234567-89ab-cdef-0123-456789abcdef"), TimeSpan.FromSeconds(90),
        ];
        Assert.Equal(values.Length, numbered.ParameterCount);
        for (var i = 0; i < values.Length; i++) numbered.Bind(i + 1, values[i]);
        Assert.Equal(values, Row(numbered));

        using var named = connection.Prepare("SELECT $price::decimal(10, 3), $note, $bytes");
        named.Bind("price", -12.345m).Bind("note", null).Bind("bytes", new byte[] { 1, 0, 255 });
        Assert.Equal([-12.345m, null, new byte[] { 1, 0, 255 }], Row(named));
        Assert.Contains("$nobody", Assert.Throws<DuckDbException>(() => named.Bind("nobody", 1)).Message);
        Assert.Throws<ArgumentException>(() => named.Bind("note", new object()));
    }

    [Fact]
    public async Task Progress_is_seen_from_another_thread()
    {
        var (halfway, looked) = (new TaskCompletionSource(), new TaskCompletionSource());
        connection.CountProgress();
        connection.Execute("SET threads = 1; CREATE TABLE numbers AS SELECT i FROM range(2000000) t(i)", Cancel);
        connection.AddFunction("wait_halfway", (long value) =>
        {
            if (value != 1_000_000) return value;
            halfway.SetResult();
            looked.Task.Wait(Cancel);
            return value;
        });
        var query = Task.Run(() => connection.Execute("SELECT sum(wait_halfway(i)) FROM numbers", Cancel), Cancel);
        await Task.WhenAny(halfway.Task, query);
        var seen = connection.Progress;
        looked.SetResult();
        await query;
        Assert.InRange(seen ?? -1, 0.25, 0.75);
    }

    static object?[] Row(DuckDbStatement statement)
    {
        using var reader = new BatchReader(statement.Query(Cancel));
        using var batch = reader.Read()!;
        return batch.Row(0);
    }

    long One(string sql)
    {
        using var result = connection.Query(sql, Cancel);
        Assert.True(result.Read(out var chunk));
        return chunk[0].Values<long>()[0];
    }
}
