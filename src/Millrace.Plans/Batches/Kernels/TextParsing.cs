using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Millrace.Plans;

/// <summary>What a cast takes for a value of each type. Dates and times are ISO 8601, with a space or a T between them.</summary>
static class TextParsing
{
    internal readonly struct Booleans : ITextParser<bool>
    {
        public bool Try(ReadOnlySpan<byte> text, out bool value)
        {
            value = Is(text, "true"u8) || Is(text, "t"u8) || Is(text, "yes"u8) || Is(text, "y"u8) || text.SequenceEqual("1"u8);
            return value || Is(text, "false"u8) || Is(text, "f"u8) || Is(text, "no"u8) || Is(text, "n"u8) || text.SequenceEqual("0"u8);
        }
    }

    internal readonly struct Whole<T> : ITextParser<T> where T : INumber<T>
    {
        public bool Try(ReadOnlySpan<byte> text, out T value) => T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value!);
    }

    internal readonly struct Floats<T> : ITextParser<T> where T : IBinaryFloatingPointIeee754<T>
    {
        public bool Try(ReadOnlySpan<byte> text, out T value)
        {
            // A number too large is not infinity.
            if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value!) && !T.IsInfinity(value)) return true;
            var negative = text is [(byte)'-', ..];
            if (text is [(byte)'-' or (byte)'+', ..]) text = text[1..];
            value = Is(text, "nan"u8) ? T.NaN : negative ? T.NegativeInfinity : T.PositiveInfinity;
            return T.IsNaN(value) || Is(text, "inf"u8) || Is(text, "infinity"u8);
        }
    }

    /// <summary>Digits behind the scale are rounded, halves away from zero, or don't fit.</summary>
    internal readonly struct Decimals(DecimalType type, bool rounds) : ITextParser<Int128>
    {
        readonly int scale = type.Scale;
        readonly Int128 limit = ClrValue.PowerOfTen(type.Precision);

        public bool Try(ReadOnlySpan<byte> text, out Int128 value)
        {
            value = 0;
            var negative = text is [(byte)'-', ..];
            if (text is [(byte)'-' or (byte)'+', ..]) text = text[1..];
            var behind = -1;
            var (any, up) = (false, false);
            for (var i = 0; i < text.Length; i++)
            {
                var digit = (uint)(text[i] - '0');
                if (digit > 9)
                {
                    if (text[i] == '.' && behind < 0)
                    {
                        behind = 0;
                        continue;
                    }
                    return (text[i] | 0x20) == 'e' && any && Scientific(text, negative, out value);
                }
                any = true;
                if (behind >= scale)
                {
                    if (!rounds && digit != 0) return false;
                    up |= behind == scale && digit >= 5;
                    behind++;
                    continue;
                }
                if (behind >= 0) behind++;
                if (value >= limit) return false;
                value = value * 10 + digit;
            }
            if (!any) return false;
            for (behind = Math.Max(behind, 0); behind < scale; behind++)
            {
                if (value >= limit) return false;
                value *= 10;
            }
            if (up) value++;
            if (value >= limit) return false;
            if (negative) value = -value;
            return true;
        }

        bool Scientific(ReadOnlySpan<byte> text, bool negative, out Int128 value)
        {
            value = 0;
            var e = text.IndexOfAny((byte)'e', (byte)'E');
            if (!int.TryParse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent) || Math.Abs((long)exponent) > 100) return false;
            var mantissa = Encoding.ASCII.GetString(text[..e]);
            var point = mantissa.IndexOf('.', StringComparison.Ordinal);
            var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
            var at = (point < 0 ? digits.Length : point) + exponent;
            var plain = at <= 0 ? "0." + new string('0', -at) + digits : at >= digits.Length ? digits + new string('0', at - digits.Length) : digits.Insert(at, ".");
            return Try(Encoding.ASCII.GetBytes((negative ? "-" : "") + plain), out value);
        }
    }

    internal readonly struct Uuids : ITextParser<Guid>
    {
        public bool Try(ReadOnlySpan<byte> text, out Guid value)
        {
            if (Utf8Parser.TryParse(text, out value, out var used) && used == text.Length) return true;
            return Utf8Parser.TryParse(text, out value, out used, 'N') && used == text.Length;
        }
    }

    internal readonly struct Dates : ITextParser<int>
    {
        public bool Try(ReadOnlySpan<byte> text, out int value) => TryDate(ref text, out value) && text.IsEmpty;
    }

    internal readonly struct Times : ITextParser<long>
    {
        public bool Try(ReadOnlySpan<byte> text, out long value) => TryTime(ref text, out value) && text.IsEmpty;
    }

    /// <param name="zoned">Whether an offset may follow; without one it is UTC.</param>
    internal readonly struct Timestamps(bool zoned) : ITextParser<long>
    {
        public bool Try(ReadOnlySpan<byte> text, out long value)
        {
            value = 0;
            if (!TryDate(ref text, out var days)) return false;
            if (text.Length > 0)
            {
                if (text[0] != ' ' && (text[0] | 0x20) != 't') return false;
                text = text[1..];
                if (!TryTime(ref text, out value)) return false;
            }
            value += days * Calendar.Day;
            return text.IsEmpty || (zoned && TryOffset(text.TrimStart((byte)' '), ref value));
        }

        static bool TryOffset(ReadOnlySpan<byte> text, ref long value)
        {
            if (text is [(byte)'Z' or (byte)'z']) return true;
            if (text is not [(byte)'+' or (byte)'-', ..]) return false;
            var sign = text[0] == '-' ? 1 : -1;
            text = text[1..];
            if (!TryNumber(ref text, 2, 2, out var hours) || hours > 18) return false;
            if (text is [(byte)':', ..]) text = text[1..];
            var minutes = 0;
            if (text.Length > 0 && (!TryNumber(ref text, 2, 2, out minutes) || minutes > 59)) return false;
            value += sign * (hours * Calendar.Hour + minutes * Calendar.Minute);
            return text.IsEmpty;
        }
    }

    /// <summary><c>[-]hours:mm[:ss[.ffffff]]</c>.</summary>
    internal readonly struct Durations : ITextParser<long>
    {
        public bool Try(ReadOnlySpan<byte> text, out long value)
        {
            value = 0;
            var negative = text is [(byte)'-', ..];
            if (negative) text = text[1..];
            var colon = text.IndexOf((byte)':');
            if (colon < 1 || !long.TryParse(text[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out var hours) || hours > 2_000_000_000) return false;
            text = text[(colon + 1)..];
            if (!TryRest(ref text, out value) || !text.IsEmpty) return false;
            value += hours * Calendar.Hour;
            if (negative) value = -value;
            return true;
        }
    }

    static bool TryDate(ref ReadOnlySpan<byte> text, out int days)
    {
        days = 0;
        if (!TryNumber(ref text, 4, 4, out var year) || text is not [(byte)'-', ..]) return false;
        text = text[1..];
        if (!TryNumber(ref text, 1, 2, out var month) || text is not [(byte)'-', ..] || month is < 1 or > 12) return false;
        text = text[1..];
        if (!TryNumber(ref text, 1, 2, out var day) || year == 0 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        days = (int)Calendar.DaysOf(year, month, day);
        return true;
    }

    static bool TryTime(ref ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (!TryNumber(ref text, 1, 2, out var hour) || hour > 23 || text is not [(byte)':', ..]) return false;
        text = text[1..];
        if (!TryRest(ref text, out value)) return false;
        value += hour * Calendar.Hour;
        return true;
    }

    // Minutes, then perhaps seconds, then perhaps their fraction.
    static bool TryRest(ref ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (!TryNumber(ref text, 2, 2, out var minute) || minute > 59) return false;
        value = minute * Calendar.Minute;
        if (text is not [(byte)':', ..]) return true;
        text = text[1..];
        if (!TryNumber(ref text, 2, 2, out var second) || second > 59) return false;
        value += second * Calendar.Second;
        if (text is not [(byte)'.', ..]) return true;
        text = text[1..];
        var worth = Calendar.Second;
        var digits = 0;
        for (; digits < text.Length && text[digits] is >= (byte)'0' and <= (byte)'9'; digits++)
        {
            worth /= 10;
            // Finer than a microsecond: what isn't zero would be lost.
            if (worth == 0 && text[digits] != '0') return false;
            value += (text[digits] - '0') * worth;
        }
        text = text[digits..];
        return digits > 0;
    }

    static bool TryNumber(ref ReadOnlySpan<byte> text, int least, int most, out int value)
    {
        (value, var digits) = (0, 0);
        while (digits < most && digits < text.Length && text[digits] is >= (byte)'0' and <= (byte)'9') value = value * 10 + (text[digits++] - '0');
        text = text[digits..];
        return digits >= least;
    }

    static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) => Ascii.EqualsIgnoreCase(text, word);
}
