using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Millrace.Execution;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Scheduling;

/// <summary>
/// Carries the decisions out. One loop, one turn at a time: take in what happened, let the runs decide what follows, store all of it
/// in one commit, then hand out the work that the commit made certain. Nothing is polled on the way from a finished task to its
/// successors: the report of the one is in the same turn as the hand-out of the others.
/// </summary>
sealed partial class Scheduler : IExecutorListener, IAsyncDisposable
{
    readonly IMetadataStore store;
    readonly IExecutor executor;
    readonly SchedulerOptions options;
    readonly TimeProvider time;
    readonly ILogger<Scheduler> logger;
    readonly Channel<Happening> inbox = Channel.CreateUnbounded<Happening>(new UnboundedChannelOptions { SingleReader = true });
    readonly CancellationTokenSource halt = new();
    readonly DagCatalog catalog;
    readonly Limits limits;
    readonly Timers timers = new();
    readonly ITimer alarm;
    Task loop = Task.CompletedTask;
    DateTimeOffset housekeepingAt;
    volatile bool stopping;
    int failures;

    /// <summary>What came in from outside since the last turn.</summary>
    abstract record Happening
    {
        internal sealed record Reported(AttemptReport Report) : Happening;
        internal sealed record CallbackEnded(Guid Callback, string? Error) : Happening;
        internal sealed record FiringKnown(Guid Question, FiringAnswer Answer) : Happening;
        internal sealed record Woken(RunId? Run) : Happening;
        /// <summary>Nothing but: look again.</summary>
        internal sealed record Ring : Happening
        {
            internal static Ring Instance { get; } = new();
        }
    }

    internal SchedulerId Id { get; private set; }

    /// <summary>A run ended; told after its end was stored.</summary>
    internal event Action<RunRow>? RunEnded;
    /// <summary>A run began; told after that was stored.</summary>
    internal event Action<RunRow>? RunBegan;
    internal event Action<Exception>? TurnFailed;
    /// <summary>The topics to watch, told whenever the Dags were read.</summary>
    internal event Action<IReadOnlyList<TopicWatch>>? WatchesKnown;

    internal Scheduler(IMetadataStore store, IExecutor executor, SchedulerOptions options, TimeProvider time, ILogger<Scheduler> logger)
    {
        (this.store, this.executor, this.options, this.time, this.logger) = (store, executor, options, time, logger);
        catalog = new DagCatalog(store, logger);
        isGone = IsGone;
        limits = new Limits(options.Alone);
        alarm = time.CreateTimer(_ => inbox.Writer.TryWrite(Happening.Ring.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal async Task StartAsync(CancellationToken cancellation)
    {
        await JoinAsync(cancellation).ConfigureAwait(false);
        loop = Task.Run(LoopAsync, CancellationToken.None);
    }

    /// <summary>Ready to take turns, but whoever calls this must see to it that they are taken.</summary>
    internal async Task JoinAsync(CancellationToken cancellation)
    {
        await EnterAsync(cancellation).ConfigureAwait(false);
        store.ChangedElsewhere += Wake;
        await executor.StartAsync(this, cancellation).ConfigureAwait(false);
    }

    /// <summary>Whether a turn would have something to take in.</summary>
    internal bool HasHappenings => inbox.Reader.TryPeek(out _);

    /// <summary>Something changed in the store: a run if given, else anything.</summary>
    internal void Wake(RunId? run) => inbox.Writer.TryWrite(new Happening.Woken(run));

    void IExecutorListener.Reported(AttemptReport report) => inbox.Writer.TryWrite(new Happening.Reported(report));
    void IExecutorListener.CallbackEnded(Guid callback, string? error) => inbox.Writer.TryWrite(new Happening.CallbackEnded(callback, error));
    void IExecutorListener.FiringKnown(Guid question, FiringAnswer answer) => inbox.Writer.TryWrite(new Happening.FiringKnown(question, answer));
    void IExecutorListener.CapacityChanged() => inbox.Writer.TryWrite(Happening.Ring.Instance);

    /// <summary>Nothing new is begun, running attempts get their grace, the rest stays queued for whoever comes next.</summary>
    internal async Task StopAsync(TimeSpan grace)
    {
        await StopWorkAsync(grace).ConfigureAwait(false);
        inbox.Writer.TryComplete();
        await loop.ConfigureAwait(false);
        await LeaveAsync().ConfigureAwait(false);
    }

    internal Task StopWorkAsync(TimeSpan grace)
    {
        store.ChangedElsewhere -= Wake;
        stopping = true;
        return executor.StopAsync(grace);
    }

    internal async Task LeaveAsync()
    {
        try
        {
            // The token is none: what ended must be recorded although everything is being stopped.
            await store.LeaveAsync(Id, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Log.LeaveFailed(logger, e, Id);
        }
    }

    async Task LoopAsync()
    {
        while (await inbox.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            await TryTurnAsync(halt.Token).ConfigureAwait(false);
            if (halt.IsCancellationRequested || stopping && failures > 3) return;
        }
    }

    /// <summary>A turn that, if it fails, is taken again a little later.</summary>
    internal async Task TryTurnAsync(CancellationToken cancellation)
    {
        try
        {
            await TurnAsync(cancellation).ConfigureAwait(false);
            failures = 0;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The store is away, most likely. Nothing is lost: what was decided and not stored is decided again from what is stored.
            Log.TurnFailed(logger, e, Math.Min(++failures, 50));
            TurnFailed?.Invoke(e);
            // What the turn had taken up and not finished, such as a Dag that is due, is found by looking at everything.
            wokenAll = true;
            alarm.Change(TimeSpan.FromMilliseconds(Math.Min(50 * Math.Pow(2, Math.Min(failures, 10)), 2000)), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>One turn.</summary>
    async Task TurnAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow().Kept();
        TakeIn();
        try
        {
            await LoadMissingAsync(now, cancellation).ConfigureAwait(false);
            // Too far ahead: the clock was set back.
            if (now >= housekeepingAt || housekeepingAt > now + options.Housekeeping) await KeepHouseAsync(now, cancellation).ConfigureAwait(false);
            await AnswerWakesAsync(now, cancellation).ConfigureAwait(false);
            await TakeAnswersAsync(cancellation).ConfigureAwait(false);
            bool more;
            do
            {
                ApplyReports(now);
                FireTimers(now);
                await LookIntoThePastAsync(now, cancellation).ConfigureAwait(false);
                if (!stopping) await CreateDueRunsAsync(now, cancellation).ConfigureAwait(false);
                StartWaitingRuns(now);
                await TriggerOthersAsync(now, cancellation).ConfigureAwait(false);
                HandOut(now);
                // Larger shares may let more begin: asked for before the commit, so that they needn't wait for the next one.
                more = limits.AnyMissing && await GrowSharesAsync(cancellation).ConfigureAwait(false);
                if (more) StartWaitingRuns(now);
                if (more) HandOut(now);
                roomMade = false;
                more |= await CommitAsync(now, cancellation).ConfigureAwait(false) || roomMade;
            }
            while (more);
        }
        catch (LeaseLostException)
        {
            await StartOverAsync(cancellation).ConfigureAwait(false);
        }
        SetAlarm();
    }

    void SetAlarm()
    {
        var next = housekeepingAt;
        if (timers.Next is { } timer && timer < next) next = timer;
        if (!stopping && catalog.NextDue is { } due && due < next) next = due;
        if (pendingDrops.Count > 0) next = time.GetUtcNow();
        var wait = next - time.GetUtcNow();
        // Never longer, whatever the clock says: it may be set back while this waits.
        if (wait > options.Housekeeping) wait = options.Housekeeping;
        alarm.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    void TakeIn()
    {
        while (inbox.Reader.TryRead(out var happening))
            switch (happening)
            {
                case Happening.Reported { Report: var report }:
                    reports.Add(report);
                    break;
                case Happening.CallbackEnded ended:
                    if (ended.Error is { } error) Log.CallbackFailed(logger, ended.Callback, error);
                    callbacksDone.Add(ended.Callback);
                    break;
                case Happening.FiringKnown known:
                    answers.Add((known.Question, known.Answer));
                    break;
                case Happening.Woken { Run: { } run }:
                    wokenRuns.Add(run);
                    break;
                case Happening.Woken:
                    wokenAll = true;
                    break;
            }
    }

    public async ValueTask DisposeAsync()
    {
        await halt.CancelAsync().ConfigureAwait(false);
        inbox.Writer.TryComplete();
        await loop.ConfigureAwait(false);
        await alarm.DisposeAsync().ConfigureAwait(false);
        halt.Dispose();
    }

    static partial class Log
    {
        [LoggerMessage(1001, LogLevel.Error, "A scheduler turn failed (attempt {Failures}); it is taken again from what is stored")]
        internal static partial void TurnFailed(ILogger logger, Exception e, int failures);

        [LoggerMessage(1002, LogLevel.Warning, "Scheduler {Scheduler} could not give up its runs; another takes them when the lease ends")]
        internal static partial void LeaveFailed(ILogger logger, Exception e, SchedulerId scheduler);

        [LoggerMessage(1003, LogLevel.Warning, "Callback {Callback} failed: {Error}")]
        internal static partial void CallbackFailed(ILogger logger, Guid callback, string error);

        [LoggerMessage(1004, LogLevel.Warning, "Scheduler {Scheduler} lost its lease and starts over as {Successor}")]
        internal static partial void LeaseLost(ILogger logger, SchedulerId scheduler, SchedulerId successor);

        [LoggerMessage(1005, LogLevel.Warning, "Pool '{Pool}' does not exist: tasks that want it wait until it is created with 'millrace pools set'")]
        internal static partial void UnknownPool(ILogger logger, string pool);

        [LoggerMessage(1006, LogLevel.Information, "Run {Run} of {Dag} was changed elsewhere and is taken from the store again")]
        internal static partial void RunReloaded(ILogger logger, string run, string dag);

        [LoggerMessage(1007, LogLevel.Error, "Run {Run} of {Dag} follows version {Version}, which the store does not have; it can't go on")]
        internal static partial void VersionMissing(ILogger logger, string run, string dag, string version);

        [LoggerMessage(1008, LogLevel.Error, "The schedule of Dag '{Dag}' could not be followed: {Reason}")]
        internal static partial void ScheduleFailed(ILogger logger, string dag, string reason);

        [LoggerMessage(1009, LogLevel.Warning, "Scheduler {Scheduler} took over from {Lost}, whose lease had ended")]
        internal static partial void TookOver(ILogger logger, SchedulerId scheduler, SchedulerId lost);
    }
}
