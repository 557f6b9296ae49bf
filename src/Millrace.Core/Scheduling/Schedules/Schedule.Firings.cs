using Millrace.Assets;

namespace Millrace.Scheduling;

// Pure: what a schedule does from an instant on. Instants are UTC ticks inside, so that asking costs no allocation.
public abstract partial record Schedule
{
    internal const long Never = long.MaxValue;

    const long Minute = TimeSpan.TicksPerMinute;
    const long FourCenturies = 146_097 * TimeSpan.TicksPerDay;

    /// <summary>Starts a run when the last one ends; no times of its own.</summary>
    internal virtual bool IsContinuous => false;

    /// <summary>Its times come from the author's code, which this process may not have: ask a worker.</summary>
    internal virtual bool NeedsUserCode => false;

    /// <summary>The asset updates that start a run, beside or instead of the times.</summary>
    internal virtual AssetCondition? Condition => null;

    /// <summary>The topics whose records start a run, beside or instead of the times.</summary>
    internal virtual IReadOnlyList<RecordSchedule> Topics => [];

    /// <summary>Whether its firings stand for the time since the one before; a listed date stands for itself.</summary>
    internal virtual bool HasIntervals => true;

    /// <summary>The first time after the given one, <see cref="Never"/> if there is none.</summary>
    internal virtual long NextTicks(long after, in ScheduleBounds bounds) => Never;

    /// <summary>The first firing after an instant; with no instant, the first one in force.</summary>
    internal Firing? Next(DateTimeOffset? after, in ScheduleBounds bounds)
    {
        var beforeFirst = bounds.First.UtcTicks - 1;
        var from = after is { } instant ? Math.Max(instant.UtcTicks, beforeFirst) : beforeFirst;
        var time = NextTicks(from, bounds);
        return time == Never || time > bounds.End?.UtcTicks ? null : FiringAt(time, from, bounds);
    }

    /// <summary>The last firing in force that is not after an instant.</summary>
    internal Firing? Latest(DateTimeOffset now, in ScheduleBounds bounds)
    {
        var until = Math.Min(now.UtcTicks, bounds.End?.UtcTicks ?? long.MaxValue);
        var time = PreviousTicks(until + 1, bounds);
        return time == Never || time < bounds.First.UtcTicks ? null : FiringAt(time, Never, bounds);
    }

    /// <summary>
    /// The firing that the next run is for, due or still to come. With catchup every firing has its turn;
    /// without it, of those that are due only the latest.
    /// </summary>
    internal Firing? Pending(DateTimeOffset? last, DateTimeOffset now, bool catchup, in ScheduleBounds bounds)
    {
        if (catchup)
            return Next(last, bounds);
        if (Latest(now, bounds) is { } latest && (last is null || latest.LogicalTime > last))
            return latest;
        return Next(last > now ? last : now, bounds);
    }

    /// <summary>The firings from an instant to another, both included, whatever the start and end dates say.</summary>
    internal IEnumerable<Firing> Between(DateTimeOffset from, DateTimeOffset to, ScheduleBounds bounds)
    {
        var previous = from.UtcTicks - 1;
        for (var time = NextTicks(previous, bounds); time != Never && time <= to.UtcTicks; time = NextTicks(time, bounds))
        {
            yield return FiringAt(time, previous, bounds);
            previous = time;
        }
    }

    // `after` is an instant with no firing between it and `time`, most often the firing before.
    Firing FiringAt(long time, long after, in ScheduleBounds bounds)
    {
        var start = time;
        if (HasIntervals)
        {
            var isFiring = after is > 0 and not Never && NextTicks(after - 1, bounds) == after;
            var previous = isFiring ? after : PreviousTicks(time, bounds);
            start = previous == Never ? time : previous;
        }
        return new(Utc(time), Utc(start), Utc(time));
    }

    /// <summary>The last time before the given one, <see cref="Never"/> if there is none.</summary>
    internal virtual long PreviousTicks(long before, in ScheduleBounds bounds)
    {
        // Look back as far as the next firing lies ahead, then further and further until something fires;
        // then halve what lies between it and `before`.
        var found = Never;
        var ahead = NextTicks(before, bounds);
        var back = ahead == Never ? Minute : ahead - before;
        while (found >= before)
        {
            var from = Math.Max(0, before - back);
            found = NextTicks(from, bounds);
            if (found >= before && (from == 0 || back > FourCenturies))
                return Never;
            back *= 4;
        }
        var empty = before;
        while (true)
        {
            var next = NextTicks(found, bounds);
            if (next >= before)
                return found;
            found = next;
            var middle = found + (empty - found) / 2;
            next = NextTicks(middle, bounds);
            if (next < before)
                found = next;
            else
                empty = middle;
        }
    }

    private protected static DateTimeOffset Utc(long ticks) => new(ticks, TimeSpan.Zero);
}
