using System.Globalization;
using System.Numerics;

namespace Millrace.Plans;

/// <summary>How values read as text; the same on every executor.</summary>
static class TextFormatting
{
    internal readonly struct Booleans : ITextFormat<bool>
    {
        public void Write(bool value, BytesWriter result) => result.Append(value ? "true"u8 : "false"u8);
    }

    internal readonly struct Whole<T> : ITextFormat<T> where T : INumber<T>
    {
        public void Write(T value, BytesWriter result)
        {
            value.TryFormat(result.GetSpan(24), out var written, default, CultureInfo.InvariantCulture);
            result.Advance(written);
        }
    }

    /// <summary>The fewest digits that give the same number back, always with a point or an exponent: <c>1.0</c>, <c>1e+20</c>.</summary>
    internal readonly struct Floats<T> : ITextFormat<T> where T : IBinaryFloatingPointIeee754<T>
    {
        public void Write(T value, BytesWriter result)
        {
            if (!T.IsFinite(value))
            {
                result.Append(T.IsNaN(value) ? "nan"u8 : T.IsNegative(value) ? "-inf"u8 : "inf"u8);
                return;
            }
            var text = (Span<char>)stackalloc char[40];
            value.TryFormat(text, out var length, "R", CultureInfo.InvariantCulture);
            text = text[..length];
            var e = text.IndexOf('E');
            if (e < 0)
            {
                result.AppendText(text);
                if (!text.Contains('.')) result.Append(".0"u8);
                return;
            }
            var exponent = int.Parse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            var mantissa = text[..e];
            if (exponent != 15)
            {
                result.AppendText(mantissa);
                result.AppendText(string.Create(CultureInfo.InvariantCulture, $"e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}"));
                return;
            }
            // The one power at which .NET already writes an exponent and others don't yet.
            var negative = mantissa[0] == '-';
            var digits = (negative ? mantissa[1..] : mantissa).ToString().Replace(".", "", StringComparison.Ordinal).PadRight(16, '0');
            result.AppendText($"{(negative ? "-" : "")}{digits[..16]}.{(digits.Length > 16 ? digits[16..] : "0")}");
        }
    }

    internal readonly struct Decimals(int scale) : ITextFormat<Int128>
    {
        public void Write(Int128 value, BytesWriter result)
        {
            var digits = (Span<byte>)stackalloc byte[48];
            Int128.Abs(value).TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
            if (value < 0) result.Append("-"u8);
            if (length <= scale)
            {
                result.Append("0."u8);
                for (var i = length; i < scale; i++) result.Append("0"u8);
                result.Append(digits[..length]);
                return;
            }
            result.Append(digits[..(length - scale)]);
            if (scale == 0) return;
            result.Append("."u8);
            result.Append(digits[(length - scale)..length]);
        }
    }

    internal readonly struct Uuids : ITextFormat<Guid>
    {
        public void Write(Guid value, BytesWriter result)
        {
            value.TryFormat(result.GetSpan(36), out var written);
            result.Advance(written);
        }
    }

    internal readonly struct Dates : ITextFormat<int>
    {
        public void Write(int value, BytesWriter result) => Date(value, result);
    }

    /// <summary>Also of durations, which pass 24 hours and may be negative.</summary>
    internal readonly struct Times : ITextFormat<long>
    {
        public void Write(long value, BytesWriter result)
        {
            if (value < 0) result.Append("-"u8);
            Clock((ulong)Math.Abs((decimal)value), result);
        }
    }

    internal readonly struct Timestamps(bool zoned) : ITextFormat<long>
    {
        public void Write(long value, BytesWriter result)
        {
            var day = Calendar.DayOf(value);
            Date(day, result);
            result.Append(" "u8);
            Clock((ulong)(value - day * Calendar.Day), result);
            if (zoned) result.Append("+00"u8);
        }
    }

    static void Date(long days, BytesWriter result)
    {
        var (year, month, day) = Calendar.DateOf(days);
        if (year < 0) result.Append("-"u8);
        Padded(Math.Abs(year), 4, result);
        result.Append("-"u8);
        Padded(month, 2, result);
        result.Append("-"u8);
        Padded(day, 2, result);
    }

    static void Clock(ulong microseconds, BytesWriter result)
    {
        var seconds = microseconds / 1_000_000;
        Padded((long)(seconds / 3600), 2, result);
        result.Append(":"u8);
        Padded((long)(seconds / 60 % 60), 2, result);
        result.Append(":"u8);
        Padded((long)(seconds % 60), 2, result);
        var (fraction, digits) = ((long)(microseconds % 1_000_000), 6);
        if (fraction == 0) return;
        for (; fraction % 10 == 0; digits--) fraction /= 10;
        result.Append("."u8);
        Padded(fraction, digits, result);
    }

    internal static void Padded(long value, int digits, BytesWriter result)
    {
        value.TryFormat(result.GetSpan(24), out var written, digits switch { 2 => "D2", 4 => "D4", 1 => "D1", 3 => "D3", 5 => "D5", _ => "D6" }, CultureInfo.InvariantCulture);
        result.Advance(written);
    }
}
