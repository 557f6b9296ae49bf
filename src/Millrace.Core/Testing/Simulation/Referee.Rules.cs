using Millrace.Dags;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Testing.Simulation;

// What each decision, each end and each moment must satisfy.
sealed partial class Referee
{
    void CheckRule(RunModel run, InstanceId id, TaskState decided, string? reason)
    {
        // What is ended from outside follows no rule; neither does what a branch or a short-circuit turned away.
        if (run.State.IsFinished()) return;
        var task = run.Graph[id.Task];
        var spec = run.Graph.Tasks[task];
        if (decided == TaskState.Skipped && reason is not null)
        {
            if (reason.EndsWith("did not choose it", StringComparison.Ordinal))
            {
                var chooser = run.Graph[reason.Split('\'')[1]];
                if (run.Graph.Tasks[chooser].Kind is not (TaskKind.Branch or TaskKind.ShortCircuit)) Fail($"{Name(id)} was turned away by a task that chooses nothing");
                if (!DagGraph.Reach([chooser], run.Graph.Downstream).Contains(task)) Fail($"{Name(id)} was turned away by a task that is not before it");
                return;
            }
            if (reason == "mapped over an empty list")
            {
                var over = run.Graph.MapOf(task);
                if (over.Length != 0 && !run.Of(run.Graph[over.Task!]).Any(pair => pair.Value.ResultLength == 0)) Fail($"{Name(id)} was skipped for an empty list that is not empty");
                return;
            }
        }
        var isPlaceholder = run.Graph.IsMapped(task) && id.MapIndex == InstanceId.Unmapped;
        if (isPlaceholder && run.Graph.MapOf(task).Task is { } source)
        {
            var ends = run.Of(run.Graph[source]).Select(pair => pair.Value.State).ToArray();
            if (ends.Any(state => !state.IsFinished())) Fail($"{Name(id)} was decided before the list it is mapped over was there");
            // Without a list, the way the list's task ended decides; with one of the wrong kind, the instance fails.
            if (!ends.Contains(TaskState.Success) || ends.Any(state => state is TaskState.Failed or TaskState.UpstreamFailed))
            {
                if (decided == TaskState.Scheduled) Fail($"{Name(id)} runs without its list");
                return;
            }
            if (decided == TaskState.Scheduled) return;
        }
        if (RuleOracle.Fault(spec.TriggerRule, UpstreamOf(run, task, id.MapIndex), decided) is { } fault) Fail($"{Name(id)} became {decided.Name()}, but {fault}");
        if (decided == TaskState.Scheduled && spec.DependsOnPast) CheckPast(run, id);
    }

    static List<(TaskState, bool)> UpstreamOf(RunModel run, int task, int mapIndex)
    {
        var graph = run.Graph;
        var states = new List<(TaskState, bool)>();
        foreach (var up in graph.Upstream[task])
        {
            var sameScope = mapIndex >= 0 && graph.Scope[up] == graph.Scope[task];
            if (sameScope && run.Instances.TryGetValue((up, mapIndex), out var same)) states.Add((same.State, graph.Tasks[up].IsSetup));
            else states.AddRange(run.Of(up).Select(pair => (pair.Value.State, graph.Tasks[up].IsSetup)));
        }
        return states;
    }

    void CheckPast(RunModel run, InstanceId id)
    {
        if (run.Row.Kind is not (RunKind.Scheduled or RunKind.Backfill)) return;
        var before = runs.Values.Where(other => other.Row.Dag == run.Row.Dag && other.Row.Kind is RunKind.Scheduled or RunKind.Backfill && other.Row.LogicalTime < run.Row.LogicalTime)
            .MaxBy(other => other.Row.LogicalTime);
        // One that a person changed, or that a backfill put in between, may have looked otherwise a moment ago.
        if (before is null || before.IsTouched || before.Row.Kind == RunKind.Backfill) return;
        if (Find(before, id with { Run = before.Row.Id })?.State is not (TaskState.Success or TaskState.Skipped)) Fail($"{Name(id)} depends on its past, which was not good");
    }

    void CheckEnd(RunModel run)
    {
        var graph = run.Graph;
        if (run.Instances.FirstOrDefault(pair => !pair.Value.State.IsFinished()) is { Value: { } open } pair)
            Fail($"run {run.Row.Dag} {run.Row.Key} ended as {run.State.Name()} while {graph.Tasks[pair.Key.Task].Id}[{pair.Key.MapIndex}] is {open.State.Name()}");
        if (run.IsTouched) return;

        bool Counts(TaskSpec task) => !task.IsTeardown || task.FailsRun;
        var last = graph.Tasks.Where(task => Counts(task) && !graph.Tasks.Any(other => Counts(other) && other.Upstream.Contains(task.Id))).Select(task => graph[task.Id]).ToHashSet();
        var bad = run.Instances.Any(pair => last.Contains(pair.Key.Task) && pair.Value.State is TaskState.Failed or TaskState.UpstreamFailed);
        if (bad != (run.State == RunState.Failed)) Fail($"run {run.Row.Dag} {run.Row.Key} ended as {run.State.Name()} although its last tasks {(bad ? "did not all succeed" : "did not fail")}");
        foreach (var report in told.Values)
            if (report.Attempt.Instance.Run == run.Row.Id && successes.Contains(report.Attempt.Lease)) CheckChoice(run, report);
    }

    /// <summary>What a branch did not choose, and nothing it chose leads to, was skipped.</summary>
    void CheckChoice(RunModel run, Execution.AttemptReport report)
    {
        if (report.Chosen is not { } chosen || Find(run, report.Attempt.Instance)?.State != TaskState.Success) return;
        var graph = run.Graph;
        var task = graph[report.Attempt.Instance.Task];
        var wanted = chosen.Select(id => graph[id]).ToHashSet();
        wanted.UnionWith(DagGraph.Reach(wanted.ToArray(), graph.Downstream));
        foreach (var next in graph.Downstream[task].Where(next => !wanted.Contains(next)))
            foreach (var (key, instance) in run.Of(next))
            {
                var met = graph.Scope[next] < 0 || graph.Scope[next] != graph.Scope[task] || key.MapIndex == report.Attempt.Instance.MapIndex;
                // Rules that need not wait for the branch may have decided before it chose.
                if (key.MapIndex == InstanceId.Unmapped && graph.IsMapped(next)) continue;
                if (met && instance.State != TaskState.Skipped && graph.Tasks[next].TriggerRule is TriggerRule.AllSuccess or TriggerRule.NoneFailed or TriggerRule.AllDone && instance.State != TaskState.UpstreamFailed)
                    Fail($"{graph.Tasks[next].Id}[{key.MapIndex}] of {run.Row.Key} is {instance.State.Name()} although branch {report.Attempt.Instance.Task} did not choose it");
            }
    }

    /// <summary>Every firing in a backfill's range has a run.</summary>
    internal void CheckBackfill(BackfillRow backfill, DagSpec dag, DateTimeOffset seen)
    {
        var times = runs.Values.Where(run => run.Row.Dag == dag.Name && run.Row.Kind is RunKind.Scheduled or RunKind.Backfill).Select(run => run.Row.LogicalTime).ToHashSet();
        foreach (var firing in dag.Schedule.Between(backfill.From, backfill.To, new Scheduling.ScheduleBounds(seen, dag.StartDate, dag.EndDate)))
            if (!times.Contains(firing.LogicalTime)) Fail($"the backfill of {dag.Name} left out {firing.LogicalTime:HH:mm:ss}");
    }

    void CheckLimits()
    {
        var used = new Dictionary<string, int>(StringComparer.Ordinal);
        var limits = new Dictionary<string, int>(StringComparer.Ordinal);
        var users = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var run in runs.Values)
        {
            var dag = run.Graph.Spec;
            if (!run.State.IsFinished() && run.Row is { Kind: RunKind.Backfill, Backfill: { } backfill } && !run.IsTouched && backfills.TryGetValue(backfill, out var mostRuns))
                Use($"backfill of {dag.Name} {backfill.Value}", 1, mostRuns, run.Row.Key);
            if (run.State != RunState.Running) continue;
            Use($"runs of {dag.Name}", 1, dag.MaxActiveRuns, run.Row.Key);
            foreach (var (key, instance) in run.Instances)
            {
                // An attempt that its worker reported, or died with, is over whatever the store still says.
                if (!instance.State.HoldsSlots() || instance.Lease is { } lease && (told.ContainsKey(lease) || vanished.Contains(lease))) continue;
                var task = run.Graph.Tasks[key.Task];
                var who = $"{run.Row.Key} {task.Id}[{key.MapIndex}] {instance.State.Name()}";
                Use($"pool {task.Pool}", task.Slots, RandomDags.Pools[task.Pool], who);
                if (dag.MaxActiveTasks is { } most) Use($"tasks of {dag.Name}", 1, most, who);
                if (task.MaxActive is { } mostOfTask) Use($"task {dag.Name}/{task.Id}", 1, mostOfTask, who);
            }
        }
        foreach (var (what, amount) in used)
            if (amount > limits[what]) Fail($"{what}: {amount} in use, {limits[what]} allowed ({string.Join(", ", users[what])})");

        void Use(string what, int amount, int limit, string who)
        {
            if (!users.TryGetValue(what, out var list)) users.Add(what, list = []);
            list.Add(who);
            used[what] = used.GetValueOrDefault(what) + amount;
            limits[what] = limit;
        }
    }

    /// <summary>Whether a Dag that catches up still has firings before it: another scheduler may hold the room that its runs need.</summary>
    internal bool IsBehind(DagSpec dag, DateTimeOffset seen) =>
        dag.Catchup && runs.Values.Count(run => run.Row.Dag == dag.Name && run.Row.Kind == RunKind.Scheduled) < Due(dag, seen).Count;

    List<DateTimeOffset> Due(DagSpec dag, DateTimeOffset seen)
    {
        var due = new List<DateTimeOffset>();
        var bounds = new Scheduling.ScheduleBounds(seen, dag.StartDate, dag.EndDate);
        for (var firing = dag.Schedule.Next(null, bounds); firing is { } at && at.LogicalTime <= now(); firing = dag.Schedule.Next(at.LogicalTime, bounds)) due.Add(at.LogicalTime);
        return due;
    }

    /// <summary>Every firing of a schedule has its run, once and in order.</summary>
    internal void CheckSchedules(IEnumerable<DagSpec> dags, DateTimeOffset seen)
    {
        foreach (var dag in dags)
        {
            var times = runs.Values.Where(run => run.Row.Dag == dag.Name && run.Row.Kind == RunKind.Scheduled).Select(run => run.Row.LogicalTime).ToArray();
            if (!times.SequenceEqual(times.Order().Distinct())) Fail($"the runs of {dag.Name} were not created each once and in order: {List(times)}");
            if (!dag.Catchup || dag.Schedule.IsContinuous) continue;
            var due = Due(dag, seen);
            if (!times.SequenceEqual(due)) Fail($"{dag.Name} was due at {List(due)} and ran at {List(times)}");
        }
    }

    static string List(IEnumerable<DateTimeOffset> times) => string.Join(", ", times.Select(time => time.ToString("HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture)));
}
