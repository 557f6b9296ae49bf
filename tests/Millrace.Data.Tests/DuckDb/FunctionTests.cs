using Millrace.Data.Engines.DuckDb;

namespace Millrace.Data.Tests.DuckDb;

public sealed class FunctionTests : IDisposable
{
    readonly DuckDbDatabase database = DuckDbDatabase.InMemory();
    readonly DuckDbConnection connection;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public FunctionTests() => connection = database.Connect();

    public void Dispose()
    {
        connection.Dispose();
        database.Dispose();
    }

    [Fact]
    public void A_function_over_columns_is_called_by_name()
    {
        connection.AddFunction("shout", [DataType.Text, DataType.Int32], DataType.Text, static (arguments, count, _) =>
        {
            var result = ColumnBuilder.For(DataType.Text);
            for (var i = 0; i < count; i++)
                result.AddValue(arguments[0].ValueAt(i) is string s && arguments[1].ValueAt(i) is int n ? s.ToUpperInvariant() + new string('!', n) : null);
            return result.Build();
        });
        Assert.Equal("HELLO!!", One("SELECT shout('hello', 2)"));
        Assert.Null(One("SELECT shout(NULL, 2)"));
        Assert.Equal(10_000L, One("SELECT count(*) FROM range(10000) t(i) WHERE shout('row ' || i, 3) = upper('row ' || i) || '!!!'"));
    }

    [Fact]
    public void A_delegate_is_called_for_each_row_and_not_for_nulls()
    {
        var calls = 0;
        connection.AddFunction("twice", (long value) =>
        {
            Interlocked.Increment(ref calls);
            return value * 2;
        });
        Assert.Equal(19_800L, One("SELECT sum(twice(CASE WHEN i % 2 = 0 THEN i END))::bigint FROM range(200) t(i)"));
        Assert.Equal(100, calls);
    }

    [Fact]
    public void Delegates_take_what_their_parameters_say()
    {
        connection.AddFunction("sentence", (string name, DateOnly on, decimal price, bool sold) => $"{name} {on:yyyy-MM-dd} {price} {sold}",
            [DataType.Text, DataType.Date, DataType.Decimal(10, 2), DataType.Boolean], DataType.Text);
        Assert.Equal("Vase 2026-11-21 12.50 True", One("SELECT sentence('Vase', DATE '2026-11-21', 12.5, true)"));
        connection.AddFunction("or_zero", (int? value) => value ?? 0, [DataType.Int32], DataType.Int32);
        Assert.Equal(0, One("SELECT or_zero(NULL)"));
        connection.AddFunction("none_if_odd", (long value) => value % 2 == 0 ? value : (long?)null, [DataType.Int64], DataType.Int64);
        Assert.Null(One("SELECT none_if_odd(3)"));
        connection.AddFunction("plus", (long a, long b, double c) => a + b + c);
        Assert.Equal(6.5, One("SELECT plus(1, 2, 3.5)"));
    }

    [Fact]
    public void An_exception_of_a_function_is_the_cause_of_the_error()
    {
        var thrown = new InvalidDataException("the seventh row is wrong");
        connection.AddFunction("picky", (long value) => value == 7 ? throw thrown : value);
        var failure = Assert.Throws<DuckDbException>(() => One("SELECT sum(picky(i))::bigint FROM range(100000) t(i)"));
        Assert.Same(thrown, failure.InnerException);
        Assert.EndsWith("the seventh row is wrong", failure.Message);
        // A body that failed halfway leaves nothing behind for the next call.
        Assert.Equal(100L, One("SELECT count(picky(i + 8)) FROM range(100) t(i)"));
    }

    [Fact]
    public void A_function_that_loses_rows_or_throws_zeroes_is_named_all_the_same()
    {
        connection.AddFunction("lossy", [DataType.Int64], DataType.Int64, static (arguments, count, _) => arguments[0].Slice(0, count - 1));
        Assert.Contains("was given 3 rows and gave 2 back", Assert.Throws<DuckDbException>(() => One("SELECT sum(lossy(i)) FROM range(3) t(i)")).Message);
        var thrown = new InvalidDataException("a zero \0 in the middle");
        connection.AddFunction("zero", long (long _) => throw thrown);
        Assert.Same(thrown, Assert.Throws<DuckDbException>(() => One("SELECT sum(zero(i)) FROM range(3) t(i)")).InnerException);
    }

    [Fact]
    public void An_exception_of_a_source_is_the_cause_of_the_error()
    {
        var thrown = new InvalidDataException("line 3 is ragged");
        var source = new BatchTableSource(Numbers) { Open = (_, _) => Failing(thrown) };
        using var table = connection.AddTable("broken", source);
        var failure = Assert.Throws<DuckDbException>(() => One("SELECT sum(i)::bigint FROM broken"));
        Assert.Same(thrown, failure.InnerException);

        using var unopened = connection.AddTable("unopened", source with { Open = (_, _) => throw thrown });
        failure = Assert.Throws<DuckDbException>(() => One("SELECT sum(i)::bigint FROM unopened"));
        Assert.Same(thrown, failure.InnerException);
    }

    [Fact]
    public void A_source_is_asked_for_the_columns_that_the_query_needs()
    {
        List<string> asked = [];
        var schema = new Schema(new Field("a", DataType.Int64), new Field("b", DataType.Int64), new Field("c", DataType.Int64));
        var source = new BatchTableSource(schema)
        {
            Rows = 3,
            Open = (columns, _) =>
            {
                asked.Add(string.Join(',', columns));
                var rows = new BatchBuilder(schema.Select(columns));
                for (var row = 0L; row < 3; row++) rows.Add([.. columns.Select(c => (object)(row * 10 + c[0] - 'a'))]);
                return Once(rows.Build());
            },
        };
        using (connection.AddTable("wide", source))
        {
            Assert.Equal(36L, One("SELECT sum(c)::bigint FROM wide"));
            Assert.Equal(69L, One("SELECT sum(c + b)::bigint FROM wide"));
            Assert.Equal(3L, One("SELECT count(*) FROM wide"));
            Assert.Equal(["c", "c,b", "a"], asked.Select(a => a is "b,c" ? "c,b" : a));
            Assert.Equal(3L, One("SELECT count(*) FROM wide x JOIN wide y USING (a)"));
        }
        Assert.Throws<DuckDbException>(() => One("SELECT count(*) FROM wide"));
    }

    [Fact]
    public void The_order_of_batches_is_kept_and_several_threads_may_take_them()
    {
        var source = new BatchTableSource(Numbers) { Open = (_, _) => Count(batches: 500, rows: 1000), MaxThreads = 2 };
        using var table = connection.AddTable("numbers", source);
        using var result = connection.Stream("SELECT i FROM numbers WHERE i % 3 = 0", Cancel);
        var expected = 0L;
        while (result.Read(out var chunk))
        {
            foreach (var value in chunk[0].Values<long>())
            {
                Assert.Equal(expected, value);
                expected += 3;
            }
        }
        Assert.Equal(500_001, expected);
        Assert.Equal(500_000L * 499_999 / 2, One("SELECT sum(i)::bigint FROM numbers"));
    }

    [Fact]
    public async Task A_source_that_waits_for_ever_is_cancelled()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var source = new BatchTableSource(Numbers) { Open = (_, stop) => Endless(started, stop) };
        using var table = connection.AddTable("endless", source);
        using var statement = connection.Prepare("SELECT sum(i) FROM endless");
        var read = Task.Run(async () =>
        {
            await foreach (var batch in BatchReader.StreamAsync(statement, null, 1000, cancel.Token)) batch.Dispose();
        }, Cancel);
        await started.Task.WaitAsync(Cancel);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    [Fact]
    public async Task A_stream_that_is_left_early_ends_its_source()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var source = new BatchTableSource(Numbers) { Open = (_, _) => Count(batches: int.MaxValue, rows: 5000, ended) };
        using var table = connection.AddTable("long", source);
        using (var statement = connection.Prepare("SELECT i FROM long"))
        {
            await foreach (var batch in BatchReader.StreamAsync(statement, null, 4096, Cancel))
            {
                batch.Dispose();
                break;
            }
        }
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        Assert.Equal(1, One("SELECT 1"));
    }

    static readonly Schema Numbers = new(new Field("i", DataType.Int64));

    static async IAsyncEnumerable<Batch> Once(Batch batch)
    {
        await Task.Yield();
        yield return batch;
    }

    static async IAsyncEnumerable<Batch> Failing(Exception thrown)
    {
        yield return new Batch(Numbers, 1, [new Column<long>(DataType.Int64, new long[] { 1 })]);
        await Task.Yield();
        throw thrown;
    }

    static async IAsyncEnumerable<Batch> Count(int batches, int rows, TaskCompletionSource? ended = null)
    {
        try
        {
            for (var b = 0; b < batches; b++)
            {
                if (b % 10 == 0) await Task.Yield();
                var start = (long)b * rows;
                yield return new Batch(Numbers, rows, [new Column<long>(DataType.Int64, Enumerable.Range(0, rows).Select(i => start + i).ToArray())]);
            }
        }
        finally
        {
            ended?.SetResult();
        }
    }

    static async IAsyncEnumerable<Batch> Endless(TaskCompletionSource started, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        started.TrySetResult();
        await Task.Delay(Timeout.Infinite, stop);
        yield break;
    }

    object? One(string sql)
    {
        using var reader = new BatchReader(connection.Query(sql, Cancel));
        using var batch = reader.Read();
        return batch!.Row(0)[0];
    }
}
