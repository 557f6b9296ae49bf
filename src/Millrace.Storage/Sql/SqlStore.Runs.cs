using System.Globalization;
using System.Text;

using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Sql;

abstract partial class SqlStore
{
    public async Task<RunSnapshot?> LoadRunAsync(RunId id, CancellationToken cancellation) =>
        await LoadRunsAsync([id], cancellation).ConfigureAwait(false) is [var run] ? run : null;

    public Task<IReadOnlyList<RunSnapshot>> LoadRunsAsync(IReadOnlyList<RunId> ids, CancellationToken cancellation) =>
        ids.Count == 0 ? Task.FromResult<IReadOnlyList<RunSnapshot>>([]) : ReadAsync<IReadOnlyList<RunSnapshot>>(async session =>
        {
            var runs = await RunsAsync(session, ids).ConfigureAwait(false);
            return await WithTasksAsync(session, runs).ConfigureAwait(false);
        }, cancellation);

    protected abstract Task<List<RunRow>> RunsAsync(Session session, IReadOnlyList<RunId> ids);

    protected abstract Task<List<TaskInstance>> TasksAsync(Session session, IReadOnlyList<RunId> runs);

    protected async Task<IReadOnlyList<RunSnapshot>> WithTasksAsync(Session session, List<RunRow> runs)
    {
        var tasks = (await TasksAsync(session, [.. runs.Select(r => r.Id)]).ConfigureAwait(false)).ToLookup(t => t.Id.Run);
        return [.. runs.Select(run => new RunSnapshot(run, [.. tasks[run.Id]]))];
    }

    /// <summary>A finished run belongs to nobody, whatever the row says.</summary>
    protected static Guid? OwnerToKeep(RunRow run) => run.State.IsFinished() ? null : run.Owner?.Value;

    public Task<RunHistory?> LoadHistoryAsync(RunId id, CancellationToken cancellation) => ReadAsync(async session =>
    {
        var runs = await RunsAsync(session, [id]).ConfigureAwait(false);
        return runs is not [var run] ? null : new RunHistory(run,
            await session.QueryAsync($"select {Rows.TaskColumns} from task_instances where run_id = $1 order by task, map_index", Rows.Task, id).ConfigureAwait(false),
            await session.QueryAsync($"select {Rows.AttemptColumns} from attempts where run_id = $1 order by task, map_index, number", Rows.Attempt, id).ConfigureAwait(false),
            await session.QueryAsync($"select {Rows.TransitionColumns} from transitions where run_id = $1 order by revision, place", Rows.Transition, id).ConfigureAwait(false));
    }, cancellation);

    public Task<RunId?> FindRunAsync(string dag, string key, CancellationToken cancellation) => ReadAsync(async session =>
    {
        var found = await session.QueryAsync("select id from runs where dag = $1 and key = $2", r => new RunId(r.Guid(0)), dag, key).ConfigureAwait(false);
        return found is [var id] ? id : (RunId?)null;
    }, cancellation);

    public Task<IReadOnlyList<RunRow>> ListRunsAsync(RunFilter filter, CancellationToken cancellation)
    {
        var arguments = new List<object?>();
        var conditions = new List<string>();
        Require("dag =", filter.Dag);
        Require("kind =", filter.Kind?.Name());
        Require("logical_time >=", filter.From);
        Require("logical_time <=", filter.To);
        Require("backfill =", filter.Backfill);
        // The states stand in the text, in the words of the partial indexes: as parameters they would hide the indexes.
        if (filter.States.Count > 0)
            conditions.Add(StatesCondition(filter.States));

        var sql = new StringBuilder($"select {Rows.RunColumns} from runs");
        for (var i = 0; i < conditions.Count; i++)
            sql.Append(i == 0 ? " where " : " and ").Append(conditions[i]);
        arguments.Add(filter.Limit);
        sql.Append(CultureInfo.InvariantCulture, $" order by logical_time desc, id desc limit ${arguments.Count}");
        return ListAsync(sql.ToString(), Rows.Run, cancellation, [.. arguments]);

        void Require(string comparison, object? value)
        {
            if (value is null) return;
            arguments.Add(value);
            conditions.Add($"{comparison} ${arguments.Count}");
        }
    }

    static string StatesCondition(IReadOnlyList<RunState> states)
    {
        var names = states.Distinct().Order().Select(s => $"'{s.Name()}'").ToList();
        var condition = names is [var only] ? $"state = {only}" : $"state in ({string.Join(", ", names)})";
        return states.Any(s => s.IsFinished()) ? condition : $"{condition} and state in ('queued', 'running')";
    }

    public Task<TaskState?> PastStateAsync(string dag, string task, int mapIndex, DateTimeOffset before, CancellationToken cancellation) => ReadAsync(async session =>
    {
        var states = await session.QueryAsync("""
            select coalesce((select t.state from task_instances t where t.run_id = r.id and t.task = $1 and t.map_index = $2), 'none')
            from runs r
            where r.dag = $3 and r.kind in ('scheduled', 'backfill') and r.logical_time < $4
            order by r.logical_time desc
            limit 1
            """, r => TaskStates.Parse(r.Text(0)), task, mapIndex, dag, before).ConfigureAwait(false);
        return states is [var state] ? state : (TaskState?)null;
    }, cancellation);

    public Task<ResultValue?> ReadResultAsync(InstanceId id, CancellationToken cancellation) => ReadAsync(async session =>
        (await session.FirstAsync($"select {Rows.ResultColumns} from results where run_id = $1 and task = $2 and map_index = $3",
            Rows.Result, id.Run, id.Task, id.MapIndex).ConfigureAwait(false))?.Value, cancellation);

    public Task<IReadOnlyList<ResultRow>> ReadResultsAsync(RunId run, string task, CancellationToken cancellation) =>
        ListAsync($"select {Rows.ResultColumns} from results where run_id = $1 and task = $2 and map_index >= 0 order by map_index",
            Rows.Result, cancellation, run, task);
}
