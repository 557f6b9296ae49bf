using Millrace.Dags;

namespace Millrace.Runs;

// What follows from what has happened: which instances may run, are skipped or can't run any more, and when the run is over.
sealed partial class Run
{
    const int WholeTask = int.MinValue;
    bool newlyAwaiting;
    readonly Queue<(int Task, int MapIndex)> toJudge = [];
    readonly HashSet<(int Task, int MapIndex)> judging = [];
    readonly HashSet<(string Task, int MapIndex)> past = [];

    /// <summary>Instances whose rule is met but whose predecessor in the Dag's previous run must be looked up.</summary>
    internal HashSet<TaskInstance> AwaitingPast { get; } = [];

    /// <summary>The Dag has room: the run begins.</summary>
    internal void Start(DateTimeOffset now)
    {
        StepRun(RunEvent.Started, now);
        JudgeAll();
        Advance(now);
    }

    /// <summary>Whether instances joined <see cref="AwaitingPast"/> since the last call.</summary>
    internal bool TakeNewlyAwaiting()
    {
        var newly = newlyAwaiting;
        newlyAwaiting = false;
        return newly;
    }

    /// <summary>After a load: looks at everything once, in case the process died between two commits.</summary>
    internal void Resume(DateTimeOffset now)
    {
        if (Row.State != RunState.Running) return;
        JudgeAll();
        Advance(now);
    }

    /// <summary>The answer to an instance of <see cref="AwaitingPast"/>.</summary>
    internal void PastKnown(TaskInstance instance, bool good, DateTimeOffset now)
    {
        if (!good) return;
        AwaitingPast.Remove(instance);
        past.Add((instance.Id.Task, instance.Id.MapIndex));
        Judge(Graph[instance.Id.Task], instance.Id.MapIndex);
        Advance(now);
    }

    void JudgeAll()
    {
        for (var task = 0; task < cells.Length; task++) Judge(task, WholeTask);
    }

    void JudgeAfter(int task, int mapIndex)
    {
        foreach (var next in Graph.Downstream[task])
            Judge(next, Graph.Scope[next] >= 0 && Graph.Scope[next] == Graph.Scope[task] && mapIndex != InstanceId.Unmapped ? mapIndex : WholeTask);
        foreach (var next in Graph.MappedOver[task])
            if (!cells[next].IsExpanded) Judge(next, WholeTask);
    }

    void Judge(int task, int mapIndex)
    {
        if (judging.Add((task, mapIndex))) toJudge.Enqueue((task, mapIndex));
    }

    void Advance(DateTimeOffset now)
    {
        if (Row.State != RunState.Running)
        {
            toJudge.Clear();
            judging.Clear();
            return;
        }
        while (toJudge.TryDequeue(out var next))
        {
            judging.Remove(next);
            var cell = cells[next.Task];
            if (cell.Count(TaskState.None) == 0) continue;
            if (Graph.IsMapped(next.Task) && cell.IsExpanded && WaitsToBeMappedAnew(next.Task)) continue;
            if (Graph.IsMapped(next.Task) && !cell.IsExpanded) ExpandOrSettle(next.Task, now);
            else if (next.MapIndex == WholeTask) JudgeInstances(next.Task, now);
            else if (cell.Find(next.MapIndex) is { State: TaskState.None } instance) Settle(next.Task, instance, JudgeInstance(next.Task, next.MapIndex), now);
        }
        if (unfinished == 0) Finish(now);
    }

    void JudgeInstances(int task, DateTimeOffset now)
    {
        var cell = cells[task];
        // Where nothing depends on the index, one verdict serves all instances: 10,000 of them cost one look.
        Verdict? shared = Graph.Upstream[task].Any(up => Graph.Scope[up] >= 0 && Graph.Scope[up] == Graph.Scope[task]) ? null : JudgeInstance(task, InstanceId.Unmapped);
        if (shared == Verdict.Wait) return;
        for (var index = 0; index < cell.Instances.Length; index++)
        {
            var instance = cell.Instances[index];
            if (instance.State == TaskState.None) Settle(task, instance, shared ?? JudgeInstance(task, instance.Id.MapIndex), now);
        }
    }

    Verdict JudgeInstance(int task, int mapIndex)
    {
        var counts = new UpstreamCounts();
        foreach (var up in Graph.Upstream[task])
        {
            var isSetup = Graph.Tasks[up].IsSetup;
            if (mapIndex >= 0 && Graph.Scope[up] == Graph.Scope[task] && cells[up].IsExpanded)
            {
                if (cells[up].Find(mapIndex) is { } same) counts.Add(same.State, 1, isSetup);
            }
            else cells[up].CountInto(ref counts, isSetup);
        }
        return TriggerRules.Judge(Graph.Tasks[task].TriggerRule, counts);
    }

    void Settle(int task, TaskInstance instance, Verdict verdict, DateTimeOffset now)
    {
        var spec = Graph.Tasks[task];
        switch (verdict)
        {
            case Verdict.Skip:
                Step(instance, TaskEvent.Skipped, now, $"by its trigger rule '{TriggerRules.NameOf(spec.TriggerRule)}'");
                break;
            case Verdict.UpstreamFailed:
                Step(instance, TaskEvent.UpstreamFailed, now);
                break;
            case Verdict.Run when MustAwaitPast(spec, instance):
                newlyAwaiting |= AwaitingPast.Add(instance);
                break;
            case Verdict.Run:
                Step(instance, TaskEvent.Ready, now);
                if (spec.Kind == TaskKind.Empty) Step(instance, TaskEvent.Succeeded, now);
                break;
        }
    }

    bool MustAwaitPast(TaskSpec spec, TaskInstance instance) =>
        spec.DependsOnPast && (Row.Kind is RunKind.Scheduled or RunKind.Backfill) && !past.Contains((instance.Id.Task, instance.Id.MapIndex));

    /// <summary>A mapped scope gets its instances once the list it is mapped over is there; if it never will be, its placeholders end.</summary>
    void ExpandOrSettle(int task, DateTimeOffset now)
    {
        var map = Graph.MapOf(task);
        var ownScope = Graph.ScopeTasks[Graph.Scope[task]];
        if (map.Task is { } source)
        {
            var from = cells[Graph[source]];
            if (from.Unfinished > 0) return;
            var verdict = from.Count(TaskState.Failed) + from.Count(TaskState.UpstreamFailed) > 0 ? Verdict.UpstreamFailed
                : from.Count(TaskState.Success) == 0 ? Verdict.Skip : Verdict.Run;
            if (verdict != Verdict.Run)
            {
                // Without the list there is nothing to run, whatever the rule: the rule decides only how it ends.
                foreach (var member in ownScope)
                    if (!cells[member].IsExpanded && cells[member].Single.State == TaskState.None) Settle(member, cells[member].Single, verdict, now);
                return;
            }
        }

        // A single mapped task waits for its other upstream tasks first: its instances then start together.
        if (ownScope.Length == 1 && Graph.Tasks[task].Map is not null)
        {
            var verdict = JudgeInstance(task, InstanceId.Unmapped);
            if (verdict == Verdict.Wait) return;
            if (verdict != Verdict.Run)
            {
                Settle(task, cells[task].Single, verdict, now);
                return;
            }
        }

        var length = LengthOf(map);
        if (length is null)
        {
            foreach (var member in ownScope)
                if (!cells[member].IsExpanded && cells[member].Single.State == TaskState.None)
                    FailUnrun(cells[member].Single, now, $"'{map.Task}' returned no list to map over.");
            return;
        }
        foreach (var member in ownScope)
        {
            // One that a branch turned away as a whole stays as it is, and so does one that has its instances.
            if (cells[member].IsExpanded || cells[member].Single.State != TaskState.None) continue;
            if (length == 0)
            {
                Step(cells[member].Single, TaskEvent.Skipped, now, "mapped over an empty list");
                continue;
            }
            Expand(member, length.Value);
            Judge(member, WholeTask);
        }
    }

    /// <summary>All of the scope was cleared and its list is another now, but a worker has not let go of one of the old instances yet.</summary>
    bool WaitsToBeMappedAnew(int task) => IsMappedOverAnother(task)
        && Graph.ScopeTasks[Graph.Scope[task]].All(member => cells[member].Count(TaskState.None) + cells[member].Count(TaskState.Restarting) == cells[member].Instances.Length);

    int? LengthOf(Dags.MapSpec map)
    {
        if (map.Task is not { } source) return map.Length;
        var cell = cells[Graph[source]];
        return cell.IsExpanded ? cell.Instances.Length : cell.Single.ResultLength;
    }

    void Expand(int task, int length)
    {
        var cell = cells[task];
        // Stored only if it was ever changed, but deleting what isn't there costs nothing.
        gone.Add(cell.Single.Id);
        dirty.Remove(cell.Single);
        unfinished -= cell.Unfinished;
        foreach (var instance in cell.Expand(length)) dirty.Add(instance);
        unfinished += cell.Unfinished;
    }

    void FailUnrun(TaskInstance instance, DateTimeOffset now, string reason)
    {
        Step(instance, TaskEvent.Ready, now);
        Step(instance, TaskEvent.Failed, now, reason);
    }

    void Finish(DateTimeOffset now)
    {
        var failed = FirstFailure();
        if (failed < 0) StepRun(RunEvent.Succeeded, now);
        else StepRun(RunEvent.Failed, now, $"task '{Graph.Tasks[failed].Id}' {(cells[failed].Count(TaskState.Failed) > 0 ? "failed" : "could not run: a task before it failed")}");
    }

    /// <summary>The first task whose failure fails the run, or -1.</summary>
    int FirstFailure() =>
        Graph.Deciding.FirstOrDefault(task => cells[task].Count(TaskState.Failed) + cells[task].Count(TaskState.UpstreamFailed) > 0, -1);
}
