using System.Text;

namespace Millrace.Data.Tests.Delimited;

public sealed class LineWriterTests : IDisposable
{
    readonly DelimitedBed bed = new();

    public void Dispose() => bed.Dispose();

    static string Written(Batch batch, CsvWriteOptions? options = null)
    {
        using (batch)
        using (var lines = new LineWriter(options ?? CsvWriteOptions.Default, "t.csv").Write(batch))
            return Encoding.UTF8.GetString(lines.Bytes.Span);
    }

    static Batch Texts(params string?[] values)
    {
        var builder = new BatchBuilder(DelimitedBed.Schema(("a", DataType.Text), ("n", DataType.Int64)));
        for (var i = 0; i < values.Length; i++) builder.Add(values[i], (long)i);
        return builder.Build();
    }

    [Theory]
    [InlineData("plain", "plain,0\n")]
    [InlineData("a,b", "\"a,b\",0\n")]
    [InlineData("say \"no\"", "\"say \"\"no\"\"\",0\n")]
    [InlineData("two\nlines", "\"two\nlines\",0\n")]
    [InlineData("back\r", "\"back\r\",0\n")]
    [InlineData("", "\"\",0\n")]
    [InlineData(null, ",0\n")]
    public void A_field_is_quoted_where_it_must_be(string? value, string expected) => Assert.Equal(expected, Written(Texts(value)));

    [Fact]
    public void Null_is_spelled_as_asked_and_a_text_like_it_quoted() =>
        Assert.Equal("NA,0\r\n\"NA\",1\r\n,2\r\n", Written(Texts(null, "NA", ""), new CsvWriteOptions { Null = "NA", LineEnd = "\r\n" }));

    [Fact]
    public void Without_quotes_a_text_that_needs_them_is_refused() =>
        Assert.Contains("holds 'a\tb'", Assert.Throws<BadDataException>(() => Written(Texts("a\tb"), CsvWriteOptions.Tab)).Message);

    [Fact]
    public void Nested_columns_are_refused_by_name() =>
        Assert.Contains("'tags: list<text?>?'", Assert.Throws<PlanException>(() => ValueText.MustBeFlat(DelimitedBed.Schema(("tags", DataType.List(DataType.Text))))).Message);

    [Fact]
    public async Task Random_values_of_every_type_come_back_as_they_were_written()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var schema = DelimitedBed.Schema(("flag", DataType.Boolean), ("small", DataType.Int16), ("n", DataType.Int32), ("big", DataType.Int64), ("f", DataType.Float32), ("d", DataType.Float64),
            ("money", DataType.Decimal(18, 4)), ("huge", DataType.Decimal(38, 0)), ("day", DataType.Date), ("clock", DataType.Time), ("at", DataType.Timestamp), ("when", DataType.Instant), ("span", DataType.Duration),
            ("id", DataType.Uuid), ("bytes", DataType.Binary), ("kind", DataType.Enum("car", "a,b")), ("text", DataType.Text));
        var builder = new BatchBuilder(schema);
        var expected = new List<object?[]>();
        for (var i = 0; i < 5000; i++)
        {
            var ticks = random.NextInt64(DateTime.MaxValue.Ticks) / 10 * 10;
            var bytes = new byte[random.Next(5)];
            random.NextBytes(bytes);
            object?[] row =
            [
                random.Next(2) == 0, (short)random.Next(short.MinValue, short.MaxValue), random.Next(int.MinValue, int.MaxValue), random.NextInt64(long.MinValue, long.MaxValue),
                BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)), i % 50 == 0 ? double.NegativeInfinity : BitConverter.Int64BitsToDouble(random.NextInt64()),
                Math.Round((decimal)(random.NextDouble() * 2e13 - 1e13), 4), (decimal)random.NextInt64(long.MinValue, long.MaxValue) * 1_000_000m,
                DateOnly.FromDateTime(new DateTime(ticks)), new TimeOnly(ticks % TimeSpan.TicksPerDay), new DateTime(ticks), new DateTimeOffset(ticks, TimeSpan.Zero), new TimeSpan(ticks - (DateTime.MaxValue.Ticks / 20 * 10)),
                Guid.NewGuid(), bytes, random.Next(2) == 0 ? "car" : "a,b", random.Next(10) == 0 ? "" : new string('é', random.Next(40)) + (random.Next(20) == 0 ? "\"\r\n," : ""),
            ];
            for (var c = 0; c < row.Length; c++)
            {
                if (random.Next(15) == 0) row[c] = null;
            }
            builder.Add(row);
            expected.Add(row);
        }

        var path = bed.Write(Written(builder.Build()));
        var rows = await bed.RowsOfAsync(Csv.Open(path, new CsvOptions { Columns = schema, Header = Header.No, Delimiter = ',' }));

        Assert.Equal(expected.Count, rows.Count);
        for (var i = 0; i < rows.Count; i++) Assert.Equal(expected[i], rows[i]);
    }
}
