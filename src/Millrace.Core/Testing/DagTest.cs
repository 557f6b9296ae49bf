using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Runs;

namespace Millrace.Testing;

/// <summary>
/// Runs a Dag in a unit test, in this process and under a virtual clock: retries, sensors, timeouts and deadlines take no real time.
/// <code>
/// var run = await DagTest.For(Etl.Pipeline).With("day", "2026-11-20").Failing("load", times: 2).RunAsync();
/// Assert.Equal(RunState.Success, run.State);
/// Assert.Equal(3, run["load"].Attempts);
/// </code>
/// Immutable: every method returns a new one, so that tests can share a beginning. One body runs at a time, in the same order each
/// time; pools and limits don't count.
/// </summary>
public sealed partial class DagTest
{
    readonly Plan plan;

    sealed record Plan(Dag Dag)
    {
        public JsonObject Params { get; init; } = [];
        public DateTimeOffset? LogicalTime { get; init; }
        public DataInterval? Interval { get; init; }
        public ImmutableArray<Change> Changes { get; init; } = [];
        public ImmutableArray<Duration> Durations { get; init; } = [];
        public ImmutableArray<Happening> Happenings { get; init; } = [];
        public ImmutableDictionary<string, Dag> Known { get; init; } = ImmutableDictionary<string, Dag>.Empty;
        public ImmutableDictionary<string, string> Variables { get; init; } = ImmutableDictionary<string, string>.Empty;
        public ImmutableDictionary<string, string> TriggerFaults { get; init; } = ImmutableDictionary<string, string>.Empty;
        public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
    }

    sealed record Change(string Task, Func<TaskSpec, TaskCode, TaskCode> Of);

    sealed record Duration(string Task, int? MapIndex, TimeSpan Takes);

    sealed record Happening(TimeSpan After, Action What);

    DagTest(Plan plan) => this.plan = plan;

    public static DagTest For(Dag dag)
    {
        ArgumentNullException.ThrowIfNull(dag);
        return new(new Plan(dag));
    }

    /// <summary>Gives the run a param, checked as in production.</summary>
    public DagTest With(string param, object? value)
    {
        ArgumentNullException.ThrowIfNull(param);
        var given = plan.Params.DeepClone().AsObject();
        given[param] = JsonSerializer.SerializeToNode(value, ParamSet.Json);
        return new(plan with { Params = given });
    }

    /// <inheritdoc cref="With(string, object?)"/>
    public DagTest With<T>(Param<T> param, T value)
    {
        ArgumentNullException.ThrowIfNull(param);
        return With(param.Name, (object?)value);
    }

    public DagTest WithVariable(string name, string value) => new(plan with { Variables = plan.Variables.SetItem(name, value) });

    /// <summary>The instant the run is for; the clock starts there. 2026-01-01 00:00 UTC unless said.</summary>
    /// <remarks>An instant at which the Dag's schedule fires makes a scheduled run with its data interval, any other a manual run.</remarks>
    public DagTest At(DateTimeOffset logicalTime) => new(plan with { LogicalTime = logicalTime });

    /// <inheritdoc cref="At(DateTimeOffset)"/>
    /// <param name="logicalTime">ISO 8601, UTC unless it says otherwise: <c>2026-11-21</c> or <c>2026-11-21T06:00</c>.</param>
    public DagTest At(string logicalTime) => At(DateTimeOffset.Parse(logicalTime, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal));

    /// <summary>The run's data interval, in place of the schedule's.</summary>
    public DagTest Covering(DateTimeOffset start, DateTimeOffset end) => new(plan with { Interval = new(start, end) });

    /// <summary>Dags that trigger tasks may start. A trigger of any other is recorded and taken as a success.</summary>
    public DagTest Knowing(params IEnumerable<Dag> dags) => new(plan with { Known = plan.Known.SetItems(dags.Select(dag => KeyValuePair.Create(dag.Name, dag))) });

    /// <summary>An attempt of the task takes this long on the clock before its body runs; longer than its timeout, it times out and the body never runs.</summary>
    public DagTest Taking(string task, TimeSpan duration, int? mapIndex = null)
    {
        SpecOf(task);
        return new(plan with { Durations = plan.Durations.Add(new(task, mapIndex, duration)) });
    }

    /// <summary>Does something when this much time has passed on the clock: put the file there that a sensor waits for.</summary>
    public DagTest After(TimeSpan time, Action what) => new(plan with { Happenings = plan.Happenings.Add(new(time, what)) });

    /// <summary>The real time that one body may take, 30 seconds unless said. Then it is timed out if its task has a timeout; else the test fails.</summary>
    public DagTest Patience(TimeSpan realTime) => new(plan with { Patience = realTime });

    /// <summary>Runs the Dag to its end. Failing tasks fail the run, not this call.</summary>
    /// <exception cref="ParamException">The params are missing or wrong.</exception>
    public async Task<DagTestRun> RunAsync(CancellationToken cancellation = default)
    {
        var clock = new VirtualClock(plan.LogicalTime ?? new VirtualClock().GetUtcNow());
        foreach (var (after, what) in plan.Happenings)
            clock.CreateTimer(_ => what(), null, after, Timeout.InfiniteTimeSpan);
        var changes = plan.Changes.ToLookup(change => change.Task);
        var home = new HomeFolder(TestFolder.New());
        var local = new LocalRun(new LocalOptions
        {
            Dag = plan.Dag.WithCode((task, code) => changes[task.Id].Aggregate(code, (before, change) => change.Of(task, before))),
            Home = home,
            Time = clock,
            LogicalTime = plan.LogicalTime,
            Interval = plan.Interval,
            Params = plan.Params.ToJsonString(),
            Known = plan.Known,
            Variable = plan.Variables.GetValueOrDefault,
            Taking = plan.Durations.IsEmpty ? null : (task, index) => plan.Durations.LastOrDefault(d => d.Task == task && (d.MapIndex is null || d.MapIndex == index))?.Takes ?? TimeSpan.Zero,
            TriggerFault = plan.TriggerFaults.GetValueOrDefault,
            Patience = plan.Patience,
        });
        var record = await local.RunAsync(cancellation).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return new DagTestRun(record, local.Services, home);
    }

    TaskSpec SpecOf(string task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return plan.Dag.Spec.Tasks.FirstOrDefault(spec => spec.Id == task)
            ?? throw new ArgumentException($"Dag '{plan.Dag.Name}' has no task '{task}'{Nearest.Hint(task, plan.Dag.Spec.Tasks.Select(spec => spec.Id))}.", nameof(task));
    }
}
