using System.Numerics;

namespace Millrace.Scheduling;

/// <summary>A parsed cron expression: one bit per value of each field, bit n standing for value n.</summary>
sealed class CronExpression
{
    const long Never = Schedule.Never;

    // Every combination of date and weekday comes back within 400 years, or never.
    const int MonthsToTry = 400 * 12 + 1;

    internal required string Text { get; init; }
    internal required ulong Seconds { get; init; }
    internal required ulong Minutes { get; init; }
    internal required ulong Hours { get; init; }
    internal required ulong Months { get; init; }
    internal required CronDays Days { get; init; }

    /// <summary>A time field is an interval, not a list of values: it keeps its pace when clocks go back.</summary>
    internal required bool IsInterval { get; init; }

    internal static CronExpression Parse(string text) => CronParser.Parse(text);

    /// <summary>The first instant after the given one at which the zone's clocks match.</summary>
    internal long Next(long after, ZoneClock zone)
    {
        var stretch = zone.At(after);
        long local = -1, from = -1;
        while (true)
        {
            if (stretch.Start > after && stretch.Offset > stretch.OffsetBefore)
            {
                // The clocks jumped ahead here: what they jumped over fires now.
                var missed = NextLocal(stretch.Start + stretch.OffsetBefore);
                if (missed < stretch.Start + stretch.Offset)
                    return stretch.Start;
            }

            var earliest = Math.Max(after + 1, stretch.Start) + stretch.Offset;
            if (!IsInterval)
            {
                // The clocks went back here: a time they showed before has fired already.
                earliest = Math.Max(earliest, stretch.Start + stretch.OffsetBefore);
            }
            // What was found from an earlier time on still stands, unless the clocks went back in between.
            if (earliest > local || earliest < from)
                local = NextLocal(earliest);
            from = earliest;

            if (local == Never)
                return Never;
            if (local - stretch.Offset < stretch.End)
                return local - stretch.Offset is var utc && utc > DateTime.MaxValue.Ticks ? Never : utc;
            stretch = zone.At(stretch.End);
        }
    }

    /// <summary>The first matching clock time that is not before the given one.</summary>
    long NextLocal(long earliest)
    {
        var second = (Math.Max(0, earliest) + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;
        if (second * TimeSpan.TicksPerSecond > DateTime.MaxValue.Ticks)
            return Never;
        var time = new DateTime(second * TimeSpan.TicksPerSecond);
        var (year, month, day) = time;
        var days = DaysOf(year, month);
        if ((days >> day & 1) != 0 && TimeOfDay(time.Hour, time.Minute, time.Second) is var sameDay and >= 0)
            return time.Date.Ticks + sameDay * TimeSpan.TicksPerSecond;

        days &= ~0ul << day + 1;
        for (var tries = 0; days == 0; days = DaysOf(year, month))
        {
            if (++month > 12)
                (month, year) = (1, year + 1);
            if (year > 9999 || ++tries > MonthsToTry)
                return Never;
        }
        return new DateTime(year, month, BitOperations.TrailingZeroCount(days)).Ticks
            + TimeOfDay(0, 0, 0) * TimeSpan.TicksPerSecond;
    }

    ulong DaysOf(int year, int month) => (Months >> month & 1) == 0 ? 0 : Days.Of(year, month);

    // Seconds since midnight, or -1 when the day has no match left.
    long TimeOfDay(int hour, int minute, int second)
    {
        var h = From(Hours, hour);
        if (h == hour)
        {
            var m = From(Minutes, minute);
            if (m == minute && From(Seconds, second) is var s and < 64)
                return h * 3600 + m * 60 + s;
            if (m == minute)
                m = From(Minutes, minute + 1);
            if (m < 64)
                return h * 3600 + m * 60 + From(Seconds, 0);
            h = From(Hours, hour + 1);
        }
        return h >= 64 ? -1 : h * 3600 + From(Minutes, 0) * 60 + From(Seconds, 0);
    }

    // The first set bit that is not below `value`; 64 when there is none.
    static int From(ulong bits, int value) => BitOperations.TrailingZeroCount(bits & ~0ul << value);
}
