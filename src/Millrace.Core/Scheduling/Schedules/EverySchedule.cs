using System.Globalization;

namespace Millrace.Scheduling;

sealed record EverySchedule(TimeSpan Period) : Schedule
{
    // Below a millisecond a schedule is a busy loop.
    static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    static readonly TimeSpan Longest = TimeSpan.FromDays(366_000);

    public TimeSpan Period { get; } = Check(Period);

    static TimeSpan Check(TimeSpan period)
    {
        if (period < Shortest)
            throw new ScheduleException($"A period of {period} is too short. Use at least 1 ms, or Schedule.Continuous.");
        if (period > Longest)
            throw new ScheduleException($"A period of {period} is too long. Use at most {Longest.Days} days, or Schedule.Once.");
        // The store keeps whole microseconds: a firing must survive it unchanged.
        return new(period.Ticks - period.Ticks % TimeSpan.TicksPerMicrosecond);
    }

    internal override long NextTicks(long after, in ScheduleBounds bounds)
    {
        var next = Floor(after, bounds) + Period.Ticks;
        return next > DateTimeOffset.MaxValue.UtcTicks ? Never : next;
    }

    internal override long PreviousTicks(long before, in ScheduleBounds bounds)
    {
        var previous = Floor(before - 1, bounds);
        return previous < 0 ? Never : previous;
    }

    long Floor(long ticks, in ScheduleBounds bounds)
    {
        var (quotient, remainder) = Math.DivRem(ticks - bounds.Anchor.UtcTicks, Period.Ticks);
        return bounds.Anchor.UtcTicks + (remainder < 0 ? quotient - 1 : quotient) * Period.Ticks;
    }

    public override string Describe()
    {
        var parts = new List<string>();
        Add(Period.Days, "d");
        Add(Period.Hours, "h");
        Add(Period.Minutes, "m");
        Add((decimal)(Period.Ticks % TimeSpan.TicksPerMinute) / TimeSpan.TicksPerSecond, "s");
        return "every " + string.Join(' ', parts);

        void Add(decimal count, string unit)
        {
            if (count != 0)
                parts.Add(count.ToString("0.#######", CultureInfo.InvariantCulture) + unit);
        }
    }

    /// <summary>Reads <c>90s</c>, <c>1h30m</c>, <c>250ms</c> or <c>00:05:00</c>.</summary>
    internal static EverySchedule Parse(string whole, ReadOnlySpan<char> text)
    {
        if (text.Contains(':') && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var clock))
            return new(clock);
        long ticks = 0;
        var rest = text;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            var number = digits <= 0 ? "" : rest[..digits];
            rest = digits <= 0 ? rest : rest[digits..];
            var letters = rest.IndexOfAnyInRange('0', '9') is var at and >= 0 ? at : rest.Length;
            var unit = rest[..letters].Trim() switch
            {
                "d" => TimeSpan.TicksPerDay,
                "h" => TimeSpan.TicksPerHour,
                "m" => TimeSpan.TicksPerMinute,
                "s" => TimeSpan.TicksPerSecond,
                "ms" => TimeSpan.TicksPerMillisecond,
                _ => 0,
            };
            if (unit == 0 || !int.TryParse(number, CultureInfo.InvariantCulture, out var count))
                throw new ScheduleException($"Schedule '{whole}': the period '{text}' can't be read. Write it like 90s, 5m, 1h30m or 1d.");
            ticks += count * unit;
            rest = rest[letters..];
        }
        return new(new TimeSpan(ticks));
    }
}
