using Millrace.Metadata;

namespace Millrace.Scheduling;

/// <summary>
/// What this scheduler may use of each limit (pool slots, active runs, active tasks) and uses now. The store hands out shares
/// whose sum never exceeds the limit, so a decision here needs no look at what other schedulers do.
/// </summary>
/// <param name="alone">No other scheduler can use the store: limits that the specs declare need no shares, only pools are looked up.</param>
sealed class Limits(bool alone)
{
    sealed class Limit
    {
        internal int Capacity, Held, Used, Missing;
        /// <summary>The most that one of those who wait needs at once.</summary>
        internal int Need;
        /// <summary>The store was asked and gave what it could: asking again before others give back is of no use.</summary>
        internal bool Asked;
        internal bool OthersWant;

        internal void Keep(int amount)
        {
            Missing = Math.Max(Missing, Math.Min(amount, Capacity));
            Need = Math.Max(Need, amount);
        }

        internal int Room => Math.Min(Held, Capacity) - Used;
    }

    const string PoolPrefix = "pool:", RunsPrefix = "runs:";

    readonly Dictionary<string, Limit> limits = new(StringComparer.Ordinal);
    readonly HashSet<string> wanting = new(StringComparer.Ordinal);

    /// <summary>Limits that ran short and that the store may have more of.</summary>
    internal bool AnyMissing => wanting.Count > 0;

    internal static string Pool(string name) => PoolPrefix + name;
    internal static string Runs(string dag) => RunsPrefix + dag;
    internal static string Tasks(string dag) => "dag:" + dag;
    internal static string OneTask(string dag, string task) => $"task:{dag}/{task}";

    internal static string? DagOfRuns(string key) => key.StartsWith(RunsPrefix, StringComparison.Ordinal) ? key[RunsPrefix.Length..] : null;
    internal static string PoolOf(string key) => key[PoolPrefix.Length..];

    /// <summary>Takes from all the limits or from none.</summary>
    /// <param name="claims">What is needed.</param>
    /// <param name="freed">What the taker itself has just let go, still counted as used: it is taken from first.</param>
    /// <returns>The limit that has no room, or null when all was had.</returns>
    internal string? TryTake(ReadOnlySpan<Claim> claims, Dictionary<string, int>? freed = null)
    {
        for (var number = 0; number < claims.Length; number++)
        {
            var claim = claims[number];
            var limit = Get(claim);
            if (claim.Amount <= limit.Room + (freed?.GetValueOrDefault(claim.Key) ?? 0)) continue;
            // What it would take before this one is kept for it. All schedulers take limits in the same order (pool, Dag, task), so that
            // none holds what another needs first: they could wait for each other for ever.
            foreach (var earlier in claims[..number]) limits[earlier.Key].Keep(earlier.Amount);
            limit.Missing = Math.Min(limit.Missing + claim.Amount, limit.Capacity);
            limit.Need = Math.Max(limit.Need, claim.Amount);
            if (!limit.Asked && limit.Held < limit.Capacity) wanting.Add(claim.Key);
            return claim.Key;
        }
        foreach (var claim in claims)
        {
            var own = freed is null ? 0 : Math.Min(claim.Amount, freed.GetValueOrDefault(claim.Key));
            if (own > 0) freed![claim.Key] -= own;
            limits[claim.Key].Used += claim.Amount - own;
        }
        return null;
    }

    /// <summary>Counts what is used already, by instances that a predecessor admitted.</summary>
    internal void Take(ReadOnlySpan<Claim> claims)
    {
        foreach (var claim in claims)
        {
            var limit = Get(claim);
            limit.Used += claim.Amount;
            if (limit.Held < limit.Used && !limit.Asked) wanting.Add(claim.Key);
        }
    }

    internal void Release(string key, int amount)
    {
        if (limits.TryGetValue(key, out var limit)) limit.Used -= amount;
    }

    /// <summary>What to ask the store for, because it ran short.</summary>
    internal IReadOnlyList<ShareRequest> Shortages(int schedulers) => [.. wanting.Select(key => Request(key, limits[key], schedulers, isMyTurn: true))];

    /// <summary>What to look up again now and then: pools, whose size may change; what nobody uses any more; what others go short of.</summary>
    /// <param name="isMyTurn">Schedulers take turns at insisting: two that each hold half of what a task needs would wait for each other for ever.</param>
    internal IReadOnlyList<ShareRequest> Refresh(int schedulers, bool isMyTurn)
    {
        var requests = new List<ShareRequest>();
        foreach (var (key, limit) in limits)
        {
            var isPool = key.StartsWith(PoolPrefix, StringComparison.Ordinal);
            var isOthersToo = schedulers > 1 && limit.Held > limit.Used;
            if (!isPool && (alone || (limit.Used > 0 && limit.Missing == 0 && !isOthersToo))) continue;
            requests.Add(limit is { Used: 0, Missing: 0 } && !isPool ? new ShareRequest(key, limit.Capacity, 0) : Request(key, limit, schedulers, isMyTurn));
        }
        return requests;
    }

    /// <returns>The keys that have room now.</returns>
    internal IReadOnlyList<string> Granted(IEnumerable<Share> shares)
    {
        var grown = new List<string>();
        foreach (var share in shares)
        {
            if (!limits.TryGetValue(share.Key, out var limit)) continue;
            limit.Capacity = share.Capacity;
            limit.Held = share.Held;
            limit.OthersWant = share.OthersWant;
            // What is still parked is still wanted: it must be asked for again when others give back.
            limit.Missing = Math.Max(0, limit.Missing - Math.Max(0, limit.Room));
            if (limit.Missing == 0) limit.Need = 0;
            limit.Asked = true;
            wanting.Remove(share.Key);
            if (limit.Room > 0) grown.Add(share.Key);
            else if (limit is { Used: 0, Held: 0, Missing: 0 } && share.Capacity >= 0) limits.Remove(share.Key);
        }
        return grown;
    }

    internal int Room(string key) => limits.TryGetValue(key, out var limit) ? limit.Room : 0;

    /// <summary>The shares were another scheduler's.</summary>
    internal void Clear()
    {
        limits.Clear();
        wanting.Clear();
    }

    /// <summary>Takes note of what the store says is held, whatever was asked: shares of a lost scheduler come with its runs.</summary>
    internal void Holds(IEnumerable<Share> shares)
    {
        foreach (var share in shares)
        {
            if (!limits.TryGetValue(share.Key, out var limit)) limits.Add(share.Key, limit = new Limit { Capacity = share.Capacity });
            limit.Held = share.Held;
            limit.Asked = false;
        }
    }

    static ShareRequest Request(string key, Limit limit, int schedulers, bool isMyTurn)
    {
        // Alone, take everything: asked once, never again. Among others, what is needed, and a fair part when others go short.
        if (schedulers <= 1) return new(key, limit.Capacity, int.MaxValue);
        var want = limit.Used + limit.Missing;
        if (limit.OthersWant)
        {
            var fair = Math.Max((limit.Capacity + schedulers - 1) / schedulers, limit.Used + limit.Need);
            want = Math.Max(limit.Used, Math.Min(want, fair));
            if (!isMyTurn && limit.Room < limit.Need) want = limit.Used;
        }
        return new(key, limit.Capacity, want);
    }

    Limit Get(in Claim claim)
    {
        if (!limits.TryGetValue(claim.Key, out var limit)) limits.Add(claim.Key, limit = new Limit { Capacity = claim.Capacity });
        if (claim.IsPool || claim.Capacity == limit.Capacity && (!alone || limit.Held == limit.Capacity)) return limit;
        // A new version of the Dag may say another number.
        if (claim.Capacity > limit.Capacity) limit.Asked = false;
        limit.Capacity = claim.Capacity;
        if (alone) limit.Held = claim.Capacity;
        return limit;
    }
}

/// <param name="Capacity">Of a pool: the most an int can hold, until the store has told.</param>
readonly record struct Claim(string Key, int Capacity, int Amount)
{
    internal bool IsPool => Capacity == int.MaxValue;
}
