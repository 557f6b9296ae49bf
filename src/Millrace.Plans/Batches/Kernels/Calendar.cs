namespace Millrace.Plans;

/// <summary>Days since 1970-01-01 and the dates of the proleptic Gregorian calendar, far beyond the years that .NET's types have.</summary>
static class Calendar
{
    internal const long Second = 1_000_000, Minute = 60 * Second, Hour = 60 * Minute, Day = 24 * Hour;

    internal static long DayOf(long microseconds) => Floor(microseconds, Day);

    internal static long Floor(long value, long unit)
    {
        var whole = value / unit;
        return whole * unit > value ? whole - 1 : whole;
    }

    // Years are counted from March, so that the day that leap years add is the last of a year, and in eras of 400 years.
    internal static (long Year, int Month, int Day) DateOf(long days)
    {
        days += 719_468;
        var era = Floor(days, 146_097);
        var dayOfEra = (int)(days - era * 146_097);
        var yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        var dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        var month = (5 * dayOfYear + 2) / 153;
        var day = dayOfYear - (153 * month + 2) / 5 + 1;
        month = month < 10 ? month + 3 : month - 9;
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day);
    }

    internal static long DaysOf(long year, int month, int day)
    {
        if (month <= 2) year--;
        var era = Floor(year, 400);
        var yearOfEra = (int)(year - era * 400);
        var dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468;
    }

    /// <summary>Monday is 0.</summary>
    internal static int WeekdayOf(long days) => (int)(days + 3 - Floor(days + 3, 7) * 7);

    /// <summary>Of ISO 8601: the week belongs to the year of its Thursday.</summary>
    internal static int WeekOf(long days)
    {
        var thursday = days - WeekdayOf(days) + 3;
        return (int)(thursday - DaysOf(DateOf(thursday).Year, 1, 1)) / 7 + 1;
    }

    /// <summary>The same day so many months on, cut to the month's last; null beyond what can be held.</summary>
    internal static long? AddMonths(long days, long months)
    {
        if (months is < -10_000_000 or > 10_000_000) return null;
        var (year, month, day) = DateOf(days);
        var total = year * 12 + month - 1 + months;
        (year, month) = (Floor(total, 12), (int)(total - Floor(total, 12) * 12) + 1);
        var next = month == 12 ? DaysOf(year + 1, 1, 1) : DaysOf(year, month + 1, 1);
        return Math.Min(DaysOf(year, month, day), next - 1);
    }
}
