namespace Millrace.Scheduling;

/// <summary>The two day fields of a cron expression, which together choose the days of a month.</summary>
readonly record struct CronDays
{
    /// <summary>Days by number, bits 1-31.</summary>
    internal ulong Numbers { get; init; }
    /// <summary>W: the weekday nearest to each of these days, within the month.</summary>
    internal ulong NearestWeekdays { get; init; }
    /// <summary>L, L-n: days counted back from the last one, bit 0 the last.</summary>
    internal ulong FromLast { get; init; }
    /// <summary>LW, L-nW: the weekday nearest to a day counted back from the last one.</summary>
    internal ulong WeekdaysFromLast { get; init; }

    /// <summary>Days of the week, bit 0 Sunday.</summary>
    internal ulong Weekdays { get; init; }
    /// <summary>5L: the last such day of the week in the month.</summary>
    internal ulong LastOfWeekday { get; init; }
    /// <summary>5#2: bit 7 * (nth - 1) + day of the week.</summary>
    internal ulong NthOfWeekday { get; init; }

    /// <summary>Both fields name days: a day in either one matches. Otherwise it must be in both.</summary>
    internal bool Either { get; init; }

    /// <summary>The matching days of a month, as bits 1-31.</summary>
    internal ulong Of(int year, int month)
    {
        var count = DateTime.DaysInMonth(year, month);
        var first = (int)new DateTime(year, month, 1).DayOfWeek;
        var byMonth = ByMonth(count, first);
        var byWeek = ByWeek(count, first);
        return (Either ? byMonth | byWeek : byMonth & byWeek) & (2ul << count) - 2;
    }

    ulong ByMonth(int count, int first)
    {
        var days = Numbers;
        for (var back = 0; FromLast >> back != 0; back++)
        {
            if ((FromLast >> back & 1) != 0 && count > back)
                days |= 1ul << count - back;
        }
        for (var day = 1; day <= count && NearestWeekdays >> day != 0; day++)
        {
            if ((NearestWeekdays >> day & 1) != 0)
                days |= 1ul << Nearest(day, count, first);
        }
        for (var back = 0; WeekdaysFromLast >> back != 0; back++)
        {
            if ((WeekdaysFromLast >> back & 1) != 0 && count > back)
                days |= 1ul << Nearest(count - back, count, first);
        }
        return days;
    }

    static int Nearest(int day, int count, int first) => Weekday(day, first) switch
    {
        0 => day < count ? day + 1 : day - 2,
        6 => day > 1 ? day - 1 : day + 2,
        _ => day,
    };

    ulong ByWeek(int count, int first)
    {
        if (Weekdays == 0x7F)
            return ~0ul;
        // Day 1 of each week of the month is the weekday `first`: turned by that, a week's bits are days.
        ulong days = 0;
        for (var week = 0; week < 5; week++)
        {
            var bits = Weekdays | (NthOfWeekday >> 7 * week & 0x7F);
            days |= ((bits >> first | bits << 7 - first) & 0x7F) << 7 * week + 1;
        }
        for (var day = count - 6; LastOfWeekday != 0 && day <= count; day++)
        {
            if ((LastOfWeekday >> Weekday(day, first) & 1) != 0)
                days |= 1ul << day;
        }
        return days;
    }

    static int Weekday(int day, int first) => (first + day - 1) % 7;
}
