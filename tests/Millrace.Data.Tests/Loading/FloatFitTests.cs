using System.Globalization;
using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.Data.Tests.Loading;

/// <summary>That a column of floats takes a number only if it reads as that number again.</summary>
public sealed class FloatFitTests : IDisposable
{
    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_number_fits_if_its_float_reads_as_it_again()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var n = 0; n < 20_000; n++)
        {
            var scale = random.Next(0, 20);
            var number = random.NextInt64() >> random.Next(0, 63);
            var exact = new decimal(Math.Abs(number)) / (decimal)Math.Pow(10, scale) * Math.Sign(number);
            exact = decimal.Round(exact, scale);
            using var batch = new BatchBuilder(new Schema(new Field("d", DataType.Decimal(38, scale)), new Field("n", DataType.Int64))).Add(exact, number).Build();

            var fits = FloatFit.Try(batch[0], 0, out var value);
            var read = decimal.Parse(value.ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture);
            Assert.True(fits == (read == exact || (decimal.Truncate(exact) == exact && new System.Numerics.BigInteger(value) == new System.Numerics.BigInteger(exact))), $"seed {seed}: {exact} became {value:R}");
            Assert.Equal((double)number, FloatFit.Try(batch[1], 0, out var whole) ? whole : (double)number);
            Assert.True(FloatFit.Try(batch[1], 0, out _) == (new System.Numerics.BigInteger((double)number) == number), $"seed {seed}: {number}");
        }
    }

    [Theory]
    [InlineData("0.1", true)]
    [InlineData("-0.10", true)]
    [InlineData("1e300", true)]
    [InlineData("NaN", true)]
    [InlineData("0.12345678901234567890", false)]
    [InlineData("9007199254740993", false)]
    [InlineData("1e400", false)]
    [InlineData("many", false)]
    public void A_text_fits_by_the_same_rule(string text, bool fits) => Assert.Equal(fits, ValueFit.Try(text, DataType.Float64) is not null);

    [Fact]
    public void Items_and_parts_fit_by_the_same_rule()
    {
        var lists = DataType.List(DataType.Float64);
        Assert.Equal(new List<object?> { 1d, null }, ValueFit.Try(new List<object?> { 1L, null }, lists));
        Assert.Null(ValueFit.Try(new List<object?> { 1L, 9_007_199_254_740_993 }, lists));
        var parts = DataType.Struct(new Field("a", DataType.Float64));
        Assert.Equal(0.5, Assert.IsType<Dictionary<string, object?>>(ValueFit.Try(new Dictionary<string, object?> { ["a"] = 0.5m }, parts))["a"]);
        Assert.Null(ValueFit.Try(new Dictionary<string, object?> { ["a"] = 0.12345678901234567890m }, parts));
    }

    [Fact]
    public async Task A_dataset_refuses_what_its_floats_would_round()
    {
        var set = Dataset.At(folder["set"]);
        await Frame.From([new { N = 0.5, Many = new List<double> { 0.5 } }]).LoadAsync(set, Load.Append, cancel: Cancel);
        await Frame.From([new { N = 7L, Many = new List<long> { 7 } }]).LoadAsync(set, Load.Append, cancel: Cancel);
        foreach (var (n, item) in new[] { (9_007_199_254_740_993, 1L), (1L, 9_007_199_254_740_993) })
        {
            var refused = await Assert.ThrowsAsync<LoadException>(() => Frame.From([new { N = n, Many = new List<long> { item } }]).LoadAsync(set, Load.Append, cancel: Cancel));
            Assert.Contains(n > 1 ? "9007199254740993 isn't a value of float64" : "[9007199254740993] isn't a value of list<float64>", refused.Message, StringComparison.Ordinal);
        }
        Assert.Equal(2, set.Rows);
    }

    [Fact]
    public async Task A_load_that_stays_on_the_server_is_looked_at_too()
    {
        await using var database = await PostgresDatabase.CreateAsync(Cancel);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using (var command = source.CreateCommand("create table a (n bigint, x float8); insert into a values (9007199254740993, 1); create table b (n float8, x float8)")) await command.ExecuteNonQueryAsync(Cancel);
        var postgres = Postgres.Connect(database.ConnectionString);

        var refused = await Assert.ThrowsAsync<LoadException>(() => Frame.From(postgres.Table("a")).LoadAsync(postgres.Table("b"), Load.Append, cancel: Cancel));
        Assert.Contains("9007199254740993 isn't a value of float64", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await Frame.From(postgres.Table("a")).Select("x").LoadAsync(postgres.Table("b"), Load.Append, cancel: Cancel)).Added);
    }
}
