using System.Globalization;
using Millrace.Dags;
using Millrace.Kafka;

namespace Millrace.Operators.Groups;

/// <summary>
/// Where an instance of a task begins in a topic. With each offset the group remembers who committed it and where they
/// had begun, as its metadata: <c>17 orders/scheduled__2026-11-21/consume</c>. So an instance that is tried again after its
/// offsets were committed, as its worker died before it could say so, reads the same records again.
/// </summary>
sealed class GroupPlace
{
    readonly KafkaAdmin admin;
    readonly string group, instance;
    readonly HashSet<TopicPartition> repeated = [];

    GroupPlace(KafkaAdmin admin, string group, string instance, IEnumerable<GroupOffset> known)
    {
        (this.admin, this.group, this.instance) = (admin, group, instance);
        var begins = new Dictionary<TopicPartition, long>();
        foreach (var offset in known)
        {
            if (BeginOf(offset.Metadata, instance) is { } begin && repeated.Add(offset.Partition)) begins[offset.Partition] = begin;
            else begins[offset.Partition] = offset.Offset;
        }
        Begins = begins;
    }

    /// <summary>Where the instance begins. Partitions that the group hasn't been in are left out.</summary>
    internal IReadOnlyDictionary<TopicPartition, long> Begins { get; }

    internal static async ValueTask<GroupPlace> FindAsync(KafkaAdmin admin, string group, string topic, TaskContext context)
    {
        var instance = string.Create(CultureInfo.InvariantCulture, $"{context.DagName}/{context.RunId}/{context.TaskId}{(context.MapIndex is { } index ? $"/{index}" : "")}");
        var known = await admin.ListGroupOffsetsAsync(group, context.Cancellation).ConfigureAwait(false);
        return new(admin, group, instance, known.Where(k => k.Partition.Topic == topic));
    }

    static long? BeginOf(string metadata, string instance) =>
        metadata.Split(' ', 2) is [var number, var who] && who == instance && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var begin) ? begin : null;

    /// <summary>Remembers where the group goes on.</summary>
    /// <param name="places">Where this instance would begin again, and where others go on.</param>
    /// <param name="isWhole">
    /// Whether the partitions were read to their ends. Where not, an earlier attempt may have been in partitions that this one
    /// has not come to. Its result is gone, so the group goes back there.
    /// </param>
    internal ValueTask CommitAsync(IEnumerable<(TopicPartition Partition, long Begin, long End)> places, bool isWhole, CancellationToken cancellation)
    {
        var reached = places.ToDictionary(p => p.Partition);
        var unreached = isWhole ? [] : repeated.Where(p => !reached.ContainsKey(p)).Select(p => (Partition: p, Begin: Begins[p], End: Begins[p]));
        var offsets = reached.Values.Concat(unreached).Select(p => (p.Partition, p.End, string.Create(CultureInfo.InvariantCulture, $"{p.Begin} {instance}"))).ToList();
        return offsets.Count == 0 ? default : admin.WriteGroupOffsetsAsync(group, offsets, cancellation);
    }
}
