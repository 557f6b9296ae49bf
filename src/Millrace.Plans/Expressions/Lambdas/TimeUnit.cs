using Millrace.Plans;

// Of Millrace.Data by name: it is part of what frames are written with, and lambdas of streams say it too.
namespace Millrace.Data;

/// <summary>A unit of time. Meant for <c>using static Millrace.Data.TimeUnit;</c></summary>
public enum TimeUnit
{
    Microseconds,
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
    Days,

    /// <summary>They start on Monday.</summary>
    Weeks,
    Months,
    Quarters,
    Years,
}

/// <summary>Moments in time, in lambdas of frames and in C# alike.</summary>
public static class Moments
{
    /// <summary>The start of the unit that the moment lies in.</summary>
    public static DateTime Truncate(this DateTime time, TimeUnit unit) => unit switch
    {
        TimeUnit.Years => new DateTime(time.Year, 1, 1, 0, 0, 0, time.Kind),
        TimeUnit.Quarters => new DateTime(time.Year, (time.Month - 1) / 3 * 3 + 1, 1, 0, 0, 0, time.Kind),
        TimeUnit.Months => new DateTime(time.Year, time.Month, 1, 0, 0, 0, time.Kind),
        TimeUnit.Weeks => time.Date.AddDays(-(((int)time.DayOfWeek + 6) % 7)),
        _ => new DateTime(time.Ticks - time.Ticks % TicksOf(unit), time.Kind),
    };

    /// <summary>The start of the unit that the moment lies in, in UTC.</summary>
    public static DateTimeOffset Truncate(this DateTimeOffset time, TimeUnit unit) => new(time.UtcDateTime.Truncate(unit), TimeSpan.Zero);

    /// <inheritdoc cref="Truncate(DateTime, TimeUnit)"/>
    public static DateOnly Truncate(this DateOnly date, TimeUnit unit) => DateOnly.FromDateTime(date.ToDateTime(TimeOnly.MinValue).Truncate(unit));

    /// <summary>What clocks in that zone (IANA) show at the instant.</summary>
    public static DateTime AtZone(this DateTimeOffset time, string zone) => TimeZoneInfo.ConvertTime(time, TimeZoneInfo.FindSystemTimeZoneById(zone)).DateTime;

    /// <summary>The instant at which clocks in that zone (IANA) show the time.</summary>
    public static DateTimeOffset FromZone(this DateTime time, string zone)
    {
        var unspecified = DateTime.SpecifyKind(time, DateTimeKind.Unspecified);
        return new DateTimeOffset(unspecified, TimeZoneInfo.FindSystemTimeZoneById(zone).GetUtcOffset(unspecified)).ToUniversalTime();
    }

    extension(TimeUnit unit)
    {
        /// <summary>The unit as functions of plans take it: <c>hour</c>.</summary>
        internal LiteralExpr Literal => LiteralExpr.Of(unit.ToString().TrimEnd('s').ToLowerInvariant());
    }

    static long TicksOf(TimeUnit unit) => unit switch
    {
        TimeUnit.Microseconds => TimeSpan.TicksPerMicrosecond,
        TimeUnit.Milliseconds => TimeSpan.TicksPerMillisecond,
        TimeUnit.Seconds => TimeSpan.TicksPerSecond,
        TimeUnit.Minutes => TimeSpan.TicksPerMinute,
        TimeUnit.Hours => TimeSpan.TicksPerHour,
        _ => TimeSpan.TicksPerDay,
    };
}
