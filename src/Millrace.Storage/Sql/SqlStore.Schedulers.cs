using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Sql;

abstract partial class SqlStore
{
    public Task JoinAsync(SchedulerRow scheduler, CancellationToken cancellation) => ExecuteAsync("""
        insert into schedulers (id, host, process_id, started_at, lease_until) values ($1, $2, $3, $4, $5)
        on conflict (id) do update set lease_until = excluded.lease_until
        """, cancellation, scheduler.Id, scheduler.Host, scheduler.ProcessId, scheduler.StartedAt, scheduler.LeaseUntil);

    /// <summary>The lease of a scheduler that left.</summary>
    const long Left = 0;

    public async Task<bool> RenewAsync(SchedulerId id, DateTimeOffset until, CancellationToken cancellation) =>
        await ExecuteAsync("update schedulers set lease_until = $1 where id = $2 and lease_until > $3", cancellation, until, id, Left).ConfigureAwait(false) > 0;

    public Task LeaveAsync(SchedulerId id, CancellationToken cancellation) => WriteAsync(async session =>
    {
        // Runs are locked in the order of their ids, as commits do. The revision moves, so that a commit decided before can't land.
        await session.ExecuteAsync($"""
            update runs set owner = null, revision = revision + 1
            where id in (select id from runs where owner = $1 and state = 'queued' order by id{session.ForUpdate})
            """, id).ConfigureAwait(false);
        await FreeWorkAsync(session, id).ConfigureAwait(false);
        if (await session.CountAsync("select count(*) from runs where owner = $1 and state = 'running'", id).ConfigureAwait(false) > 0)
        {
            // What runs still counts against the limits: the next one to evict takes it over together with its shares.
            return await session.ExecuteAsync("update schedulers set lease_until = $1 where id = $2", Left, id).ConfigureAwait(false);
        }
        await session.ExecuteAsync("delete from shares where scheduler = $1", id).ConfigureAwait(false);
        return await session.ExecuteAsync("delete from schedulers where id = $1", id).ConfigureAwait(false);
    }, cancellation);

    public Task<IReadOnlyList<SchedulerRow>> ListSchedulersAsync(CancellationToken cancellation) =>
        ListAsync($"select {Rows.SchedulerColumns} from schedulers where lease_until > $1 order by started_at, id", Rows.Scheduler, cancellation, Left);

    public Task<IReadOnlyList<SchedulerId>> EvictAsync(SchedulerId by, DateTimeOffset now, CancellationToken cancellation) => WriteAsync<IReadOnlyList<SchedulerId>>(async session =>
    {
        // Two that evict the same schedulers in different orders would deadlock.
        await session.LockAsync("eviction").ConfigureAwait(false);
        // The delete waits for commits of the evicted that are under way (they hold their row), and fails all later ones.
        var evicted = await session.QueryAsync("delete from schedulers where lease_until < $1 and id <> $2 returning id",
            r => new SchedulerId(r.Guid(0)), now, by).ConfigureAwait(false);
        foreach (var id in evicted)
            await TakeOverAsync(session, id, by).ConfigureAwait(false);
        return evicted;
    }, cancellation);

    static async Task TakeOverAsync(Session session, SchedulerId from, SchedulerId to)
    {
        // The revision moves, so that a commit decided before cannot land even if the scheduler joins again.
        // Runs are locked in the order of their ids, as commits do.
        await session.ExecuteAsync($"""
            update runs set owner = $2, revision = revision + 1
            where id in (select id from runs where owner = $1 order by id{session.ForUpdate})
            """, from, to).ConfigureAwait(false);
        await FreeWorkAsync(session, from).ConfigureAwait(false);
        await session.ExecuteAsync("""
            insert into shares (key, scheduler, held, want) select key, $2, held, held from shares where scheduler = $1
            on conflict (key, scheduler) do update set held = shares.held + excluded.held, want = shares.want + excluded.held
            """, from, to).ConfigureAwait(false);
        await session.ExecuteAsync("delete from shares where scheduler = $1", from).ConfigureAwait(false);
    }

    static async Task FreeWorkAsync(Session session, SchedulerId id)
    {
        await session.ExecuteAsync("update backfills set owner = null where owner = $1", id).ConfigureAwait(false);
        await session.ExecuteAsync("update callbacks set owner = null where owner = $1", id).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<RunSnapshot>> ClaimRunsAsync(SchedulerId by, int most, CancellationToken cancellation) => WriteAsync(async session =>
    {
        await RequireLeaseAsync(session, by).ConfigureAwait(false);
        var claimed = await session.QueryAsync($"""
            update runs set owner = $1, revision = revision + 1
            where id in (
                select id from runs
                where owner is null and state in ('queued', 'running')
                order by priority desc, queued_at, logical_time
                limit $2{session.SkipLocked})
            returning {Rows.RunColumns}
            """, Rows.Run, by, most).ConfigureAwait(false);
        var ordered = claimed.OrderByDescending(r => r.Priority).ThenBy(r => r.QueuedAt).ThenBy(r => r.LogicalTime).ToList();
        return await WithTasksAsync(session, ordered).ConfigureAwait(false);
    }, cancellation);

    public Task<IReadOnlyList<BackfillRow>> ClaimBackfillsAsync(SchedulerId by, CancellationToken cancellation) => WriteAsync<IReadOnlyList<BackfillRow>>(async session =>
    {
        await RequireLeaseAsync(session, by).ConfigureAwait(false);
        var claimed = await session.QueryAsync($"""
            update backfills set owner = $1
            where id in (select id from backfills where (owner is null or owner = $1) and state = 'running' order by id{session.SkipLocked})
            returning {Rows.BackfillColumns}
            """, Rows.Backfill, by).ConfigureAwait(false);
        return [.. claimed.OrderBy(b => b.CreatedAt)];
    }, cancellation);

    public Task<IReadOnlyList<CallbackRow>> ClaimCallbacksAsync(SchedulerId by, CancellationToken cancellation) => WriteAsync<IReadOnlyList<CallbackRow>>(async session =>
    {
        await RequireLeaseAsync(session, by).ConfigureAwait(false);
        await session.ExecuteAsync($"update callbacks set owner = $1 where id in (select id from callbacks where owner is null order by id{session.SkipLocked})", by).ConfigureAwait(false);
        // Those it had already, too: an earlier claim may have been carried out without its answer arriving.
        return await session.QueryAsync($"select {Rows.CallbackColumns} from callbacks where owner = $1 order by id", Rows.Callback, by).ConfigureAwait(false);
    }, cancellation);

    public Task<IReadOnlyDictionary<RunId, long>> OwnedRevisionsAsync(SchedulerId by, CancellationToken cancellation) => ReadAsync<IReadOnlyDictionary<RunId, long>>(async session =>
        (await session.QueryAsync("select id, revision from runs where owner = $1", r => (Id: new RunId(r.Guid(0)), Revision: r.Long(1)), by).ConfigureAwait(false))
            .ToDictionary(r => r.Id, r => r.Revision), cancellation);
}
