using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Sql;

abstract partial class SqlStore
{
    public Task<IReadOnlyList<AssetRow>> ListAssetsAsync(CancellationToken cancellation) => ReadAsync<IReadOnlyList<AssetRow>>(async session =>
    {
        var roles = (await session.QueryAsync("""
            select a.asset, a.dag, a.role from dag_assets a join dags d on d.name = a.dag where d.active order by a.dag
            """, r => (Asset: r.Text(0), Dag: r.Text(1), Role: r.Text(2))).ConfigureAwait(false)).ToLookup(r => r.Asset);
        return await session.QueryAsync("select name, last_update, updates from assets order by name", r => new AssetRow(
            r.Text(0), r.IsNull(1) ? null : Instants.FromMicros(r.Long(1)), r.Long(2),
            [.. roles[r.Text(0)].Where(a => a.Role == "produces").Select(a => a.Dag)],
            [.. roles[r.Text(0)].Where(a => a.Role == "consumes").Select(a => a.Dag)])).ConfigureAwait(false);
    }, cancellation);

    public Task RecordAssetEventAsync(string asset, DateTimeOffset at, CancellationToken cancellation) =>
        WriteAsync(session => RecordAsync(session, asset, at), cancellation);

    static async Task<int> RecordAsync(Session session, string asset, DateTimeOffset at)
    {
        await session.ExecuteAsync("insert into asset_events (id, asset, at) values ($1, $2, $3)", Guid.CreateVersion7(at), asset, at).ConfigureAwait(false);
        return await session.ExecuteAsync("""
            insert into assets (name, updates, last_update) values ($1, 1, $2)
            on conflict (name) do update set updates = assets.updates + 1, last_update = excluded.last_update
            """, asset, at).ConfigureAwait(false);
    }

    public Task<IReadOnlySet<string>> PendingAssetsAsync(string dag, CancellationToken cancellation) => ReadAsync<IReadOnlySet<string>>(async session =>
        (await PendingAsync(session, dag).ConfigureAwait(false)).Select(p => p.Asset).ToHashSet(), cancellation);

    public Task<bool> ConsumeAssetsAsync(RunRow run, IReadOnlySet<string> seen, CancellationToken cancellation) => WriteAsync(async session =>
    {
        // A run whose owner is gone would wait for ever.
        if (run.Owner is { } owner) await RequireLeaseAsync(session, owner).ConfigureAwait(false);
        // Two schedulers that saw the same updates: the second finds them consumed.
        await session.LockAsync($"assets of {run.Dag}").ConfigureAwait(false);
        var pending = await PendingAsync(session, run.Dag).ConfigureAwait(false);
        if (!seen.SetEquals(pending.Select(p => p.Asset)))
            return false;
        if (await InsertRunAsync(session, run).ConfigureAwait(false) == 0)
            return false;
        // The counts that were read, not the ones of now: an update that came in between is still to be consumed.
        await session.ExecuteManyAsync("""
            insert into asset_seen (dag, asset, updates) values ($1, $2, $3)
            on conflict (dag, asset) do update set updates = excluded.updates
            """, [.. pending.Select(p => new object?[] { run.Dag, p.Asset, p.Updates })]).ConfigureAwait(false);
        return true;
    }, cancellation);

    static Task<List<(string Asset, long Updates)>> PendingAsync(Session session, string dag) => session.QueryAsync("""
        select a.name, a.updates
        from dag_assets d
        join assets a on a.name = d.asset
        left join asset_seen s on s.dag = d.dag and s.asset = d.asset
        where d.dag = $1 and d.role = 'consumes' and a.updates > coalesce(s.updates, 0)
        order by a.name
        """, r => (r.Text(0), r.Long(1)), dag);

    /// <returns>1, or 0 when the Dag has a run with this key.</returns>
    protected static Task<int> InsertRunAsync(Session session, RunRow run) => session.ExecuteAsync($"""
        insert into runs ({Rows.RunColumns})
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
        on conflict (dag, key) do nothing
        """, RunArguments(run));

    protected static object?[] RunArguments(RunRow run) =>
    [
        run.Id, run.Dag, run.Version, run.Key, run.Kind.Name(), run.State.Name(), run.LogicalTime, run.IntervalStart, run.IntervalEnd, run.Params, run.Priority, run.Backfill,
        run.Parent?.Run, run.Parent?.Task, run.Parent?.MapIndex, run.QueuedAt, run.StartedAt, run.EndedAt, run.DeadlineMissed, run.Note, OwnerToKeep(run), run.Revision, run.Records?.ToJson(),
    ];
}
