using System.Threading.Channels;
using Millrace.Dags;
using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Runs;
using Millrace.Scheduling;

namespace Millrace.Testing;

/// <summary>
/// Runs a Dag in this process: the same run and the same task runner as in production, but no store, no limits and no other
/// runs beside it than those it triggers. One loop decides; bodies run beside it and report through a channel.
/// </summary>
sealed partial class LocalRun
{
    readonly LocalOptions options;
    readonly TimeProvider time;
    readonly VirtualClock? clock;
    readonly TaskRunner runner;
    readonly LocalServices services;
    readonly Dictionary<RunId, LocalRecord> records = [];
    readonly Channel<Ended> ended = Channel.CreateUnbounded<Ended>(new() { SingleReader = true });

    internal LocalRun(LocalOptions options)
    {
        this.options = options;
        time = options.Time;
        clock = time as VirtualClock;
        services = new(options.Variable);
        runner = new(options.Home, services, time, options.Grace, said: options.Said);
    }

    internal LocalServices Services => services;

    DateTimeOffset Now => time.GetUtcNow().Kept();

    /// <exception cref="ParamException">The params are missing or wrong.</exception>
    /// <exception cref="TimeoutException">Under a virtual clock, a body without a timeout took longer than the patience.</exception>
    internal async Task<LocalRecord> RunAsync(CancellationToken cancellation)
    {
        ConsoleCapture.Install();
        var main = Begin(options.Dag, FirstRow());
        try
        {
            while (true)
            {
                FireDue();
                HandOut();
                if (executing.Count == 0 && records.Values.All(record => record.Run.Row.State.IsFinished())) return main;
                await WaitAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await StopAsync("cancelled").ConfigureAwait(false);
            return main;
        }
        catch
        {
            await StopAsync("given up").ConfigureAwait(false);
            throw;
        }
    }

    RunRow FirstRow()
    {
        var now = Now;
        var spec = options.Dag.Spec;
        var at = (options.LogicalTime ?? now).Kept();
        var firing = FiringAt(spec, at);
        var kind = firing is null ? RunKind.Manual : RunKind.Scheduled;
        var interval = options.Interval ?? new(firing?.IntervalStart ?? at, firing?.IntervalEnd ?? at);
        return Row(options.Dag, kind, at, ParamSet.Resolve(spec.Name, spec.Params, options.Params), now) with
        {
            IntervalStart = interval.Start.Kept(),
            IntervalEnd = interval.End.Kept(),
        };
    }

    // A run for an instant at which the schedule fires gets the interval that the scheduler would give it.
    static Firing? FiringAt(DagSpec spec, DateTimeOffset at)
    {
        if (spec.Schedule.NeedsUserCode || spec.Schedule.IsContinuous) return null;
        var bounds = new ScheduleBounds(at, spec.StartDate, spec.EndDate);
        return spec.Schedule.Between(at, at, bounds).Cast<Firing?>().FirstOrDefault();
    }

    static RunRow Row(Dag dag, RunKind kind, DateTimeOffset at, ParamSet parameters, DateTimeOffset now) => new()
    {
        Id = RunId.New(now),
        Dag = dag.Name,
        Version = dag.ContentHash,
        Key = RunRow.KeyFor(kind, at),
        Kind = kind,
        LogicalTime = at,
        IntervalStart = at,
        IntervalEnd = at,
        Params = parameters.ToString(),
        QueuedAt = now,
    };

    LocalRecord Begin(Dag dag, RunRow row)
    {
        var run = Run.Create(row, new DagGraph(dag.Spec, row.Version, ""));
        var record = new LocalRecord(run, dag);
        records.Add(row.Id, record);
        SetAlarms(run);
        run.Start(Now);
        After(record);
        return record;
    }

    /// <summary>Takes note of the steps a run has just made.</summary>
    void After(LocalRecord record)
    {
        var run = record.Run;
        if (run.TakeNewlyAwaiting())
            foreach (var instance in run.AwaitingPast.ToArray()) run.PastKnown(instance, good: true, Now);
        Settle(record);
        if (run.TakeChange() is not { } change) return;
        run.Committed();
        services.Keep(change.Results);
        record.AssetEvents.AddRange(change.AssetEvents);
        foreach (var callback in change.Callbacks) callbacks.Enqueue((record, callback));
        foreach (var transition in change.Transitions)
        {
            record.Transitions.Add(transition);
            options.Moved?.Invoke(run.Row, transition);
        }
        if (run.Row.State.IsFinished()) TellParent(run.Row);
    }

    void TellParent(RunRow child)
    {
        if (child.Parent is not { } by || !records.TryGetValue(by.Run, out var parent)) return;
        if (parent.Run.Find(by.Task, by.MapIndex) is not { } instance) return;
        parent.Run.ChildEnded(instance, child, Now);
        After(parent);
    }

    async Task WaitAsync(CancellationToken cancellation)
    {
        if (clock is null) await WaitForRealAsync(cancellation).ConfigureAwait(false);
        else if (executing.Count > 0) await WaitForBodyAsync(clock, cancellation).ConfigureAwait(false);
        else if (alarms.TryPeek(out _, out var next)) clock.AdvanceTo(next.At);
        else throw new InvalidOperationException($"The run of Dag '{options.Dag.Name}' is unfinished but nothing is due any more: {Unfinished()}.");
        while (ended.Reader.TryRead(out var end)) Apply(end);
    }

    async Task WaitForRealAsync(CancellationToken cancellation)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var happening = new List<Task> { ended.Reader.WaitToReadAsync(until.Token).AsTask() };
        if (alarms.TryPeek(out _, out var next))
        {
            var wait = next.At - time.GetUtcNow();
            happening.Add(Task.Delay(wait < TimeSpan.Zero ? TimeSpan.Zero : wait < Longest ? wait : Longest, time, until.Token));
        }
        await Task.WhenAny(happening).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        await until.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>No virtual time passes while a body runs, unless it hangs: then its timeout comes.</summary>
    async Task WaitForBodyAsync(VirtualClock moving, CancellationToken cancellation)
    {
        try
        {
            await ended.Reader.WaitToReadAsync(cancellation).AsTask().WaitAsync(options.Patience, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            if (executing.Values.FirstOrDefault(work => work.TimesOutAt is not null && !work.Cancellation.Requested) is not { } hanging)
                throw new TimeoutException($"'{executing.Values.First().Name}' still runs after {options.Patience.TotalSeconds:0.#} s of real time. "
                    + "Give the task a timeout and let its code heed its context's Cancellation, replace it in the test, or give the test more patience.");
            moving.AdvanceTo(hanging.TimesOutAt!.Value);
        }
    }

    /// <summary>Ends what is unfinished and waits for the bodies to let go, as long as a command's grace allows.</summary>
    async Task StopAsync(string reason)
    {
        foreach (var record in records.Values.ToArray())
        {
            if (record.Run.Row.State.IsFinished()) continue;
            record.Run.End(Now, reason);
            After(record);
        }
        foreach (var work in executing.Values) Cancel(work, CancelReason.Cancelled);
        var enough = Task.Delay(options.Grace + TimeSpan.FromSeconds(1), CancellationToken.None);
        await Task.WhenAny(Task.WhenAll(executing.Values.Select(work => work.Done)), enough).ConfigureAwait(false);
    }

    string Unfinished() => string.Join(", ", records.Values.SelectMany(record => record.Run.Instances)
        .Where(instance => !instance.State.IsFinished()).Select(instance => $"{instance.Id.Task} is {instance.State.Name()}"));

    // A timer takes at most 49 days; the loop then looks again.
    static readonly TimeSpan Longest = TimeSpan.FromDays(30);
}
