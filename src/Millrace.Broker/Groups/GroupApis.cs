using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;
using Described = Millrace.Kafka.Wire.DescribeGroupsResponse.DescribedGroup;

namespace Millrace.Broker.Groups;

/// <summary>What tools ask of groups of the classic protocol, and of all groups.</summary>
static class GroupApis
{
    internal static Api List(BrokerNode node) => Api.Of<ListGroupsRequest, ListGroupsResponse>((request, asked) =>
    {
        var response = new ListGroupsResponse();
        var mayAll = node.Security.May(request, AclOperation.Describe, ResourceType.Cluster, Acls.ClusterName);
        foreach (var group in node.Groups.All.OrderBy(g => g.Id, StringComparer.Ordinal))
        {
            if (!mayAll && !node.Security.May(request, AclOperation.Describe, ResourceType.Group, group.Id)) continue;
            lock (group.Gate)
            {
                var (state, type) = (StateOf(group), group.Consumer is null ? "classic" : "consumer");
                if (asked.StatesFilter.Count > 0 && !asked.StatesFilter.Contains(state, StringComparer.OrdinalIgnoreCase)) continue;
                if (asked.TypesFilter.Count > 0 && !asked.TypesFilter.Contains(type, StringComparer.OrdinalIgnoreCase)) continue;
                var listed = new ListGroupsResponse.ListedGroup { GroupId = group.Id, ProtocolType = group.Classic?.ProtocolType ?? (group.Consumer is null ? "" : "consumer") };
                if (request.Version >= 4) listed.GroupState = state;
                if (request.Version >= 5) listed.GroupType = type;
                response.Groups.Add(listed);
            }
        }
        return response;
    });

    static string StateOf(Group group) => group.Consumer?.State ?? group.Classic?.State.ToString() ?? nameof(ClassicState.Empty);

    internal static Api Describe(BrokerNode node) => Api.Of<DescribeGroupsRequest, DescribeGroupsResponse>((request, asked) => new()
    {
        Groups = [.. asked.Groups.Distinct().Select(id =>
        {
            if (!node.Security.May(request, AclOperation.Describe, ResourceType.Group, id)) return new Described { GroupId = id, ErrorCode = ErrorCode.GroupAuthorizationFailed };
            var described = Describe(node.Groups.Find(id), id, request.Version);
            if (asked.IncludeAuthorizedOperations && request.Version >= 3) described.AuthorizedOperations = node.Security.OperationsOn(request, ResourceType.Group, id);
            return described;
        })],
    });

    static Described Describe(Group? group, string id, short version)
    {
        var missing = new Described { GroupId = id, GroupState = "Dead", ErrorCode = version >= 6 ? ErrorCode.GroupIdNotFound : ErrorCode.None };
        if (version >= 6) missing.ErrorMessage = $"There is no group '{id}' of the classic protocol.";
        if (group is null) return missing;
        lock (group.Gate)
        {
            if (group.Consumer is not null) return missing;
            var described = new Described { GroupId = id, GroupState = StateOf(group), ProtocolType = group.Classic?.ProtocolType ?? "" };
            if (group.Classic is not { } classic) return described;
            var isStable = classic.State == ClassicState.Stable;
            described.ProtocolData = isStable ? classic.Protocol ?? "" : "";
            foreach (var member in classic.Members)
            {
                var one = new Described.DescribedGroupMember
                {
                    MemberId = member.Id,
                    ClientId = member.ClientId,
                    ClientHost = member.ClientHost,
                    MemberMetadata = isStable ? member.MetadataOf(classic.Protocol) : [],
                    MemberAssignment = isStable ? member.Assignment : [],
                };
                if (version >= 4) one.GroupInstanceId = member.InstanceId;
                described.Members.Add(one);
            }
            return described;
        }
    }

    internal static Api Delete(BrokerNode node) => Api.Of<DeleteGroupsRequest, DeleteGroupsResponse>(async (request, asked) =>
    {
        var response = new DeleteGroupsResponse();
        foreach (var id in asked.GroupsNames.Distinct())
        {
            var error = node.Security.May(request, AclOperation.Delete, ResourceType.Group, id) ? await node.Groups.DeleteAsync(id).ConfigureAwait(false) : ErrorCode.GroupAuthorizationFailed;
            response.Results.Add(new() { GroupId = id, ErrorCode = error });
        }
        return response;
    });

    internal static Api DeleteOffsets(BrokerNode node) => Api.Of<OffsetDeleteRequest, OffsetDeleteResponse>(async (request, asked) =>
    {
        if (!node.Security.May(request, AclOperation.Delete, ResourceType.Group, asked.GroupId)) return new() { ErrorCode = ErrorCode.GroupAuthorizationFailed };
        var wanted = asked.Topics.Where(t => node.Security.May(request, AclOperation.Read, ResourceType.Topic, t.Name))
            .SelectMany(t => t.Partitions.Select(p => new TopicPartition(t.Name, p.PartitionIndex))).ToHashSet();
        var (error, consumed) = await node.Groups.DeleteOffsetsAsync(asked.GroupId, wanted).ConfigureAwait(false);
        if (error != ErrorCode.None) return new() { ErrorCode = error };
        return new()
        {
            Topics = asked.Topics.ConvertAll(t => new OffsetDeleteResponse.OffsetDeleteResponseTopic
            {
                Name = t.Name,
                Partitions = t.Partitions.ConvertAll(p => new OffsetDeleteResponse.OffsetDeleteResponseTopic.OffsetDeleteResponsePartition
                {
                    PartitionIndex = p.PartitionIndex,
                    ErrorCode = consumed.Contains(new(t.Name, p.PartitionIndex)) ? ErrorCode.GroupSubscribedToTopic
                        : wanted.Contains(new(t.Name, p.PartitionIndex)) ? ErrorCode.None : ErrorCode.TopicAuthorizationFailed,
                }),
            }),
        };
    });
}
