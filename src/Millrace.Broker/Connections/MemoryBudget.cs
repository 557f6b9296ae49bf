namespace Millrace.Broker.Connections;

/// <summary>
/// Bytes that requests or responses may hold at once, over all connections. Who asks for more than is left waits in line. One
/// that is larger than the whole budget goes alone.
/// </summary>
sealed class MemoryBudget(long limit)
{
    readonly Lock gate = new();
    readonly Queue<(long Bytes, TaskCompletionSource Granted)> line = [];
    // Those that have been at rest for longest come first.
    readonly LinkedList<Loan> resting = [];
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
            if (line.Count == 0 && MakesRoom(bytes))
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

    /// <summary>The same, by taking back what is at rest.</summary>
    bool MakesRoom(long bytes)
    {
        while (!Fits(bytes) && resting.First is { } oldest)
        {
            resting.RemoveFirst();
            used -= oldest.Value.TakeBack();
        }
        return Fits(bytes);
    }

    /// <summary>Until <see cref="Resume"/>, whoever finds no room may have the memory of the loan.</summary>
    internal void Rest(Loan loan)
    {
        lock (gate)
        {
            loan.Place = resting.AddLast(loan);
            Serve();
        }
    }

    internal void Resume(Loan loan)
    {
        lock (gate)
        {
            if (loan.Place is { } place) resting.Remove(place);
            loan.Place = null;
        }
    }

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
            Serve();
        }
    }

    void Serve()
    {
        while (line.TryPeek(out var next) && MakesRoom(next.Bytes))
        {
            line.Dequeue();
            Use(next.Bytes);
            next.Granted.SetResult();
        }
    }
}

/// <summary>What somebody holds of a budget, and can do without while it's at rest.</summary>
/// <param name="letGo">Called when it's taken back, under the budget's lock.</param>
sealed class Loan(Action letGo)
{
    internal long Bytes { get; set; }

    /// <summary>Where it is among those at rest, or null.</summary>
    internal LinkedListNode<Loan>? Place { get; set; }

    internal long TakeBack()
    {
        var bytes = Bytes;
        (Bytes, Place) = (0, null);
        letGo();
        return bytes;
    }
}
