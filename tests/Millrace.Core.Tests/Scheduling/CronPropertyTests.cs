using System.Diagnostics;
using System.Globalization;

namespace Millrace.Scheduling;

/// <summary>Random expressions against a reading of the clock minute by minute that shares no code with them.</summary>
public class CronPropertyTests(ITestOutputHelper output)
{
    static readonly string[] Zones =
        ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata", "Africa/Casablanca", "Asia/Tehran"];

    const int Cases = 250, Days = 12;

    [Fact]
    public void The_next_firing_is_later_the_earliest_possible_and_never_moves_back()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MILLRACE_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();
        output.WriteLine($"MILLRACE_SEED={seed}");
        var random = new Random(seed);
        for (var i = 0; i < Cases; i++)
        {
            var cron = RandomCron.Draw(random);
            var zone = Zones[random.Next(Zones.Length)];
            var start = RandomStart(random, TimeZoneInfo.FindSystemTimeZoneById(zone));
            var expected = ByTheMinute(cron, TimeZoneInfo.FindSystemTimeZoneById(zone), start).ToList();

            var expression = CronExpression.Parse(cron.Text);
            var clock = ZoneClock.Find(zone);
            var found = new List<DateTime>();
            var after = start;
            while (true)
            {
                var next = expression.Next(after.Ticks, clock);
                Assert.True(next > after.Ticks, $"MILLRACE_SEED={seed}: '{cron.Text}' in {zone} does not move on from {after:u}.");
                if (next >= start.AddDays(Days).Ticks)
                    break;
                // An instant in between must give the same answer.
                var between = after.Ticks + random.NextInt64(next - after.Ticks);
                Assert.Equal(next, expression.Next(between, clock));
                after = new DateTime(next);
                found.Add(after);
            }
            var difference = expected.Except(found).Concat(found.Except(expected)).Order().Select(d => $"{d:u}").FirstOrDefault();
            Assert.True(difference is null, $"MILLRACE_SEED={seed}: '{cron.Text}' in {zone} from {start:u}: differs first at {difference}.");
        }
    }

    [Fact]
    public void The_firing_before_the_next_one_is_the_interval_start()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var i = 0; i < Cases; i++)
        {
            var cron = RandomCron.Draw(random);
            var schedule = Schedule.Cron(cron.Text, Zones[random.Next(Zones.Length)]);
            var from = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(random.Next(2_000_000));
            ScheduleBounds bounds = new(DateTimeOffset.UnixEpoch);
            if (schedule.Next(from, bounds) is not { } first || schedule.Next(first.LogicalTime, bounds) is not { } second)
                continue;
            var told = $"seed {seed}: {schedule} after {from:u}";
            Assert.True(first.IntervalStart <= from && first.IntervalEnd == first.LogicalTime, told);
            Assert.True(schedule.Next(first.IntervalStart, bounds) == first || first.IntervalStart == first.LogicalTime, told);
            Assert.True(second.IntervalStart == first.LogicalTime, told);
            Assert.True(schedule.Latest(second.LogicalTime.AddTicks(-1), bounds) == first, told);
        }
    }

    [Fact]
    public void Ten_thousand_schedules_are_asked_without_allocating()
    {
        var random = new Random(7);
        var schedules = Enumerable.Range(0, 10_000).Select(i => Schedule.Cron(RandomCron.Draw(random).Text, Zones[i % Zones.Length])).ToArray();
        var now = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
        ScheduleBounds bounds = new(now.AddYears(-1));
        foreach (var schedule in schedules)
            schedule.Next(now, bounds);

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var began = Stopwatch.GetTimestamp();
        var fired = 0;
        foreach (var schedule in schedules)
            fired += schedule.Next(now, bounds) is null ? 0 : 1;
        var took = Stopwatch.GetElapsedTime(began);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;

        output.WriteLine($"{fired} of 10,000 fire again; asked for time and interval in {took.TotalMilliseconds:0.0} ms");
        Assert.Equal(0, allocated);
    }

    // Half of the cases begin shortly before a change of the clock.
    static DateTime RandomStart(Random random, TimeZoneInfo zone)
    {
        var start = new DateTime(2015, 1, 1).AddMinutes(random.Next(6_000_000));
        if (random.Next(2) == 0)
            return start;
        for (var day = 0; day < 370; day++)
        {
            if (zone.GetUtcOffset(Utc(start.AddDays(day + 2))) != zone.GetUtcOffset(Utc(start.AddDays(day + 1))))
                return start.AddDays(day);
        }
        return start;
    }

    static IEnumerable<DateTime> ByTheMinute(RandomCron cron, TimeZoneInfo zone, DateTime start)
    {
        var latest = DateTime.MinValue;
        var before = start + zone.GetUtcOffset(Utc(start));
        for (var utc = start.AddMinutes(-3 * 60); utc < start.AddDays(Days); utc = utc.AddMinutes(1))
        {
            var local = utc + zone.GetUtcOffset(Utc(utc));
            var fires = cron.Matches(local);
            if (local <= latest)
                fires &= cron.IsInterval;
            for (var skipped = before.AddMinutes(1); skipped < local && utc > start; skipped = skipped.AddMinutes(1))
                fires |= cron.Matches(skipped);
            if (fires && utc > start)
                yield return utc;
            latest = local > latest ? local : latest;
            before = local;
        }
    }

    static DateTimeOffset Utc(DateTime time) => new(time, TimeSpan.Zero);
}
