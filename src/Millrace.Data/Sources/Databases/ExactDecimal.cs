using System.Globalization;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Decimals of up to 38 digits as text: more than .NET's own decimal can read.</summary>
static class ExactDecimal
{
    internal static string Of(Int128 unscaled, int scale)
    {
        var digits = Int128.Abs(unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        var text = scale == 0 ? digits : $"{digits[..^scale]}.{digits[^scale..]}";
        return unscaled < 0 ? "-" + text : text;
    }

    internal static bool TryRead(string text, DecimalType type, out Int128 unscaled)
    {
        unscaled = 0;
        var (whole, fraction) = text.Split('.') switch { [var w] => (w, ""), [var w, var f] => (w, f.TrimEnd('0')), _ => ("", "") };
        if (fraction.Length > type.Scale || !(fraction.Length == 0 || fraction.All(char.IsAsciiDigit))) return false;
        return Int128.TryParse(whole + fraction.PadRight(type.Scale, '0'), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out unscaled)
            && Int128.Abs(unscaled) < ClrValue.PowerOfTen(type.Precision);
    }
}
