using Millrace.Kafka.Wire;
using CommitTopic = Millrace.Kafka.Wire.OffsetCommitRequest.OffsetCommitRequestTopic;
using DeleteTopic = Millrace.Kafka.Wire.OffsetDeleteRequest.OffsetDeleteRequestTopic;

namespace Millrace.Kafka;

public sealed partial class KafkaAdmin
{
    // Later versions name topics by their ids, and tell nothing of those that are deleted.
    const short NewestWithNames = 9;

    const short FirstWithManyGroups = 8;

    /// <summary>What a group has committed and how far behind it is, by topic and partition. Nothing for one that has never committed.</summary>
    public async ValueTask<IReadOnlyList<GroupOffset>> ListGroupOffsetsAsync(string group, CancellationToken cancellation = default)
    {
        var committed = await CommittedAsync(group, cancellation).ConfigureAwait(false);
        var ends = await EndsAsync(committed.Keys, cancellation).ConfigureAwait(false);
        return [.. InOrder(committed.Keys).Select(p => new GroupOffset(p, committed[p].Offset, ends.TryGetValue(p, out var end) ? end : null, committed[p].Metadata))];
    }

    ValueTask<Dictionary<TopicPartition, (long Offset, string Metadata)>> CommittedAsync(string group, CancellationToken cancellation) => PersistAsync(async () =>
    {
        var broker = await CoordinatorAsync(group, cancellation).ConfigureAwait(false);
        var isMany = broker.Versions.Pick<OffsetFetchRequest>(NewestWithNames) >= FirstWithManyGroups;
        var answer = await broker.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(
            isMany ? new() { Groups = [new() { GroupId = group, Topics = null }] } : new() { GroupId = group, Topics = null }, cancellation, most: NewestWithNames).ConfigureAwait(false);
        Check(isMany && answer.Groups is [var only] ? only.ErrorCode : answer.ErrorCode, $"The offsets of group '{group}' can't be read");
        var all = isMany
            ? answer.Groups.SelectMany(g => g.Topics).SelectMany(t => t.Partitions.Select(p => (Partition: new TopicPartition(t.Name, p.PartitionIndex), p.CommittedOffset, p.Metadata, p.ErrorCode)))
            : answer.Topics.SelectMany(t => t.Partitions.Select(p => (Partition: new TopicPartition(t.Name, p.PartitionIndex), p.CommittedOffset, p.Metadata, p.ErrorCode)));
        var committed = new Dictionary<TopicPartition, (long, string)>();
        foreach (var (partition, offset, metadata, error) in all)
        {
            Check(error, $"The offset of group '{group}' for {partition} can't be read");
            if (offset >= 0) committed[partition] = (offset, metadata ?? "");
        }
        return committed;
    }, cancellation);

    /// <summary>The ends of those partitions that there are.</summary>
    async ValueTask<Dictionary<TopicPartition, long>> EndsAsync(IEnumerable<TopicPartition> partitions, CancellationToken cancellation)
    {
        var wanted = partitions.ToHashSet();
        if (wanted.Count == 0) return [];
        var known = await PersistAsync(() => MetadataAsync(wanted.Select(p => p.Topic).Distinct(), cancellation), cancellation).ConfigureAwait(false);
        var there = known.Topics.Where(t => t is { Name: not null, ErrorCode: ErrorCode.None })
            .SelectMany(t => t.Partitions.Where(p => p.LeaderId >= 0).Select(p => new TopicPartition(t.Name!, p.PartitionIndex))).Where(wanted.Contains);
        return (await ListOffsetsAsync(there, OffsetSpec.Latest, cancellation).ConfigureAwait(false)).ToDictionary(e => e.Key, e => e.Value.Offset ?? 0);
    }

    /// <summary>Writes what a group reads next. It must have no members; one that isn't there comes into being.</summary>
    public async ValueTask AlterGroupOffsetsAsync(string group, IReadOnlyDictionary<TopicPartition, long> offsets, CancellationToken cancellation = default)
    {
        if (offsets.FirstOrDefault(o => o.Value < 0) is { Value: < 0 } below) throw new ArgumentException($"Offset {below.Value} of {below.Key} is not one. Offsets begin at 0.", nameof(offsets));
        await WriteGroupOffsetsAsync(group, [.. offsets.Select(o => (o.Key, o.Value, ""))], cancellation).ConfigureAwait(false);
    }

    /// <summary>Writes what a group reads next, and what it wants to know of that.</summary>
    internal async ValueTask WriteGroupOffsetsAsync(string group, IReadOnlyList<(TopicPartition Partition, long Offset, string Metadata)> offsets, CancellationToken cancellation)
    {
        await PersistAsync(async () =>
        {
            var broker = await CoordinatorAsync(group, cancellation).ConfigureAwait(false);
            var answer = await broker.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new()
            {
                GroupId = group,
                Topics = [.. offsets.GroupBy(o => o.Partition.Topic).Select(t => new CommitTopic { Name = t.Key, Partitions = [.. t.Select(o => new CommitTopic.OffsetCommitRequestPartition { PartitionIndex = o.Partition.Partition, CommittedOffset = o.Offset, CommittedMetadata = o.Metadata })] })],
            }, cancellation, most: NewestWithNames).ConfigureAwait(false);
            foreach (var topic in answer.Topics)
                foreach (var partition in topic.Partitions)
                    // As nobody's member we are refused while there are any.
                    Check(partition.ErrorCode is ErrorCode.UnknownMemberId or ErrorCode.RebalanceInProgress or ErrorCode.StaleMemberEpoch ? ErrorCode.NonEmptyGroup : partition.ErrorCode,
                        $"The offset of group '{group}' for {topic.Name}-{partition.PartitionIndex} can't be written");
            return true;
        }, cancellation).ConfigureAwait(false);
    }

    /// <summary>Forgets what a group has committed for some partitions. None of its members may read those topics.</summary>
    public async ValueTask DeleteGroupOffsetsAsync(string group, IEnumerable<TopicPartition> partitions, CancellationToken cancellation = default)
    {
        var topics = partitions.Distinct().GroupBy(p => p.Topic)
            .Select(t => new DeleteTopic { Name = t.Key, Partitions = [.. t.Select(p => new DeleteTopic.OffsetDeleteRequestPartition { PartitionIndex = p.Partition })] }).ToList();
        await PersistAsync(async () =>
        {
            var broker = await CoordinatorAsync(group, cancellation).ConfigureAwait(false);
            var answer = await broker.AskAsync<OffsetDeleteRequest, OffsetDeleteResponse>(new() { GroupId = group, Topics = topics }, cancellation).ConfigureAwait(false);
            Check(answer.ErrorCode, $"Offsets of group '{group}' can't be deleted");
            foreach (var topic in answer.Topics)
                foreach (var partition in topic.Partitions)
                    Check(partition.ErrorCode, $"The offset of group '{group}' for {topic.Name}-{partition.PartitionIndex} can't be deleted");
            return true;
        }, cancellation).ConfigureAwait(false);
    }
}
