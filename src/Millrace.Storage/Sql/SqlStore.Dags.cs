using Millrace.Metadata;

namespace Millrace.Storage.Sql;

abstract partial class SqlStore
{
    public Task<IReadOnlyList<DagRow>> ListDagsAsync(CancellationToken cancellation) =>
        ListAsync($"select {Rows.DagColumns} from dags order by name", Rows.Dag, cancellation);

    public Task<DagRow?> FindDagAsync(string name, CancellationToken cancellation) =>
        ReadAsync(session => session.FirstAsync($"select {Rows.DagColumns} from dags where name = $1", Rows.Dag, name), cancellation);

    public Task<DagVersion?> LoadVersionAsync(string dag, string hash, CancellationToken cancellation) => ReadAsync(session =>
        session.FirstAsync($"select {Rows.VersionColumns} from dag_versions where dag = $1 and hash = $2", Rows.Version, dag, hash), cancellation);

    public Task<IReadOnlyList<DagVersion>> ListVersionsAsync(string dag, CancellationToken cancellation) =>
        ListAsync($"select {Rows.VersionColumns} from dag_versions where dag = $1 order by number desc", Rows.Version, cancellation, dag);

    public Task<IReadOnlyList<DagError>> ListErrorsAsync(CancellationToken cancellation) =>
        ListAsync($"select {Rows.ErrorColumns} from dag_errors order by source, line, col", Rows.Error, cancellation);

    public async Task<bool> SetPausedAsync(string dag, bool paused, CancellationToken cancellation) =>
        await ExecuteAsync("update dags set paused = $1 where name = $2", cancellation, paused, dag).ConfigureAwait(false) > 0;

    public Task SetNextDueAsync(IReadOnlyList<(string Dag, string Version, DateTimeOffset? NextDue)> due, CancellationToken cancellation) => WriteAsync(async session =>
    {
        // By name, as every statement that locks several Dags: no two wait for each other.
        await session.ExecuteManyAsync("update dags set next_due = $1, due_version = $2 where name = $3 and version = $2",
            [.. due.OrderBy(d => d.Dag, StringComparer.Ordinal).Select(d => new object?[] { d.NextDue, d.Version, d.Dag })]).ConfigureAwait(false);
        return true;
    }, cancellation);
}
