using Millrace.Metadata;
using Millrace.Runs;
using Millrace.Storage.Sql;

using Npgsql;

namespace Millrace.Storage.Postgres;

sealed partial class PostgresStore
{
    // A run whose row this very transaction wrote is one whose change was accepted; all rows of others are left out.
    // As a subquery per row it is always a look-up by key, whatever the planner thinks of the size of the table.
    const string OfAccepted = "(select r.xmin from runs r where r.id = g.run_id) = pg_current_xact_id()::xid";

    static void AddRows(NpgsqlBatch statements, CommitBatch batch)
    {
        // A row that comes twice counts as it was last: one statement can't write it twice.
        var changes = batch.Changes;
        AddGone(statements, [.. changes.SelectMany(c => c.Gone)]);
        AddTasks(statements, Last(changes.SelectMany(c => c.Tasks), t => t.Id));
        AddAttempts(statements, Last(changes.SelectMany(c => c.Attempts), a => (a.Id.Instance, a.Id.Number)));
        AddTransitions(statements, changes);
        AddResults(statements, Last(changes.SelectMany(c => c.Results), r => r.Id));
        AddCallbacks(statements, [.. changes.SelectMany(c => c.Callbacks)], batch.Scheduler);
        AddAssetEvents(statements, [.. changes.SelectMany(c => c.AssetEvents)]);
    }

    static void AddGone(NpgsqlBatch statements, List<InstanceId> gone)
    {
        if (gone.Count == 0) return;
        foreach (var table in (ReadOnlySpan<string>)["task_instances", "results"])
        {
            Add(statements, $"""
                delete from {table} t using unnest($1, $2, $3) as g (run_id, task, map_index)
                where t.run_id = g.run_id and t.task = g.task and t.map_index = g.map_index and {OfAccepted}
                """, Column(gone, g => g.Run.Value), Column(gone, g => g.Task), Column(gone, g => g.MapIndex));
        }
    }

    static void AddTasks(NpgsqlBatch statements, List<TaskInstance> tasks)
    {
        if (tasks.Count == 0) return;
        Add(statements, $"""
            insert into task_instances ({Rows.TaskColumns})
            select g.* from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) as g ({Rows.TaskColumns})
            where {OfAccepted}
            on conflict (run_id, task, map_index) do update set
                state = excluded.state, attempt = excluded.attempt, forgiven_attempts = excluded.forgiven_attempts, lease = excluded.lease,
                worker = excluded.worker, due_at = excluded.due_at, first_look_at = excluded.first_look_at, scheduled_at = excluded.scheduled_at,
                queued_at = excluded.queued_at, started_at = excluded.started_at, ended_at = excluded.ended_at, result_length = excluded.result_length,
                child = excluded.child, reason = excluded.reason, deadline_missed = excluded.deadline_missed
            """,
            Column(tasks, t => t.Id.Run.Value),
            Column(tasks, t => t.Id.Task),
            Column(tasks, t => t.Id.MapIndex),
            Column(tasks, t => t.State.Name()),
            Column(tasks, t => t.Attempt),
            Column(tasks, t => t.ForgivenAttempts),
            Column(tasks, t => t.Lease),
            Column(tasks, t => t.Worker),
            Column(tasks, t => t.DueAt.ToMicros()),
            Column(tasks, t => t.FirstLookAt.ToMicros()),
            Column(tasks, t => t.ScheduledAt.ToMicros()),
            Column(tasks, t => t.QueuedAt.ToMicros()),
            Column(tasks, t => t.StartedAt.ToMicros()),
            Column(tasks, t => t.EndedAt.ToMicros()),
            Column(tasks, t => t.ResultLength),
            Column(tasks, t => t.Child?.Value),
            Column(tasks, t => t.Reason.Storable()),
            Column(tasks, t => t.DeadlineMissed));
    }

    static void AddAttempts(NpgsqlBatch statements, List<Attempt> attempts)
    {
        if (attempts.Count == 0) return;
        Add(statements, $"""
            insert into attempts ({Rows.AttemptColumns})
            select g.* from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as g ({Rows.AttemptColumns})
            where {OfAccepted}
            on conflict (run_id, task, map_index, number) do update set
                lease = excluded.lease, state = excluded.state, worker = excluded.worker, started_at = excluded.started_at,
                ended_at = excluded.ended_at, exit_code = excluded.exit_code, error = excluded.error
            """,
            Column(attempts, a => a.Id.Instance.Run.Value),
            Column(attempts, a => a.Id.Instance.Task),
            Column(attempts, a => a.Id.Instance.MapIndex),
            Column(attempts, a => a.Id.Number),
            Column(attempts, a => a.Id.Lease),
            Column(attempts, a => a.State.Name()),
            Column(attempts, a => a.Worker),
            Column(attempts, a => a.StartedAt.ToMicros()),
            Column(attempts, a => a.EndedAt.ToMicros()),
            Column(attempts, a => a.ExitCode),
            Column(attempts, a => a.Error.Storable()));
    }

    static void AddTransitions(NpgsqlBatch statements, IReadOnlyList<RunChange> changes)
    {
        var steps = changes.SelectMany(c => c.Transitions.Select((transition, place) => (Transition: transition, Revision: c.ExpectedRevision + 1, Place: place))).ToList();
        if (steps.Count == 0) return;
        Add(statements, $"""
            insert into transitions (run_id, revision, place, task, map_index, attempt, from_state, to_state, at, reason)
            select g.* from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as g (run_id, revision, place, task, map_index, attempt, from_state, to_state, at, reason)
            where {OfAccepted}
            """,
            Column(steps, s => s.Transition.Run.Value),
            Column(steps, s => s.Revision),
            Column(steps, s => s.Place),
            Column(steps, s => s.Transition.Task),
            Column(steps, s => s.Transition.MapIndex),
            Column(steps, s => s.Transition.Attempt),
            Column(steps, s => s.Transition.From),
            Column(steps, s => s.Transition.To),
            Column(steps, s => s.Transition.At.ToMicros()),
            Column(steps, s => s.Transition.Reason.Storable()));
    }

    static void AddResults(NpgsqlBatch statements, List<ResultRow> results)
    {
        if (results.Count == 0) return;
        Add(statements, $"""
            insert into results ({Rows.ResultColumns})
            select g.* from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) as g ({Rows.ResultColumns})
            where {OfAccepted}
            on conflict (run_id, task, map_index) do update set
                attempt = excluded.attempt, json = excluded.json, file = excluded.file, size = excluded.size, length = excluded.length, type = excluded.type
            """,
            Column(results, r => r.Id.Run.Value),
            Column(results, r => r.Id.Task),
            Column(results, r => r.Id.MapIndex),
            Column(results, r => r.Attempt),
            Column(results, r => r.Value.Json),
            Column(results, r => r.Value.File),
            Column(results, r => r.Value.Size),
            Column(results, r => r.Value.Length),
            Column(results, r => r.Value.Type));
    }

    static void AddCallbacks(NpgsqlBatch statements, List<CallbackRow> callbacks, SchedulerId? owner)
    {
        if (callbacks.Count == 0) return;
        Add(statements, $"""
            insert into callbacks ({Rows.CallbackColumns}, owner)
            select g.*, $8::uuid from unnest($1, $2, $3, $4, $5, $6, $7) as g ({Rows.CallbackColumns})
            where {OfAccepted}
            on conflict (id) do nothing
            """,
            Column(callbacks, c => c.Id.Run.Value),
            Column(callbacks, c => c.Id.Task),
            Column(callbacks, c => c.Id.MapIndex),
            Column(callbacks, c => c.Callback),
            Column(callbacks, c => c.Attempt),
            Column(callbacks, c => c.Kind.ToString()),
            Column(callbacks, c => c.Reason.Storable()),
            owner?.Value);
    }

    static void AddAssetEvents(NpgsqlBatch statements, List<AssetEventRow> events)
    {
        if (events.Count == 0) return;
        // The counter's row stays locked until the commit: updates are counted in the order in which they become visible.
        Add(statements, $"""
            with happened as (
                insert into asset_events (id, asset, run_id, task, map_index, dag, at)
                select g.* from unnest($1, $2, $3, $4, $5, $6, $7) as g (id, asset, run_id, task, map_index, dag, at)
                where {OfAccepted}
                returning asset, at
            )
            insert into assets (name, updates, last_update)
            select asset, count(*), max(at) from happened group by asset order by asset
            on conflict (name) do update set updates = assets.updates + excluded.updates, last_update = greatest(assets.last_update, excluded.last_update)
            """,
            Column(events, e => e.Event),
            Column(events, e => e.Asset),
            Column(events, e => e.Source.Run.Value),
            Column(events, e => e.Source.Task),
            Column(events, e => e.Source.MapIndex),
            Column(events, e => e.Dag),
            Column(events, e => e.At.ToMicros()));
    }

    static List<T> Last<T, TKey>(IEnumerable<T> rows, Func<T, TKey> key) where TKey : notnull
    {
        var last = new Dictionary<TKey, T>();
        foreach (var row in rows)
            last[key(row)] = row;
        return [.. last.Values];
    }
}
