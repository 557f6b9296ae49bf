using System.Text.Json.Serialization;
using Millrace.Assets;

namespace Millrace.Scheduling;

/// <summary>
/// When a Dag runs. A string stands for a cron expression (5 fields, or 6 with seconds in front), a macro such as
/// <c>@daily</c>, or <c>@once</c>, <c>@continuous</c>, <c>@every 5m</c>. Immutable; two that say the same are equal.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ManualSchedule), "manual")]
[JsonDerivedType(typeof(OnceSchedule), "once")]
[JsonDerivedType(typeof(ContinuousSchedule), "continuous")]
[JsonDerivedType(typeof(CronSchedule), "cron")]
[JsonDerivedType(typeof(EverySchedule), "every")]
[JsonDerivedType(typeof(DatesSchedule), "dates")]
[JsonDerivedType(typeof(AssetSchedule), "assets")]
[JsonDerivedType(typeof(RecordSchedule), "records")]
[JsonDerivedType(typeof(UnionSchedule), "union")]
[JsonDerivedType(typeof(UserSchedule), "custom")]
public abstract partial record Schedule
{
    private protected Schedule()
    {
    }

    /// <summary>Runs only when triggered.</summary>
    public static Schedule Manual { get; } = new ManualSchedule();

    /// <summary>Runs once: at the start date, or as soon as the Dag is known.</summary>
    public static Schedule Once { get; } = new OnceSchedule();

    /// <summary>Starts a run as soon as the one before has ended.</summary>
    public static Schedule Continuous { get; } = new ContinuousSchedule();

    /// <summary>
    /// Fires at the local times of <paramref name="zone"/> (IANA name; UTC unless given) that match the expression.
    /// A local time that the clocks jump over fires at the jump; one that comes twice fires the first time only,
    /// unless a time field (second, minute, hour) is an interval (<c>*</c>, a range or a step): then both times.
    /// When day of month and day of week both name days (neither starts with <c>*</c>, neither is <c>?</c>),
    /// either one is enough; otherwise both must match.
    /// </summary>
    /// <exception cref="ScheduleException">The expression can't be read or the zone isn't known.</exception>
    public static Schedule Cron(string expression, string? zone = null) => new CronSchedule([expression], zone);

    /// <summary>Fires when any of the expressions does; two that match the same instant fire once.</summary>
    /// <inheritdoc cref="Cron" path="/exception"/>
    public static Schedule Crons(IEnumerable<string> expressions, string? zone = null) => new CronSchedule([.. expressions], zone);

    /// <summary>Fires at multiples of the period since the Dag's start date, or since the Unix epoch when it has none.</summary>
    public static Schedule Every(TimeSpan period) => new EverySchedule(period);

    public static Schedule Dates(params IEnumerable<DateTimeOffset> dates) => new DatesSchedule([.. dates]);

    /// <summary>Runs when all of the assets were updated since the last run.</summary>
    public static Schedule OnAll(params IEnumerable<Asset> assets) => OnAssets(AssetCondition.All(assets.Select(a => (AssetCondition)a)));

    /// <summary>Runs when any of the assets was updated.</summary>
    public static Schedule OnAny(params IEnumerable<Asset> assets) => OnAssets(AssetCondition.Any(assets.Select(a => (AssetCondition)a)));

    /// <summary>Runs when the condition over asset updates since the last run holds: <c>OnAssets((a &amp; b) | c)</c>.</summary>
    public static Schedule OnAssets(AssetCondition condition) => new AssetSchedule(condition);

    /// <summary>
    /// Runs for records of a topic: one run for each, or for up to <paramref name="atMost"/> of them that are there, or come
    /// within a time. Each record is in exactly one run, whatever dies in between; <c>d.TriggeringRecords</c> reads those of
    /// the run. Begins with the records that come once the Dag is known, from its start date if it has one, or with
    /// <c>Catchup</c> and no start date at the topic's beginning. While the Dag is paused, records wait.
    /// </summary>
    /// <exception cref="ScheduleException">No topic is named, or so many records or so long a time can't be.</exception>
    public static Schedule OnRecords(string topic, int atMost = 1, TimeSpan within = default) => new RecordSchedule(topic, atMost, within);

    public static Schedule Custom(CustomSchedule schedule)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return new UserSchedule(schedule);
    }

    /// <summary>Both: fires when this schedule or the other does, such as asset updates with a time schedule too.</summary>
    public Schedule Or(Schedule other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new UnionSchedule([this, other]);
    }

    /// <inheritdoc cref="Schedule"/>
    /// <exception cref="ScheduleException">The text is no schedule.</exception>
    public static Schedule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.AsSpan().Trim();
        if (trimmed.Equals("@once", StringComparison.OrdinalIgnoreCase))
            return Once;
        if (trimmed.Equals("@continuous", StringComparison.OrdinalIgnoreCase))
            return Continuous;
        if (trimmed.StartsWith("@every ", StringComparison.OrdinalIgnoreCase))
            return EverySchedule.Parse(text, trimmed[7..].Trim());
        return Cron(text);
    }

    public static implicit operator Schedule(string text) => Parse(text);

    /// <summary>The schedule in a few words, as pages and lists show it.</summary>
    public abstract string Describe();

    public sealed override string ToString() => Describe();
}
