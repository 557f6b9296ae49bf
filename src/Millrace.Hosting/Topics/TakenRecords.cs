using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Hosting.Topics;

/// <summary>Records that were read for one run, partition by partition, in their order.</summary>
sealed class TakenRecords
{
    readonly SortedDictionary<int, List<long>> offsets = [];

    internal int Count { get; private set; }

    internal void Add(int partition, long offset)
    {
        if (!offsets.TryGetValue(partition, out var of)) offsets.Add(partition, of = []);
        of.Add(offset);
        Count++;
    }

    /// <summary>Leaves out what somebody else has taken.</summary>
    internal void GoOnAt(IReadOnlyDictionary<int, long> places)
    {
        foreach (var (partition, of) in offsets) of.RemoveAll(offset => offset < places[partition]);
        Count = offsets.Values.Sum(of => of.Count);
    }

    internal RunRecords Of(string topic) => new(topic, Count, [.. Any.Select(p => new RecordSpan(p.Key, p.Value[0], p.Value[^1] + 1))]);

    /// <summary>How far a watch comes by them from where it is.</summary>
    internal IReadOnlyList<RecordStep> From(IReadOnlyDictionary<int, long> places) => [.. Any.Select(p => new RecordStep(p.Key, places[p.Key], p.Value[^1] + 1))];

    internal void Clear()
    {
        offsets.Clear();
        Count = 0;
    }

    IEnumerable<KeyValuePair<int, List<long>>> Any => offsets.Where(p => p.Value.Count > 0);
}
