using Millrace.Runs;

namespace Millrace.Scheduling;

/// <summary>Instances that wait for a limit or for a worker, best first: by the run's priority, the task's, then first come.</summary>
sealed class WorkQueue
{
    internal readonly record struct Entry(Run Run, TaskInstance Instance, long Arrival);

    readonly record struct Rank(int Run, int Task, long Arrival) : IComparable<Rank>
    {
        public int CompareTo(Rank other)
        {
            var byRun = other.Run.CompareTo(Run);
            if (byRun != 0) return byRun;
            var byTask = other.Task.CompareTo(Task);
            return byTask != 0 ? byTask : Arrival.CompareTo(other.Arrival);
        }
    }

    readonly PriorityQueue<Entry, Rank> ready = new();
    readonly Dictionary<string, PriorityQueue<Entry, Rank>> parked = new(StringComparer.Ordinal);
    long arrivals;

    /// <summary>Those that wait for a limit included; some may be gone meanwhile.</summary>
    internal int Count => ready.Count + parked.Values.Sum(queue => queue.Count);

    internal void Add(Run run, TaskInstance instance) => Enqueue(ready, new Entry(run, instance, arrivals++));

    internal bool TryTake(out Entry entry) => ready.TryDequeue(out entry, out _);

    /// <summary>Nothing can be done with it until this limit has room.</summary>
    internal void Park(Entry entry, string limit)
    {
        if (!parked.TryGetValue(limit, out var queue)) parked.Add(limit, queue = new());
        Enqueue(queue, entry);
    }

    /// <summary>The limit has room again for about this many.</summary>
    /// <returns>Whether any waited for it.</returns>
    internal bool Unpark(string limit, int room, Func<Entry, bool> isStale)
    {
        if (!parked.TryGetValue(limit, out var queue)) return false;
        while (room > 0 && queue.TryDequeue(out var entry, out var rank))
        {
            // One that is gone must not take the place of one that still waits.
            if (isStale(entry)) continue;
            ready.Enqueue(entry, rank);
            room--;
        }
        if (queue.Count == 0) parked.Remove(limit);
        return true;
    }

    /// <summary>The first of those that wait for each limit tries again.</summary>
    internal void UnparkFirsts(Func<Entry, bool> isStale)
    {
        foreach (var limit in parked.Keys.ToArray()) Unpark(limit, 1, isStale);
    }

    static void Enqueue(PriorityQueue<Entry, Rank> queue, Entry entry) =>
        queue.Enqueue(entry, new Rank(entry.Run.Row.Priority, entry.Run.SpecOf(entry.Instance).Priority, entry.Arrival));
}
