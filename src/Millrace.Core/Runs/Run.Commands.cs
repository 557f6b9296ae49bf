using Millrace.Dags;

namespace Millrace.Runs;

// What people and clocks do to a run from outside.
sealed partial class Run
{
    /// <summary>Sets instances back to the beginning; those that run are stopped first. The run goes on, or begins again.</summary>
    internal int Clear(IEnumerable<TaskInstance> chosen, DateTimeOffset now)
    {
        var cleared = 0;
        foreach (var instance in chosen.ToArray())
        {
            if (instance.State == TaskState.None) continue;
            cleared++;
            Step(instance, TaskEvent.Cleared, now, "cleared");
            if (instance.State != TaskState.Restarting) Reset(instance);
        }
        // A finished run that now follows a version with new tasks has something to do even so.
        if (cleared == 0 && !(Row.State.IsFinished() && unfinished > 0)) return 0;
        CollapseMapped();
        StepRun(RunEvent.Cleared, now);
        Row = Row with { DeadlineMissed = false };
        rowChanged = true;
        if (Row.State == RunState.Running) JudgeAll();
        Advance(now);
        return cleared;
    }

    internal void Mark(IEnumerable<TaskInstance> chosen, bool success, DateTimeOffset now)
    {
        foreach (var instance in chosen.ToArray())
        {
            if (instance.State == (success ? TaskState.Success : TaskState.Failed)) continue;
            EndAttempt(instance, now);
            Step(instance, success ? TaskEvent.MarkedSuccess : TaskEvent.MarkedFailed, now, "marked by hand");
        }
        Advance(now);
        if (!Row.State.IsFinished() || unfinished > 0) return;
        // A run that was over is judged again by what its tasks are now.
        var outcome = FirstFailure() < 0 ? RunState.Success : RunState.Failed;
        if (outcome != Row.State) StepRun(outcome == RunState.Success ? RunEvent.MarkedSuccess : RunEvent.MarkedFailed, now, "its tasks were marked by hand");
    }

    internal void MarkRun(bool success, DateTimeOffset now)
    {
        if (!success)
        {
            End(now, "marked failed by hand");
            if (Row.State != RunState.Failed) StepRun(RunEvent.MarkedFailed, now, "marked failed by hand");
            return;
        }
        foreach (var instance in Instances.ToArray())
        {
            if (instance.State.IsFinished()) continue;
            EndAttempt(instance, now);
            Step(instance, TaskEvent.MarkedSuccess, now, "its run was marked by hand");
        }
        StepRun(RunEvent.MarkedSuccess, now, "marked success by hand");
    }

    /// <summary>Ends the run as failed: what runs is stopped and failed, what waits is skipped.</summary>
    internal void End(DateTimeOffset now, string reason)
    {
        if (Row.State.IsFinished()) return;
        // First the run, so that nothing is judged ready while its tasks end one by one.
        StepRun(RunEvent.Failed, now, reason);
        foreach (var instance in Instances.ToArray())
        {
            if (instance.State.IsFinished()) continue;
            if (instance.State is TaskState.Running or TaskState.Restarting)
            {
                EndAttempt(instance, now);
                Step(instance, TaskEvent.MarkedFailed, now, reason);
            }
            else Step(instance, TaskEvent.Skipped, now, reason);
        }
        Advance(now);
    }

    /// <summary>The run is unfinished after its deadline.</summary>
    internal void MissDeadline()
    {
        if (Row.DeadlineMissed || Row.State.IsFinished()) return;
        Row = Row with { DeadlineMissed = true };
        rowChanged = true;
        Owe(Graph.Spec.Callbacks, CallbackKinds.MissedDeadline, new InstanceId(Id, "", InstanceId.Unmapped), 0, $"unfinished {Graph.Spec.Deadline} after {Row.LogicalTime:u}");
    }

    /// <summary>A task, or of a mapped one some instance, is unfinished after its deadline. Told once, for the first of them.</summary>
    internal void MissTaskDeadline(string task)
    {
        var instance = Instances.FirstOrDefault(instance => instance.Id.Task == task && !instance.State.IsFinished());
        if (instance is null || instance.DeadlineMissed) return;
        instance.DeadlineMissed = true;
        dirty.Add(instance);
        Owe(SpecOf(instance).Callbacks, CallbackKinds.MissedDeadline, instance.Id, instance.Attempt, $"unfinished {SpecOf(instance).Deadline} after {Row.LogicalTime:u}");
    }

    /// <summary>The instances that a selection names.</summary>
    internal IReadOnlyList<TaskInstance> Select(IEnumerable<string> tasks, int? mapIndex, bool upstream, bool downstream, Func<TaskState, bool>? where = null)
    {
        var chosen = tasks.Select(task => Graph[task]).ToHashSet();
        var all = new HashSet<int>(chosen);
        if (upstream) all.UnionWith(DagGraph.Reach(chosen, Graph.Upstream));
        if (downstream) all.UnionWith(DagGraph.Reach(chosen, Graph.Downstream));
        var selected = new List<TaskInstance>();
        foreach (var task in all.Order())
        {
            // The index narrows only what was named, and what lies in the same mapped scope.
            var narrowed = mapIndex is not null && (chosen.Contains(task) || chosen.Any(named => Graph.Scope[named] >= 0 && Graph.Scope[named] == Graph.Scope[task]));
            foreach (var instance in cells[task].Instances)
                if ((!narrowed || instance.Id.MapIndex == mapIndex) && (where is null || where(instance.State))) selected.Add(instance);
        }
        return selected;
    }

    /// <summary>The same run on another version of its Dag: tasks that are gone become removed, new ones begin at none.</summary>
    internal static Run Follow(Metadata.RunSnapshot snapshot, DagGraph newGraph, DateTimeOffset now)
    {
        var run = Load(snapshot, newGraph);
        run.Row = run.Row with { Version = newGraph.Version };
        run.rowChanged = true;
        foreach (var stranger in snapshot.Tasks.Where(instance => !newGraph.TryFind(instance.Id.Task, out _) && instance.State != TaskState.Removed))
        {
            // Its worker is told to stop by whoever has it, and its report finds no instance.
            run.EndAttempt(stranger, now);
            var from = stranger.State;
            stranger.State = TaskStates.Next(from, TaskEvent.Removed);
            run.dirty.Add(stranger);
            run.transitions.Add(new Transition(run.Id, stranger.Id.Task, stranger.Id.MapIndex, stranger.Attempt, from.Name(), stranger.State.Name(), now, "not in the version that the run follows now"));
        }
        return run;
    }

    void Reset(TaskInstance instance)
    {
        instance.ForgivenAttempts = instance.Attempt;
        instance.FirstLookAt = null;
        instance.Lease = null;
        instance.Child = null;
        instance.ResultLength = null;
        instance.ScheduledAt = instance.QueuedAt = instance.StartedAt = instance.EndedAt = null;
        instance.DeadlineMissed = false;
        past.Remove((instance.Id.Task, instance.Id.MapIndex));
        AwaitingPast.Remove(instance);
    }

    /// <summary>The attempt that is out, if there is one, loses its lease: the executor is told to stop it, and its report will be refused.</summary>
    void EndAttempt(TaskInstance instance, DateTimeOffset now)
    {
        if (instance.Lease is not { } lease) return;
        attempts.Add(new Attempt
        {
            Id = new AttemptId(instance.Id, instance.Attempt, lease),
            State = AttemptState.Cancelled,
            Worker = instance.Worker,
            StartedAt = instance.StartedAt ?? now,
            EndedAt = now,
            Error = "taken away while it ran",
        });
        instance.Lease = null;
    }

    /// <summary>Whether the list has another length than when the scope got its instances.</summary>
    bool IsMappedOverAnother(int task) => LengthOf(Graph.MapOf(task)) is var length
        && Graph.ScopeTasks[Graph.Scope[task]].Any(member => cells[member].IsExpanded && cells[member].Instances.Length != length);

    /// <summary>A mapped scope whose list is to be made anew goes back to its placeholders once all its instances are back at none.</summary>
    void CollapseMapped()
    {
        foreach (var (scope, members) in Graph.ScopeTasks)
        {
            var source = Graph.MapOf(scope).Task;
            if (source is null || cells[Graph[source]].Unfinished == 0 && !IsMappedOverAnother(scope)) continue;
            if (!members.All(member => cells[member].Count(TaskState.None) == cells[member].Instances.Length)) continue;
            foreach (var member in members)
            {
                if (!cells[member].IsExpanded) continue;
                foreach (var instance in cells[member].Instances)
                {
                    gone.Add(instance.Id);
                    dirty.Remove(instance);
                }
                unfinished -= cells[member].Unfinished;
                dirty.Add(cells[member].Collapse());
                unfinished += cells[member].Unfinished;
            }
        }
    }
}
