using Millrace.Dags;
using Millrace.Metadata;

namespace Millrace.Runs;

/// <summary>
/// A run with its task instances: the only place where their states change. It reads no clock and touches nothing outside;
/// what happened comes in with <c>now</c>, and what is to be stored goes out with <see cref="TakeChange"/>.
/// </summary>
sealed partial class Run
{
    readonly TaskCell[] cells;
    readonly HashSet<TaskInstance> dirty = [];
    readonly List<InstanceId> gone = [];
    readonly List<Attempt> attempts = [];
    readonly List<Transition> transitions = [];
    readonly List<ResultRow> results = [];
    readonly List<CallbackRow> callbacks = [];
    readonly List<AssetEventRow> assetEvents = [];
    readonly List<Move> moves = [];
    int unfinished;
    bool rowChanged;

    /// <summary>A step that the scheduler must act on: slots to take or give back, work to hand out, timers to set.</summary>
    internal readonly record struct Move(TaskInstance Instance, TaskState From, TaskState To);

    internal RunRow Row { get; private set; }
    internal DagGraph Graph { get; private set; }
    internal RunId Id => Row.Id;
    /// <summary>The revision the store holds.</summary>
    internal long Revision { get; private set; }

    Run(RunRow row, DagGraph graph)
    {
        (Row, Graph, Revision) = (row, graph, row.Revision);
        cells = [.. graph.Tasks.Select(task => new TaskCell(row.Id, task.Id))];
        unfinished = cells.Sum(cell => cell.Unfinished);
    }

    internal static Run Create(RunRow row, DagGraph graph) => new(row, graph);

    internal static Run Load(RunSnapshot snapshot, DagGraph graph)
    {
        var run = new Run(snapshot.Run, graph);
        foreach (var task in snapshot.Tasks.GroupBy(instance => instance.Id.Task))
            if (graph.TryFind(task.Key, out var number)) run.cells[number].Restore(task);
        run.unfinished = run.cells.Sum(cell => cell.Unfinished);
        return run;
    }

    internal TaskSpec SpecOf(TaskInstance instance) => Graph.Tasks[Graph[instance.Id.Task]];

    internal TaskInstance? Find(string task, int mapIndex) =>
        Graph.TryFind(task, out var number) ? cells[number].Find(mapIndex) : null;

    internal IEnumerable<TaskInstance> Instances
    {
        get
        {
            foreach (var cell in cells)
                for (var index = 0; index < cell.Instances.Length; index++)
                    yield return cell.Instances[index];
        }
    }

    internal bool HasChange => rowChanged || dirty.Count > 0 || gone.Count > 0 || transitions.Count > 0;

    /// <summary>What has changed since the last take; the change is in flight until <see cref="Committed"/>.</summary>
    internal RunChange? TakeChange()
    {
        if (!HasChange) return null;
        var change = new RunChange
        {
            Run = Row,
            ExpectedRevision = Revision,
            Tasks = [.. dirty],
            Gone = [.. gone],
            Attempts = [.. attempts],
            Transitions = [.. transitions],
            Results = [.. results],
            Callbacks = [.. callbacks],
            AssetEvents = [.. assetEvents],
        };
        dirty.Clear();
        gone.Clear();
        attempts.Clear();
        transitions.Clear();
        results.Clear();
        callbacks.Clear();
        assetEvents.Clear();
        rowChanged = false;
        return change;
    }

    /// <summary>The store took the change.</summary>
    internal void Committed() => Revision++;

    /// <summary>The steps since the last call, in order.</summary>
    internal void DrainMoves(List<Move> into)
    {
        into.AddRange(moves);
        moves.Clear();
    }

    /// <summary>The one way an instance changes its state.</summary>
    void Step(TaskInstance instance, TaskEvent on, DateTimeOffset now, string? reason = null)
    {
        var from = instance.State;
        var to = TaskStates.Next(from, on);
        instance.State = to;
        instance.Reason = reason;
        switch (to)
        {
            case TaskState.Scheduled: instance.ScheduledAt = now; break;
            case TaskState.Queued: instance.QueuedAt = now; break;
            case TaskState.Running: instance.StartedAt = now; instance.EndedAt = null; break;
        }
        if (to.IsFinished()) instance.EndedAt = now;
        if (to is not (TaskState.UpForRetry or TaskState.UpForReschedule)) instance.DueAt = null;

        var task = Graph[instance.Id.Task];
        cells[task].Moved(from, to);
        unfinished += (from.IsFinished() ? 1 : 0) - (to.IsFinished() ? 1 : 0);
        dirty.Add(instance);
        transitions.Add(new Transition(Id, instance.Id.Task, instance.Id.MapIndex, instance.Attempt, from.Name(), to.Name(), now, reason));
        moves.Add(new Move(instance, from, to));

        if (!to.IsFinished()) return;
        var spec = Graph.Tasks[task];
        if (to == TaskState.Success) Owe(spec.Callbacks, CallbackKinds.Success, instance.Id, instance.Attempt, null);
        if (to == TaskState.Failed) Owe(spec.Callbacks, CallbackKinds.Failure, instance.Id, instance.Attempt, reason);
        if (to == TaskState.Success)
            foreach (var asset in spec.Produces)
                assetEvents.Add(new AssetEventRow(NewId(now), asset, instance.Id, Row.Dag, now));
        JudgeAfter(task, instance.Id.MapIndex);
    }

    void StepRun(RunEvent on, DateTimeOffset now, string? reason = null)
    {
        var from = Row.State;
        var to = RunStates.Next(from, on);
        if (from == to && on == RunEvent.Cleared) return;
        Row = Row with
        {
            State = to,
            StartedAt = to == RunState.Running ? now : Row.StartedAt,
            EndedAt = to.IsFinished() ? now : null,
            QueuedAt = to == RunState.Queued ? now : Row.QueuedAt,
            Note = reason ?? Row.Note,
        };
        rowChanged = true;
        transitions.Add(new Transition(Id, "", InstanceId.Unmapped, 0, from.Name(), to.Name(), now, reason));
        var whole = new InstanceId(Id, "", InstanceId.Unmapped);
        if (to == RunState.Success) Owe(Graph.Spec.Callbacks, CallbackKinds.Success, whole, 0, null);
        if (to == RunState.Failed) Owe(Graph.Spec.Callbacks, CallbackKinds.Failure, whole, 0, reason);
    }

    void Owe(CallbackKinds declared, CallbackKinds kind, InstanceId about, int attempt, string? reason)
    {
        if (declared.HasFlag(kind)) callbacks.Add(new CallbackRow(Guid.NewGuid(), about, attempt, kind, reason));
    }

    static Guid NewId(DateTimeOffset now) => Guid.CreateVersion7(now);
}
