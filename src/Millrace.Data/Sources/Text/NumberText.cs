using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Numbers as people and programs write them, read from UTF-8. What doesn't fit, or would lose digits, isn't one.</summary>
static class NumberText
{
    static readonly double[] PowersOfTen =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    internal static bool TryInt64(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        var negative = text.Length > 0 && text[0] == '-';
        var digits = text.Length > 0 && text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        if (digits.Length is 0) return false;
        if (digits.Length > 18)
            return digits[0] is >= (byte)'0' and <= (byte)'9' && Utf8Parser.TryParse(text[0] == '+' ? digits : text, out value, out var used) && used == (text[0] == '+' ? digits : text).Length;
        foreach (var b in digits)
        {
            var digit = (uint)(b - '0');
            if (digit > 9) return false;
            value = (value * 10) + digit;
        }
        if (negative) value = -value;
        return true;
    }

    /// <summary>The nearest number to what is written; words for not-a-number and infinity are taken, numbers too large for the type are not.</summary>
    internal static bool TryFloat64(ReadOnlySpan<byte> text, out double value)
    {
        if (!NumberParts.TryRead(text, out var parts)) return TryWord(text, out value);
        // Both factors are exact, so the one rounding of the product or quotient is the right one.
        if (parts.Exact && parts.Mantissa <= 1UL << 53 && parts.Exponent is >= -22 and <= 22)
        {
            value = parts.Exponent < 0 ? parts.Mantissa / PowersOfTen[-parts.Exponent] : parts.Mantissa * PowersOfTen[parts.Exponent];
            if (parts.Negative) value = -value;
            return true;
        }
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value) && (value != 0 || parts.Mantissa == 0);
    }

    internal static bool TryFloat32(ReadOnlySpan<byte> text, out float value)
    {
        if (NumberParts.TryRead(text, out var parts))
        {
            return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
                && float.IsFinite(value) && (value != 0 || parts.Mantissa == 0);
        }
        var isWord = TryWord(text, out var word);
        value = (float)word;
        return isWord;
    }

    /// <summary>The number times ten to the type's scale; false where digits would be lost on either side.</summary>
    internal static bool TryDecimal(ReadOnlySpan<byte> text, DecimalType type, out Int128 value)
    {
        value = 0;
        var (at, exponent, digits) = (0, 0, 0);
        var negative = text.Length > 0 && text[0] == '-';
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+') at++;
        var (point, any) = (false, false);
        UInt128 mantissa = 0;
        for (; at < text.Length; at++)
        {
            var b = text[at];
            if (b == '.' && !point)
            {
                point = true;
                continue;
            }
            var digit = (uint)(b - '0');
            if (digit > 9) break;
            any = true;
            if (mantissa != 0 || digit != 0) digits++;
            if (digits > DecimalType.MaxPrecision)
            {
                // Zeros behind all that the type holds lose nothing.
                if (digit != 0 || !point) return false;
                continue;
            }
            mantissa = (mantissa * 10) + digit;
            if (point) exponent--;
        }
        if (!any) return false;
        if (at < text.Length && (text[at] | 0x20) == 'e')
        {
            if (!TryInt64(text[(at + 1)..], out var written) || Math.Abs(written) > 1000) return false;
            exponent += (int)written;
            at = text.Length;
        }
        if (at < text.Length) return false;
        var limit = (UInt128)ClrValue.PowerOfTen(type.Precision);
        for (var shift = exponent + type.Scale; shift > 0 && mantissa != 0; shift--)
        {
            if (mantissa >= limit / 10) return false;
            mantissa *= 10;
        }
        for (var shift = exponent + type.Scale; shift < 0 && mantissa != 0; shift++)
        {
            if (mantissa % 10 != 0) return false;
            mantissa /= 10;
        }
        if (mantissa >= limit) return false;
        value = negative ? -(Int128)mantissa : (Int128)mantissa;
        return true;
    }

    internal static bool TryBoolean(ReadOnlySpan<byte> text, out bool value)
    {
        value = true;
        switch (text.Length)
        {
            case 1:
                value = (text[0] | 0x20) is 't' or 'y' || text[0] == '1';
                return value || (text[0] | 0x20) is 'f' or 'n' || text[0] == '0';
            case 2:
                value = false;
                return Ascii.EqualsIgnoreCase(text, "no"u8);
            case 3:
                return Ascii.EqualsIgnoreCase(text, "yes"u8);
            case 4:
                return Ascii.EqualsIgnoreCase(text, "true"u8);
            default:
                value = false;
                return Ascii.EqualsIgnoreCase(text, "false"u8);
        }
    }

    static bool TryWord(ReadOnlySpan<byte> text, out double value)
    {
        value = double.NaN;
        if (Ascii.EqualsIgnoreCase(text, "nan"u8)) return true;
        var sign = text.Length > 0 && text[0] == '-' ? -1 : 1;
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+') text = text[1..];
        value = sign * double.PositiveInfinity;
        return Ascii.EqualsIgnoreCase(text, "inf"u8) || Ascii.EqualsIgnoreCase(text, "infinity"u8);
    }
}

/// <summary>A number as it is written: mantissa times ten to the exponent.</summary>
/// <param name="Exact">Whether the mantissa holds all its digits.</param>
/// <param name="Digits">Significant ones: zeros in front and at the end of the fraction aside.</param>
readonly record struct NumberParts(bool Negative, ulong Mantissa, int Exponent, bool Exact, int Digits)
{
    internal static bool TryRead(ReadOnlySpan<byte> text, out NumberParts parts)
    {
        parts = default;
        var at = 0;
        var negative = text.Length > 0 && text[0] == '-';
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+') at++;
        var (mantissa, exponent, digits, zeros) = (0UL, 0, 0, 0);
        var (point, any) = (false, false);
        for (; at < text.Length; at++)
        {
            var b = text[at];
            if (b == '.' && !point)
            {
                point = true;
                continue;
            }
            var digit = (uint)(b - '0');
            if (digit > 9) break;
            any = true;
            zeros = digit == 0 && point ? zeros + 1 : 0;
            if (digits > 0 || digit != 0) digits++;
            if (digits > 19)
            {
                if (!point) exponent++;
                continue;
            }
            mantissa = (mantissa * 10) + digit;
            if (point) exponent--;
        }
        if (!any) return false;
        if (at < text.Length && (text[at] | 0x20) == 'e')
        {
            if (!NumberText.TryInt64(text[(at + 1)..], out var written)) return false;
            exponent += (int)Math.Clamp(written, -100_000, 100_000);
            at = text.Length;
        }
        parts = new(negative, mantissa, exponent, digits <= 19, Math.Max(0, digits - zeros));
        return at == text.Length;
    }
}
