using Millrace.Dags;
using Millrace.Execution;
using Millrace.Runs;
using Millrace.Scheduling;

namespace Millrace.Testing;

// From a runnable instance to its body and back, and what comes due meanwhile.
sealed partial class LocalRun
{
    const int MostRuns = 1000;

    enum AlarmKind { BodyDue, Due, AttemptTimeout, TaskDeadline, RunTimeout, RunDeadline }

    readonly record struct LocalAlarm(AlarmKind Kind, LocalRecord Record, string Task, int MapIndex, Guid Lease);

    /// <summary>What is due at one instant comes in the order it was set.</summary>
    readonly record struct Place(DateTimeOffset At, long Number) : IComparable<Place>
    {
        public int CompareTo(Place other) => At != other.At ? At.CompareTo(other.At) : Number.CompareTo(other.Number);
    }

    sealed record Work(LocalRecord Record, Assignment Assignment)
    {
        public AttemptCancellation Cancellation { get; } = new();
        public DateTimeOffset StartedAt { get; init; }
        public DateTimeOffset? TimesOutAt { get; init; }
        public CallbackRow? Callback { get; init; }
        public Task Done { get; set; } = Task.CompletedTask;
        public string Name => $"{Record.Dag.Name}/{Assignment.Attempt.Instance.Task}{(Callback is null ? "" : " " + Callback.Kind)}";
    }

    /// <summary>A body that returned, with its report, or a callback, with its error.</summary>
    readonly record struct Ended(Work Work, AttemptReport? Report, string? CallbackError);

    readonly PriorityQueue<LocalAlarm, Place> alarms = new();
    readonly WorkQueue ready = new();
    readonly Queue<(LocalRecord Record, CallbackRow Row)> callbacks = new();
    readonly List<Run.Move> moves = [];
    /// <summary>Bodies and callbacks that really run now.</summary>
    readonly Dictionary<Guid, Work> executing = [];
    /// <summary>Attempts that take time on the clock before their body runs.</summary>
    readonly Dictionary<Guid, Work> held = [];
    long alarmsSet;

    void SetAlarm(DateTimeOffset at, LocalAlarm alarm) => alarms.Enqueue(alarm, new Place(at, alarmsSet++));

    void SetAlarms(Run run)
    {
        var (record, spec, row) = (records[run.Id], run.Graph.Spec, run.Row);
        if (spec.RunTimeout is { } timeout) SetAlarm(Now + timeout, new(AlarmKind.RunTimeout, record, "", InstanceId.Unmapped, default));
        if (spec.Deadline is { } deadline) SetAlarm(row.LogicalTime + deadline, new(AlarmKind.RunDeadline, record, "", InstanceId.Unmapped, default));
        foreach (var task in spec.Tasks)
            if (task.Deadline is { } due) SetAlarm(row.LogicalTime + due, new(AlarmKind.TaskDeadline, record, task.Id, InstanceId.Unmapped, default));
    }

    void Settle(LocalRecord record)
    {
        var run = record.Run;
        run.DrainMoves(moves);
        foreach (var (instance, from, to) in moves)
        {
            var alarm = new LocalAlarm(AlarmKind.Due, record, instance.Id.Task, instance.Id.MapIndex, instance.Lease ?? default);
            switch (to)
            {
                case TaskState.Scheduled when run.SpecOf(instance).Kind == TaskKind.TriggerDag:
                    toTrigger.Enqueue((record, instance));
                    break;
                case TaskState.Scheduled when instance.State == TaskState.Scheduled:
                    ready.Add(run, instance);
                    break;
                case TaskState.UpForRetry or TaskState.UpForReschedule when instance.DueAt is { } due:
                    SetAlarm(due, alarm);
                    break;
            }
            // Taken away while it ran: by a run's timeout, or when everything is stopped.
            if (from == TaskState.Running && instance.Lease is null)
                foreach (var work in executing.Values)
                    if (work.Callback is null && work.Assignment.Attempt.Instance == instance.Id) Cancel(work, CancelReason.Cancelled);
        }
        moves.Clear();
    }

    void FireDue()
    {
        while (alarms.TryPeek(out var alarm, out var place) && place.At <= time.GetUtcNow())
        {
            alarms.Dequeue();
            var run = alarm.Record.Run;
            switch (alarm.Kind)
            {
                case AlarmKind.BodyDue when held.Remove(alarm.Lease, out var work) && run.IsOut(work.Assignment.Attempt):
                    Execute(work);
                    break;
                case AlarmKind.Due when run.Find(alarm.Task, alarm.MapIndex) is { } instance:
                    run.Due(instance, Now);
                    break;
                case AlarmKind.AttemptTimeout when held.Remove(alarm.Lease, out var work):
                    Apply(new(work, TimedOut(work), null));
                    break;
                case AlarmKind.AttemptTimeout when executing.TryGetValue(alarm.Lease, out var work):
                    Cancel(work, CancelReason.TimedOut);
                    break;
                case AlarmKind.TaskDeadline:
                    run.MissTaskDeadline(alarm.Task);
                    break;
                case AlarmKind.RunTimeout:
                    run.End(Now, $"it ran longer than its timeout of {run.Graph.Spec.RunTimeout}");
                    break;
                case AlarmKind.RunDeadline:
                    run.MissDeadline();
                    break;
            }
            After(alarm.Record);
        }
    }

    /// <summary>Starts what may run: callbacks first, then triggers, then instances by priority and in the order they became ready.</summary>
    void HandOut()
    {
        while (true)
        {
            if (executing.Count < options.Parallel && callbacks.TryDequeue(out var owed)) Execute(CallbackWork(owed.Record, owed.Row));
            else if (toTrigger.TryDequeue(out var trigger)) Trigger(trigger.Record, trigger.Instance);
            else if (executing.Count < options.Parallel && ready.TryTake(out var entry)) Claim(entry);
            else return;
        }
    }

    void Claim(WorkQueue.Entry entry)
    {
        var (run, instance) = (entry.Run, entry.Instance);
        if (instance.State != TaskState.Scheduled) return;
        var record = records[run.Id];
        var now = Now;
        run.Admit(instance, now);
        var assignment = run.Claim(instance, Guid.NewGuid(), now);
        var timeout = run.SpecOf(instance).Timeout;
        var work = new Work(record, assignment) { StartedAt = now, TimesOutAt = now + timeout };
        After(record);

        var lease = assignment.Attempt.Lease;
        var takes = options.Taking?.Invoke(instance.Id.Task, instance.Id.MapIndex == InstanceId.Unmapped ? null : instance.Id.MapIndex) ?? TimeSpan.Zero;
        if (takes > TimeSpan.Zero)
        {
            held.Add(lease, work);
            SetAlarm(now + takes, new(AlarmKind.BodyDue, record, instance.Id.Task, instance.Id.MapIndex, lease));
        }
        if (timeout is not null) SetAlarm(work.TimesOutAt!.Value, new(AlarmKind.AttemptTimeout, record, instance.Id.Task, instance.Id.MapIndex, lease));
        if (takes <= TimeSpan.Zero) Execute(work);
    }

    void Execute(Work work)
    {
        executing.Add(work.Assignment.Attempt.Lease, work);
        work.Done = Task.Run(() => CarryOutAsync(work));
    }

    async Task CarryOutAsync(Work work)
    {
        var (dag, assignment) = (work.Record.Dag, work.Assignment);
        var end = work.Callback is null
            ? new Ended(work, await runner.RunAsync(dag, assignment, "this process", work.Cancellation).ConfigureAwait(false), null)
            : new Ended(work, null, await runner.CallAsync(dag, assignment, work.Cancellation.Token).ConfigureAwait(false));
        ended.Writer.TryWrite(end);
    }

    void Apply(Ended end)
    {
        var (work, report, callbackError) = end;
        executing.Remove(work.Assignment.Attempt.Lease);
        work.Cancellation.Dispose();
        if (report is null) work.Record.Callbacks.Add(new(work.Callback!, callbackError));
        else
        {
            work.Record.Run.Report(report with { StartedAt = work.StartedAt }, Now);
            After(work.Record);
        }
    }

    // What the author's code does when it is cancelled must not run in this loop.
    static void Cancel(Work work, CancelReason reason) => _ = Task.Run(() => work.Cancellation.Cancel(reason));

    AttemptReport TimedOut(Work work) => new()
    {
        Attempt = work.Assignment.Attempt,
        Outcome = Outcome.TimedOut,
        Worker = "this process",
        StartedAt = work.StartedAt,
        EndedAt = Now,
        Error = TaskRunner.Describe(CancelReason.TimedOut),
    };

    static Work CallbackWork(LocalRecord record, CallbackRow row)
    {
        var run = record.Run.Row;
        var assignment = new Assignment
        {
            Kind = AssignmentKind.Callback,
            Attempt = new AttemptId(row.Id, row.Attempt, row.Callback),
            Dag = run.Dag,
            Version = run.Version,
            Bundle = "",
            RunKey = run.Key,
            LogicalTime = run.LogicalTime,
            IntervalStart = run.IntervalStart,
            IntervalEnd = run.IntervalEnd,
            Params = run.Params,
            Try = row.Attempt,
            MaxTries = 1,
            Callback = row.Kind,
            Reason = row.Reason,
        };
        return new(record, assignment) { Callback = row };
    }
}
