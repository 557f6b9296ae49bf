using Millrace.Kafka.Connections;
using Millrace.Kafka.Wire;
using AskedTopic = Millrace.Kafka.Wire.ListOffsetsRequest.ListOffsetsTopic;

namespace Millrace.Kafka;

public sealed partial class KafkaAdmin
{
    const short FirstWithMaxTimestamp = 7, FirstWithTimeout = 10;

    /// <summary>A place in each partition of a topic.</summary>
    public async ValueTask<IReadOnlyDictionary<TopicPartition, PartitionOffset>> ListOffsetsAsync(string topic, OffsetSpec which, CancellationToken cancellation = default)
    {
        var described = await DescribeTopicAsync(topic, cancellation).ConfigureAwait(false);
        return await ListOffsetsAsync(described.Partitions.Select(p => new TopicPartition(topic, p.Partition)), which, cancellation).ConfigureAwait(false);
    }

    /// <summary>A place in each of some partitions.</summary>
    public ValueTask<IReadOnlyDictionary<TopicPartition, PartitionOffset>> ListOffsetsAsync(IEnumerable<TopicPartition> partitions, OffsetSpec which, CancellationToken cancellation = default) =>
        AskLeadersAsync<PartitionOffset>(partitions, async (broker, some) =>
        {
            var version = broker.Versions.Pick<ListOffsetsRequest>();
            if (which == OffsetSpec.MaxTimestamp && version < FirstWithMaxTimestamp)
                throw new KafkaException(ErrorCode.UnsupportedVersion, $"The broker {broker.Address} can't find the highest timestamp. Use OffsetSpec.Latest, or a broker of version 3.0 at least.");
            var answer = await broker.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(new()
            {
                ReplicaId = -1,
                TimeoutMs = version >= FirstWithTimeout ? RequestMilliseconds : 0,
                Topics = [.. some.GroupBy(p => p.Topic).Select(t => new AskedTopic { Name = t.Key, Partitions = [.. t.Select(p => new AskedTopic.ListOffsetsPartition { PartitionIndex = p.Partition, Timestamp = which.Timestamp })] })],
            }, cancellation, patience: answering).ConfigureAwait(false);
            return answer.Topics.SelectMany(t => t.Partitions.Select(p =>
            {
                var partition = new TopicPartition(t.Name, p.PartitionIndex);
                CheckLeader(p.ErrorCode, $"The offset of {partition} can't be found");
                return KeyValuePair.Create(partition, new PartitionOffset(p.Offset < 0 ? null : p.Offset, p.Timestamp < 0 ? null : TimeOf(p.Timestamp)));
            }));
        }, cancellation);

    // Producers may write any number as the time of a record.
    static DateTimeOffset TimeOf(long timestamp) => timestamp <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? DateTimeOffset.FromUnixTimeMilliseconds(timestamp) : DateTimeOffset.MaxValue;

    /// <summary>Deletes the records of a partition that come before an offset.</summary>
    /// <param name="beforeOffset">The first offset to be kept; -1 deletes all that is there.</param>
    /// <returns>The first offset that is left.</returns>
    public async ValueTask<long> DeleteRecordsAsync(TopicPartition partition, long beforeOffset, CancellationToken cancellation = default)
    {
        var left = await AskLeadersAsync<long>([partition], async (broker, _) =>
        {
            var answer = await broker.AskAsync<DeleteRecordsRequest, DeleteRecordsResponse>(new()
            {
                TimeoutMs = RequestMilliseconds,
                Topics = [new() { Name = partition.Topic, Partitions = [new() { PartitionIndex = partition.Partition, Offset = beforeOffset }] }],
            }, cancellation, patience: answering).ConfigureAwait(false);
            var result = answer.Topics is [{ Partitions: [var only] }] ? only : new() { ErrorCode = ErrorCode.UnknownServerError };
            CheckLeader(result.ErrorCode, $"Records of {partition} before offset {beforeOffset} can't be deleted");
            return [KeyValuePair.Create(partition, result.LowWatermark)];
        }, cancellation).ConfigureAwait(false);
        return left[partition];
    }
}
