using System.Threading.Tasks.Sources;

namespace Millrace.Kafka.Producing;

/// <summary>The delivery of one record, awaited by one caller. It goes back to its pool when that has seen the result.</summary>
sealed class DeliverySource : IValueTaskSource<Delivery>
{
    const int MostKept = 4096;

    [ThreadStatic]
    static DeliverySource? last;

    static readonly System.Collections.Concurrent.ConcurrentQueue<DeliverySource> kept = [];

    // Whoever awaits goes on elsewhere: here the answers of the broker would wait for it.
    ManualResetValueTaskSourceCore<Delivery> core = new() { RunContinuationsAsynchronously = true };

    internal static DeliverySource Rent()
    {
        if (last is { } mine)
        {
            last = null;
            return mine;
        }
        return kept.TryDequeue(out var source) ? source : new();
    }

    internal ValueTask<Delivery> Task => new(this, core.Version);

    internal void Succeed(Delivery delivery) => core.SetResult(delivery);

    internal void Fail(Exception why) => core.SetException(why);

    Delivery IValueTaskSource<Delivery>.GetResult(short token)
    {
        try
        {
            return core.GetResult(token);
        }
        finally
        {
            core.Reset();
            if (last is null) last = this;
            else if (kept.Count < MostKept) kept.Enqueue(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<Delivery>.GetStatus(short token) => core.GetStatus(token);

    void IValueTaskSource<Delivery>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => core.OnCompleted(continuation, state, token, flags);
}
