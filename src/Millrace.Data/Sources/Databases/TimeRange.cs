using System.Globalization;

namespace Millrace.Data;

/// <summary>The dates and times that .NET's types hold, counted from 1970, and how those beyond them read.</summary>
static class TimeRange
{
    internal const long Day = 86_400_000_000;
    internal const int FirstDay = -719_162, LastDay = 2_932_896;
    internal const long FirstMoment = FirstDay * Day, LastMoment = (LastDay + 1) * Day - 1;

    internal static string Date(long days)
    {
        var (year, month, day) = Millrace.Plans.Calendar.DateOf(days);
        // There is no year 0: before 1 comes 1 BC.
        return string.Create(CultureInfo.InvariantCulture, $"{(year > 0 ? year : 1 - year):0000}-{month:00}-{day:00}{(year > 0 ? "" : " BC")}");
    }

    internal static string Moment(Int128 microseconds)
    {
        var day = microseconds / Day - (microseconds % Day < 0 ? 1 : 0);
        return $"{Date((long)day)} {TimeSpan.FromMicroseconds((double)(microseconds - day * Day)):hh\\:mm\\:ss}";
    }
}
