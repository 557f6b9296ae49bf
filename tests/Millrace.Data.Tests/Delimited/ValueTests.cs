using System.Globalization;
using System.Text;
using Millrace.Plans;

namespace Millrace.Data.Tests.Delimited;

public sealed class ValueTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("-0.0")]
    [InlineData("0.1")]
    [InlineData("123456.789")]
    [InlineData("9007199254740993")]
    [InlineData("1.7976931348623157e308")]
    [InlineData("5e-324")]
    [InlineData("2.2250738585072011e-308")]
    [InlineData("0.000000000000000000000000000000000001")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("1e22")]
    [InlineData("1e23")]
    [InlineData("8.5e-22")]
    [InlineData("3.")]
    [InlineData(".5")]
    [InlineData("+7.25")]
    public void A_float_is_the_nearest_to_what_is_written(string text)
    {
        Assert.True(NumberText.TryFloat64(Encoding.UTF8.GetBytes(text), out var value));
        Assert.Equal(BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)), BitConverter.DoubleToInt64Bits(value));
    }

    [Fact]
    public void Random_floats_and_integers_are_read_as_NET_reads_them()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 200_000; i++)
        {
            var number = i % 2 == 0
                ? BitConverter.Int64BitsToDouble(random.NextInt64())
                : Math.Round(random.NextDouble() * Math.Pow(10, random.Next(-8, 12)), random.Next(8));
            if (!double.IsFinite(number)) continue;
            var text = number.ToString(i % 3 == 0 ? "R" : i % 3 == 1 ? "E16" : "F6", CultureInfo.InvariantCulture);
            var expected = double.Parse(text, CultureInfo.InvariantCulture);
            if (NumberText.TryFloat64(Encoding.UTF8.GetBytes(text), out var value)) Assert.Equal(expected, value);
            else Assert.Equal(0, expected);
            var whole = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
            Assert.True(NumberText.TryInt64(Encoding.UTF8.GetBytes(whole.ToString(CultureInfo.InvariantCulture)), out var read));
            Assert.Equal(whole, read);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("1e")]
    [InlineData("1e400")]
    [InlineData("1e-400")]
    [InlineData("1,5")]
    [InlineData("1 5")]
    [InlineData("0x10")]
    [InlineData("1e5.5")]
    [InlineData("--1")]
    [InlineData("∞")]
    public void What_is_no_float_is_not_read_as_one(string text) => Assert.False(NumberText.TryFloat64(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("9223372036854775807", true)]
    [InlineData("-9223372036854775808", true)]
    [InlineData("9223372036854775808", false)]
    [InlineData("-9223372036854775809", false)]
    [InlineData("+12", true)]
    [InlineData("0000000000000000000000012", true)]
    [InlineData("++1", false)]
    [InlineData("+-1", false)]
    [InlineData("+", false)]
    [InlineData("1_000", false)]
    [InlineData("1.0", false)]
    public void An_integer_is_taken_whole_or_not_at_all(string text, bool isOne) => Assert.Equal(isOne, NumberText.TryInt64(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("12.34", "1234")]
    [InlineData("-12.3", "-1230")]
    [InlineData("12", "1200")]
    [InlineData("12.340000", "1234")]
    [InlineData("1.2e1", "1200")]
    [InlineData("1234e-2", "1234")]
    [InlineData("12.345", null)]
    [InlineData("99999999.99", "9999999999")]
    [InlineData("100000000", null)]
    [InlineData("1e30", null)]
    [InlineData("12.", "1200")]
    [InlineData(".", null)]
    [InlineData("", null)]
    [InlineData("1.2.3", null)]
    public void A_decimal_keeps_its_digits_or_is_refused(string text, string? unscaled)
    {
        var isOne = NumberText.TryDecimal(Encoding.UTF8.GetBytes(text), DataType.Decimal(10, 2), out var value);

        Assert.Equal(unscaled, isOne ? value.ToString(CultureInfo.InvariantCulture) : null);
    }

    [Fact]
    public void A_decimal_holds_38_digits()
    {
        var all = new string('9', 38);
        Assert.True(NumberText.TryDecimal(Encoding.UTF8.GetBytes("-" + all), DataType.Decimal(38, 0), out var value));
        Assert.Equal("-" + all, value.ToString(CultureInfo.InvariantCulture));
        Assert.False(NumberText.TryDecimal(Encoding.UTF8.GetBytes(all + "0"), DataType.Decimal(38, 0), out _));
        Assert.False(NumberText.TryDecimal(Encoding.UTF8.GetBytes(all), DataType.Decimal(38, 1), out _));
    }

    [Theory]
    [InlineData("2024-02-29", true)]
    [InlineData("2023-02-29", false)]
    [InlineData("1900-02-29", false)]
    [InlineData("2000-02-29", true)]
    [InlineData("0001-01-01", true)]
    [InlineData("9999-12-31", true)]
    [InlineData("2024-13-01", false)]
    [InlineData("2024-1-1", false)]
    [InlineData("2024/01/01", false)]
    public void A_date_is_one_of_the_calendar(string text, bool isOne)
    {
        Assert.Equal(isOne, TimeText.TryDate(Encoding.UTF8.GetBytes(text), out var days));
        if (isOne) Assert.Equal(ClrValue.DaysOf(DateOnly.Parse(text, CultureInfo.InvariantCulture)), days);
    }

    [Theory]
    [InlineData("2021-08-19T21:54:38Z", "2021-08-19T21:54:38.000000")]
    [InlineData("2021-08-19 21:54:38.1234+02:00", "2021-08-19T19:54:38.123400")]
    [InlineData("2021-08-19 21:54-0530", "2021-08-20T03:24:00.000000")]
    [InlineData("1969-12-31T23:59:59.999999+00", "1969-12-31T23:59:59.999999")]
    [InlineData("2021-08-19 21:54:38", null)]
    [InlineData("2021-08-19Z", null)]
    [InlineData("2021-08-19T21:54:38.1234567Z", null)]
    [InlineData("2021-08-19T24:00:00Z", null)]
    [InlineData("2021-08-19T21:54:60Z", null)]
    public void An_instant_names_its_zone_and_keeps_its_digits(string text, string? utc)
    {
        var isOne = TimeText.TryInstant(Encoding.UTF8.GetBytes(text), out var value);

        Assert.Equal(utc, isOne ? ClrValue.DateTimeOf(value).ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture) : null);
    }
}
