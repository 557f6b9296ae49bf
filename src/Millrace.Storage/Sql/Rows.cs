using System.Text.Json;

using Millrace.Dags;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Storage.Sql;

/// <summary>The columns of each table, in the order that its reader takes them.</summary>
static class Rows
{
    internal const string RunColumns = """
        id, dag, version, key, kind, state, logical_time, interval_start, interval_end, params, priority, backfill,
        parent_run, parent_task, parent_map_index, queued_at, started_at, ended_at, deadline_missed, note, owner, revision, records
        """;

    internal static RunRow Run(IRow row) => new()
    {
        Id = new RunId(row.Guid(0)),
        Dag = row.Text(1),
        Version = row.Text(2),
        Key = row.Text(3),
        Kind = RunKinds.Parse(row.Text(4)),
        State = RunStates.Parse(row.Text(5)),
        LogicalTime = row.Instant(6),
        IntervalStart = row.Instant(7),
        IntervalEnd = row.Instant(8),
        Params = row.Text(9),
        Priority = (int)row.Long(10),
        Backfill = row.IsNull(11) ? null : new BackfillId(row.Guid(11)),
        Parent = row.IsNull(12) ? null : new InstanceId(new RunId(row.Guid(12)), row.Text(13), (int)row.Long(14)),
        QueuedAt = row.Instant(15),
        StartedAt = row.InstantOrNull(16),
        EndedAt = row.InstantOrNull(17),
        DeadlineMissed = row.Bool(18),
        Note = row.TextOrNull(19),
        Owner = row.IsNull(20) ? null : new SchedulerId(row.Guid(20)),
        Revision = row.Long(21),
        Records = row.IsNull(22) ? null : RunRecords.Parse(row.Text(22)),
    };

    internal const string TaskColumns = """
        run_id, task, map_index, state, attempt, forgiven_attempts, lease, worker, due_at, first_look_at,
        scheduled_at, queued_at, started_at, ended_at, result_length, child, reason, deadline_missed
        """;

    internal static TaskInstance Task(IRow row) => new(Instance(row))
    {
        State = TaskStates.Parse(row.Text(3)),
        Attempt = (int)row.Long(4),
        ForgivenAttempts = (int)row.Long(5),
        Lease = row.IsNull(6) ? null : row.Guid(6),
        Worker = row.TextOrNull(7),
        DueAt = row.InstantOrNull(8),
        FirstLookAt = row.InstantOrNull(9),
        ScheduledAt = row.InstantOrNull(10),
        QueuedAt = row.InstantOrNull(11),
        StartedAt = row.InstantOrNull(12),
        EndedAt = row.InstantOrNull(13),
        ResultLength = row.IntOrNull(14),
        Child = row.IsNull(15) ? null : new RunId(row.Guid(15)),
        Reason = row.TextOrNull(16),
        DeadlineMissed = row.Bool(17),
    };

    internal const string AttemptColumns = "run_id, task, map_index, number, lease, state, worker, started_at, ended_at, exit_code, error";

    internal static Attempt Attempt(IRow row) => new()
    {
        Id = new AttemptId(Instance(row), (int)row.Long(3), row.Guid(4)),
        State = AttemptStates.Parse(row.Text(5)),
        Worker = row.TextOrNull(6),
        StartedAt = row.Instant(7),
        EndedAt = row.InstantOrNull(8),
        ExitCode = row.IntOrNull(9),
        Error = row.TextOrNull(10),
    };

    internal const string TransitionColumns = "run_id, task, map_index, attempt, from_state, to_state, at, reason";

    internal static Transition Transition(IRow row) => new(
        new RunId(row.Guid(0)), row.Text(1), (int)row.Long(2), (int)row.Long(3), row.Text(4), row.Text(5), row.Instant(6), row.TextOrNull(7));

    internal const string ResultColumns = "run_id, task, map_index, attempt, json, file, size, length, type";

    internal static ResultRow Result(IRow row) => new(Instance(row), (int)row.Long(3),
        new ResultValue(row.IsNull(4) ? null : row.Bytes(4), row.TextOrNull(5), row.Long(6), row.IntOrNull(7), row.Text(8)));

    internal const string CallbackColumns = "run_id, task, map_index, id, attempt, kind, reason";

    internal static CallbackRow Callback(IRow row) =>
        new(row.Guid(3), Instance(row), (int)row.Long(4), Enum.Parse<CallbackKinds>(row.Text(5)), row.TextOrNull(6));

    internal const string SchedulerColumns = "id, host, process_id, started_at, lease_until";

    internal static SchedulerRow Scheduler(IRow row) =>
        new(new SchedulerId(row.Guid(0)), row.Text(1), (int)row.Long(2), row.Instant(3), row.Instant(4));

    internal const string DagColumns = """
        name, version, paused, active, source, owner, description, tags, schedule, last_logical_time, next_due, due_version, first_seen_at, topics
        """;

    internal static DagRow Dag(IRow row) => new()
    {
        Name = row.Text(0),
        Version = row.Text(1),
        Paused = row.Bool(2),
        Active = row.Bool(3),
        Source = row.Text(4),
        Owner = row.TextOrNull(5),
        Description = row.TextOrNull(6),
        Tags = JsonSerializer.Deserialize<string[]>(row.Text(7))!,
        Schedule = row.Text(8),
        LastLogicalTime = row.InstantOrNull(9),
        NextDue = row.InstantOrNull(10),
        DueVersion = row.TextOrNull(11),
        FirstSeenAt = row.Instant(12),
        Topics = JsonSerializer.Deserialize<string[]>(row.Text(13))!,
    };

    internal const string VersionColumns = "dag, hash, bundle, spec, created_at, number";

    internal static DagVersion Version(IRow row) =>
        new(row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Instant(4), (int)row.Long(5));

    internal const string ErrorColumns = "source, line, col, kind, message, at";

    internal static DagError Error(IRow row) =>
        new(row.Text(0), (int)row.Long(1), (int)row.Long(2), row.Text(3), row.Text(4), row.Instant(5));

    internal const string BackfillColumns = """
        id, dag, from_time, to_time, reprocess, max_active, newest_first, params, state, cursor_time, owner, created_at
        """;

    internal static BackfillRow Backfill(IRow row) => new()
    {
        Id = new BackfillId(row.Guid(0)),
        Dag = row.Text(1),
        From = row.Instant(2),
        To = row.Instant(3),
        Reprocess = Enum.Parse<Reprocess>(row.Text(4), ignoreCase: true),
        MaxActive = (int)row.Long(5),
        NewestFirst = row.Bool(6),
        Params = row.Text(7),
        State = Enum.Parse<BackfillState>(row.Text(8), ignoreCase: true),
        Cursor = row.InstantOrNull(9),
        Owner = row.IsNull(10) ? null : new SchedulerId(row.Guid(10)),
        CreatedAt = row.Instant(11),
    };

    static InstanceId Instance(IRow row) => new(new RunId(row.Guid(0)), row.Text(1), (int)row.Long(2));

    internal static string Name(this BackfillState state) => state switch
    {
        BackfillState.Running => "running",
        BackfillState.Paused => "paused",
        BackfillState.Cancelled => "cancelled",
        BackfillState.Done => "done",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Not a backfill state."),
    };

    internal static string Name(this Reprocess reprocess) => reprocess switch
    {
        Reprocess.None => "none",
        Reprocess.Failed => "failed",
        Reprocess.All => "all",
        _ => throw new ArgumentOutOfRangeException(nameof(reprocess), reprocess, "Not a way to reprocess."),
    };

    extension(IRow row)
    {
        DateTimeOffset Instant(int column) => Instants.FromMicros(row.Long(column));
        DateTimeOffset? InstantOrNull(int column) => row.IsNull(column) ? null : Instants.FromMicros(row.Long(column));
        string? TextOrNull(int column) => row.IsNull(column) ? null : row.Text(column);
        int? IntOrNull(int column) => row.IsNull(column) ? null : (int)row.Long(column);
    }
}
