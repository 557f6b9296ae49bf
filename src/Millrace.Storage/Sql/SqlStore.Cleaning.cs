using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Sql;

abstract partial class SqlStore
{
    // Small enough that a scheduler's commit never waits long behind one.
    const int RunsPerChunk = 200;

    static readonly string[] TablesOfRuns = ["task_instances", "attempts", "transitions", "results", "callbacks"];

    const string Old = "state in ('success', 'failed') and logical_time < $1 and ended_at < $1";

    public async Task<Cleaned> CleanAsync(DateTimeOffset before, bool dryRun, CancellationToken cancellation)
    {
        if (dryRun)
            return await ReadAsync(session => CountOldAsync(session, before), cancellation).ConfigureAwait(false);

        var runs = new List<(string, string, RunId)>();
        var rows = 0L;
        while (true)
        {
            var chunk = await WriteAsync(session => CleanChunkAsync(session, before), cancellation).ConfigureAwait(false);
            if (chunk.Runs.Count == 0)
                break;
            runs.AddRange(chunk.Runs);
            rows += chunk.Rows;
        }
        rows += await ExecuteAsync("delete from asset_events where at < $1", cancellation, before).ConfigureAwait(false);
        return new Cleaned(runs, rows);
    }

    static async Task<Cleaned> CleanChunkAsync(Session session, DateTimeOffset before)
    {
        // The runs go first: one that a command clears at this moment is either gone for it, or no longer old for us.
        var runs = await session.QueryAsync($"""
            delete from runs where id in (select id from runs where {Old} order by logical_time limit $2{session.SkipLocked}) returning dag, key, id
            """, ReadOld, before, RunsPerChunk).ConfigureAwait(false);
        var rows = (long)runs.Count;
        foreach (var run in runs)
        {
            foreach (var table in TablesOfRuns)
                rows += await session.ExecuteAsync($"delete from {table} where run_id = $1", run.Run).ConfigureAwait(false);
        }
        return new Cleaned(runs, rows);
    }

    static async Task<Cleaned> CountOldAsync(Session session, DateTimeOffset before)
    {
        var runs = await session.QueryAsync($"select dag, key, id from runs where {Old}", ReadOld, before).ConfigureAwait(false);
        var rows = runs.Count + await session.CountAsync("select count(*) from asset_events where at < $1", before).ConfigureAwait(false);
        foreach (var table in TablesOfRuns)
            rows += await session.CountAsync($"select count(*) from {table} where run_id in (select id from runs where {Old})", before).ConfigureAwait(false);
        return new Cleaned(runs, rows);
    }

    static (string Dag, string RunKey, RunId Run) ReadOld(IRow row) => (row.Text(0), row.Text(1), new RunId(row.Guid(2)));
}
