using System.Collections.Concurrent;

namespace Millrace.Scheduling;

/// <summary>The offsets of a time zone from UTC, cut into stretches between which its clocks jump.</summary>
sealed class ZoneClock
{
    static readonly ConcurrentDictionary<string, ZoneClock> Known = new(StringComparer.Ordinal);
    static readonly Stretch Always = new(0, long.MaxValue, 0, 0);

    readonly TimeZoneInfo? info;
    readonly Stretch[]?[] years = new Stretch[]?[10_000];

    ZoneClock(string name, TimeZoneInfo? info) => (Name, this.info) = (name, info);

    internal string Name { get; }

    /// <summary>From Start until before End the clocks show UTC + Offset; before Start they showed UTC + OffsetBefore.</summary>
    internal readonly record struct Stretch(long Start, long End, long Offset, long OffsetBefore);

    internal static ZoneClock Find(string name) => Known.TryGetValue(name, out var known) ? known : Load(name);

    static ZoneClock Load(string name)
    {
        if (name is "UTC" or "Etc/UTC")
            return Known.GetOrAdd("UTC", static n => new(n, null));
        if (name.Length > 0 && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone))
            return Known.GetOrAdd(zone.Id, static (n, z) => new(n, z), zone);
        var nearest = Nearest(name);
        // Whether the system finds a name in another case depends on which zones it has read before.
        if (name.Equals(nearest, StringComparison.OrdinalIgnoreCase))
            return Find(nearest);
        throw new ScheduleException($"Time zone '{name}' is not known. "
            + (nearest is null ? "Use an IANA name such as 'Europe/Berlin'." : $"Did you mean '{nearest}'?"));
    }

    internal Stretch At(long utc)
    {
        if (info is null)
            return Always;
        var year = new DateTime(Math.Clamp(utc, 0, DateTime.MaxValue.Ticks)).Year;
        foreach (ref readonly var stretch in (years[year] ??= Cut(year)).AsSpan())
        {
            if (utc < stretch.End)
                return stretch;
        }
        throw new InvalidOperationException($"Time zone '{Name}' has no offset at tick {utc}.");
    }

    // Offsets are asked for, not the zone's adjustment rules: those tell daylight saving from other changes
    // (Apia's skipped day is none), and to a schedule they are all the same.
    Stretch[] Cut(int year)
    {
        var start = new DateTime(year, 1, 1).Ticks;
        var end = year == 9999 ? long.MaxValue : new DateTime(year + 1, 1, 1).Ticks;
        var last = Math.Min(end, DateTime.MaxValue.Ticks);
        var cuts = new List<Stretch>();
        var before = OffsetAt(Math.Max(0, start - 1));
        var offset = OffsetAt(start);
        var from = start;
        for (var day = start; day < last; day += TimeSpan.TicksPerDay)
        {
            var next = Math.Min(day + TimeSpan.TicksPerDay, last - 1);
            var nextOffset = OffsetAt(next);
            if (nextOffset == offset)
                continue;
            var jump = FindJump(day, next);
            cuts.Add(new(from, jump, offset, before));
            (from, before, offset) = (jump, offset, nextOffset);
        }
        cuts.Add(new(from, end, offset, before));
        return [.. cuts];
    }

    long FindJump(long low, long high)
    {
        var offset = OffsetAt(low);
        while (high - low > 1)
        {
            var middle = low + (high - low) / 2;
            if (OffsetAt(middle) == offset)
                low = middle;
            else
                high = middle;
        }
        return high;
    }

    long OffsetAt(long utc) => info!.GetUtcOffset(new DateTimeOffset(utc, TimeSpan.Zero)).Ticks;

    static string? Nearest(string name)
    {
        string? best = null;
        var bestDistance = Math.Max(2, name.Length / 3) + 1;
        foreach (var zone in TimeZoneInfo.GetSystemTimeZones())
        {
            // "Berlin" means Europe/Berlin.
            var city = zone.Id[(zone.Id.LastIndexOf('/') + 1)..];
            var distance = Math.Min(Distance(name, zone.Id), Distance(name, city) + 1);
            if (distance < bestDistance)
                (best, bestDistance) = (zone.Id, distance);
        }
        return best;
    }

    static int Distance(string a, string b)
    {
        Span<int> row = stackalloc int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]);
                var cost = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (same ? 0 : 1));
                (diagonal, row[j]) = (row[j], cost);
            }
        }
        return row[b.Length];
    }
}
