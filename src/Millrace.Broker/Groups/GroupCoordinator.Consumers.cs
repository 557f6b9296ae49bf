using Millrace.Kafka.Wire;

namespace Millrace.Broker.Groups;

sealed partial class GroupCoordinator
{
    internal ConsumerGroupHeartbeatResponse Heartbeat(ConsumerGroupHeartbeatRequest asked, string clientId, string clientHost) => In(asked.GroupId, group =>
    {
        if (group.Classic is { IsEmpty: false })
            return new() { ErrorCode = ErrorCode.GroupIdNotFound, ErrorMessage = $"The members of '{group.Id}' use the classic protocol. Let them leave first." };
        group.Classic = null;
        group.Consumer ??= new(group.Id, Topics, node.Settings.Int("group.consumer.session.timeout.ms"), node.Settings.Int("group.consumer.heartbeat.interval.ms"),
            node.Settings.Int("group.consumer.max.size"), node.Settings.Int("group.consumer.assignment.interval.ms"));
        var more = group.Consumer.GrowthBy(asked);
        if (more > GroupMemory.MostOfOne) return new() { ErrorCode = ErrorCode.InvalidRequest, ErrorMessage = $"What a member subscribes to takes {GroupMemory.MostOfOne:N0} bytes of memory at most." };
        if (!Memory.HasRoomForMember(more))
            return new() { ErrorCode = ErrorCode.GroupMaxSizeReached, ErrorMessage = $"The members of all groups hold {Memory.Members:N0} bytes, and {GroupMemory.MostOfMembers:N0} is what they may hold." };
        return group.Consumer.Heartbeat(asked, clientId, clientHost, static () => Guid.NewGuid().ToString(), Now);
    });

    TopicView Topics => new(
        name => node.Topics.Find(name) is { } topic ? (topic.Id, topic.Partitions.Count) : null,
        () => node.Topics.All.Select(t => t.Name));

    /// <summary>Whether a member that asks for offsets is the one that the group knows. Only groups in which the broker assigns look at that, as in Kafka: members of classic ones may say who they are, too.</summary>
    internal ErrorCode CheckMember(string groupId, string memberId, int epoch)
    {
        if (Find(groupId) is not { } group) return ErrorCode.None;
        lock (group.Gate) return group.Consumer?.MayCommit(memberId, epoch) ?? ErrorCode.None;
    }
}
