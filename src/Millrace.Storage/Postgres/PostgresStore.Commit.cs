using Millrace.Metadata;
using Millrace.Runs;
using Millrace.Storage.Sql;

using Npgsql;

namespace Millrace.Storage.Postgres;

sealed partial class PostgresStore
{
    const string LeaseLost = "MR001";

    /// <summary>
    /// One round trip, whatever the batch holds: its statements travel together and, as no transaction is begun around
    /// them, the server makes them one. Rows travel as arrays, a statement per table.
    /// </summary>
    /// <remarks>All commits lock in the same order and so never wait for each other in a circle: the scheduler, runs by
    /// id, Dags by name, assets by name.</remarks>
    public override async Task<CommitResult> CommitAsync(CommitBatch batch, CancellationToken cancellation)
    {
        try
        {
            return await RetryAsync(() => SendAsync(batch, cancellation)).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == LeaseLost)
        {
            throw new LeaseLostException(batch.Scheduler!.Value);
        }
    }

    async Task<CommitResult> SendAsync(CommitBatch batch, CancellationToken cancellation)
    {
        var statements = new NpgsqlBatch();
        await using var _ = statements.ConfigureAwait(false);
        // Stable: the moves of one Dag's cursor stay in their order.
        var newRuns = batch.NewRuns.OrderBy(n => n.Run.Dag, StringComparer.Ordinal).ToList();

        if (batch.Scheduler is { } scheduler)
            Add(statements, "select millrace_require_lease($1)", scheduler.Value);
        if (batch.Changes.Count > 0)
            AddAcceptance(statements, batch);
        foreach (var created in newRuns)
            AddCreation(statements, created);
        if (batch.Changes.Count > 0)
            AddRows(statements, batch);
        if (batch.CallbacksDone.Count > 0)
            Add(statements, "delete from callbacks where id = any($1)", batch.CallbacksDone.ToArray());
        if (statements.BatchCommands.Count == 0)
            return CommitResult.Clean;

        var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        await using var __ = connection.ConfigureAwait(false);
        statements.Connection = connection;
        var reader = await statements.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await using var ___ = reader.ConfigureAwait(false);

        if (batch.Scheduler is not null)
            await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        var conflicts = batch.Changes.Select(c => c.Run.Id).ToHashSet();
        if (batch.Changes.Count > 0)
        {
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                conflicts.Remove(new RunId(reader.GetGuid(0)));
            await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        }
        var outcomes = new Dictionary<RunId, NewRunOutcome>();
        foreach (var created in newRuns)
        {
            await reader.ReadAsync(cancellation).ConfigureAwait(false);
            outcomes[created.Run.Id] = Enum.Parse<NewRunOutcome>(reader.GetString(0));
            await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        }
        // An error of a later statement shows only when its result is read; until then nothing is known to be committed.
        while (await reader.NextResultAsync(cancellation).ConfigureAwait(false))
        {
        }
        return new CommitResult(conflicts, outcomes);
    }

    /// <summary>The compare-and-set that every write of a run goes through. Answers with the runs that passed it.</summary>
    static void AddAcceptance(NpgsqlBatch statements, CommitBatch batch)
    {
        var changes = batch.Changes;
        Add(statements, """
            with given as (
                select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                as g (id, expected, version, state, params, priority, backfill, started_at, ended_at, queued_at, deadline_missed, note, owner)
            ), accepted as materialized (
                -- Locked by id, as everybody does who locks several runs. Whoever had to wait sees the row as it is then.
                select r.id
                from runs r join given g on g.id = r.id
                where r.revision = g.expected and ($14::uuid is null or r.owner = $14::uuid)
                order by r.id
                for update of r
            )
            update runs r set version = g.version, state = g.state, params = g.params, priority = g.priority, backfill = g.backfill,
                started_at = g.started_at, ended_at = g.ended_at, queued_at = g.queued_at, deadline_missed = g.deadline_missed,
                note = g.note, owner = g.owner, revision = r.revision + 1
            from given g
            where r.id = g.id and r.id in (select id from accepted)
            returning r.id
            """,
            Column(changes, c => c.Run.Id.Value),
            Column(changes, c => c.ExpectedRevision),
            Column(changes, c => c.Run.Version),
            Column(changes, c => c.Run.State.Name()),
            Column(changes, c => c.Run.Params),
            Column(changes, c => c.Run.Priority),
            Column(changes, c => c.Run.Backfill?.Value),
            Column(changes, c => c.Run.StartedAt.ToMicros()),
            Column(changes, c => c.Run.EndedAt.ToMicros()),
            Column(changes, c => c.Run.QueuedAt.ToMicros()),
            Column(changes, c => c.Run.DeadlineMissed),
            Column(changes, c => c.Run.Note.Storable()),
            Column(changes, c => OwnerToKeep(c.Run)),
            batch.Scheduler?.Value);
    }

    /// <summary>Creates one run and moves its cursor. A statement of its own each: later moves build on earlier ones.</summary>
    static void AddCreation(NpgsqlBatch statements, NewRun created)
    {
        const string values = "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23";
        var run = RunArguments(created.Run);
        switch (created.Cursor)
        {
            case null:
                Add(statements, $"""
                    with created as (insert into runs ({Rows.RunColumns}) values ({values}) on conflict (dag, key) do nothing returning 1)
                    select case when exists (select from created) then 'Created' else 'Exists' end
                    """, run);
                break;
            case { Backfill: { } backfill } move:
                // A backfill that was paused or cancelled meanwhile creates nothing more.
                Add(statements, $"""
                    with moved as (
                        update backfills set cursor_time = $24 where id = $25 and cursor_time is not distinct from $26 and state = 'running' returning 1
                    ), created as (
                        insert into runs ({Rows.RunColumns}) select {values} where exists (select from moved) on conflict (dag, key) do nothing returning 1
                    )
                    select case when not exists (select from moved) then 'CursorMoved' when exists (select from created) then 'Created' else 'Exists' end
                    """, [.. run, move.LastLogicalTime, backfill, move.ExpectedNextDue]);
                break;
            case var move:
                Add(statements, $"""
                    with moved as (
                        update dags set next_due = $24, last_logical_time = $25 where name = $26 and next_due is not distinct from $27 returning 1
                    ), created as (
                        insert into runs ({Rows.RunColumns}) select {values} where exists (select from moved) on conflict (dag, key) do nothing returning 1
                    )
                    select case when not exists (select from moved) then 'CursorMoved' when exists (select from created) then 'Created' else 'Exists' end
                    """, [.. run, move.NextDue, move.LastLogicalTime, move.Dag, move.ExpectedNextDue]);
                break;
        }
    }

    static void Add(NpgsqlBatch statements, string sql, params object?[] arguments)
    {
        var command = new NpgsqlBatchCommand(sql);
        PostgresSession.Bind(command.Parameters, arguments);
        statements.BatchCommands.Add(command);
    }

    static TColumn[] Column<TRow, TColumn>(IReadOnlyList<TRow> rows, Func<TRow, TColumn> value)
    {
        var column = new TColumn[rows.Count];
        for (var i = 0; i < column.Length; i++)
            column[i] = value(rows[i]);
        return column;
    }
}
