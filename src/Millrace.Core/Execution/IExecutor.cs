using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>Carries assignments to where they run. It never decides: it reports, and every assignment gets exactly one report,
/// also when its worker dies.</summary>
interface IExecutor : IAsyncDisposable
{
    /// <summary>How many assignments it would take right now without making one wait long.</summary>
    int Free { get; }

    Task StartAsync(IExecutorListener listener, CancellationToken cancellation);

    /// <summary>Takes the assignment; returns at once.</summary>
    void Run(Assignment assignment);

    /// <summary>Asks the attempt to stop; after the grace its whole process tree is killed. The report says why it ended.</summary>
    void Cancel(AttemptId attempt, CancelReason reason);

    /// <summary>Work of this bundle may come soon. An executor whose workers load bundles does so ahead.</summary>
    void Prepare(string bundle)
    {
    }

    /// <summary>How many instances wait for a worker: an executor that can grow uses it.</summary>
    void Expect(int waiting);

    /// <summary>Takes nothing more; running attempts get <paramref name="grace"/>, those not begun are reported as returned.
    /// When it ends, everything has been reported.</summary>
    Task StopAsync(TimeSpan grace);
}

/// <summary>The scheduler, as executors see it. Every method may be called from any thread and returns at once.</summary>
interface IExecutorListener
{
    void Reported(AttemptReport report);
    /// <param name="error">Null when the callback returned.</param>
    void CallbackEnded(Guid callback, string? error);
    void FiringKnown(Guid question, FiringAnswer answer);
    /// <summary><see cref="IExecutor.Free"/> grew.</summary>
    void CapacityChanged();
}
