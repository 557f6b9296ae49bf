using System.Globalization;
using System.Text.Json;
using Millrace.Assets;
using Millrace.Metadata;

namespace Millrace.Scheduling;

public class ScheduleTests
{
    static readonly Asset Orders = new("orders"), Customers = new("customers", "file:///data/customers.csv"), Rates = new("rates");
    static readonly ScheduleBounds Bounds = new(At("2026-01-01T00:00:00Z"));

    public static TheoryData<Schedule, string> Kinds => new()
    {
        { Schedule.Manual, """{"kind":"manual"}""" },
        { Schedule.Once, """{"kind":"once"}""" },
        { Schedule.Continuous, """{"kind":"continuous"}""" },
        { "0 2 * * *", """{"kind":"cron","expressions":["0 2 * * *"],"zone":"UTC"}""" },
        { Schedule.Crons(["@daily", "0 14 * * MON-FRI"], "Europe/Berlin"), """{"kind":"cron","expressions":["@daily","0 14 * * MON-FRI"],"zone":"Europe/Berlin"}""" },
        { Schedule.Every(TimeSpan.FromSeconds(5)), """{"kind":"every","period":"00:00:05"}""" },
        { Schedule.Dates(At("2026-02-01T00:00:00Z"), At("2026-01-01T00:00:00Z")), """{"kind":"dates","dates":["2026-01-01T00:00:00+00:00","2026-02-01T00:00:00+00:00"]}""" },
        { Schedule.OnAny(Orders), """{"kind":"assets","assetCondition":{"kind":"any","conditions":[{"kind":"asset","asset":{"name":"orders"}}]}}""" },
        {
            Schedule.OnAssets((Orders & Customers) | Rates).Or("@hourly"),
            """{"kind":"union","parts":[{"kind":"assets","assetCondition":{"kind":"any","conditions":[{"kind":"all","conditions":[{"kind":"asset","asset":{"name":"orders"}},{"kind":"asset","asset":{"name":"customers","uri":"file:///data/customers.csv"}}]},{"kind":"asset","asset":{"name":"rates"}}]}},{"kind":"cron","expressions":["@hourly"],"zone":"UTC"}]}"""
        },
        { Schedule.OnRecords("orders"), """{"kind":"records","topic":"orders","atMost":1,"within":"00:00:00"}""" },
        {
            Schedule.OnRecords("orders", 100, TimeSpan.FromSeconds(5)).Or("@hourly"),
            """{"kind":"union","parts":[{"kind":"records","topic":"orders","atMost":100,"within":"00:00:05"},{"kind":"cron","expressions":["@hourly"],"zone":"UTC"}]}"""
        },
        { Schedule.OnAny(new Asset("prices") { Topic = "raw_prices" }), """{"kind":"assets","assetCondition":{"kind":"any","conditions":[{"kind":"asset","asset":{"name":"prices","topic":"raw_prices"}}]}}""" },
        { Schedule.Custom(new Leap()), """{"kind":"custom","description":"leap days"}""" },
    };

    [Theory, MemberData(nameof(Kinds))]
    public void Every_kind_survives_json_and_equals_itself(Schedule schedule, string json)
    {
        Assert.Equal(json, JsonSerializer.Serialize(schedule, ScheduleJson.Default.Schedule));
        var back = JsonSerializer.Deserialize(json, ScheduleJson.Default.Schedule)!;
        Assert.Equal(schedule, back);
        Assert.Equal(schedule.GetHashCode(), back.GetHashCode());
        Assert.Equal(schedule.Describe(), back.Describe());
    }

    [Theory]
    [InlineData("@every 90s", "every 1m 30s")]
    [InlineData("@every 1h30m", "every 1h 30m")]
    [InlineData("@every 250ms", "every 0.25s")]
    [InlineData("@every 2d", "every 2d")]
    [InlineData("@every 00:05:00", "every 5m")]
    [InlineData("@ONCE", "once")]
    [InlineData(" @continuous ", "continuous")]
    [InlineData("@Daily", "@Daily")]
    [InlineData("  0   2 * * * ", "0 2 * * *")]
    public void A_string_is_a_schedule(string text, string description) => Assert.Equal(description, ((Schedule)text).Describe());

    [Theory]
    [InlineData("@every 5 parsecs", "Schedule '@every 5 parsecs': the period '5 parsecs' can't be read. Write it like 90s, 5m, 1h30m or 1d.")]
    [InlineData("@every 0s", "A period of 00:00:00 is too short. Use at least 1 ms, or Schedule.Continuous.")]
    [InlineData("@fortnightly", "Cron '@fortnightly': the macro '@fortnightly' is not known. Use @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually, or a schedule '@once', '@continuous' or '@every 5m'.")]
    public void A_string_that_is_none_says_what_to_write(string text, string message) =>
        Assert.Equal(message, Assert.Throws<ScheduleException>(() => Schedule.Parse(text)).Message);

    [Fact]
    public void A_schedule_of_records_says_what_is_wrong_with_it()
    {
        Says("A schedule of records has no topic. Name it: Schedule.OnRecords(\"orders\").", () => Schedule.OnRecords(" "));
        Says("A run for 0 records of topic 'orders' at most can't be. Use 1 to 100000.", () => Schedule.OnRecords("orders", 0));
        Says("Records of topic 'orders' can't be gathered within -00:00:01. Use zero to 1 day.", () => Schedule.OnRecords("orders", 5, TimeSpan.FromSeconds(-1)));
        Says("The schedule 'a record of orders or up to 5 records of orders' names a topic twice. Name it once.", () => Schedule.OnRecords("orders").Or(Schedule.OnRecords("orders", 5)));
        Assert.Equal("a record of orders or up to 5 records of rates", Schedule.OnRecords("orders").Or(Schedule.OnRecords("rates", 5)).Describe());

        static void Says(string message, Func<Schedule> declare) => Assert.Equal(message, Assert.Throws<ScheduleException>(declare).Message);
    }

    [Fact]
    public void Records_and_times_in_one_schedule_fire_at_the_times()
    {
        var both = Schedule.OnRecords("orders").Or("@daily");
        Assert.Equal(new Firing(At("2026-03-02T00:00:00Z"), At("2026-03-01T00:00:00Z"), At("2026-03-02T00:00:00Z")), both.Next(At("2026-03-01T00:00:00Z"), Bounds));
        Assert.Null(Schedule.OnRecords("orders").Next(null, Bounds));
    }

    [Fact]
    public void The_first_firing_is_at_the_start_date_and_its_interval_begins_at_the_firing_before()
    {
        Schedule daily = "@daily";
        var first = daily.Next(null, Bounds with { Start = At("2026-03-01T00:00:00Z") });
        Assert.Equal(new Firing(At("2026-03-01T00:00:00Z"), At("2026-02-28T00:00:00Z"), At("2026-03-01T00:00:00Z")), first);
        var second = daily.Next(first!.Value.LogicalTime, Bounds);
        Assert.Equal(new Firing(At("2026-03-02T00:00:00Z"), At("2026-03-01T00:00:00Z"), At("2026-03-02T00:00:00Z")), second);
    }

    [Fact]
    public void Without_a_start_date_nothing_fires_before_the_dag_was_seen()
    {
        Assert.Equal(At("2026-01-01T02:00:00Z"), ((Schedule)"0 2 * * *").Next(null, Bounds)?.LogicalTime);
        Assert.Equal(At("2026-01-01T02:00:00Z"), ((Schedule)"0 2 * * *").Next(At("2020-01-01T00:00:00Z"), Bounds)?.LogicalTime);
    }

    [Fact]
    public void The_end_date_is_the_last_logical_time_possible()
    {
        var bounds = Bounds with { End = At("2026-01-03T00:00:00Z") };
        Schedule daily = "@daily";
        Assert.Equal(bounds.End, daily.Next(At("2026-01-02T00:00:00Z"), bounds)?.LogicalTime);
        Assert.Null(daily.Next(bounds.End, bounds));
        Assert.Equal(bounds.End, daily.Latest(At("2027-01-01T00:00:00Z"), bounds)?.LogicalTime);
    }

    [Fact]
    public void A_period_counts_from_the_start_date_or_else_from_the_epoch()
    {
        var every = Schedule.Every(TimeSpan.FromHours(7));
        Assert.Equal(At("2026-01-01T08:30:00Z"), every.Next(At("2026-01-01T01:30:00Z"), Bounds with { Start = At("2026-01-01T01:30:00Z") })?.LogicalTime);
        var fromEpoch = every.Next(null, Bounds)!.Value;
        Assert.Equal(0, fromEpoch.LogicalTime.ToUnixTimeSeconds() % (7 * 3600));
        Assert.Equal(TimeSpan.FromHours(7), fromEpoch.IntervalEnd - fromEpoch.IntervalStart);
    }

    [Fact]
    public void A_period_of_a_millennium_fires_while_time_lasts()
    {
        var bounds = Bounds with { Start = Bounds.Seen };
        var firings = Schedule.Every(TimeSpan.FromDays(366_000)).Between(Bounds.Seen, DateTimeOffset.MaxValue, bounds);
        Assert.Equal([2026, 3028, 4030, 5032, 6034, 7036, 8038, 9040], firings.Select(f => f.LogicalTime.Year));
        Assert.Throws<ScheduleException>(() => Schedule.Every(TimeSpan.MaxValue));
    }

    [Fact]
    public void Every_firing_survives_the_store_unchanged()
    {
        var bounds = new ScheduleBounds(Bounds.Seen.AddTicks(7));
        Schedule[] all = [Schedule.Once, Schedule.Every(TimeSpan.FromSeconds(1) / 3), Schedule.Dates(Bounds.Seen.AddTicks(33)), Schedule.Custom(new Uneven())];
        foreach (var schedule in all)
        {
            foreach (var firing in schedule.Between(Bounds.Seen, Bounds.Seen.AddSeconds(5), bounds))
            {
                Assert.Equal(firing.LogicalTime.Kept(), firing.LogicalTime);
                Assert.NotEqual(firing, schedule.Next(firing.LogicalTime.Kept(), bounds));
            }
        }
    }

    [Fact]
    public void Dates_and_once_stand_for_themselves()
    {
        var dates = Schedule.Dates(At("2026-02-01T00:00:00Z"), At("2026-05-01T00:00:00Z"));
        Assert.Equal(new Firing(At("2026-05-01T00:00:00Z"), At("2026-05-01T00:00:00Z"), At("2026-05-01T00:00:00Z")), dates.Next(At("2026-02-01T00:00:00Z"), Bounds));
        Assert.Null(dates.Next(At("2026-05-01T00:00:00Z"), Bounds));
        Assert.Equal(new Firing(Bounds.Seen, Bounds.Seen, Bounds.Seen), Schedule.Once.Next(null, Bounds));
        Assert.Null(Schedule.Once.Next(Bounds.Seen, Bounds));
    }

    [Fact]
    public void Manual_continuous_and_asset_schedules_have_no_times()
    {
        Assert.All([Schedule.Manual, Schedule.Continuous, Schedule.OnAny(Orders)], s => Assert.Null(s.Next(null, Bounds)));
        Assert.True(Schedule.Continuous.IsContinuous);
        Assert.Null(((Schedule)"@daily").Condition);
    }

    [Fact]
    public void A_union_fires_with_any_of_its_parts_and_keeps_their_asset_conditions()
    {
        var union = Schedule.OnAll(Orders, Rates).Or("0 6 * * *").Or(Schedule.OnAny(Customers)).Or(Schedule.Dates(At("2026-01-01T05:00:00Z")));
        Assert.Equal([5, 6, 6], union.Between(At("2026-01-01T00:00:00Z"), At("2026-01-02T23:00:00Z"), Bounds).Select(f => f.LogicalTime.Hour));
        Assert.Equal(["orders", "rates", "customers"], union.Condition!.Assets.Select(a => a.Name));
        Assert.True(union.Condition.IsSatisfied(name => name == "customers"));
        Assert.False(union.Condition.IsSatisfied(name => name == "rates"));
        Assert.Throws<ScheduleException>(() => union.Or(Schedule.Continuous));
    }

    [Fact]
    public void A_custom_schedule_answers_where_its_code_is_and_nowhere_else()
    {
        var custom = Schedule.Custom(new Leap());
        Assert.Equal(new Firing(At("2028-02-29T00:00:00Z"), At("2024-02-29T00:00:00Z"), At("2028-02-29T00:00:00Z")), custom.Next(null, Bounds));
        var elsewhere = JsonSerializer.Deserialize(JsonSerializer.Serialize(custom, ScheduleJson.Default.Schedule), ScheduleJson.Default.Schedule)!;
        Assert.True(elsewhere.NeedsUserCode);
        Assert.Contains("'leap days'", Assert.Throws<InvalidOperationException>(() => elsewhere.Next(null, Bounds)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_custom_schedule_that_does_not_advance_is_refused()
    {
        var stuck = Schedule.Custom(new Stuck());
        Assert.Contains("is not after", Assert.Throws<ScheduleException>(() => stuck.Next(null, Bounds)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_pause_catchup_makes_up_for_every_firing_and_without_it_only_the_latest_counts()
    {
        Schedule hourly = "@hourly";
        DateTimeOffset last = At("2026-01-05T03:00:00Z"), now = At("2026-01-05T09:30:00Z");
        Assert.Equal(At("2026-01-05T04:00:00Z"), hourly.Pending(last, now, catchup: true, Bounds)?.LogicalTime);
        var latest = hourly.Pending(last, now, catchup: false, Bounds)!.Value;
        Assert.Equal(new Firing(At("2026-01-05T09:00:00Z"), At("2026-01-05T08:00:00Z"), At("2026-01-05T09:00:00Z")), latest);
        Assert.Equal(At("2026-01-05T10:00:00Z"), hourly.Pending(latest.LogicalTime, now, catchup: false, Bounds)?.LogicalTime);
    }

    [Fact]
    public void A_new_dag_with_a_past_start_date_starts_with_the_latest_firing_unless_it_catches_up()
    {
        Schedule daily = "@daily";
        var bounds = new ScheduleBounds(At("2026-06-10T12:00:00Z"), At("2026-06-01T00:00:00Z"));
        Assert.Equal(At("2026-06-10T00:00:00Z"), daily.Pending(null, bounds.Seen, catchup: false, bounds)?.LogicalTime);
        Assert.Equal(bounds.Start, daily.Pending(null, bounds.Seen, catchup: true, bounds)?.LogicalTime);
        Assert.Equal(At("2026-06-11T00:00:00Z"), daily.Pending(null, bounds.Seen, catchup: false, bounds with { Start = null })?.LogicalTime);
        Assert.Equal(bounds.Start, Schedule.Once.Pending(null, bounds.Seen, catchup: false, bounds)?.LogicalTime);
    }

    [Fact]
    public void A_range_gives_its_firings_with_both_ends_included()
    {
        Schedule daily = "@daily";
        var firings = daily.Between(At("2025-12-30T00:00:00Z"), At("2026-01-02T00:00:00Z"), Bounds).ToArray();
        Assert.Equal([30, 31, 1, 2], firings.Select(f => f.LogicalTime.Day));
        Assert.All(firings, f => Assert.Equal(TimeSpan.FromDays(1), f.IntervalEnd - f.IntervalStart));
    }

    [Theory]
    [InlineData("Europe/Berln", "Time zone 'Europe/Berln' is not known. Did you mean 'Europe/Berlin'?")]
    [InlineData("Kolkata", "Time zone 'Kolkata' is not known. Did you mean 'Asia/Kolkata'?")]
    [InlineData("Atlantis/Poseidonis-on-Sea", "Time zone 'Atlantis/Poseidonis-on-Sea' is not known. Use an IANA name such as 'Europe/Berlin'.")]
    [InlineData("", "Time zone '' is not known. Use an IANA name such as 'Europe/Berlin'.")]
    public void An_unknown_zone_names_itself_and_the_nearest_one(string zone, string message) =>
        Assert.Equal(message, Assert.Throws<ScheduleException>(() => Schedule.Cron("@daily", zone)).Message);

    [Fact]
    public void A_zone_is_known_in_any_case() =>
        Assert.Equal(Schedule.Cron("@daily", "Europe/Berlin"), Schedule.Cron("@daily", "europe/BERLIN"));

    static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    sealed class Leap : CustomSchedule
    {
        public override DateTimeOffset? Next(DateTimeOffset after)
        {
            var year = after.Year;
            while (!DateTime.IsLeapYear(year) || new DateTimeOffset(year, 2, 29, 0, 0, 0, TimeSpan.Zero) <= after)
                year++;
            return new DateTimeOffset(year, 2, 29, 0, 0, 0, TimeSpan.Zero);
        }

        public override string Describe() => "leap days";
    }

    sealed class Uneven : CustomSchedule
    {
        public override DateTimeOffset? Next(DateTimeOffset after) => new(after.UtcTicks - after.UtcTicks % 3_333_333 + 3_333_333, TimeSpan.Zero);

        public override string Describe() => "uneven";
    }

    sealed class Stuck : CustomSchedule
    {
        public override DateTimeOffset? Next(DateTimeOffset after) => after;

        public override string Describe() => "stuck";
    }
}
