using System.Buffers;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>Values side by side in a pooled array that grows, and is at last handed to a batch.</summary>
struct GrowingArray<T> where T : unmanaged
{
    T[]? items;
    int count;

    internal readonly int Count => count;

    /// <summary>Room for that many more, which count at once.</summary>
    internal Span<T> Add(int more)
    {
        Reserve(more);
        var added = items.AsSpan(count, more);
        count += more;
        return added;
    }

    /// <summary>Room behind the last item, without counting it.</summary>
    internal Span<T> Reserve(int more)
    {
        var needed = checked(count + more);
        if (items is null)
        {
            items = ArrayPool<T>.Shared.Rent(Math.Max(needed, 16));
        }
        else if (needed > items.Length)
        {
            var larger = ArrayPool<T>.Shared.Rent((int)Math.Min(Array.MaxLength, Math.Max(needed, items.Length * 2L)));
            items.AsSpan(0, count).CopyTo(larger);
            ArrayPool<T>.Shared.Return(items);
            items = larger;
        }
        return items.AsSpan(count);
    }

    /// <summary>The items, which belong to that memory from now on; the array is empty after it.</summary>
    internal ReadOnlyMemory<T> MoveTo(BatchMemory memory)
    {
        if (items is null) return default;
        memory.Hold(new Lent(items));
        var moved = new ReadOnlyMemory<T>(items, 0, count);
        items = null;
        count = 0;
        return moved;
    }

    internal void Release()
    {
        if (items is not null) ArrayPool<T>.Shared.Return(items);
        items = null;
        count = 0;
    }

    sealed class Lent(T[] items) : IDisposable
    {
        public void Dispose() => ArrayPool<T>.Shared.Return(items);
    }
}
