using System.Collections;
using Millrace.Runs;

namespace Millrace.Execution;

/// <summary>The lists that mapped tasks take their items from, read once per process: ten thousand instances must not parse the list ten thousand times.</summary>
sealed class ListCache
{
    const int Kept = 8;

    readonly Lock gate = new();
    // Most recently used first; eight are fewer than a dictionary is worth.
    readonly List<(Key Of, Task<IList> List)> entries = [];

    /// <param name="Attempt">Of the task that made the list: when it is run again, its list is another one.</param>
    internal readonly record struct Key(RunId Run, string Task, int Attempt, Type Item);

    internal async ValueTask<IList> GetAsync(Key key, Func<Task<IList>> read)
    {
        Task<IList> list;
        lock (gate)
        {
            var at = entries.FindIndex(e => e.Of == key);
            list = at >= 0 ? entries[at].List : read();
            if (at >= 0) entries.RemoveAt(at);
            else if (entries.Count == Kept) entries.RemoveAt(Kept - 1);
            entries.Insert(0, (key, list));
        }
        try
        {
            return await list.ConfigureAwait(false);
        }
        catch
        {
            lock (gate) entries.RemoveAll(e => e.List == list);
            throw;
        }
    }
}
