namespace Millrace.Testing.Servers;

/// <summary>Lets a test wait for a fact, looking whenever it is told that something changed.</summary>
public sealed class Changes
{
    TaskCompletionSource next = New();

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Tell() => Interlocked.Exchange(ref next, New()).TrySetResult();

    public async Task UntilAsync(Func<bool> holds, CancellationToken cancellation)
    {
        while (true)
        {
            // Taken first: what changes while the fact is looked at isn't missed.
            var change = Volatile.Read(ref next).Task;
            if (holds()) return;
            await change.WaitAsync(cancellation);
        }
    }
}
