using Millrace.Runs;
using Millrace.Storage.Sql;

namespace Millrace.Storage.Sqlite;

sealed partial class SqliteStore
{
    // A statement per run: in this process that costs no round trip, and each is one short walk along the key.
    protected override async Task<List<RunRow>> RunsAsync(Session session, IReadOnlyList<RunId> ids)
    {
        var runs = new List<RunRow>(ids.Count);
        foreach (var id in ids)
            runs.AddRange(await session.QueryAsync($"select {Rows.RunColumns} from runs where id = $1", Rows.Run, id).ConfigureAwait(false));
        return runs;
    }

    protected override async Task<List<TaskInstance>> TasksAsync(Session session, IReadOnlyList<RunId> runs)
    {
        var tasks = new List<TaskInstance>();
        foreach (var run in runs)
            tasks.AddRange(await session.QueryAsync($"select {Rows.TaskColumns} from task_instances where run_id = $1 order by task, map_index", Rows.Task, run).ConfigureAwait(false));
        return tasks;
    }
}
