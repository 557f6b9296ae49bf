using System.Text.Json.Serialization;

namespace Millrace.Scheduling;

sealed record CronSchedule : Schedule
{
    readonly CronExpression[] parsed;
    readonly ZoneClock clock;

    [JsonConstructor]
    public CronSchedule(IReadOnlyList<string> expressions, string? zone)
    {
        if (expressions.Count == 0)
            throw new ScheduleException("A cron schedule has no expression. Give at least one, or use Schedule.Manual.");
        parsed = [.. expressions.Select(CronExpression.Parse)];
        Expressions = [.. parsed.Select(p => p.Text)];
        clock = ZoneClock.Find(zone ?? "UTC");
        Zone = clock.Name;
    }

    public IReadOnlyList<string> Expressions { get; }

    public string Zone { get; }

    internal override long NextTicks(long after, in ScheduleBounds bounds)
    {
        var next = Never;
        foreach (var expression in parsed)
            next = Math.Min(next, expression.Next(after, clock));
        return next;
    }

    public bool Equals(CronSchedule? other) =>
        other is not null && Zone == other.Zone && Expressions.SequenceEqual(other.Expressions);

    public override int GetHashCode() => HashCode.Combine(Zone, Expressions.Count, Expressions[0]);

    public override string Describe() =>
        string.Join(" or ", Expressions) + (Zone == "UTC" ? "" : $" ({Zone})");
}
