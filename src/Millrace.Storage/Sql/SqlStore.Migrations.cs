using Millrace.Metadata;

namespace Millrace.Storage.Sql;

abstract partial class SqlStore
{
    int NewestKnown => Migrations[^1].Version;

    protected abstract Task<bool> HasSchemaAsync(Session session);
    protected abstract Task<IReadOnlyList<string>> EngineProblemsAsync(Session session);

    public async Task MigrateAsync(CancellationToken cancellation)
    {
        // The version is read again in each step's own transaction: another process may have taken the step meanwhile.
        foreach (var migration in Migrations)
            await WriteAsync(session => TakeAsync(migration, session), cancellation).ConfigureAwait(false);
    }

    async Task<bool> TakeAsync(Migration migration, Session session)
    {
        await session.LockAsync("migration").ConfigureAwait(false);
        var current = await SchemaVersionAsync(session).ConfigureAwait(false);
        if (current > NewestKnown)
            throw new StoreException($"The database {Location} has schema version {current}, but this millrace knows only versions up to {NewestKnown}. Use the newer millrace that migrated it, or restore a backup from before.");
        if (migration.Version <= current)
            return false;
        if (current == 0)
            await session.ExecuteScriptAsync("create table schema_version (version bigint primary key, name text not null)").ConfigureAwait(false);
        await session.ExecuteScriptAsync(migration.Script).ConfigureAwait(false);
        await session.ExecuteAsync("insert into schema_version (version, name) values ($1, $2)", migration.Version, migration.Name).ConfigureAwait(false);
        return true;
    }

    async Task<int> SchemaVersionAsync(Session session) =>
        await HasSchemaAsync(session).ConfigureAwait(false)
            ? (int)await session.CountAsync("select max(version) from schema_version").ConfigureAwait(false)
            : 0;

    public Task<StoreHealth> CheckAsync(CancellationToken cancellation) => ReadAsync(async session =>
    {
        var version = await SchemaVersionAsync(session).ConfigureAwait(false);
        var health = new StoreHealth(Kind, Location, version, NewestKnown, 0, 0, 0, []);
        if (version > NewestKnown)
            return health with { Problems = [$"The schema is newer ({version}) than this millrace knows ({NewestKnown}). Use a newer millrace."] };
        if (version < NewestKnown)
            return health with { Problems = [$"The schema is at version {version} of {NewestKnown}. Run: millrace db migrate"] };

        var problems = new List<string>(await EngineProblemsAsync(session).ConfigureAwait(false));
        foreach (var (sql, problem) in Checks)
        {
            var found = await session.CountAsync(sql).ConfigureAwait(false);
            if (found > 0)
                problems.Add($"{found} {problem}");
        }
        return health with
        {
            Dags = await session.CountAsync("select count(*) from dags").ConfigureAwait(false),
            Runs = await session.CountAsync("select count(*) from runs").ConfigureAwait(false),
            TaskInstances = await session.CountAsync("select count(*) from task_instances").ConfigureAwait(false),
            Problems = problems,
        };
    }, cancellation);

    static readonly (string Sql, string Problem)[] Checks =
    [
        ("select count(*) from runs where owner is not null and owner not in (select id from schedulers)",
            "runs belong to a scheduler that is gone. Nobody works on them: please report this."),
        ("select count(*) from runs where state in ('queued', 'running') and not exists (select 1 from dag_versions v where v.dag = runs.dag and v.hash = runs.version)",
            "unfinished runs follow a version of their Dag that is not kept. Cancel them: millrace runs cancel"),
        ("select count(*) from dags where not exists (select 1 from dag_versions v where v.dag = dags.name and v.hash = dags.version)",
            "Dags have a version in force that is not kept. Load their files again."),
    ];
}
