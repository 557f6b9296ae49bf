using System.Collections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Groups;

/// <summary>How far a group has come, by partition, and what it takes to remember that.</summary>
sealed class OffsetTable(string group) : IEnumerable<KeyValuePair<TopicPartition, CommittedOffset>>
{
    // Of the entries here and in the state, which also has the names once more and the text in bytes.
    const int Overhead = 400;

    readonly Dictionary<TopicPartition, CommittedOffset> offsets = [];

    internal int Count => offsets.Count;

    internal long Bytes { get; private set; }

    internal IEnumerable<TopicPartition> Partitions => offsets.Keys;

    internal bool Has(TopicPartition of) => offsets.ContainsKey(of);

    long BytesOf(TopicPartition of, CommittedOffset offset) => Overhead + 4L * (group.Length + of.Topic.Length) + 3L * offset.Metadata.Length;

    /// <summary>How much more it takes with this one in its place.</summary>
    internal long GrowthBy(TopicPartition of, CommittedOffset offset) => BytesOf(of, offset) - (offsets.TryGetValue(of, out var old) ? BytesOf(of, old) : 0);

    internal void Set(TopicPartition of, CommittedOffset offset)
    {
        Bytes += GrowthBy(of, offset);
        offsets[of] = offset;
    }

    internal void Remove(TopicPartition of)
    {
        if (offsets.Remove(of, out var old)) Bytes -= BytesOf(of, old);
    }

    public IEnumerator<KeyValuePair<TopicPartition, CommittedOffset>> GetEnumerator() => offsets.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
