using System.Text.Json;

using Millrace.Metadata;

namespace Millrace.Storage.Sql;

abstract partial class SqlStore
{
    public Task<IReadOnlyList<DagVersion>> RegisterAsync(IReadOnlyList<SourceReading> readings, DateTimeOffset now, CancellationToken cancellation) => WriteAsync<IReadOnlyList<DagVersion>>(async session =>
    {
        // Two processes that load the same folder at once: the second finds everything as it should be.
        await session.LockAsync("registration").ConfigureAwait(false);
        var registration = new Registration(session, now);
        await registration.ReadAsync().ConfigureAwait(false);
        // What is gone goes first, so that a Dag which moved to another file is no duplicate.
        foreach (var reading in readings)
            await registration.RetireAsync(reading).ConfigureAwait(false);
        foreach (var reading in readings)
            await registration.TakeAsync(reading).ConfigureAwait(false);
        return registration.InForce;
    }, cancellation);

    /// <summary>Compares what was read with what is known and writes only what differs: a restart with 10,000 unchanged Dags writes nothing.</summary>
    sealed class Registration(Session session, DateTimeOffset now)
    {
        readonly Dictionary<string, DagRow> dags = [];
        ILookup<string, DagError> errors = null!;
        ILookup<string, DagRow> bySource = null!;

        internal List<DagVersion> InForce { get; } = [];

        internal async Task ReadAsync()
        {
            foreach (var dag in await session.QueryAsync($"select {Rows.DagColumns} from dags", Rows.Dag).ConfigureAwait(false))
                dags.Add(dag.Name, dag);
            bySource = dags.Values.ToLookup(d => d.Source);
            errors = (await session.QueryAsync($"select {Rows.ErrorColumns} from dag_errors", Rows.Error).ConfigureAwait(false)).ToLookup(e => e.Source);
        }

        internal async Task RetireAsync(SourceReading reading)
        {
            // A source that can't be read keeps its last good version in force.
            if (!reading.Removed && reading.Errors.Count > 0)
                return;
            var declared = reading.Removed ? [] : reading.Dags.Select(d => d.Version.Dag).ToHashSet();
            foreach (var gone in bySource[reading.Source].Where(d => d.Active && !declared.Contains(d.Name)))
            {
                await session.ExecuteAsync("update dags set active = $1 where name = $2", false, gone.Name).ConfigureAwait(false);
                dags[gone.Name] = gone with { Active = false };
            }
        }

        internal async Task TakeAsync(SourceReading reading)
        {
            List<DagError> found = reading.Removed ? [] : [.. reading.Errors];
            if (!reading.Removed)
            {
                foreach (var dag in reading.Dags)
                {
                    if (Duplicate(dag) is { } duplicate)
                        found.Add(duplicate);
                    else
                        await TakeAsync(dag).ConfigureAwait(false);
                }
            }
            await ReplaceErrorsAsync(reading.Source, found).ConfigureAwait(false);
        }

        DagError? Duplicate(DagRegistration dag) =>
            dags.TryGetValue(dag.Version.Dag, out var known) && known.Active && known.Source != dag.Source
                ? new DagError(dag.Source, 0, 0, "duplicate", $"Dag '{known.Name}' is declared in '{known.Source}' and again in '{dag.Source}'. Rename one of them.", now)
                : null;

        async Task TakeAsync(DagRegistration dag)
        {
            var (name, hash) = (dag.Version.Dag, dag.Version.Hash);
            dags.TryGetValue(name, out var known);
            if (known is { Active: true } && known.Version == hash && known.Source == dag.Source)
                return;

            var version = await VersionAsync(dag.Version).ConfigureAwait(false);
            var row = new DagRow
            {
                Name = name,
                Version = hash,
                Paused = known?.Paused ?? dag.PausedAtFirst,
                Source = dag.Source,
                Owner = dag.Owner,
                Description = dag.Description,
                Tags = dag.Tags,
                Schedule = dag.Schedule,
                Topics = dag.Topics,
                FirstSeenAt = known?.FirstSeenAt ?? now,
            };
            await session.ExecuteAsync("""
                insert into dags (name, version, paused, active, source, owner, description, tags, schedule, first_seen_at, topics)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                on conflict (name) do update set version = excluded.version, active = excluded.active, source = excluded.source,
                    owner = excluded.owner, description = excluded.description, tags = excluded.tags, schedule = excluded.schedule,
                    topics = excluded.topics
                """, name, hash, row.Paused, row.Active, row.Source, row.Owner, row.Description, JsonSerializer.Serialize(row.Tags), row.Schedule, row.FirstSeenAt, JsonSerializer.Serialize(row.Topics)).ConfigureAwait(false);
            await ReplaceAssetsAsync(dag).ConfigureAwait(false);
            dags[name] = row;
            InForce.Add(version);
        }

        async Task<DagVersion> VersionAsync(DagVersion read)
        {
            var kept = await session.FirstAsync($"select {Rows.VersionColumns} from dag_versions where dag = $1 and hash = $2", Rows.Version, read.Dag, read.Hash).ConfigureAwait(false);
            if (kept is not null)
                return kept;
            var newest = await session.CountAsync("select coalesce(max(number), 0) from dag_versions where dag = $1", read.Dag).ConfigureAwait(false);
            var version = read with { Number = (int)newest + 1, CreatedAt = now.Kept() };
            await session.ExecuteAsync($"insert into dag_versions ({Rows.VersionColumns}) values ($1, $2, $3, $4, $5, $6)",
                version.Dag, version.Hash, version.Bundle, version.SpecJson, version.CreatedAt, version.Number).ConfigureAwait(false);
            return version;
        }

        async Task ReplaceAssetsAsync(DagRegistration dag)
        {
            var name = dag.Version.Dag;
            await session.ExecuteAsync("delete from dag_assets where dag = $1", name).ConfigureAwait(false);
            await session.ExecuteManyAsync("insert into assets (name, updates) values ($1, 0) on conflict (name) do nothing",
                [.. dag.Produces.Union(dag.Consumes).Order(StringComparer.Ordinal).Select(a => new object?[] { a })]).ConfigureAwait(false);
            await session.ExecuteManyAsync("insert into dag_assets (dag, asset, role) values ($1, $2, $3)",
            [
                .. dag.Produces.Distinct().Select(a => new object?[] { name, a, "produces" }),
                .. dag.Consumes.Distinct().Select(a => new object?[] { name, a, "consumes" }),
            ]).ConfigureAwait(false);
            // A Dag that starts to wait for an asset waits for the next update: the past ones were not meant for it.
            await session.ExecuteAsync("""
                insert into asset_seen (dag, asset, updates)
                select d.dag, a.name, a.updates from dag_assets d join assets a on a.name = d.asset where d.dag = $1 and d.role = 'consumes'
                on conflict (dag, asset) do nothing
                """, name).ConfigureAwait(false);
            await session.ExecuteAsync("""
                delete from asset_seen where dag = $1 and asset not in (select asset from dag_assets where dag = $1 and role = 'consumes')
                """, name).ConfigureAwait(false);
        }

        async Task ReplaceErrorsAsync(string source, List<DagError> found)
        {
            if (found.Count == 0 && !errors[source].Any())
                return;
            await session.ExecuteAsync("delete from dag_errors where source = $1", source).ConfigureAwait(false);
            await session.ExecuteManyAsync($"insert into dag_errors ({Rows.ErrorColumns}) values ($1, $2, $3, $4, $5, $6)",
                [.. found.Select(e => new object?[] { e.Source, e.Line, e.Column, e.Kind, e.Message, e.At })]).ConfigureAwait(false);
        }
    }
}
