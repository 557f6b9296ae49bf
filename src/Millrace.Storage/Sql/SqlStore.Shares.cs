using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Sql;

abstract partial class SqlStore
{
    const string PoolPrefix = "pool:";

    public Task<IReadOnlyList<Share>> HeldSharesAsync(SchedulerId by, CancellationToken cancellation) =>
        ListAsync("select key, held from shares where scheduler = $1 order by key", r => new Share(r.Text(0), (int)r.Long(1), int.MaxValue, OthersWant: false), cancellation, by);

    public Task<IReadOnlyList<Share>> ShareAsync(SchedulerId by, IReadOnlyList<ShareRequest> requests, CancellationToken cancellation) => WriteAsync<IReadOnlyList<Share>>(async session =>
    {
        await RequireLeaseAsync(session, by).ConfigureAwait(false);
        string[] keys = [.. requests.Select(r => r.Key).Distinct().Order(StringComparer.Ordinal)];
        // One at a time per limit: two schedulers that each saw the same free part would both take it.
        await session.LockAsync([.. keys.Select(k => $"share {k}")]).ConfigureAwait(false);

        var rows = (await session.QueryAsync($"select key, scheduler, held, want from shares where {session.Among("key", 1)}",
            r => (Key: r.Text(0), Scheduler: new SchedulerId(r.Guid(1)), Held: (int)r.Long(2), Want: (int)r.Long(3)), [keys]).ConfigureAwait(false)).ToLookup(r => r.Key);
        var pools = await PoolSlotsAsync(session, keys).ConfigureAwait(false);

        var shares = new List<Share>(requests.Count);
        var changed = new List<object?[]>();
        var dropped = new List<object?[]>();
        foreach (var request in requests)
        {
            var others = rows[request.Key].Where(r => r.Scheduler != by).ToList();
            var mine = rows[request.Key].FirstOrDefault(r => r.Scheduler == by);
            var capacity = !request.Key.StartsWith(PoolPrefix, StringComparison.Ordinal) ? request.Capacity
                : pools.TryGetValue(request.Key[PoolPrefix.Length..], out var slots) ? slots
                : -1;
            var held = Math.Clamp(capacity - others.Sum(o => o.Held), 0, Math.Max(0, request.Want));
            shares.Add(new Share(request.Key, held, capacity, others.Any(o => o.Want > o.Held)));

            // What is wanted stays on record even when nothing could be had: it tells the others to give back.
            if (request.Want <= 0)
                dropped.Add([request.Key, by]);
            else if (mine.Held != held || mine.Want != request.Want)
                changed.Add([request.Key, by, held, request.Want]);
        }
        await session.ExecuteManyAsync("""
            insert into shares (key, scheduler, held, want) values ($1, $2, $3, $4)
            on conflict (key, scheduler) do update set held = excluded.held, want = excluded.want
            """, changed).ConfigureAwait(false);
        await session.ExecuteManyAsync("delete from shares where key = $1 and scheduler = $2", dropped).ConfigureAwait(false);
        return shares;
    }, cancellation);

    static async Task<Dictionary<string, int>> PoolSlotsAsync(Session session, string[] keys)
    {
        string[] names = [.. keys.Where(k => k.StartsWith(PoolPrefix, StringComparison.Ordinal)).Select(k => k[PoolPrefix.Length..])];
        if (names.Length == 0)
            return [];
        return (await session.QueryAsync($"select name, slots from pools where {session.Among("name", 1)}", r => (Name: r.Text(0), Slots: (int)r.Long(1)), [names]).ConfigureAwait(false))
            .ToDictionary(p => p.Name, p => p.Slots);
    }
}
