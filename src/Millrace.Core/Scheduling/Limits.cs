using Millrace.Metadata;

namespace Millrace.Scheduling;

/// <summary>
/// What this scheduler may use of each limit (pool slots, active runs, active tasks) and uses now. The store hands out shares
/// whose sum never exceeds the limit, so a decision here needs no look at what other schedulers do.
/// </summary>
sealed class Limits
{
    sealed class Limit
    {
        internal int Capacity, Held, Used, Missing;
        internal bool OthersWant;
    }

    readonly Dictionary<string, Limit> limits = new(StringComparer.Ordinal);
    readonly HashSet<string> wanting = new(StringComparer.Ordinal);

    /// <summary>Limits that were asked for more than is held.</summary>
    internal bool AnyMissing => wanting.Count > 0;

    internal static string Pool(string name) => $"pool:{name}";
    internal static string Runs(string dag) => $"runs:{dag}";
    internal static string Tasks(string dag) => $"dag:{dag}";
    internal static string OneTask(string dag, string task) => $"task:{dag}/{task}";

    /// <summary>Takes from all the limits or from none.</summary>
    /// <returns>The limit that has no room, or null when all was had.</returns>
    internal string? TryTake(ReadOnlySpan<Claim> claims)
    {
        foreach (var claim in claims)
        {
            var limit = Get(claim.Key, claim.Capacity);
            if (limit.Used + claim.Amount <= limit.Held) continue;
            limit.Missing += claim.Amount;
            wanting.Add(claim.Key);
            return claim.Key;
        }
        foreach (var claim in claims) limits[claim.Key].Used += claim.Amount;
        return null;
    }

    /// <summary>Counts what is used already, by instances that a predecessor admitted.</summary>
    internal void Take(ReadOnlySpan<Claim> claims)
    {
        foreach (var claim in claims) Get(claim.Key, claim.Capacity).Used += claim.Amount;
    }

    internal void Release(ReadOnlySpan<Claim> claims)
    {
        foreach (var claim in claims)
            if (limits.TryGetValue(claim.Key, out var limit)) limit.Used -= claim.Amount;
    }

    /// <summary>What to ask the store for: the limits that ran short or, for a refresh, all.</summary>
    internal IReadOnlyList<ShareRequest> Requests(bool all, int schedulers)
    {
        var keys = all ? limits.Keys.ToArray() : [.. wanting];
        return [.. keys.Select(key => Request(key, limits[key], schedulers))];
    }

    /// <returns>The keys that have room now.</returns>
    internal IReadOnlyList<string> Granted(IEnumerable<Share> shares)
    {
        var grown = new List<string>();
        foreach (var share in shares)
        {
            var limit = Get(share.Key, share.Capacity);
            limit.Capacity = share.Capacity;
            limit.OthersWant = share.OthersWant;
            limit.Held = share.Held;
            limit.Missing = 0;
            wanting.Remove(share.Key);
            if (limit.Used < limit.Held) grown.Add(share.Key);
            else if (limit is { Used: 0, Held: 0, Capacity: >= 0 }) limits.Remove(share.Key);
        }
        return grown;
    }

    internal bool IsUnknown(string key) => limits.TryGetValue(key, out var limit) && limit.Capacity < 0;

    internal int Used(string key) => limits.TryGetValue(key, out var limit) ? limit.Used : 0;

    internal int Room(string key) => limits.TryGetValue(key, out var limit) ? limit.Held - limit.Used : 0;

    static ShareRequest Request(string key, Limit limit, int schedulers)
    {
        // Alone, take everything: asked once, never again. Among others, what is needed, and a fair part when others go short.
        if (schedulers <= 1) return new(key, limit.Capacity, int.MaxValue);
        var want = limit.Used + limit.Missing;
        if (limit.OthersWant) want = Math.Max(limit.Used, Math.Min(want, (limit.Capacity + schedulers - 1) / schedulers));
        return new(key, limit.Capacity, want);
    }

    Limit Get(string key, int capacity)
    {
        if (!limits.TryGetValue(key, out var limit)) limits.Add(key, limit = new Limit { Capacity = capacity });
        return limit;
    }
}

readonly record struct Claim(string Key, int Capacity, int Amount);
