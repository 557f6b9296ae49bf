using Millrace.Dags;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Sql;

abstract partial class SqlStore
{
    public Task<IReadOnlyList<PoolUse>> ListPoolsAsync(CancellationToken cancellation) => ReadAsync<IReadOnlyList<PoolUse>>(async session =>
    {
        var pools = await session.QueryAsync("select name, slots, description from pools order by name",
            r => new PoolRow(r.Text(0), (int)r.Long(1), r.IsNull(2) ? null : r.Text(2))).ConfigureAwait(false);
        // Only unfinished runs have instances that hold or want slots. A cross join, because SQLite then begins with the
        // left table, the few unfinished runs, and not with all instances that ever were.
        var active = await session.QueryAsync("""
            select r.dag, r.version, t.task, t.state, count(*)
            from runs r
            cross join task_instances t
            where t.run_id = r.id and r.state in ('queued', 'running') and t.state in ('scheduled', 'queued', 'running', 'restarting')
            group by r.dag, r.version, t.task, t.state
            """, r => (Dag: r.Text(0), Version: r.Text(1), Task: r.Text(2), State: TaskStates.Parse(r.Text(3)), Count: (int)r.Long(4))).ConfigureAwait(false);

        var used = pools.ToDictionary(p => p.Name, p => new PoolUse(p, 0, 0));
        foreach (var version in active.GroupBy(a => (a.Dag, a.Version)))
        {
            var spec = await session.FirstAsync("select spec from dag_versions where dag = $1 and hash = $2", r => r.Text(0), version.Key.Dag, version.Key.Version).ConfigureAwait(false);
            var tasks = spec is null ? [] : DagJson.Read(spec).Tasks.ToDictionary(t => t.Id);
            foreach (var (_, _, task, state, count) in version)
            {
                // A task that its run's version no longer has is left out: nothing says which pool it was in.
                if (tasks.TryGetValue(task, out var declared) && used.TryGetValue(declared.Pool, out var use))
                    used[declared.Pool] = state.HoldsSlots() ? use with { Used = use.Used + (count * declared.Slots) } : use with { Scheduled = use.Scheduled + count };
            }
        }
        return [.. pools.Select(p => used[p.Name])];
    }, cancellation);

    public Task SetPoolAsync(PoolRow pool, CancellationToken cancellation) => ExecuteAsync("""
        insert into pools (name, slots, description) values ($1, $2, $3)
        on conflict (name) do update set slots = excluded.slots, description = excluded.description
        """, cancellation, pool.Name, pool.Slots, pool.Description);

    public async Task<bool> DeletePoolAsync(string name, CancellationToken cancellation) => name != TaskSpec.DefaultPool
        ? await ExecuteAsync("delete from pools where name = $1", cancellation, name).ConfigureAwait(false) > 0
        : throw new StoreException($"The pool '{name}' can't be deleted: tasks that name no pool use it. Set its slots instead.");
}
