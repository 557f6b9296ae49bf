using Millrace.Data.Engines.DuckDb;

namespace Millrace.Data.Tests.DuckDb;

/// <summary>Each type goes into DuckDB as a table of batches and comes back as batches.</summary>
public sealed class TypeTests : IDisposable
{
    readonly DuckDbDatabase database = DuckDbDatabase.InMemory();
    readonly DuckDbConnection connection;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public TypeTests() => connection = database.Connect();

    public void Dispose()
    {
        connection.Dispose();
        database.Dispose();
    }

    [Theory]
    [InlineData("'infinity'::timestamp", "infinity")]
    [InlineData("'-infinity'::date", "infinity")]
    [InlineData("date '20000-01-02'", "20000-01-02")]
    [InlineData("date '0044-01-01 (BC)'", "0044-01-01 BC")]
    [InlineData("timestamp_s '20000-01-01 00:00:00'", "20000-01-01 00:00:00")]
    [InlineData("time '24:00:00'", "24:00:00")]
    [InlineData("timestamp_ns '2026-01-01 00:00:00.123456789'", "123456789 nanoseconds")]
    public async Task A_time_beyond_those_of_NET_is_refused_with_column_value_and_remedy(string value, string says)
    {
        var refused = await Assert.ThrowsAsync<PlanException>(() => Frame.Sql($"select {value} as at, 1 as n").CollectAsync(Cancel));
        Assert.Contains("'at'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Contains("in the query", refused.Message, StringComparison.Ordinal);
        using var whole = await Frame.Sql("select timestamp_ns '1969-12-31 23:59:59.123456' as at, null::date as d").CollectAsync(Cancel);
        Assert.Equal(new DateTime(1969, 12, 31, 23, 59, 59).AddTicks(1234560), whole[0, 0]);
    }

    public static TheoryData<string, object?[]> Values => new()
    {
        { "boolean", [true, false, null] },
        { "int16", [short.MinValue, (short)0, null, short.MaxValue] },
        { "int32", [int.MinValue, -1, null, int.MaxValue] },
        { "int64", [long.MinValue, 7L, null, long.MaxValue] },
        { "float32", [float.NaN, float.NegativeInfinity, -0f, float.Epsilon, float.MaxValue, null] },
        { "float64", [double.NaN, double.PositiveInfinity, -0.0, double.Epsilon, double.MinValue, null] },
        { "decimal(4,2)", [-99.99m, 0.01m, null, 99.99m] },
        { "decimal(9,3)", [-999999.999m, 1m, null] },
        { "decimal(18,2)", [9999999999999999.99m, -0.01m, null] },
        { "decimal(28,10)", [123456789012345678.0123456789m, -1m, null] },
        { "text", ["", "short", "twelve bytes", "thirteen byte", "Grüße aus Köln, 日本語 and 🦆", null, "a\0b", new string('x', 100_000)] },
        { "binary", [Array.Empty<byte>(), new byte[] { 0, 255, 1 }, null, new byte[1000]] },
        { "date", [new DateOnly(1, 1, 1), new DateOnly(1970, 1, 1), null, new DateOnly(9999, 12, 31)] },
        { "time", [TimeOnly.MinValue, new TimeOnly(23, 59, 59, 999, 999), null] },
        { "timestamp", [new DateTime(1, 1, 1), new DateTime(1969, 12, 31, 23, 59, 59, 999), null, new DateTime(2026, 11, 21, 4, 59, 0)] },
        { "instant", [new DateTimeOffset(1900, 1, 1, 0, 0, 0, TimeSpan.Zero), null, new DateTimeOffset(2026, 11, 21, 4, 59, 0, TimeSpan.Zero)] },
        { "duration", [TimeSpan.Zero, TimeSpan.FromMicroseconds(-1), null, TimeSpan.FromDays(40_000)] },
        { "uuid", [Guid.Empty, new Guid("ffffffff-ffff-ffff-ffff-ffffffffffff"), null, new Guid("01234567-89ab-cdef-0123-456789abcdef")] },
        { "enum<red|green|\"dark blue\">", ["red", "dark blue", null, "green"] },
        { "null", [null, null] },
        { "list<int32?>", [new[] { 1, 2, 3 }, Array.Empty<int>(), null, new int?[] { null, 5 }] },
        { "list<list<text?>?>", [new[] { new[] { "a", null }, null, [] }, null, Array.Empty<string[]>()] },
        { "struct<a: int32?, b: text?>", [new object?[] { 1, "one" }, null, new object?[] { null, "a rather long text" }] },
        { "list<struct<x: float64, on: date?>?>", [new object?[] { new object?[] { 1.5, new DateOnly(2026, 1, 1) }, null }, null] },
        { "map<text, int64?>", [new Dictionary<string, long?> { ["one"] = 1, ["none"] = null }, null, new Dictionary<string, long?>()] },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public async Task A_column_goes_in_and_comes_back(string typeText, object?[] values)
    {
        var type = DataType.Parse(typeText);
        var schema = new Schema(new Field("v", type), new Field("i", DataType.Int64, Nullable: false));
        // Enough rows for several chunks, so that values lie at all places of a vector.
        const int Repeats = 1500;
        var source = new BatchTableSource(schema) { Open = (columns, _) => Batches(schema, columns, values, Repeats) };
        using var table = connection.AddTable("t", source);
        using var statement = connection.Prepare("SELECT v, i FROM t ORDER BY i");
        var expected = schema;
        var rows = 0;
        await foreach (var batch in BatchReader.StreamAsync(statement, expected, 16_384, Cancel))
        {
            using (batch)
            {
                for (var row = 0; row < batch.Count; row++, rows++)
                {
                    Assert.Equal((long)rows, batch[1].ValueAt(row));
                    var builder = ColumnBuilder.For(type);
                    builder.AddValue(values[rows % values.Length]);
                    Assert.Equal(builder.Build().ValueAt(0), batch[0].ValueAt(row));
                }
            }
        }
        Assert.Equal(Repeats * values.Length, rows);
    }

    [Theory]
    [InlineData("(-128)::tinyint", "int16", (short)-128)]
    [InlineData("255::utinyint", "int16", (short)255)]
    [InlineData("65535::usmallint", "int32", 65535)]
    [InlineData("4294967295::uinteger", "int64", 4294967295L)]
    [InlineData("TIMESTAMP_S '2026-01-01 00:00:01'", "timestamp", "2026-01-01T00:00:01.0000000")]
    [InlineData("TIMESTAMP_MS '1969-12-31 23:59:59.5'", "timestamp", "1969-12-31T23:59:59.5000000")]
    [InlineData("TIMESTAMP_NS '1969-12-31 23:59:59.123456'", "timestamp", "1969-12-31T23:59:59.1234560")]
    [InlineData("INTERVAL 2 DAY + INTERVAL 3 SECOND", "duration", "2.00:00:03")]
    [InlineData("[1, 2]::int[2]", "list<int32?>", "1,2")]
    [InlineData("'b'::enum('a', 'b')", "enum<a|b>", "b")]
    [InlineData("18446744073709551615::ubigint", "decimal(20,0)", "18446744073709551615")]
    [InlineData("(-170141183460469231731687303715884105)::hugeint", "decimal(38,0)", "-170141183460469231731687303715884105")]
    public void A_type_that_plans_lack_becomes_one_that_holds_it(string sql, string type, object expected)
    {
        using var reader = new BatchReader(connection.Query($"SELECT {sql}", Cancel));
        using var batch = reader.Read()!;
        Assert.Equal(type, batch.Schema[0].Type.ToString());
        var value = type.StartsWith("decimal", StringComparison.Ordinal) ? ((Column<Int128>)batch[0]).Values[0].ToString(null, null) : batch[0].ValueAt(0);
        Assert.Equal(expected, value switch
        {
            DateTime t => t.ToString("O"),
            TimeSpan t => t.ToString(),
            List<object?> list => string.Join(',', list),
            _ => value,
        });
    }

    [Theory]
    [InlineData("INTERVAL 1 MONTH", "months have no fixed length")]
    [InlineData("'101'::bit", "BIT")]
    [InlineData("(2::double ** 127)::uhugeint", "can't hold")]
    public void A_value_that_plans_cannot_hold_is_refused_with_the_column(string sql, string reason)
    {
        var refusal = Assert.Throws<PlanException>(() =>
        {
            using var reader = new BatchReader(connection.Query($"SELECT {sql} AS odd", Cancel));
            reader.Read();
        });
        Assert.Contains("'odd'", refusal.Message);
        Assert.Contains(reason, refusal.Message);
    }

    [Fact]
    public void Decimals_of_38_digits_are_exact()
    {
        var most = Int128.Parse(new string('9', 38), null);
        Int128[] values = [most, -most, 0, 1, -1, most / 3];
        var schema = new Schema(new Field("d", DataType.Decimal(38, 12)));
        connection.Execute("CREATE TABLE exact(d DECIMAL(38, 12))", Cancel);
        using (var appender = new BatchAppender(connection, schema, "exact"))
        {
            using var batch = new Batch(schema, values.Length, [new Column<Int128>(schema[0].Type, values)]);
            appender.Append(batch);
            appender.Complete();
        }
        using var reader = new BatchReader(connection.Query("SELECT d FROM exact", Cancel));
        using var read = reader.Read()!;
        Assert.Equal(schema[0].Type, read.Schema[0].Type);
        Assert.Equal(values, ((Column<Int128>)read[0]).Values.ToArray());
    }

    [Fact]
    public void Numbers_are_read_as_what_the_plan_says_they_are()
    {
        var schema = new Schema(new Field("a", DataType.Int64), new Field("b", DataType.Decimal(20, 4)), new Field("c", DataType.Float64));
        using var reader = new BatchReader(connection.Query("SELECT 5::hugeint, 1.25, 3::int", Cancel), schema);
        using var batch = reader.Read()!;
        Assert.Equal([5L, 1.25m, 3.0], batch.Row(0));
        Assert.Throws<PlanException>(() =>
        {
            using var over = new BatchReader(connection.Query("SELECT 9223372036854775808::hugeint, 1.25, 3::int", Cancel), schema);
            over.Read();
        });
    }

    static async IAsyncEnumerable<Batch> Batches(Schema schema, IReadOnlyList<string> columns, object?[] values, int repeats)
    {
        var builder = new BatchBuilder(schema.Select(columns));
        for (var i = 0; i < repeats * values.Length; i++)
        {
            builder.Add([.. columns.Select(c => c == "v" ? values[i % values.Length] : (object)(long)i)]);
            if (builder.Count < 777) continue;
            await Task.Yield();
            yield return builder.Build();
        }
        yield return builder.Build();
    }
}
