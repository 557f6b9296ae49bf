namespace Millrace.Kafka.Consuming;

/// <summary>Says to one who waits that there is something to look at. It stays said until somebody has waited for it.</summary>
sealed class Signal
{
    readonly Lock gate = new();
    TaskCompletionSource? waiter;
    bool isSet;

    internal void Set()
    {
        TaskCompletionSource? woken;
        lock (gate)
        {
            woken = waiter;
            waiter = null;
            isSet = woken is null;
        }
        woken?.TrySetResult();
    }

    /// <summary>Waits until it is said, or for as long as given.</summary>
    internal async ValueTask WaitAsync(TimeSpan most, TimeProvider time, CancellationToken cancellation)
    {
        Task task;
        lock (gate)
        {
            if (isSet)
            {
                isSet = false;
                return;
            }
            task = (waiter ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
        try
        {
            await task.WaitAsync(most, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // That was all the time there was.
        }
    }
}
