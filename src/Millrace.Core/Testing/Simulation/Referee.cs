using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Testing.Simulation;

/// <summary>
/// Watches every commit that the store took and every attempt that was carried out, keeps its own account of them, and says when
/// one breaks a promise. It shares no decision with the code it watches but the two state machines, which have tests of their own.
/// </summary>
sealed partial class Referee(Func<string, string, DagGraph> graphOf, Func<DateTimeOffset> now)
{
    internal sealed class InstanceModel
    {
        internal TaskState State { get; set; }
        internal Guid? Lease { get; set; }
        internal int? ResultLength { get; set; }
    }

    internal sealed class RunModel(RunRow row, DagGraph graph)
    {
        internal RunRow Row { get; set; } = row;
        internal RunState State { get; set; } = row.State;
        internal DagGraph Graph { get; set; } = graph;
        internal Dictionary<(int Task, int MapIndex), InstanceModel> Instances { get; } = [];
        /// <summary>A person changed it: what its end must look like can't be told from its rules alone.</summary>
        internal bool IsTouched { get; set; }

        internal IEnumerable<KeyValuePair<(int Task, int MapIndex), InstanceModel>> Of(int task) => Instances.Where(pair => pair.Key.Task == task);
    }

    readonly Dictionary<RunId, RunModel> runs = [];
    readonly Dictionary<BackfillId, int> backfills = [];
    readonly HashSet<Guid> handedOut = [];
    readonly HashSet<Guid> endedLeases = [];
    readonly Dictionary<Guid, AttemptReport> told = [];
    readonly HashSet<Guid> successes = [];
    readonly HashSet<Guid> vanished = [];
    readonly HashSet<Guid> owed = [];
    readonly HashSet<Guid> called = [];

    /// <summary>What was stored, in order: two simulations of one seed write the same.</summary>
    internal List<string> Log { get; } = [];
    internal string? Violation { get; private set; }
    internal IEnumerable<RunModel> Runs => runs.Values;
    internal int Transitions { get; private set; }
    internal int Attempts => handedOut.Count;
    internal IReadOnlyCollection<Guid> CallbacksOwed => owed;

    internal RunModel Run(RunId id) => runs[id];

    internal void Fail(string what) => Violation ??= what;

    internal void Created(RunRow row)
    {
        var graph = graphOf(row.Dag, row.Version);
        var model = new RunModel(row, graph);
        for (var task = 0; task < graph.Tasks.Length; task++) model.Instances.Add((task, InstanceId.Unmapped), new InstanceModel());
        if (!runs.TryAdd(row.Id, model)) Fail($"run {row.Key} of {row.Dag} was created twice");
        if (runs.Values.Any(other => other != model && other.Row.Dag == row.Dag && other.Row.Key == row.Key)) Fail($"{row.Dag} has two runs {row.Key}");
        Note($"{row.Dag} {row.Key} created");
    }

    internal void Asked(BackfillRow backfill) => backfills.Add(backfill.Id, backfill.MaxActive);

    internal void Committed(CommitBatch batch, CommitResult result)
    {
        foreach (var change in batch.Changes)
            if (!result.Conflicts.Contains(change.Run.Id)) Apply(change, batch.Scheduler is null);
        foreach (var created in batch.NewRuns)
            if (result.NewRuns.GetValueOrDefault(created.Run.Id, NewRunOutcome.Exists) == NewRunOutcome.Created) Created(created.Run);
        foreach (var callback in batch.CallbacksDone)
        {
            if (!called.Contains(callback)) Fail("a callback was struck off that was never called");
            owed.Remove(callback);
        }
        CheckLimits();
    }

    internal void CallbackCalled(Guid callback)
    {
        if (!owed.Contains(callback) && !called.Contains(callback)) Fail("a callback was called that nobody is owed");
        called.Add(callback);
    }

    internal void HandedOut(Assignment assignment)
    {
        var attempt = assignment.Attempt;
        if (!handedOut.Add(attempt.Lease)) Fail($"{Name(attempt)} was handed out twice");
        var instance = Find(runs[attempt.Instance.Run], attempt.Instance);
        if (instance is null || instance.State is not (TaskState.Running or TaskState.Restarting) || instance.Lease != attempt.Lease)
        {
            // The claim is stored before the work is handed out; a person may have taken it away in the same moment, another scheduler after a lease was lost.
            if (instance?.Lease == attempt.Lease || !claimed.Contains(attempt.Lease)) Fail($"{Name(attempt)} was handed out while it is {instance?.State.Name() ?? "gone"}");
        }
    }

    internal void Reported(AttemptReport report, bool isLate)
    {
        if (!isLate) told[report.Attempt.Lease] = report;
    }

    /// <summary>Its worker died without a word.</summary>
    internal void Vanished(AttemptId attempt) => vanished.Add(attempt.Lease);

    readonly HashSet<Guid> claimed = [];

    void Apply(RunChange change, bool byHand)
    {
        var run = runs[change.Run.Id];
        run.IsTouched |= byHand;
        // A task that the new version does not have gives its lease up in this same commit.
        var left = change.Run.Version != run.Row.Version ? Follow(run, change.Run) : [];
        run.Row = change.Run;

        var gone = new Dictionary<InstanceId, InstanceModel>();
        foreach (var id in change.Gone)
            if (run.Graph.TryFind(id.Task, out var number) && run.Instances.Remove((number, id.MapIndex), out var model)) gone[id] = model;
        foreach (var row in change.Tasks)
            if (run.Graph.TryFind(row.Id.Task, out var number)) run.Instances.TryAdd((number, row.Id.MapIndex), new InstanceModel());
        for (var task = 0; task < run.Graph.Tasks.Length; task++)
            if (!run.Of(task).Any()) run.Instances.Add((task, InstanceId.Unmapped), new InstanceModel());

        foreach (var attempt in change.Attempts)
            if (!left.TryGetValue(attempt.Id.Instance, out var lease) || lease != attempt.Id.Lease) Account(run, attempt, gone);
            else if (!endedLeases.Add(attempt.Id.Lease)) Fail($"{Name(attempt.Id)} ended twice, now as {attempt.State.Name()}");
        // Results first: how long a list is decides what is skipped in the same commit.
        foreach (var result in change.Results)
            if (Find(run, result.Id) is { } instance) instance.ResultLength = result.Value.Length;
        foreach (var transition in change.Transitions) Move(run, transition, gone);
        foreach (var row in change.Tasks)
        {
            if (Find(run, row.Id) is not { } instance) continue;
            if (instance.State != row.State) Fail($"{Name(row.Id)} is stored as {row.State.Name()}, but its transitions lead to {instance.State.Name()}");
            instance.Lease = row.Lease;
            if ((row.Lease is not null) != (row.State is TaskState.Running or TaskState.Restarting)) Fail($"{Name(row.Id)} is {row.State.Name()} {(row.Lease is null ? "without" : "with")} a lease");
        }
        foreach (var callback in change.Callbacks) owed.Add(callback.Callback);
        if (run.State != change.Run.State) Fail($"run {change.Run.Key} is stored as {change.Run.State.Name()}, but its transitions lead to {run.State.Name()}");
        if (run.State.IsFinished()) CheckEnd(run);
    }

    /// <returns>The leases of the instances that the new version does not have.</returns>
    Dictionary<InstanceId, Guid?> Follow(RunModel run, RunRow row)
    {
        var old = run.Graph;
        run.Graph = graphOf(row.Dag, row.Version);
        var kept = run.Instances.Where(pair => run.Graph.TryFind(old.Tasks[pair.Key.Task].Id, out _))
            .ToDictionary(pair => (run.Graph[old.Tasks[pair.Key.Task].Id], pair.Key.MapIndex), pair => pair.Value);
        var left = run.Instances.Where(pair => !run.Graph.TryFind(old.Tasks[pair.Key.Task].Id, out _))
            .ToDictionary(pair => new InstanceId(run.Row.Id, old.Tasks[pair.Key.Task].Id, pair.Key.MapIndex), pair => pair.Value.Lease);
        run.Instances.Clear();
        foreach (var (key, value) in kept) run.Instances.Add(key, value);
        return left;
    }

    void Account(RunModel run, Attempt attempt, Dictionary<InstanceId, InstanceModel> gone)
    {
        var lease = attempt.Id.Lease;
        var instance = gone.TryGetValue(attempt.Id.Instance, out var old) && old.Lease == lease ? old : Find(run, attempt.Id.Instance);
        if (attempt.State == AttemptState.Running)
        {
            if (!claimed.Add(lease)) Fail($"{Name(attempt.Id)} was claimed twice");
            if (instance?.Lease is { } other && !endedLeases.Contains(other)) Fail($"{Name(attempt.Id)} was claimed while another attempt of it is out");
            if (instance is not null) instance.Lease = lease;
            return;
        }
        if (!endedLeases.Add(lease)) Fail($"{Name(attempt.Id)} ended twice, now as {attempt.State.Name()}");
        if (instance?.Lease != lease) Fail($"a report of {Name(attempt.Id)} was accepted without the lease");
        if (attempt.State == AttemptState.Success) successes.Add(lease);
        if (attempt.State is AttemptState.Success && told.GetValueOrDefault(lease)?.Outcome != Outcome.Succeeded) Fail($"{Name(attempt.Id)} is recorded as success, which its worker did not report in time");
    }

    void Move(RunModel run, Transition transition, Dictionary<InstanceId, InstanceModel> gone)
    {
        Transitions++;
        if (transition.Task.Length == 0)
        {
            Note($"{run.Row.Dag} {run.Row.Key} {transition.From} -> {transition.To} {transition.Reason}");
            var (from, to) = (RunStates.Parse(transition.From), RunStates.Parse(transition.To));
            if (run.State != from) Fail($"run {run.Row.Key} steps from {transition.From} but is {run.State.Name()}");
            if (!Enum.GetValues<RunEvent>().Any(on => Allows(() => RunStates.Next(from, on) == to))) Fail($"run {run.Row.Key} made the step {transition.From} -> {transition.To}, which its machine does not have");
            run.State = to;
            if (transition.Reason is { } reason && (reason.StartsWith("it ran longer", StringComparison.Ordinal) || reason.StartsWith("marked", StringComparison.Ordinal))) run.IsTouched = true;
            return;
        }
        Note($"{run.Row.Dag} {run.Row.Key} {transition.Task}[{transition.MapIndex}] {transition.From} -> {transition.To} {transition.Attempt} {transition.Reason}");
        var id = new InstanceId(run.Row.Id, transition.Task, transition.MapIndex);
        var (was, becomes) = (TaskStates.Parse(transition.From), TaskStates.Parse(transition.To));
        // An index that is mapped anew in the same commit: what it was, until it is none.
        if ((gone.TryGetValue(id, out var old) && old.State == was && was != TaskState.None ? old : Find(run, id) ?? old) is not { } instance)
        {
            if (run.Graph.TryFind(id.Task, out _)) Fail($"{Name(id)} made a step but does not exist");
            return;
        }
        if (instance.State != was) Fail($"{Name(id)} steps from {transition.From} but is {instance.State.Name()}");
        if (!Enum.GetValues<TaskEvent>().Any(on => Allows(() => TaskStates.Next(was, on) == becomes))) Fail($"{Name(id)} made the step {transition.From} -> {transition.To}, which its machine does not have");
        if (was == TaskState.None && becomes is TaskState.Scheduled or TaskState.Skipped or TaskState.UpstreamFailed) CheckRule(run, id, becomes, transition.Reason);
        instance.State = becomes;
    }

    static bool Allows(Func<bool> step)
    {
        try
        {
            return step();
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    static InstanceModel? Find(RunModel run, InstanceId id) => run.Graph.TryFind(id.Task, out var number) ? run.Instances.GetValueOrDefault((number, id.MapIndex)) : null;

    string Name(InstanceId id) => $"{runs[id.Run].Row.Dag} {runs[id.Run].Row.Key} {id.Task}[{id.MapIndex}]";

    string Name(AttemptId id) => $"{Name(id.Instance)} attempt {id.Number}";

    void Note(string line) => Log.Add($"{now():HH:mm:ss.fff} {line}");
}
