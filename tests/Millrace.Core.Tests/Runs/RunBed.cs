using Millrace.Dags;
using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Runs;
using Xunit;

namespace Millrace.Core.Tests.Runs;

/// <summary>A run with nothing around it: a test is its scheduler, its workers and its clock.</summary>
sealed class RunBed
{
    internal static DateTimeOffset Noon { get; } = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    readonly List<Run.Move> moves = [];
    internal DateTimeOffset Now { get; private set; } = Noon;
    internal Run Run { get; private set; }
    internal List<RunChange> Changes { get; } = [];

    RunBed(DagSpec spec, RunKind kind)
    {
        var graph = new DagGraph(spec, "v1", "");
        Run = Run.Create(new RunRow
        {
            Id = RunId.New(Noon),
            Dag = spec.Name,
            Version = "v1",
            Key = RunRow.KeyFor(kind, Noon),
            Kind = kind,
            LogicalTime = Noon,
            IntervalStart = Noon,
            IntervalEnd = Noon,
            QueuedAt = Noon,
        }, graph);
    }

    /// <summary>A run of these tasks that has begun.</summary>
    internal static RunBed Of(params IReadOnlyList<TaskSpec> tasks) => Of(new DagSpec { Name = "dag", Tasks = tasks });

    internal static RunBed Of(DagSpec spec, RunKind kind = RunKind.Manual)
    {
        var bed = new RunBed(spec, kind);
        bed.Run.Start(bed.Now);
        return bed;
    }

    internal static TaskSpec Task(string id, params IReadOnlyList<string> upstream) => new() { Id = id, Kind = TaskKind.Function, Upstream = upstream };

    internal void Pass(TimeSpan time) => Now += time;

    internal TaskInstance this[string task, int index = InstanceId.Unmapped] => Run.Find(task, index) ?? throw new KeyNotFoundException($"{task}[{index}]");

    internal Assignment Claim(string task, int index = InstanceId.Unmapped)
    {
        Run.Admit(this[task, index], Now);
        return Run.Claim(this[task, index], Guid.NewGuid(), Now);
    }

    internal AttemptReport Answer(Assignment assignment, Outcome outcome) => new()
    {
        Attempt = assignment.Attempt,
        Outcome = outcome,
        Worker = "w",
        StartedAt = Now,
        EndedAt = Now,
        Error = outcome == Outcome.Failed ? "it threw" : null,
    };

    internal bool Report(Assignment assignment, Outcome outcome) => Run.Report(Answer(assignment, outcome), Now);

    /// <summary>From scheduled to its end.</summary>
    internal void End(string task, Outcome outcome = Outcome.Succeeded, int index = InstanceId.Unmapped) => Assert.True(Report(Claim(task, index), outcome));

    internal void EndWithList(string task, int length) =>
        Assert.True(Run.Report(Answer(Claim(task), Outcome.Succeeded) with { Result = new ResultValue([], null, 0, length, "list") }, Now));

    internal void Choose(string branch, params string[] chosen) =>
        Assert.True(Run.Report(Answer(Claim(branch), Outcome.Succeeded) with { Chosen = chosen }, Now));

    internal void GoOn(string shortCircuit, bool goOn) =>
        Assert.True(Run.Report(Answer(Claim(shortCircuit), Outcome.Succeeded) with { GoOn = goOn }, Now));

    /// <summary>The states, as one line: <c>a success, b[0] running</c>.</summary>
    internal string States => string.Join(", ", Run.Instances.Select(instance =>
        $"{instance.Id.Task}{(instance.Id.MapIndex < 0 ? "" : $"[{instance.Id.MapIndex}]")} {instance.State.Name()}"));

    internal void Expect(string states) => Assert.Equal(states, States);

    /// <summary>The store takes what has changed.</summary>
    internal RunChange? Commit()
    {
        Run.DrainMoves(moves);
        moves.Clear();
        if (Run.TakeChange() is not { } change) return null;
        Run.Committed();
        Changes.Add(change);
        return change;
    }

    /// <summary>Another process takes the run over from what is stored.</summary>
    internal void Reload(DagSpec? newVersion = null)
    {
        Commit();
        var snapshot = new RunSnapshot(Run.Row with { Revision = Run.Revision }, [.. Run.Instances]);
        Run = newVersion is null ? Run.Load(snapshot, Run.Graph) : Run.Follow(snapshot, new DagGraph(newVersion, "v2", ""), Now);
    }
}
