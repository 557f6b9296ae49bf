using System.Globalization;
using System.Text.Json.Serialization;
using Millrace.Metadata;

namespace Millrace.Scheduling;

sealed record DatesSchedule : Schedule
{
    readonly DateTimeOffset[] dates;

    [JsonConstructor]
    public DatesSchedule(IReadOnlyList<DateTimeOffset> dates)
    {
        if (dates.Count == 0)
            throw new ScheduleException("A schedule of dates has no date. Give at least one, or use Schedule.Manual.");
        this.dates = [.. dates.Select(d => d.Kept()).Order().Distinct()];
    }

    public new IReadOnlyList<DateTimeOffset> Dates => dates;

    internal override bool HasIntervals => false;

    internal override long NextTicks(long after, in ScheduleBounds bounds)
    {
        int low = 0, high = dates.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (dates[middle].UtcTicks > after)
                high = middle;
            else
                low = middle + 1;
        }
        return low == dates.Length ? Never : dates[low].UtcTicks;
    }

    public bool Equals(DatesSchedule? other) => other is not null && dates.AsSpan().SequenceEqual(other.dates);

    public override int GetHashCode() => HashCode.Combine(dates.Length, dates[0], dates[^1]);

    public override string Describe() => dates.Length == 1
        ? dates[0].ToString("u", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{dates.Length} dates, {dates[0]:u} to {dates[^1]:u}");
}
