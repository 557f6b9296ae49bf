using System.Buffers;

namespace Millrace.Data;

/// <summary>
/// What the columns of a batch stand on: pooled arrays and whatever else must live as long. It is counted: slices and
/// derived batches retain it, and the last one to be disposed gives everything back.
/// </summary>
public sealed class BatchMemory : IDisposable
{
    readonly Lock guard = new();
    readonly List<IDisposable> held = [];
    int owners = 1;

    /// <summary>An array of at least that many items, not cleared, given back with this memory.</summary>
    public T[] Rent<T>(int atLeast) where T : unmanaged
    {
        var lent = new Lent<T>(ArrayPool<T>.Shared.Rent(atLeast));
        Hold(lent);
        return lent.Items;
    }

    /// <summary>Keeps something until this memory is given back, and disposes it then.</summary>
    public void Hold(IDisposable item)
    {
        lock (guard)
        {
            ObjectDisposedException.ThrowIf(owners == 0, this);
            held.Add(item);
        }
    }

    /// <summary>One owner more; each owner disposes once.</summary>
    public BatchMemory Retain()
    {
        lock (guard)
        {
            ObjectDisposedException.ThrowIf(owners == 0, this);
            owners++;
        }
        return this;
    }

    public void Dispose()
    {
        lock (guard)
        {
            if (owners == 0 || --owners > 0) return;
        }
        foreach (var item in held) item.Dispose();
        held.Clear();
    }

    sealed class Lent<T>(T[] items) : IDisposable
    {
        internal T[] Items { get; } = items;

        public void Dispose() => ArrayPool<T>.Shared.Return(Items);
    }
}
