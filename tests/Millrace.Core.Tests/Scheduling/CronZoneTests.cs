using System.Globalization;

namespace Millrace.Scheduling;

/// <summary>Clock changes, with the cases that Cronos publishes (its CronExpressionFacts) among them.</summary>
public class CronZoneTests
{
    [Theory]
    // Berlin jumps from 02:00 +01:00 to 03:00 +02:00 on 2026-03-29 ...
    [InlineData("Europe/Berlin", "30 2 * * *", "2026-03-28 02:30 +01:00", "2026-03-29 03:00 +02:00")]
    [InlineData("Europe/Berlin", "30 2 * * *", "2026-03-29 03:00 +02:00", "2026-03-30 02:30 +02:00")]
    [InlineData("Europe/Berlin", "0,30 2 * * *", "2026-03-29 01:59 +01:00", "2026-03-29 03:00 +02:00")]
    [InlineData("Europe/Berlin", "0,30 2 * * *", "2026-03-29 03:00 +02:00", "2026-03-30 02:00 +02:00")]
    [InlineData("Europe/Berlin", "*/15 * * * *", "2026-03-29 01:45 +01:00", "2026-03-29 03:00 +02:00")]
    [InlineData("Europe/Berlin", "*/15 * * * *", "2026-03-29 03:00 +02:00", "2026-03-29 03:15 +02:00")]
    [InlineData("Europe/Berlin", "0 3 * * *", "2026-03-28 03:00 +01:00", "2026-03-29 03:00 +02:00")]
    [InlineData("Europe/Berlin", "0 0 * * *", "2026-03-29 00:00 +01:00", "2026-03-30 00:00 +02:00")]
    // ... and goes back from 03:00 +02:00 to 02:00 +01:00 on 2026-10-25.
    [InlineData("Europe/Berlin", "30 2 * * *", "2026-10-24 02:30 +02:00", "2026-10-25 02:30 +02:00")]
    [InlineData("Europe/Berlin", "30 2 * * *", "2026-10-25 02:30 +02:00", "2026-10-26 02:30 +01:00")]
    [InlineData("Europe/Berlin", "30 2 * * *", "2026-10-25 02:15 +01:00", "2026-10-26 02:30 +01:00")]
    [InlineData("Europe/Berlin", "30 2,3 * * *", "2026-10-25 02:30 +02:00", "2026-10-25 03:30 +01:00")]
    [InlineData("Europe/Berlin", "30 2-3 * * *", "2026-10-25 02:30 +02:00", "2026-10-25 02:30 +01:00")]
    [InlineData("Europe/Berlin", "*/30 * * * *", "2026-10-25 02:30 +02:00", "2026-10-25 02:00 +01:00")]
    [InlineData("Europe/Berlin", "*/30 * * * *", "2026-10-25 02:30 +01:00", "2026-10-25 03:00 +01:00")]
    [InlineData("Europe/Berlin", "0 * * * *", "2026-10-25 02:00 +02:00", "2026-10-25 02:00 +01:00")]
    [InlineData("Europe/Berlin", "0 3 * * *", "2026-10-25 02:59 +02:00", "2026-10-25 03:00 +01:00")]

    // New York, 2016-03-13: 02:00 -05:00 is 03:00 -04:00; 2016-11-06: 02:00 -04:00 is 01:00 -05:00.
    [InlineData("America/New_York", "0 */30 * * * *", "2016-03-13 01:30 -05:00", "2016-03-13 03:00 -04:00")]
    [InlineData("America/New_York", "0 1-58 */2 * * *", "2016-03-13 01:58 -05:00", "2016-03-13 03:00 -04:00")]
    [InlineData("America/New_York", "0 0,30 2 * * *", "2016-03-12 02:30 -05:00", "2016-03-13 03:00 -04:00")]
    [InlineData("America/New_York", "0 */30 2 13 03 *", "2016-03-13 01:59 -05:00", "2016-03-13 03:00 -04:00")]
    [InlineData("America/New_York", "0 30 * * 3 SUN#2", "2016-03-13 01:59 -05:00", "2016-03-13 03:00 -04:00")]
    [InlineData("America/New_York", "0 0,59 * * * *", "2016-03-13 01:59 -05:00", "2016-03-13 03:00 -04:00")]
    [InlineData("America/New_York", "0 */30 * * * *", "2016-11-06 01:30 -04:00", "2016-11-06 01:00 -05:00")]
    [InlineData("America/New_York", "0 30 */1 * * *", "2016-11-06 01:30 -04:00", "2016-11-06 01:30 -05:00")]
    [InlineData("America/New_York", "0 30 1-9 * * *", "2016-11-06 01:30 -04:00", "2016-11-06 01:30 -05:00")]
    [InlineData("America/New_York", "0 0-30 1 * * *", "2016-11-06 01:59 -04:00", "2016-11-06 01:00 -05:00")]
    [InlineData("America/New_York", "*/30 0 1 * * *", "2016-11-06 01:00:30 -05:00", "2016-11-07 01:00:00 -05:00")]
    [InlineData("America/New_York", "0 0,30 1 * * *", "2016-11-06 01:30 -04:00", "2016-11-07 01:00 -05:00")]
    [InlineData("America/New_York", "0 0,30 1 6/1 1-12 0/1", "2016-11-06 01:30 -04:00", "2016-11-07 01:00 -05:00")]
    [InlineData("America/New_York", "0 0 1 * 11 SUN#1", "2015-11-01 01:00 -05:00", "2016-11-06 01:00 -04:00")]
    [InlineData("America/New_York", "0 0 2 * * *", "2016-11-06 01:45 -04:00", "2016-11-06 02:00 -05:00")]
    [InlineData("America/New_York", "59 59 01 * * *", "2016-11-06 01:59:59 -05:00", "2016-11-07 01:59:59 -05:00")]

    // Lord Howe moves by half an hour. 2017-10-01: 02:00 +10:30 is 02:30 +11:00; 2017-04-02: 02:00 +11:00 is 01:30 +10:30.
    [InlineData("Australia/Lord_Howe", "0 */30 * * * *", "2017-10-01 01:45 +10:30", "2017-10-01 02:30 +11:00")]
    [InlineData("Australia/Lord_Howe", "0 0,30 2 * * *", "2017-10-01 01:59 +10:30", "2017-10-01 02:30 +11:00")]
    [InlineData("Australia/Lord_Howe", "0 15 2 * * *", "2017-10-01 01:59 +10:30", "2017-10-01 02:30 +11:00")]
    [InlineData("Australia/Lord_Howe", "0 45 2 * * *", "2017-10-01 01:59 +10:30", "2017-10-01 02:45 +11:00")]
    [InlineData("Australia/Lord_Howe", "0 */30 * * * *", "2017-04-02 01:59 +11:00", "2017-04-02 01:30 +10:30")]
    [InlineData("Australia/Lord_Howe", "0 */30 */2 * * *", "2017-04-02 01:30 +11:00", "2017-04-02 02:00 +10:30")]
    [InlineData("Australia/Lord_Howe", "0/30 30 1 * * *", "2017-04-02 01:30:31 +10:30", "2017-04-03 01:30:00 +10:30")]
    [InlineData("Australia/Lord_Howe", "0 0,30 1 * * *", "2017-04-02 01:30 +11:00", "2017-04-03 01:00 +10:30")]
    [InlineData("Australia/Lord_Howe", "0 0 2 * * *", "2017-04-02 01:30 +11:00", "2017-04-02 02:00 +10:30")]

    // Apia crossed the date line: after 2011-12-29 came 2011-12-31.
    [InlineData("Pacific/Apia", "0 12 * * *", "2011-12-29 12:00 -10:00", "2011-12-31 00:00 +14:00")]
    [InlineData("Pacific/Apia", "0 12 * * *", "2011-12-31 00:00 +14:00", "2011-12-31 12:00 +14:00")]
    [InlineData("Pacific/Apia", "0 0 30 12 *", "2011-01-01 00:00 -10:00", "2011-12-31 00:00 +14:00")]
    [InlineData("Pacific/Apia", "0 * * * *", "2011-12-29 23:00 -10:00", "2011-12-31 00:00 +14:00")]
    [InlineData("Pacific/Apia", "0 * * * *", "2011-12-31 00:00 +14:00", "2011-12-31 01:00 +14:00")]
    [InlineData("Pacific/Apia", "0 0 1 * *", "2011-12-01 00:00 -10:00", "2012-01-01 00:00 +14:00")]

    // Sao Paulo's midnight was skipped on 2017-10-15 and its 23:00 hour came twice on 2018-02-17.
    [InlineData("America/Sao_Paulo", "0 0 * * *", "2017-10-14 00:00 -03:00", "2017-10-15 01:00 -02:00")]
    [InlineData("America/Sao_Paulo", "0 0 * * *", "2017-10-15 01:00 -02:00", "2017-10-16 00:00 -02:00")]
    [InlineData("America/Sao_Paulo", "30 0 * * *", "2017-10-14 00:30 -03:00", "2017-10-15 01:00 -02:00")]
    [InlineData("America/Sao_Paulo", "30 23 * * *", "2018-02-17 23:30 -02:00", "2018-02-18 23:30 -03:00")]
    [InlineData("America/Sao_Paulo", "30 * * * *", "2018-02-17 23:30 -02:00", "2018-02-17 23:30 -03:00")]
    [InlineData("America/Sao_Paulo", "0 0 * * *", "2018-02-17 23:30 -02:00", "2018-02-18 00:00 -03:00")]

    // Amman jumped at midnight on the last day of March 2017 and went back within the last weekday of October 2015.
    [InlineData("Asia/Amman", "30 0 L * *", "2017-03-30 23:59 +02:00", "2017-03-31 01:00 +03:00")]
    [InlineData("Asia/Amman", "30 0 L * *", "2017-03-31 01:00 +03:00", "2017-04-30 00:30 +03:00")]
    [InlineData("Asia/Amman", "30 0 LW * *", "2015-10-30 00:30 +03:00", "2015-11-30 00:30 +02:00")]
    [InlineData("America/Santiago", "30 23 * * *", "2017-05-13 23:59:59 -03:00", "2017-05-14 23:30 -04:00")]

    // No changes of the clock.
    [InlineData("Asia/Kolkata", "30 2 * * *", "2026-03-29 02:30 +05:30", "2026-03-30 02:30 +05:30")]
    [InlineData("Asia/Kolkata", "0 0 1 * *", "2026-01-15 00:00 +05:30", "2026-02-01 00:00 +05:30")]
    [InlineData("UTC", "30 2 * * *", "2026-03-29 02:30 +00:00", "2026-03-30 02:30 +00:00")]
    [InlineData("UTC", "30 1 * * *", "2026-10-25 01:30 +00:00", "2026-10-26 01:30 +00:00")]

    // Over the turn of the year, and in a leap year far ahead.
    [InlineData("Europe/Berlin", "0 0 1 1 *", "2025-01-01 00:00 +01:00", "2026-01-01 00:00 +01:00")]
    [InlineData("Europe/Berlin", "0 12 29 2 *", "2096-03-01 00:00 +01:00", "2104-02-29 12:00 +01:00")]
    public void A_clock_change_is_met(string zone, string expression, string after, string expected)
    {
        var next = CronExpression.Parse(expression).Next(At(after).UtcTicks, ZoneClock.Find(zone));
        Assert.Equal(At(expected).UtcDateTime, new DateTime(next));
    }

    [Fact]
    public void Crons_that_meet_at_a_jump_fire_once()
    {
        var schedule = Schedule.Crons(["15 2 * * *", "45 2 * * *"], "Europe/Berlin");
        var firings = schedule.Between(At("2026-03-29 00:00 +01:00"), At("2026-03-29 23:00 +02:00"), new(DateTimeOffset.UnixEpoch));
        var only = Assert.Single(firings);
        Assert.Equal(new Firing(At("2026-03-29 01:00 +00:00"), At("2026-03-28 01:45 +00:00"), At("2026-03-29 01:00 +00:00")), only);
    }

    [Fact]
    public void A_day_of_an_hourly_schedule_has_23_24_or_25_firings()
    {
        var schedule = Schedule.Cron("0 * * * *", "Europe/Berlin");
        ScheduleBounds bounds = new(DateTimeOffset.UnixEpoch);
        Assert.Equal(23, schedule.Between(At("2026-03-29 00:00 +01:00"), At("2026-03-29 23:59 +02:00"), bounds).Count());
        Assert.Equal(24, schedule.Between(At("2026-06-01 00:00 +02:00"), At("2026-06-01 23:59 +02:00"), bounds).Count());
        Assert.Equal(25, schedule.Between(At("2026-10-25 00:00 +02:00"), At("2026-10-25 23:59 +01:00"), bounds).Count());
    }

    static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
