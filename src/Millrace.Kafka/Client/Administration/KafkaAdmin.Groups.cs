using Millrace.Kafka.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka;

public sealed partial class KafkaAdmin
{
    /// <summary>The groups of all brokers, by id.</summary>
    public ValueTask<IReadOnlyList<GroupListing>> ListGroupsAsync(CancellationToken cancellation = default) => PersistAsync<IReadOnlyList<GroupListing>>(async () =>
    {
        var brokers = await AllAsync(cancellation).ConfigureAwait(false);
        var answers = await Task.WhenAll(brokers.Select(b => b.AskAsync<ListGroupsRequest, ListGroupsResponse>(new(), cancellation).AsTask())).ConfigureAwait(false);
        foreach (var answer in answers) Check(answer.ErrorCode, "Groups can't be listed");
        return [.. answers.SelectMany(a => a.Groups).DistinctBy(g => g.GroupId).OrderBy(g => g.GroupId, StringComparer.Ordinal)
            .Select(g => new GroupListing(g.GroupId, g.ProtocolType, Parse<GroupState>(g.GroupState), Parse<GroupKind>(g.GroupType)))];
    }, cancellation);

    /// <summary>A group of either protocol with its members.</summary>
    public ValueTask<GroupDescription> DescribeGroupAsync(string group, CancellationToken cancellation = default) => PersistAsync(async () =>
    {
        var broker = await CoordinatorAsync(group, cancellation).ConfigureAwait(false);
        return await DescribeConsumersAsync(broker, group, cancellation).ConfigureAwait(false) ?? await DescribeClassicAsync(broker, group, cancellation).ConfigureAwait(false);
    }, cancellation);

    /// <summary>Null where it isn't one of those whose partitions the broker gives.</summary>
    static async ValueTask<GroupDescription?> DescribeConsumersAsync(BrokerConnection broker, string group, CancellationToken cancellation)
    {
        if (!broker.Versions.Knows(ApiKey.ConsumerGroupDescribe)) return null;
        var answer = await broker.AskAsync<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse>(new() { GroupIds = [group] }, cancellation).ConfigureAwait(false);
        // Brokers that know the protocol and haven't switched it on say that they don't.
        if (answer.Groups is not [var found] || found.ErrorCode is ErrorCode.GroupIdNotFound or ErrorCode.UnsupportedVersion) return null;
        Check(found.ErrorCode, $"Group '{group}' can't be described", found.ErrorMessage);
        return new(group, GroupKind.Consumer, Parse<GroupState>(found.GroupState), found.AssignorName,
            [.. found.Members.Select(m => new GroupMember(m.MemberId, m.InstanceId, m.ClientId, m.ClientHost, InOrder(m.Assignment.TopicPartitions.SelectMany(t => t.Partitions.Select(p => new TopicPartition(t.TopicName, p))))))]);
    }

    static async ValueTask<GroupDescription> DescribeClassicAsync(BrokerConnection broker, string group, CancellationToken cancellation)
    {
        var answer = await broker.AskAsync<DescribeGroupsRequest, DescribeGroupsResponse>(new() { Groups = [group] }, cancellation).ConfigureAwait(false);
        var found = answer.Groups is [var only] ? only : new() { ErrorCode = ErrorCode.UnknownServerError };
        var state = Parse<GroupState>(found.GroupState);
        // So older brokers say that there is none.
        if (found.ErrorCode == ErrorCode.None && state == GroupState.Dead) found.ErrorCode = ErrorCode.GroupIdNotFound;
        Check(found.ErrorCode, $"Group '{group}' can't be described");
        return new(group, GroupKind.Classic, state, found.ProtocolData,
            [.. found.Members.Select(m => new GroupMember(m.MemberId, m.GroupInstanceId, m.ClientId, m.ClientHost, found.ProtocolType == "consumer" ? ReadAssignment(m.MemberAssignment) : []))]);
    }

    /// <summary>Deletes a group with all that it has committed. It must have no members.</summary>
    public async ValueTask DeleteGroupAsync(string group, CancellationToken cancellation = default)
    {
        var isInDoubt = false;
        await PersistAsync(async () =>
        {
            var broker = await CoordinatorAsync(group, cancellation).ConfigureAwait(false);
            try
            {
                var answer = await broker.AskAsync<DeleteGroupsRequest, DeleteGroupsResponse>(new() { GroupsNames = [group] }, cancellation).ConfigureAwait(false);
                var code = answer.Results is [var result] ? result.ErrorCode : ErrorCode.UnknownServerError;
                if (!isInDoubt || code != ErrorCode.GroupIdNotFound) Check(code, $"Group '{group}' can't be deleted");
            }
            catch (KafkaException lost) when (lost.Code is ErrorCode.NetworkException or ErrorCode.RequestTimedOut)
            {
                isInDoubt = true;
                throw;
            }
            return true;
        }, cancellation).ConfigureAwait(false);
    }

    // Members may write there what they like: who looks on must not fail over it.
    static IReadOnlyList<TopicPartition> ReadAssignment(byte[] bytes)
    {
        if (bytes.Length == 0) return [];
        try
        {
            var reader = new WireReader(bytes);
            var version = Math.Clamp(reader.Int16(), ConsumerProtocolAssignment.Oldest, ConsumerProtocolAssignment.Newest);
            return InOrder(ConsumerProtocolAssignment.Read(ref reader, version).AssignedPartitions.SelectMany(t => t.Partitions.Select(p => new TopicPartition(t.Topic, p))));
        }
        catch (WireException)
        {
            return [];
        }
    }

    static IReadOnlyList<TopicPartition> InOrder(IEnumerable<TopicPartition> partitions) => [.. partitions.OrderBy(p => p.Topic, StringComparer.Ordinal).ThenBy(p => p.Partition)];

    static TEnum Parse<TEnum>(string name) where TEnum : struct, Enum => Enum.TryParse<TEnum>(name, ignoreCase: true, out var value) ? value : default;
}
