namespace Millrace.Kafka.Connections;

/// <summary>A request that waits for its answer. Exactly one of the two methods is called, mostly by the connection's receiving loop: they must be quick.</summary>
abstract class Exchange
{
    internal int Correlation { get; set; }

    /// <summary>When it has waited too long, in the connection's time.</summary>
    internal long Deadline { get; set; }

    /// <summary>False for the one request that brokers can be told not to answer.</summary>
    internal virtual bool IsAnswered => true;

    /// <summary>Takes the answer, and owns it.</summary>
    internal abstract void Answer(ResponseFrame frame);

    internal abstract void Fail(KafkaException why);
}

/// <summary>One that somebody awaits.</summary>
sealed class AwaitedExchange : Exchange
{
    readonly TaskCompletionSource<ResponseFrame> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal override void Answer(ResponseFrame frame)
    {
        // Nobody waits any more.
        if (!completion.TrySetResult(frame)) frame.Dispose();
    }

    internal override void Fail(KafkaException why) => completion.TrySetException(why);

    internal async ValueTask<ResponseFrame> WaitAsync(CancellationToken cancellation)
    {
        await using var registration = cancellation.UnsafeRegister(static (state, token) => ((TaskCompletionSource<ResponseFrame>)state!).TrySetCanceled(token), completion).ConfigureAwait(false);
        return await completion.Task.ConfigureAwait(false);
    }
}
