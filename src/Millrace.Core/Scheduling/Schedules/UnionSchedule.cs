using System.Text.Json.Serialization;
using Millrace.Assets;

namespace Millrace.Scheduling;

sealed record UnionSchedule : Schedule
{
    readonly Schedule[] parts;

    [JsonConstructor]
    public UnionSchedule(IReadOnlyList<Schedule> parts)
    {
        this.parts = [.. parts.SelectMany(p => p is UnionSchedule union ? union.parts : [p]).Distinct()];
        foreach (var part in this.parts)
        {
            if (part is ManualSchedule or ContinuousSchedule or UserSchedule)
                throw new ScheduleException($"The schedule '{part}' can't be joined to another by Or. Join cron, every, dates, once, asset and record schedules only.");
        }
        Topics = [.. this.parts.SelectMany(p => p.Topics)];
        if (Topics.Select(t => t.Topic).Distinct().Count() < Topics.Count)
            throw new ScheduleException($"The schedule '{Describe()}' names a topic twice. Name it once.");
        var conditions = this.parts.Select(p => p.Condition).OfType<AssetCondition>().ToArray();
        Condition = conditions.Length == 0 ? null : AssetCondition.Any(conditions);
    }

    public IReadOnlyList<Schedule> Parts => parts;

    internal override AssetCondition? Condition { get; }

    internal override IReadOnlyList<RecordSchedule> Topics { get; }

    internal override bool HasIntervals => Array.Exists(parts, p => p.HasIntervals && p is not AssetSchedule);

    internal override long NextTicks(long after, in ScheduleBounds bounds)
    {
        var next = Never;
        foreach (var part in parts)
            next = Math.Min(next, part.NextTicks(after, bounds));
        return next;
    }

    public bool Equals(UnionSchedule? other) => other is not null && parts.AsSpan().SequenceEqual(other.parts);

    public override int GetHashCode() => HashCode.Combine(parts.Length, parts[0]);

    public override string Describe() => string.Join(" or ", parts.Select(p => p.Describe()));
}
