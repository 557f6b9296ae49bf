using System.Globalization;

namespace Millrace.Scheduling;

public class CronTests
{
    // Saturday 2026-08-01 was the first of a month that ended on a Monday; 2026-02 had four full weeks, Sunday to Saturday.
    [Theory]
    // Lists, ranges, steps.
    [InlineData("* * * * *", "2026-01-01 00:00:00", "2026-01-01 00:01:00")]
    [InlineData("*/15 * * * *", "2026-01-01 00:44:59", "2026-01-01 00:45:00")]
    [InlineData("*/40 * * * *", "2026-01-01 00:40:00", "2026-01-01 01:00:00")]
    [InlineData("5/20 * * * *", "2026-01-01 00:25:00", "2026-01-01 00:45:00")]
    [InlineData("10-20/5 * * * *", "2026-01-01 00:20:00", "2026-01-01 01:10:00")]
    [InlineData("0 1,13 * * *", "2026-01-01 01:00:00", "2026-01-01 13:00:00")]
    [InlineData("0,30 9-17 * * *", "2026-01-01 17:30:00", "2026-01-02 09:00:00")]
    [InlineData("59 23 31 12 *", "2026-12-31 23:59:00", "2027-12-31 23:59:00")]
    // Wrap-around ranges.
    [InlineData("0 22-2 * * *", "2026-01-01 02:00:00", "2026-01-01 22:00:00")]
    [InlineData("0 22-2/2 * * *", "2026-01-01 22:00:00", "2026-01-02 00:00:00")]
    [InlineData("0 23-5/4 * * *", "2026-01-01 00:00:00", "2026-01-01 03:00:00")]
    [InlineData("0 0 1 NOV-FEB *", "2026-02-01 00:00:00", "2026-11-01 00:00:00")]
    [InlineData("0 0 * * FRI-MON", "2026-01-05 00:00:00", "2026-01-09 00:00:00")]
    // Seconds.
    [InlineData("*/10 * * * * *", "2026-01-01 00:00:50", "2026-01-01 00:01:00")]
    [InlineData("5,35 30 6 * * *", "2026-01-01 06:30:05", "2026-01-01 06:30:35")]
    [InlineData("30 0 0 1 1 *", "2026-01-01 00:00:30", "2027-01-01 00:00:30")]
    // Names in any case; 0 and 7 are Sunday.
    [InlineData("0 0 * jan Mon", "2026-01-26 00:00:00", "2027-01-04 00:00:00")]
    [InlineData("0 0 * * 0", "2026-01-01 00:00:00", "2026-01-04 00:00:00")]
    [InlineData("0 0 * * 7", "2026-01-01 00:00:00", "2026-01-04 00:00:00")]
    [InlineData("0 0 * * 5-7", "2026-01-03 00:00:00", "2026-01-04 00:00:00")]
    [InlineData("0 0 * * 7-1", "2026-01-04 00:00:00", "2026-01-05 00:00:00")]
    // L, L-n, W, LW, L-nW, nL, n#m.
    [InlineData("0 0 L * *", "2026-01-31 00:00:00", "2026-02-28 00:00:00")]
    [InlineData("0 0 L * *", "2028-01-31 00:00:00", "2028-02-29 00:00:00")]
    [InlineData("0 0 L-3 * *", "2026-02-01 00:00:00", "2026-02-25 00:00:00")]
    [InlineData("0 0 L-30 * *", "2026-02-01 00:00:00", "2026-03-01 00:00:00")]
    [InlineData("0 0 1W * *", "2026-07-31 00:00:00", "2026-08-03 00:00:00")]
    [InlineData("0 0 15W * *", "2026-08-01 00:00:00", "2026-08-14 00:00:00")]
    [InlineData("0 0 15W * *", "2026-11-01 00:00:00", "2026-11-16 00:00:00")]
    [InlineData("0 0 31W * *", "2026-05-01 00:00:00", "2026-05-29 00:00:00")]
    [InlineData("0 0 31W * *", "2026-06-01 00:00:00", "2026-07-31 00:00:00")]
    [InlineData("0 0 LW * *", "2026-02-01 00:00:00", "2026-02-27 00:00:00")]
    [InlineData("0 0 L-1W * *", "2026-08-01 00:00:00", "2026-08-31 00:00:00")]
    [InlineData("0 0 1,L * *", "2026-02-01 00:00:00", "2026-02-28 00:00:00")]
    [InlineData("0 0 * * 5L", "2026-01-01 00:00:00", "2026-01-30 00:00:00")]
    [InlineData("0 0 * * FRIL", "2026-02-01 00:00:00", "2026-02-27 00:00:00")]
    [InlineData("0 0 * * 7l", "2026-02-01 00:00:00", "2026-02-22 00:00:00")]
    [InlineData("0 0 * * 6#3", "2026-01-01 00:00:00", "2026-01-17 00:00:00")]
    [InlineData("0 0 * * sat#5", "2026-02-01 00:00:00", "2026-05-30 00:00:00")]
    [InlineData("0 0 * * MON#1,MON#3", "2026-01-05 00:00:00", "2026-01-19 00:00:00")]
    // Both day fields: either is enough, unless one starts with * or is ?.
    [InlineData("0 0 13 * FRI", "2026-01-01 00:00:00", "2026-01-02 00:00:00")]
    [InlineData("0 0 13 * FRI", "2026-01-09 00:00:00", "2026-01-13 00:00:00")]
    [InlineData("0 0 ? * FRI", "2026-01-02 00:00:00", "2026-01-09 00:00:00")]
    [InlineData("0 0 13 * ?", "2026-01-13 00:00:00", "2026-02-13 00:00:00")]
    [InlineData("0 0 */2 * MON", "2026-01-01 00:00:00", "2026-01-05 00:00:00")]
    [InlineData("0 0 */2 * MON", "2026-01-05 00:00:00", "2026-01-19 00:00:00")]
    // Rare dates.
    [InlineData("0 0 29 2 *", "2096-02-29 00:00:00", "2104-02-29 00:00:00")]
    [InlineData("0 0 29 2 *", "2026-01-01 00:00:00", "2028-02-29 00:00:00")]
    // Macros.
    [InlineData("@hourly", "2026-01-01 00:00:00", "2026-01-01 01:00:00")]
    [InlineData("@daily", "2026-01-01 00:00:00", "2026-01-02 00:00:00")]
    [InlineData("@midnight", "2026-01-01 00:00:00", "2026-01-02 00:00:00")]
    [InlineData("@weekly", "2026-01-01 00:00:00", "2026-01-04 00:00:00")]
    [InlineData("@monthly", "2026-01-01 00:00:00", "2026-02-01 00:00:00")]
    [InlineData("@yearly", "2026-01-01 00:00:00", "2027-01-01 00:00:00")]
    [InlineData("@ANNUALLY", "2026-01-01 00:00:00", "2027-01-01 00:00:00")]
    public void An_expression_fires_next_at(string expression, string after, string expected) =>
        Assert.Equal(expected, Next(expression, after));

    [Theory]
    [InlineData("0 0 30 2 *")]
    [InlineData("0 0 31 4,6,9,11 *")]
    [InlineData("0 0 31W 2 ?")]
    [InlineData("0 0 L-29 2 *")]
    public void Dates_that_never_come_end_with_nothing(string expression) => Assert.Null(Next(expression, "2026-01-01 00:00:00"));

    [Theory]
    [InlineData("* * * * *")]
    [InlineData("0 0 29 2 *")]
    [InlineData("59 59 23 31 12 *")]
    public void Time_ends_with_the_year_9999(string expression) => Assert.Null(Next(expression, "9999-12-31 23:59:59"));

    [Theory]
    [InlineData("61 * * * *", 1, "Cron '61 * * * *': minute '61' is outside 0-59 (position 1).")]
    [InlineData("0 24 * * *", 3, "Cron '0 24 * * *': hour '24' is outside 0-23 (position 3).")]
    [InlineData("0  0  0 * *", 7, "Cron '0  0  0 * *': day of month '0' is outside 1-31 (position 7).")]
    [InlineData("0 0 1 13 *", 7, "Cron '0 0 1 13 *': month '13' is outside 1-12 or JAN-DEC (position 7).")]
    [InlineData("0 0 * * 1,8", 11, "Cron '0 0 * * 1,8': day of week '8' is outside 0-7 or SUN-SAT (position 11).")]
    [InlineData("99 0 0 * * *", 1, "Cron '99 0 0 * * *': second '99' is outside 0-59 (position 1).")]
    [InlineData("0 0 * MARCH *", 7, "Cron '0 0 * MARCH *': month 'MARCH' can't be read. Use 1-12 or JAN-DEC, alone, in a list (1,2), a range (1-5) or a step (*/2) (position 7).")]
    [InlineData("*/0 * * * *", 1, "Cron '*/0 * * * *': minute '*/0' needs 1-59 for the step, not '0' (position 1).")]
    [InlineData("*/90 * * * *", 1, "Cron '*/90 * * * *': minute '*/90' needs 1-59 for the step, not '90' (position 1).")]
    [InlineData("0 1,,2 * * *", 5, "Cron '0 1,,2 * * *': hour '1,,2' has an empty item (position 5). Remove the extra comma.")]
    [InlineData("0 0 * * L", 9, "Cron '0 0 * * L': day of week 'L' needs a day before it. Write 5L for the month's last Friday, or SAT for every Saturday (position 9).")]
    [InlineData("0 0 * * MON#6", 9, "Cron '0 0 * * MON#6': day of week 'MON#6' needs 1-5 for which one of the month, not '6' (position 9).")]
    [InlineData("0 0 L-31 * *", 5, "Cron '0 0 L-31 * *': day of month 'L-31' needs 0-30 for days before the last, not '31' (position 5).")]
    [InlineData("0 0 * *", 1, "Cron '0 0 * *' has 4 fields. Write 5 (minute, hour, day of month, month, day of week) or 6 (second in front).")]
    [InlineData("0 0 0 1 1 ? 2026", 1, "Cron '0 0 0 1 1 ? 2026' has more than 6 fields. Write 5 (minute, hour, day of month, month, day of week) or 6 (second in front).")]
    [InlineData("", 1, "Cron '' has 0 fields. Write 5 (minute, hour, day of month, month, day of week) or 6 (second in front).")]
    public void A_fault_names_the_field_the_value_and_its_position(string expression, int position, string message)
    {
        var fault = Assert.Throws<ScheduleException>(() => CronExpression.Parse(expression));
        Assert.Equal(message, fault.Message);
        Assert.Equal(position, fault.Position);
    }

    [Theory]
    [InlineData("-1 * * * *")]
    [InlineData("1- * * * *")]
    [InlineData("/5 * * * *")]
    [InlineData("1-5/ * * * *")]
    [InlineData("1-2-3 * * * *")]
    [InlineData("1/2/3 * * * *")]
    [InlineData("? * * * *")]
    [InlineData("L * * * *")]
    [InlineData("*5 * * * *")]
    [InlineData("99999999999 * * * *")]
    [InlineData("0 0 W * *")]
    [InlineData("0 0 1-5W * *")]
    [InlineData("0 0 MON * *")]
    [InlineData("0 0 * * MON#")]
    [InlineData("0 0 * * #2")]
    [InlineData("0 0 * * 1-5L")]
    [InlineData("0 0 * * LW")]
    [InlineData("@daily *")]
    public void What_is_no_cron_is_refused(string expression) =>
        Assert.Throws<ScheduleException>(() => CronExpression.Parse(expression));

    static string? Next(string expression, string after)
    {
        var from = DateTime.Parse(after, CultureInfo.InvariantCulture);
        var next = CronExpression.Parse(expression).Next(from.Ticks, ZoneClock.Find("UTC"));
        return next == Schedule.Never ? null : new DateTime(next).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }
}
