namespace Millrace.Execution;

/// <summary>An attempt's token, and why it was cancelled.</summary>
sealed class AttemptCancellation : IDisposable
{
    readonly CancellationTokenSource source = new();

    public CancellationToken Token => source.Token;
    public bool Requested => source.IsCancellationRequested;
    public CancelReason Reason { get; private set; }

    /// <summary>The first reason counts. May run the author's own cancellation callbacks: never call it under a lock.</summary>
    public void Cancel(CancelReason reason)
    {
        if (Requested) return;
        Reason = reason;
        try
        {
            source.Cancel();
        }
        catch (Exception e) when (e is AggregateException or ObjectDisposedException)
        {
            // The author's callbacks threw, or the attempt ended just now: either way it has been told.
        }
    }

    public void Dispose() => source.Dispose();
}
