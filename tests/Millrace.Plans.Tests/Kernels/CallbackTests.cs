using static Millrace.Plans.Tests.StreamingEngineTests;

namespace Millrace.Plans.Tests;

public sealed class CallbackTests
{
    enum Colour { Red, Green }

    static readonly Schema schema = new(
        new("i", DataType.Int32), new("l", DataType.Int64), new("f", DataType.Float64), new("d", DataType.Decimal(9, 2)), new("t", DataType.Text), new("day", DataType.Date), new("at", DataType.Timestamp), new("c", DataType.Enum("Red", "Green")));

    static readonly Rows source = new(schema,
        [1, 10L, 0.5, 1.25m, "a", new DateOnly(2024, 1, 2), new DateTime(2024, 1, 2, 3, 4, 5), "Green"],
        [null, null, null, null, null, null, null, null],
        [3, 30L, 1.5, -2m, "ç", new DateOnly(1960, 1, 1), new DateTime(1960, 1, 1), "Red"]);

    static async Task<List<object?>> Call(Delegate body, string columns, DataType type, bool nullable = true, bool seesNulls = false)
    {
        var expr = new CallbackExpr(new Callback("f", body, type, nullable, seesNulls), [.. columns.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(c => (Expr)new ColumnExpr(c))]);
        return [.. (await Run(new Project(new Scan(source), [new("v", expr)]))).Select(r => r[0])];
    }

    [Fact]
    public async Task Arguments_and_results_are_plain_values()
    {
        Assert.Equal([2, null, 6], await Call((int i) => i * 2, "i", DataType.Int32));
        Assert.Equal([11L, null, 33L], await Call((long l, int i) => l + i, "l,i", DataType.Int64));
        Assert.Equal([11L, null, 33L], await Call((long l, long i) => l + i, "l,i", DataType.Int64));
        Assert.Equal(["a1.25", null, "ç-2.00"], await Call((string t, decimal d) => t + d.ToString(System.Globalization.CultureInfo.InvariantCulture), "t,d", DataType.Text));
        Assert.Equal([2.50m, null, -4.00m], await Call((decimal d) => d * 2, "d", DataType.Decimal(10, 2)));
        Assert.Equal([new DateOnly(2024, 1, 3), null, new DateOnly(1960, 1, 2)], await Call((DateOnly day) => day.AddDays(1), "day", DataType.Date));
        Assert.Equal([3, null, 0], await Call((DateTime at, double f, string t, int i) => at.Hour, "at,f,t,i", DataType.Int32));
        Assert.Equal([true, null, false], await Call((Colour c) => c == Colour.Green, "c", DataType.Boolean));
        Assert.Equal([5, null, 7], await Call((int a, int b, int c, int d, int e) => a + b * 0 + c * 0 + d * 0 + 4, "i,i,i,i,i", DataType.Int32));
        Assert.Equal([7, 7, 7], await Call(() => 7, "", DataType.Int32));
    }

    [Fact]
    public async Task Nulls_are_seen_where_they_can_be()
    {
        Assert.Equal([1, -1, 3], await Call((int? i) => i ?? -1, "i", DataType.Int32, seesNulls: true));
        Assert.Equal([null, "none", null], await Call((string? t) => t is null ? "none" : null, "t", DataType.Text, seesNulls: true));
        Assert.Equal([null, null, 3], await Call((int? i) => i == 1 ? null : i, "i", DataType.Int32));
    }

    [Fact]
    public async Task A_function_that_throws_fails_its_row_with_its_values()
    {
        var wrong = await Assert.ThrowsAsync<RowException>(() => Call((int i) => i == 3 ? throw new InvalidOperationException("Three!") : i, "i", DataType.Int32));
        Assert.Equal("project: The function f threw InvalidOperationException for 3: Three!", wrong.Message);
    }

    [Fact]
    public void Hot_kernels_allocate_nothing_for_a_row()
    {
        var random = new Random(1);
        var wide = new Schema(new("a", DataType.Int32), new("b", DataType.Int32), new("f", DataType.Float64), new("d", DataType.Decimal(9, 2)), new("t", DataType.Text));
        const int rows = 50_000;
        using var batch = new Batch(wide, rows,
        [
            new Column<int>(DataType.Int32, Enumerable.Range(0, rows).ToArray()), new Column<int>(DataType.Int32, Enumerable.Range(1, rows).ToArray(), Enumerable.Range(0, rows).Select(i => i % 7 == 0).ToArray()),
            new Column<double>(DataType.Float64, Enumerable.Range(0, rows).Select(_ => random.NextDouble()).ToArray()), new Column<Int128>(DataType.Decimal(9, 2), Enumerable.Range(0, rows).Select(i => (Int128)i).ToArray()),
            new BytesColumn(DataType.Text, "abcdefgh"u8.ToArray(), Enumerable.Range(0, rows).Select(i => new BytesView(i % 4, 4)).ToArray()),
        ]);
        Expr a = new ColumnExpr("a"), b = new ColumnExpr("b"), f = new ColumnExpr("f"), d = new ColumnExpr("d"), t = new ColumnExpr("t"), one = LiteralExpr.Of(1);
        Expr[] hot =
        [
            Functions.Add.Of(Functions.Multiply.Of(a, one), b), Functions.Less.Of(a, b), Functions.Multiply.Of(f, LiteralExpr.Of(2.0)), Functions.Add.Of(d, LiteralExpr.Of(1.5m)), Functions.Upper.Of(t),
            Functions.Equals.Of(t, LiteralExpr.Of("bcde")), Functions.And.Of(Functions.Less.Of(a, b), Functions.IsNull.Of(b)), new CastExpr(a, DataType.Text), new CastExpr(a, DataType.Float64), Functions.Substring.Of(t, one, one),
            new CallbackExpr(new Callback("f", (int x) => x + 1, DataType.Int32, false), [a]), new CallbackExpr(new Callback("f", (int x, decimal y) => y + x, DataType.Decimal(12, 2), false), [a, d]),
            new CaseExpr([new CaseBranch(Functions.Less.Of(a, b), a)], one), Functions.Coalesce.Of(b, a), Functions.In.Of(t, LiteralExpr.Of("abcd"), LiteralExpr.Of("x")), Functions.Year.Of(new CastExpr(LiteralExpr.Of("2024-01-01"), DataType.Date)),
        ];
        foreach (var expr in hot)
        {
            var kernel = new KernelCompiler(wide).Compile(expr);
            long Allocated()
            {
                using var one = batch.Slice(0, rows);
                using var own = new Batch(wide, rows, one.Columns.ToArray());
                var before = GC.GetAllocatedBytesForCurrentThread();
                kernel.Column(new Evaluation(own, new Faults("test", collect: false)));
                return GC.GetAllocatedBytesForCurrentThread() - before;
            }
            for (var i = 0; i < 3; i++) Allocated();
            var least = Enumerable.Range(0, 5).Min(_ => Allocated());
            Assert.True(least < 8192, $"{expr} allocates {least} bytes for {rows} rows.");
        }
    }

    [Fact]
    public async Task Memory_of_every_batch_is_given_back()
    {
        var watched = new Watched();
        var plan = new Group(
            new Project(
                new Filter(new Check(new Scan(watched), "positive", Functions.Greater.Of(new ColumnExpr("i"), LiteralExpr.Of(2)), "i"), Functions.NotEquals.Of(new ColumnExpr("i"), LiteralExpr.Of(5))),
                [new("x", Functions.Modulo.Of(new ColumnExpr("i"), LiteralExpr.Of(3)))]),
            [new("x", new ColumnExpr("x"))], [new("n", Aggregate.Count.Of())]);
        await Run(plan, new RunContext { Rejects = new RejectLog() });
        Assert.Equal(0, watched.Open);

        // Where the run fails, and where its reader stops early.
        await Assert.ThrowsAsync<RowException>(() => Run(plan));
        Assert.Equal(0, watched.Open);
        await foreach (var batch in new StreamingEngine().RunAsync(new Project(new Scan(watched), [new("i", new ColumnExpr("i"))]), new RunContext(), TestContext.Current.CancellationToken))
        {
            batch.Dispose();
            break;
        }
        Assert.Equal(0, watched.Open);
    }

    sealed class Watched : ISource
    {
        int open;

        public string Kind => "watched";
        public Schema Schema { get; } = new(new Field("i", DataType.Int32));
        internal int Open => Volatile.Read(ref open);

        public System.Text.Json.Nodes.JsonObject? Describe() => null;

        public async IAsyncEnumerable<Batch> ReadAsync(ReadRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
        {
            await Task.CompletedTask;
            for (var start = 0; start < 100; start += 10)
            {
                var memory = new BatchMemory();
                Interlocked.Increment(ref open);
                memory.Hold(new Closing(this));
                yield return new Batch(Schema, 10, [new Column<int>(DataType.Int32, Enumerable.Range(start, 10).ToArray())], memory);
            }
        }

        sealed class Closing(Watched source) : IDisposable
        {
            public void Dispose() => Interlocked.Decrement(ref source.open);
        }
    }
}
