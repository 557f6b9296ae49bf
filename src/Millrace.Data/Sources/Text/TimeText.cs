using System.Globalization;
using System.Text;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// Dates and times of ISO 8601 read from UTF-8: <c>2021-08-19</c>, <c>21:54:38.123456</c>, the two with a T or a blank
/// between them, and a zone behind them: <c>Z</c>, <c>+02</c>, <c>+0200</c>, <c>+02:00</c>. Digits beyond the
/// microsecond would be lost, so a time that has them isn't one.
/// </summary>
static class TimeText
{
    const long MicrosecondsOfDay = TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond;
    const long MicrosecondsOfMinute = TimeSpan.TicksPerMinute / TimeSpan.TicksPerMicrosecond;

    /// <summary>Days since 1970-01-01.</summary>
    internal static bool TryDate(ReadOnlySpan<byte> text, out int days)
    {
        days = 0;
        if (text.Length != 10 || text[4] != '-' || text[7] != '-'
            || !TryTwo(text, 0, out var century) || !TryTwo(text, 2, out var year) || !TryTwo(text, 5, out var month) || !TryTwo(text, 8, out var day)) return false;
        year += century * 100;
        if (year == 0 || month is 0 or > 12 || day == 0 || (day > 28 && day > DateTime.DaysInMonth(year, month))) return false;
        // Years start in March here, so that the leap day is a year's last.
        var (y, m) = month > 2 ? (year, month - 3) : (year - 1, month + 9);
        days = (365 * y) + (y / 4) - (y / 100) + (y / 400) + (((153 * m) + 2) / 5) + day - 1 - 719468;
        return true;
    }

    /// <summary>Microseconds since midnight.</summary>
    internal static bool TryTime(ReadOnlySpan<byte> text, out long microseconds) =>
        TryClock(text, out microseconds, out var used) && used == text.Length;

    /// <summary>Microseconds since 1970. A date alone is its midnight.</summary>
    internal static bool TryTimestamp(ReadOnlySpan<byte> text, out long microseconds) =>
        TryMoment(text, out microseconds, out var used) && used == text.Length;

    /// <summary>Microseconds since 1970 UTC; the text must name its zone.</summary>
    internal static bool TryInstant(ReadOnlySpan<byte> text, out long microseconds)
    {
        if (!TryMoment(text, out microseconds, out var used) || used <= 10 || !TryZone(text[used..].TrimStart((byte)' '), out var offset)) return false;
        microseconds -= offset * MicrosecondsOfMinute;
        return true;
    }

    /// <summary>Microseconds of a span written as .NET does: <c>[-][days.]hours:minutes:seconds[.fraction]</c>.</summary>
    internal static bool TryDuration(ReadOnlySpan<byte> text, out long microseconds)
    {
        microseconds = 0;
        if (text.Length > 40 || !Ascii.IsValid(text)) return false;
        Span<char> chars = stackalloc char[text.Length];
        Encoding.ASCII.GetChars(text, chars);
        if (!chars.Contains(':') || !TimeSpan.TryParse(chars, CultureInfo.InvariantCulture, out var span) || span.Ticks % TimeSpan.TicksPerMicrosecond != 0) return false;
        microseconds = ClrValue.MicrosecondsOf(span);
        return true;
    }

    /// <summary>A date or time in one of .NET's formats.</summary>
    internal static bool TryFormatted(ReadOnlySpan<byte> text, string format, out DateTime value)
    {
        value = default;
        if (text.Length > 100) return false;
        Span<char> chars = stackalloc char[text.Length];
        return Encoding.UTF8.TryGetChars(text, chars, out var count)
            && DateTime.TryParseExact(chars[..count], format, CultureInfo.InvariantCulture, DateTimeStyles.NoCurrentDateDefault | DateTimeStyles.AdjustToUniversal, out value)
            && value.Ticks % TimeSpan.TicksPerMicrosecond == 0;
    }

    static bool TryMoment(ReadOnlySpan<byte> text, out long microseconds, out int used)
    {
        (microseconds, used) = (0, 10);
        if (text.Length < 10 || !TryDate(text[..10], out var days)) return false;
        microseconds = days * MicrosecondsOfDay;
        if (text.Length == 10) return true;
        if (text[10] is not ((byte)' ' or (byte)'T' or (byte)'t') || !TryClock(text[11..], out var clock, out used)) return false;
        microseconds += clock;
        used += 11;
        return true;
    }

    static bool TryClock(ReadOnlySpan<byte> text, out long microseconds, out int used)
    {
        (microseconds, used) = (0, 0);
        if (text.Length < 5 || text[2] != ':' || !TryTwo(text, 0, out var hours) || !TryTwo(text, 3, out var minutes) || hours > 23 || minutes > 59) return false;
        var seconds = 0;
        used = 5;
        var fraction = 0;
        if (text.Length > 5 && text[5] == ':')
        {
            if (text.Length < 8 || !TryTwo(text, 6, out seconds) || seconds > 59) return false;
            used = 8;
            if (text.Length > 8 && text[8] is (byte)'.' or (byte)',')
            {
                var digits = 0;
                for (used = 9; used < text.Length && text[used] is >= (byte)'0' and <= (byte)'9'; used++, digits++)
                {
                    if (digits < 6) fraction = (fraction * 10) + text[used] - '0';
                    else if (text[used] != '0') return false;
                }
                if (digits == 0) return false;
                for (; digits < 6; digits++) fraction *= 10;
            }
        }
        microseconds = ((((hours * 60) + minutes) * 60L + seconds) * 1_000_000) + fraction;
        return true;
    }

    static bool TryZone(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        if (text.Length == 1) return text[0] is (byte)'Z' or (byte)'z';
        if (text.Length is not (3 or 5 or 6) || text[0] is not ((byte)'+' or (byte)'-') || !TryTwo(text, 1, out var hours)) return false;
        var rest = 0;
        if (text.Length == 5 && !TryTwo(text, 3, out rest)) return false;
        if (text.Length == 6 && (text[3] != ':' || !TryTwo(text, 4, out rest))) return false;
        if (hours > 18 || rest > 59) return false;
        minutes = ((hours * 60) + rest) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    static bool TryTwo(ReadOnlySpan<byte> text, int at, out int value)
    {
        var (tens, ones) = ((uint)(text[at] - '0'), (uint)(text[at + 1] - '0'));
        value = (int)((tens * 10) + ones);
        return tens <= 9 && ones <= 9;
    }
}
