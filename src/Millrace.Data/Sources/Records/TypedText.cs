using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using System.Xml;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// Values that are spelled out in a file, in UTF-8, on their way into a column: numbers as JSON has them, times as
/// ISO 8601 has them.
/// </summary>
static class TypedText
{
    /// <summary>False where the text isn't a value of the column's type; nothing is added then.</summary>
    internal static bool TryAdd(ColumnBuilder to, ReadOnlySpan<byte> text)
    {
        switch (to.Type.Kind)
        {
            case TypeKind.Text:
                if (!Utf8.IsValid(text)) return false;
                ((BytesBuilder)to).Add(text);
                return true;
            case TypeKind.Enum:
                if (!((EnumType)to.Type).Names.Contains(Encoding.UTF8.GetString(text))) return false;
                ((BytesBuilder)to).Add(text);
                return true;
            case TypeKind.Binary:
                return TryBinary((BytesBuilder)to, text);
            case TypeKind.Boolean:
                return Add(to, TryBoolean(text));
            case TypeKind.Int16:
                return Add(to, TryInteger(text) is >= short.MinValue and <= short.MaxValue and var s ? (short?)s : null);
            case TypeKind.Int32:
                return Add(to, TryInteger(text) is >= int.MinValue and <= int.MaxValue and var i ? (int?)i : null);
            case TypeKind.Int64:
                return Add(to, TryInteger(text));
            case TypeKind.Float32:
                return Add(to, TryFloat(text) is { } f && (float.IsFinite((float)f) || !double.IsFinite(f)) ? (float?)f : null);
            case TypeKind.Float64:
                return Add(to, TryFloat(text));
            case TypeKind.Decimal:
                return Add(to, TryDecimal(text, (DecimalType)to.Type));
            case TypeKind.Date:
                return Add(to, TryDate(text));
            case TypeKind.Time:
                return Add(to, TryTime(text));
            case TypeKind.Timestamp:
                return Add(to, TryTimestamp(text));
            case TypeKind.Instant:
                return Add(to, TryInstant(text));
            case TypeKind.Duration:
                return Add(to, TryDuration(text));
            case TypeKind.Uuid:
                return Add(to, Guid.TryParse(text, CultureInfo.InvariantCulture, out var id) ? (Guid?)id : null);
            default:
                return false;
        }
    }

    static bool Add<T>(ColumnBuilder to, T? value) where T : unmanaged
    {
        if (value is null) return false;
        ((ColumnBuilder<T>)to).Add(value.Value);
        return true;
    }

    static bool TryBinary(BytesBuilder to, ReadOnlySpan<byte> text)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (Base64.DecodeFromUtf8(text, bytes, out _, out var written) != System.Buffers.OperationStatus.Done) return false;
        to.Add(bytes.AsSpan(0, written));
        return true;
    }

    internal static bool? TryBoolean(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("true"u8) || text.SequenceEqual("True"u8) || text.SequenceEqual("TRUE"u8) ? true
        : text.SequenceEqual("false"u8) || text.SequenceEqual("False"u8) || text.SequenceEqual("FALSE"u8) ? false
        : null;

    internal static long? TryInteger(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long value, out var used) && used == text.Length ? value : null;

    /// <summary>A number too large for a double is none: it isn't infinity.</summary>
    internal static double? TryFloat(ReadOnlySpan<byte> text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)) return value;
        return text switch
        {
            [(byte)'N', (byte)'a', (byte)'N'] => double.NaN,
            _ when text.SequenceEqual("Infinity"u8) || text.SequenceEqual("inf"u8) || text.SequenceEqual("INF"u8) => double.PositiveInfinity,
            _ when text.SequenceEqual("-Infinity"u8) || text.SequenceEqual("-inf"u8) || text.SequenceEqual("-INF"u8) => double.NegativeInfinity,
            _ => null,
        };
    }

    /// <summary>Exact or not at all: a digit that the type has no place for makes it null.</summary>
    internal static Int128? TryDecimal(ReadOnlySpan<byte> text, DecimalType type)
    {
        var exponent = 0;
        if (text.IndexOfAny((byte)'e', (byte)'E') is >= 0 and var e)
        {
            if (!Utf8Parser.TryParse(text[(e + 1)..].TrimStart((byte)'+'), out exponent, out var used) || used == 0 || exponent is < -200 or > 200) return null;
            text = text[..e];
        }
        var negative = text.Length > 0 && text[0] == '-';
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+') text = text[1..];
        Int128 value = 0;
        var (digits, scale, point) = (0, 0, false);
        foreach (var c in text)
        {
            if (c == '.' && !point)
            {
                point = true;
                continue;
            }
            if (!char.IsAsciiDigit((char)c)) return null;
            if (point) scale++;
            digits++;
            if (value > Most / 10) return null;
            value = value * 10 + (c - '0');
        }
        if (digits == 0) return null;
        for (var place = scale - exponent; place != type.Scale; place += place < type.Scale ? 1 : -1)
        {
            if (value == 0) break;
            if (place < type.Scale)
            {
                if (value > Most / 10) return null;
                value *= 10;
                continue;
            }
            if (value % 10 != 0) return null;
            value /= 10;
        }
        return value >= ClrValue.PowerOfTen(type.Precision) ? null : negative ? -value : value;
    }

    static readonly Int128 Most = ClrValue.PowerOfTen(38);

    internal static int? TryDate(ReadOnlySpan<byte> text) =>
        text.Length == 10 && text[4] == '-' && text[7] == '-' && TryDigits(text[..4]) is { } year && TryDigits(text[5..7]) is { } month && TryDigits(text[8..]) is { } day
        && year > 0 && month is > 0 and <= 12 && day > 0 && day <= DateTime.DaysInMonth(year, month)
            ? ClrValue.DaysOf(new DateOnly(year, month, day)) : null;

    internal static long? TryTime(ReadOnlySpan<byte> text)
    {
        // hh:mm[:ss[.f...]]; what is finer than a microsecond must be zero.
        if (text.Length < 5 || text[2] != ':' || TryDigits(text[..2]) is not (< 24 and var hours) || TryDigits(text[3..5]) is not (< 60 and var minutes)) return null;
        var (seconds, micros) = (0, 0);
        if (text.Length > 5)
        {
            if (text.Length < 8 || text[5] != ':' || TryDigits(text[6..8]) is not (< 60 and var whole)) return null;
            seconds = whole;
            if (text.Length > 8)
            {
                if (text[8] is not ((byte)'.' or (byte)',') || text.Length == 9) return null;
                var fraction = text[9..].TrimEnd((byte)'0');
                if (fraction.Length > 6 || TryDigits(fraction) is not { } parts) return null;
                micros = parts;
                for (var i = fraction.Length; i < 6; i++) micros *= 10;
            }
        }
        return ((hours * 60L + minutes) * 60 + seconds) * 1_000_000 + micros;
    }

    internal static long? TryTimestamp(ReadOnlySpan<byte> text)
    {
        if (text.Length < 10 || TryDate(text[..10]) is not { } days) return null;
        if (text.Length == 10) return days * Day;
        return text[10] is (byte)'T' or (byte)' ' or (byte)'t' && TryTime(text[11..]) is { } time ? days * Day + time : null;
    }

    /// <summary>A time without a zone is no point in time, whatever it may have meant.</summary>
    internal static long? TryInstant(ReadOnlySpan<byte> text)
    {
        if (text.Length < 12) return null;
        if (text[^1] is (byte)'Z' or (byte)'z') return TryTimestamp(text[..^1]);
        var sign = text[11..].LastIndexOfAny((byte)'+', (byte)'-') + 11;
        if (sign < 12) return null;
        var zone = text[(sign + 1)..];
        var hours = zone.Length >= 2 ? TryDigits(zone[..2]) : null;
        var minutes = zone.Length switch { 2 => 0, 4 => TryDigits(zone[2..]), 5 when zone[2] == ':' => TryDigits(zone[3..]), _ => null };
        if (hours is null or > 18 || minutes is null or > 59 || TryTimestamp(text[..sign].TrimEnd((byte)' ')) is not { } local) return null;
        var offset = (hours.Value * 60L + minutes.Value) * 60_000_000;
        return text[sign] == '-' ? local + offset : local - offset;
    }

    static long? TryDuration(ReadOnlySpan<byte> text)
    {
        var spelled = Encoding.UTF8.GetString(text);
        if (TimeSpan.TryParseExact(spelled, "c", CultureInfo.InvariantCulture, out var span)) return ClrValue.MicrosecondsOf(span);
        // Years and months have no fixed length.
        if (!spelled.TrimStart('-').StartsWith('P') || spelled.Contains('Y', StringComparison.Ordinal) || spelled.Split('T')[0].Contains('M', StringComparison.Ordinal)) return null;
        try
        {
            return ClrValue.MicrosecondsOf(XmlConvert.ToTimeSpan(spelled));
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return null;
        }
    }

    const long Day = 86_400_000_000;

    static int? TryDigits(ReadOnlySpan<byte> text)
    {
        var value = 0;
        foreach (var c in text)
        {
            if (c is < (byte)'0' or > (byte)'9') return null;
            value = value * 10 + (c - '0');
        }
        return value;
    }
}
