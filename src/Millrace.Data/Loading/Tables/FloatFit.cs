using System.Globalization;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// Whole numbers and decimals on their way into a column of floats. One fits if the float nearest to it reads as that number
/// again: 0.1 does, although no float is exactly a tenth, and 9007199254740993 doesn't.
/// </summary>
static class FloatFit
{
    // Any number of so many digits is told from all others by a float64.
    static readonly Int128 alwaysExact = 1_000_000_000_000_000;

    // A power of ten up to here is a float64 without a rest, so that one division rounds once.
    const int MostScale = 22;

    static readonly double[] powers = [.. Enumerable.Range(0, MostScale + 1).Select(p => double.Parse($"1e{p}", CultureInfo.InvariantCulture))];

    internal static bool IsFor(DataType from, DataType to) => to.Kind == TypeKind.Float64 && (from.Kind == TypeKind.Int64 || from is DecimalType);

    /// <summary>The float that a row's number becomes; false where it doesn't fit. The row isn't null.</summary>
    internal static bool Try(Column column, int row, out double value)
    {
        if (column is Column<long> whole) return Try(whole.Values[row], out value);
        var (unscaled, scale) = (((Column<Int128>)column).Values[row], ((DecimalType)column.Type).Scale);
        if (Int128.Abs(unscaled) < alwaysExact && scale <= MostScale)
        {
            value = (double)unscaled / powers[scale];
            return true;
        }
        var text = ExactDecimal.Of(unscaled, scale);
        value = double.Parse(text, CultureInfo.InvariantCulture);
        return IsWhole(unscaled, scale, value) || ReadsAs(value.ToString("R", CultureInfo.InvariantCulture), text);
    }

    static bool Try(long whole, out double value) => (Int128)(value = whole) == whole;

    static bool IsWhole(Int128 unscaled, int scale, double value)
    {
        var one = ClrValue.PowerOfTen(scale);
        return unscaled % one == 0 && (Int128)value == unscaled / one;
    }

    /// <summary>The number as it stands in the column, in all its digits.</summary>
    internal static string Text(Column column, int row) => column is Column<Int128> exact
        ? ExactDecimal.Of(exact.Values[row], ((DecimalType)column.Type).Scale)
        : ClrValue.Display(column.ValueAt(row));

    /// <summary>Whether two spellings are one number, digit by digit.</summary>
    internal static bool ReadsAs(string a, string b) => Parts(a) == Parts(b);

    // Sign, digits without zeros around them, and the power of ten of the last one.
    static (bool Negative, string Digits, int Power) Parts(string text)
    {
        text = text.Trim();
        var negative = text.StartsWith('-');
        var (mantissa, power) = text.IndexOfAny(['e', 'E']) is var e and >= 0 ? (text[..e], int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)) : (text, 0);
        mantissa = mantissa.TrimStart('-', '+');
        if (mantissa.IndexOf('.', StringComparison.Ordinal) is var point and >= 0)
        {
            power -= mantissa.Length - point - 1;
            mantissa = mantissa.Remove(point, 1);
        }
        var digits = mantissa.TrimStart('0').TrimEnd('0');
        return digits.Length == 0 ? (false, "", 0) : (negative, digits, power + mantissa.Length - mantissa.TrimEnd('0').Length);
    }
}
