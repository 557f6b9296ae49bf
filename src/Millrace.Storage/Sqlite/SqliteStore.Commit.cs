using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Sqlite;

sealed partial class SqliteStore
{
    public override Task<CommitResult> CommitAsync(CommitBatch batch, CancellationToken cancellation) =>
        WriteAsync(async session =>
        {
            if (batch.Scheduler is { } scheduler)
                await RequireLeaseAsync(session, scheduler).ConfigureAwait(false);
            return await ApplyAsync((SqliteSession)session, batch).ConfigureAwait(false);
        }, cancellation);

    static async Task<CommitResult> ApplyAsync(SqliteSession session, CommitBatch batch)
    {
        var connection = session.Connection;
        HashSet<RunId>? conflicts = null;
        foreach (var change in batch.Changes)
        {
            if (Accept(connection, change, batch.Scheduler))
                Write(connection, change, batch.Scheduler);
            else
                (conflicts ??= []).Add(change.Run.Id);
        }

        Dictionary<RunId, NewRunOutcome>? outcomes = null;
        foreach (var created in batch.NewRuns)
            (outcomes ??= [])[created.Run.Id] = await CreateAsync(session, created).ConfigureAwait(false);

        foreach (var callback in batch.CallbacksDone)
        {
            var statement = connection.Prepare("delete from callbacks where id = $1");
            statement.Bind(1, callback);
            statement.Run();
        }
        return conflicts is null && outcomes is null ? CommitResult.Clean
            : new CommitResult(conflicts ?? CommitResult.Clean.Conflicts, outcomes ?? CommitResult.Clean.NewRuns);
    }

    /// <summary>The compare-and-set that every write of a run goes through.</summary>
    static bool Accept(Connection connection, RunChange change, SchedulerId? scheduler)
    {
        var run = change.Run;
        var statement = connection.Prepare("""
            update runs set version = $3, state = $4, params = $5, priority = $6, backfill = $7, started_at = $8, ended_at = $9,
                queued_at = $10, deadline_missed = $11, note = $12, owner = $13, revision = revision + 1
            where id = $1 and revision = $2 and ($14 is null or owner = $14)
            """);
        statement.Bind(1, run.Id.Value);
        statement.Bind(2, change.ExpectedRevision);
        statement.Bind(3, run.Version);
        statement.Bind(4, run.State.Name());
        statement.Bind(5, run.Params);
        statement.Bind(6, run.Priority);
        statement.Bind(7, run.Backfill?.Value);
        statement.Bind(8, run.StartedAt);
        statement.Bind(9, run.EndedAt);
        statement.Bind(10, run.QueuedAt);
        statement.Bind(11, run.DeadlineMissed);
        statement.Bind(12, run.Note);
        statement.Bind(13, OwnerToKeep(run));
        statement.Bind(14, scheduler?.Value);
        return statement.Run() > 0;
    }

    static void Write(Connection connection, RunChange change, SchedulerId? scheduler)
    {
        foreach (var gone in change.Gone)
            Remove(connection, gone);
        foreach (var task in change.Tasks)
            Write(connection, task);
        foreach (var attempt in change.Attempts)
            Write(connection, attempt);
        for (var place = 0; place < change.Transitions.Count; place++)
            Write(connection, change.Transitions[place], change.ExpectedRevision + 1, place);
        foreach (var result in change.Results)
            Write(connection, result);
        foreach (var callback in change.Callbacks)
            Write(connection, callback, scheduler);
        foreach (var happened in change.AssetEvents)
            Write(connection, happened);
    }

    static void Remove(Connection connection, InstanceId gone)
    {
        foreach (var sql in (ReadOnlySpan<string>)["delete from task_instances where run_id = $1 and task = $2 and map_index = $3", "delete from results where run_id = $1 and task = $2 and map_index = $3"])
        {
            var statement = connection.Prepare(sql);
            statement.Bind(1, gone.Run.Value);
            statement.Bind(2, gone.Task);
            statement.Bind(3, gone.MapIndex);
            statement.Run();
        }
    }

    static void Write(Connection connection, TaskInstance task)
    {
        var statement = connection.Prepare($"""
            insert or replace into task_instances ({Sql.Rows.TaskColumns})
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
            """);
        statement.Bind(1, task.Id.Run.Value);
        statement.Bind(2, task.Id.Task);
        statement.Bind(3, task.Id.MapIndex);
        statement.Bind(4, task.State.Name());
        statement.Bind(5, task.Attempt);
        statement.Bind(6, task.ForgivenAttempts);
        statement.Bind(7, task.Lease);
        statement.Bind(8, task.Worker);
        statement.Bind(9, task.DueAt);
        statement.Bind(10, task.FirstLookAt);
        statement.Bind(11, task.ScheduledAt);
        statement.Bind(12, task.QueuedAt);
        statement.Bind(13, task.StartedAt);
        statement.Bind(14, task.EndedAt);
        statement.Bind(15, task.ResultLength);
        statement.Bind(16, task.Child?.Value);
        statement.Bind(17, task.Reason);
        statement.Bind(18, task.DeadlineMissed);
        statement.Run();
    }

    static void Write(Connection connection, Attempt attempt)
    {
        var statement = connection.Prepare($"""
            insert or replace into attempts ({Sql.Rows.AttemptColumns})
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """);
        statement.Bind(1, attempt.Id.Instance.Run.Value);
        statement.Bind(2, attempt.Id.Instance.Task);
        statement.Bind(3, attempt.Id.Instance.MapIndex);
        statement.Bind(4, attempt.Id.Number);
        statement.Bind(5, attempt.Id.Lease);
        statement.Bind(6, attempt.State.Name());
        statement.Bind(7, attempt.Worker);
        statement.Bind(8, attempt.StartedAt);
        statement.Bind(9, attempt.EndedAt);
        statement.Bind(10, attempt.ExitCode);
        statement.Bind(11, attempt.Error);
        statement.Run();
    }

    static void Write(Connection connection, Transition transition, long revision, int place)
    {
        var statement = connection.Prepare("""
            insert into transitions (run_id, revision, place, task, map_index, attempt, from_state, to_state, at, reason)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """);
        statement.Bind(1, transition.Run.Value);
        statement.Bind(2, revision);
        statement.Bind(3, place);
        statement.Bind(4, transition.Task);
        statement.Bind(5, transition.MapIndex);
        statement.Bind(6, transition.Attempt);
        statement.Bind(7, transition.From);
        statement.Bind(8, transition.To);
        statement.Bind(9, transition.At);
        statement.Bind(10, transition.Reason);
        statement.Run();
    }

    static void Write(Connection connection, ResultRow result)
    {
        var statement = connection.Prepare($"""
            insert or replace into results ({Sql.Rows.ResultColumns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """);
        statement.Bind(1, result.Id.Run.Value);
        statement.Bind(2, result.Id.Task);
        statement.Bind(3, result.Id.MapIndex);
        statement.Bind(4, result.Attempt);
        statement.Bind(5, result.Value.Json);
        statement.Bind(6, result.Value.File);
        statement.Bind(7, result.Value.Size);
        statement.Bind(8, result.Value.Length);
        statement.Bind(9, result.Value.Type);
        statement.Run();
    }

    static void Write(Connection connection, CallbackRow callback, SchedulerId? owner)
    {
        var statement = connection.Prepare("""
            insert or replace into callbacks (id, run_id, task, map_index, attempt, kind, reason, owner) values ($1, $2, $3, $4, $5, $6, $7, $8)
            """);
        statement.Bind(1, callback.Callback);
        statement.Bind(2, callback.Id.Run.Value);
        statement.Bind(3, callback.Id.Task);
        statement.Bind(4, callback.Id.MapIndex);
        statement.Bind(5, callback.Attempt);
        statement.Bind(6, callback.Kind.ToString());
        statement.Bind(7, callback.Reason);
        statement.Bind(8, owner?.Value);
        statement.Run();
    }

    static void Write(Connection connection, AssetEventRow happened)
    {
        var statement = connection.Prepare("""
            insert into asset_events (id, asset, run_id, task, map_index, dag, at) values ($1, $2, $3, $4, $5, $6, $7)
            """);
        statement.Bind(1, happened.Event);
        statement.Bind(2, happened.Asset);
        statement.Bind(3, happened.Source.Run.Value);
        statement.Bind(4, happened.Source.Task);
        statement.Bind(5, happened.Source.MapIndex);
        statement.Bind(6, happened.Dag);
        statement.Bind(7, happened.At);
        statement.Run();

        statement = connection.Prepare("""
            insert into assets (name, updates, last_update) values ($1, 1, $2)
            on conflict (name) do update set updates = updates + 1, last_update = max(coalesce(last_update, excluded.last_update), excluded.last_update)
            """);
        statement.Bind(1, happened.Asset);
        statement.Bind(2, happened.At);
        statement.Run();
    }
}
