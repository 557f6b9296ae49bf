namespace Millrace.Broker.Connections;

/// <summary>
/// Bytes that requests or responses may hold at once, over all connections. Who asks for more than is left waits in line. One
/// that is larger than the whole budget goes alone.
/// </summary>
sealed class MemoryBudget(long limit)
{
    readonly Lock gate = new();
    readonly Queue<(long Bytes, TaskCompletionSource Granted)> line = [];
    long used;

    internal long Used
    {
        get { lock (gate) return used; }
    }

    /// <summary>The most that was used at once.</summary>
    internal long Peak { get; private set; }

    /// <summary>False where others wait, or it doesn't fit now.</summary>
    internal bool TryTake(long bytes)
    {
        lock (gate)
        {
            if (line.Count > 0 || !Fits(bytes)) return false;
            Use(bytes);
            return true;
        }
    }

    internal Task TakeAsync(long bytes)
    {
        lock (gate)
        {
            if (line.Count == 0 && Fits(bytes))
            {
                Use(bytes);
                return Task.CompletedTask;
            }
            var granted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            line.Enqueue((bytes, granted));
            return granted.Task;
        }
    }

    void Use(long bytes)
    {
        used += bytes;
        if (used > Peak) Peak = used;
    }

    bool Fits(long bytes) => used == 0 || used + bytes <= limit;

    /// <summary>Takes more than was asked for, of something that is there already.</summary>
    internal void Force(long bytes)
    {
        lock (gate) Use(bytes);
    }

    internal void Return(long bytes)
    {
        if (bytes == 0) return;
        lock (gate)
        {
            used -= bytes;
            while (line.TryPeek(out var next) && Fits(next.Bytes))
            {
                line.Dequeue();
                Use(next.Bytes);
                next.Granted.SetResult();
            }
        }
    }
}
