using Millrace.Dags;
using Millrace.Execution;
using Millrace.Metadata;

namespace Millrace.Runs;

// The life of attempts: admitted, claimed, reported, due again.
sealed partial class Run
{
    /// <summary>Every limit had room.</summary>
    internal void Admit(TaskInstance instance, DateTimeOffset now) => Step(instance, TaskEvent.Admitted, now);

    /// <summary>Hands the instance to an executor. Counted before the work starts: a worker that dies must still have used a try.</summary>
    internal Assignment Claim(TaskInstance instance, Guid lease, DateTimeOffset now)
    {
        var spec = SpecOf(instance);
        // A sensor's looks are one attempt until it fails.
        if (spec.Sensor is null || instance.FirstLookAt is null) instance.Attempt++;
        if (spec.Sensor is not null) instance.FirstLookAt ??= now;
        instance.Lease = lease;
        Step(instance, TaskEvent.Claimed, now);
        var attempt = new AttemptId(instance.Id, instance.Attempt, lease);
        attempts.Add(new Attempt { Id = attempt, State = AttemptState.Running, StartedAt = now });
        return new Assignment
        {
            Kind = AssignmentKind.Task,
            Attempt = attempt,
            Dag = Row.Dag,
            Version = Row.Version,
            Bundle = Graph.Bundle,
            RunKey = Row.Key,
            LogicalTime = Row.LogicalTime,
            IntervalStart = Row.IntervalStart,
            IntervalEnd = Row.IntervalEnd,
            Params = Row.Params,
            Records = Row.Records,
            Try = TryOf(instance),
            MaxTries = spec.Retry.Count + 1,
            ListAttempt = ListAttemptOf(instance),
        };
    }

    /// <summary>Which attempt made the list that a mapped instance has its item from; null where the list is the author's or that of a mapped task.</summary>
    int? ListAttemptOf(TaskInstance instance) =>
        instance.Id.MapIndex != InstanceId.Unmapped && Graph.MapOf(Graph[instance.Id.Task]).Task is { } source && cells[Graph[source]] is { IsExpanded: false } list
            ? list.Single.Attempt : null;

    /// <summary>Whether this attempt is the one that is out.</summary>
    internal bool IsOut(AttemptId attempt) =>
        Find(attempt.Instance.Task, attempt.Instance.MapIndex) is { State: TaskState.Running } instance && instance.Lease == attempt.Lease;

    /// <returns>False when the report comes without the lease: too late, or for an attempt that was taken away.</returns>
    internal bool Report(AttemptReport report, DateTimeOffset now)
    {
        if (Find(report.Attempt.Instance.Task, report.Attempt.Instance.MapIndex) is not { } instance || instance.Lease != report.Attempt.Lease) return false;
        if (instance.State is not (TaskState.Running or TaskState.Restarting)) return false;

        instance.Lease = null;
        instance.Worker = report.Worker;
        if (instance.State == TaskState.Restarting)
        {
            Record(report, AttemptState.Cancelled);
            Step(instance, TaskEvent.Released, now);
            Reset(instance);
            // It may be the one that kept its scope from being mapped anew.
            CollapseMapped();
            JudgeAll();
        }
        else Apply(report, instance, now);
        Advance(now);
        return true;
    }

    void Apply(AttemptReport report, TaskInstance instance, DateTimeOffset now)
    {
        var spec = SpecOf(instance);
        switch (report.Outcome)
        {
            case Outcome.Succeeded:
                Record(report, AttemptState.Success);
                if (report.Result is { } value)
                {
                    results.Add(new ResultRow(instance.Id, instance.Attempt, value));
                    instance.ResultLength = value.Length;
                }
                else instance.ResultLength = null;
                if (BranchProblem(report, spec) is { } problem)
                {
                    Step(instance, TaskEvent.Failed, now, problem);
                    break;
                }
                Step(instance, TaskEvent.Succeeded, now);
                SkipWhatWasNotChosen(report, instance, now);
                break;
            case Outcome.Skipped:
                Record(report, AttemptState.Skipped);
                Step(instance, TaskEvent.Skipped, now, report.Error);
                break;
            case Outcome.NotYet:
                LookAgain(report, instance, spec.Sensor!, now);
                break;
            case Outcome.Returned:
                Record(report, AttemptState.Cancelled);
                Step(instance, TaskEvent.Returned, now, "its executor stopped before it began");
                // The next claim takes the same number again: no try was used.
                if (spec.Sensor is null || instance.FirstLookAt == instance.StartedAt)
                {
                    instance.Attempt--;
                    instance.FirstLookAt = null;
                }
                break;
            default:
                Record(report, report.Outcome switch
                {
                    Outcome.TimedOut => AttemptState.TimedOut,
                    Outcome.Lost => AttemptState.Lost,
                    Outcome.Cancelled => AttemptState.Cancelled,
                    _ => AttemptState.Failed,
                });
                // Cancelled and still holding its lease: not by a person, but by an executor that had to stop.
                Fail(instance, report.Error ?? "failed", report.FailNow, now);
                break;
        }
    }

    /// <summary>A retry or a sensor's next look is due.</summary>
    internal void Due(TaskInstance instance, DateTimeOffset now)
    {
        if (instance.State is not (TaskState.UpForRetry or TaskState.UpForReschedule) || instance.DueAt > now) return;
        Step(instance, TaskEvent.Due, now);
    }

    /// <summary>A trigger task started its run: it waits for it, or is done.</summary>
    internal void Triggered(TaskInstance instance, RunId child, bool waits, DateTimeOffset now)
    {
        // Each try, also after a clear, starts a run of its own.
        instance.Attempt++;
        instance.Child = child;
        Step(instance, waits ? TaskEvent.Waits : TaskEvent.Succeeded, now);
        Advance(now);
    }

    /// <summary>The trigger could not be carried out.</summary>
    internal void TriggerFailed(TaskInstance instance, string reason, DateTimeOffset now)
    {
        Step(instance, TaskEvent.Failed, now, reason);
        Advance(now);
    }

    internal void ChildEnded(TaskInstance instance, RunRow child, DateTimeOffset now)
    {
        if (instance.State != TaskState.Deferred || instance.Child != child.Id || !child.State.IsFinished()) return;
        if (child.State == RunState.Success) Step(instance, TaskEvent.Succeeded, now);
        else Fail(instance, $"run '{child.Key}' of Dag '{child.Dag}' failed", failNow: false, now);
        Advance(now);
    }

    internal static int TryOf(TaskInstance instance) => instance.Attempt - instance.ForgivenAttempts;

    void Fail(TaskInstance instance, string reason, bool failNow, DateTimeOffset now)
    {
        var spec = SpecOf(instance);
        instance.FirstLookAt = null;
        if (failNow || TryOf(instance) > spec.Retry.Count)
        {
            Step(instance, TaskEvent.Failed, now, reason);
            return;
        }
        Step(instance, TaskEvent.FailedWithTriesLeft, now, reason);
        instance.DueAt = (now + spec.Retry.DelayAfter(TryOf(instance), Seed(instance))).Kept();
        Owe(spec.Callbacks, CallbackKinds.Retry, instance.Id, instance.Attempt, reason);
    }

    void LookAgain(AttemptReport report, TaskInstance instance, SensorSpec sensor, DateTimeOffset now)
    {
        var givesUpAt = instance.FirstLookAt!.Value + sensor.Timeout;
        if (now < givesUpAt.Kept())
        {
            Record(report, AttemptState.NotYet);
            Step(instance, TaskEvent.NotYet, now);
            var next = now + sensor.Interval;
            instance.DueAt = (next < givesUpAt ? next : givesUpAt).Kept();
            return;
        }
        Record(report, AttemptState.TimedOut);
        var reason = $"its condition did not hold within {sensor.Timeout}";
        if (sensor.SoftFail) Step(instance, TaskEvent.Skipped, now, reason);
        else Fail(instance, reason, failNow: false, now);
    }

    void Record(AttemptReport report, AttemptState state) => attempts.Add(new Attempt
    {
        Id = report.Attempt,
        State = state,
        Worker = report.Worker,
        StartedAt = report.StartedAt,
        EndedAt = report.EndedAt,
        ExitCode = report.ExitCode,
        Error = report.Error,
    });

    string? BranchProblem(AttemptReport report, TaskSpec spec)
    {
        if (report.Chosen is null) return null;
        var next = Graph.Downstream[Graph[spec.Id]].Select(task => Graph.Tasks[task].Id).ToHashSet();
        var strangers = report.Chosen.Where(id => !next.Contains(id)).ToArray();
        return strangers.Length == 0 ? null
            : $"branch '{spec.Id}' chose '{string.Join("', '", strangers)}', which does not follow it directly. It may choose among: {string.Join(", ", next.Order(StringComparer.Ordinal))}.";
    }

    void SkipWhatWasNotChosen(AttemptReport report, TaskInstance instance, DateTimeOffset now)
    {
        var task = Graph[instance.Id.Task];
        IEnumerable<int> skipped;
        if (report.Chosen is { } chosen)
        {
            var kept = chosen.Select(id => Graph[id]).ToHashSet();
            var reached = DagGraph.Reach(kept, Graph.Downstream);
            skipped = Graph.Downstream[task].Where(next => !kept.Contains(next) && !reached.Contains(next));
        }
        else if (report.GoOn == false)
        {
            var spec = Graph.Tasks[task];
            skipped = spec.RespectsTriggerRules ? Graph.Downstream[task] : DagGraph.Reach([task], Graph.Downstream).Where(next => !Graph.Tasks[next].IsTeardown);
        }
        else return;

        foreach (var next in skipped.Order())
        {
            var cell = cells[next];
            var sameIndex = Graph.Scope[next] >= 0 && Graph.Scope[next] == Graph.Scope[task] ? cell.Find(instance.Id.MapIndex) : null;
            if (sameIndex is not null) SkipWaiting(sameIndex, $"'{instance.Id.Task}' did not choose it", now);
            else
                for (var index = 0; index < cell.Instances.Length; index++) SkipWaiting(cell.Instances[index], $"'{instance.Id.Task}' did not choose it", now);
        }
    }

    void SkipWaiting(TaskInstance instance, string reason, DateTimeOffset now)
    {
        if (instance.State is TaskState.None or TaskState.Scheduled) Step(instance, TaskEvent.Skipped, now, reason);
    }

    /// <summary>The same for the same attempt of the same run: a replay must decide the same.</summary>
    static int Seed(TaskInstance instance)
    {
        var hash = instance.Id.Run.Value.GetHashCode() ^ instance.Id.MapIndex;
        foreach (var letter in instance.Id.Task) hash = unchecked(hash * 31 + letter);
        return hash;
    }
}
