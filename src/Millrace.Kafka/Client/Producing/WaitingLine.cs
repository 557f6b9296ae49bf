namespace Millrace.Kafka.Producing;

/// <summary>Records that can't be taken at once wait in a line: those that come later wait behind them, so that they stay in order.</summary>
sealed class WaitingLine
{
    readonly Lock gate = new();
    Task last = Task.CompletedTask;
    int length;

    internal bool IsEmpty => Volatile.Read(ref length) == 0;

    /// <summary>Joins at the end, and waits for its turn. Whoever had it disposes it, so that the next one comes.</summary>
    internal async ValueTask<Turn> JoinAsync()
    {
        var turn = new Turn(this);
        Task before;
        lock (gate)
        {
            length++;
            (before, last) = (last, turn.Done);
        }
        await before.ConfigureAwait(false);
        return turn;
    }

    internal sealed class Turn(WaitingLine line) : IDisposable
    {
        readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Done => done.Task;

        public void Dispose()
        {
            Interlocked.Decrement(ref line.length);
            done.SetResult();
        }
    }
}
