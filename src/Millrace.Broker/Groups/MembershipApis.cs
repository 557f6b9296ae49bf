using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Groups;

/// <summary>Joining, staying in and leaving a group whose clients divide the partitions themselves.</summary>
static class MembershipApis
{
    internal static Api Join(BrokerNode node) => Api.Of<JoinGroupRequest, JoinGroupResponse>(async (request, asked) =>
    {
        if (!node.Security.May(request, AclOperation.Read, ResourceType.Group, asked.GroupId))
            return new() { ErrorCode = ErrorCode.GroupAuthorizationFailed, MemberId = asked.MemberId, ProtocolName = request.Version >= 7 ? null : "" };
        var response = await node.Groups.JoinAsync(asked.GroupId, new(asked.MemberId, asked.GroupInstanceId, request.ClientId, $"/{request.Connection.Remote.Address}",
            asked.SessionTimeoutMs, asked.RebalanceTimeoutMs < 0 ? asked.SessionTimeoutMs : asked.RebalanceTimeoutMs, asked.ProtocolType, asked.Protocols)
        {
            NeedsIdFirst = request.Version >= 4,
            CanSkipAssignment = request.Version >= 9,
        }).ConfigureAwait(false);
        if (request.Version < 7) response.ProtocolName ??= "";
        return response;
    }) with { WaitsForOthers = true };

    internal static Api Sync(BrokerNode node) => Api.Of<SyncGroupRequest, SyncGroupResponse>(async (request, asked) =>
        node.Security.May(request, AclOperation.Read, ResourceType.Group, asked.GroupId)
            ? await node.Groups.SyncAsync(asked).ConfigureAwait(false)
            : new() { ErrorCode = ErrorCode.GroupAuthorizationFailed }) with { WaitsForOthers = true };

    internal static Api Heartbeat(BrokerNode node) => Api.Of<HeartbeatRequest, HeartbeatResponse>((request, asked) => new()
    {
        ErrorCode = node.Security.May(request, AclOperation.Read, ResourceType.Group, asked.GroupId) ? node.Groups.Heartbeat(asked) : ErrorCode.GroupAuthorizationFailed,
    });

    internal static Api Leave(BrokerNode node) => Api.Of<LeaveGroupRequest, LeaveGroupResponse>((request, asked) =>
    {
        if (!node.Security.May(request, AclOperation.Read, ResourceType.Group, asked.GroupId)) return new() { ErrorCode = ErrorCode.GroupAuthorizationFailed };
        if (request.Version < 3) return new() { ErrorCode = node.Groups.Leave(asked.GroupId, asked.MemberId, null) };
        return new()
        {
            Members = [.. asked.Members.Select(m => new LeaveGroupResponse.MemberResponse
            {
                MemberId = m.MemberId,
                GroupInstanceId = m.GroupInstanceId,
                ErrorCode = node.Groups.Leave(asked.GroupId, m.MemberId, m.GroupInstanceId),
            })],
        };
    });

    internal static Api FindCoordinator(BrokerNode node) => Api.Of<FindCoordinatorRequest, FindCoordinatorResponse>((request, asked) =>
    {
        var (host, port) = (node.AdvertisedHost(request), node.AdvertisedPort);
        if (request.Version < 4)
        {
            var refused = Refusal(node, request, asked.KeyType, asked.Key);
            return refused != ErrorCode.None ? new() { ErrorCode = refused, NodeId = -1, Port = -1 } : new() { NodeId = BrokerNode.Id, Host = host, Port = port };
        }
        return new()
        {
            Coordinators = [.. asked.CoordinatorKeys.Select(key => Refusal(node, request, asked.KeyType, key) is not ErrorCode.None and var refused
                ? new FindCoordinatorResponse.Coordinator { Key = key, ErrorCode = refused, NodeId = -1, Port = -1 }
                : new() { Key = key, NodeId = BrokerNode.Id, Host = host, Port = port })],
        };
    });

    static ErrorCode Refusal(BrokerNode node, Request request, sbyte type, string key) => type switch
    {
        0 => node.Security.May(request, AclOperation.Describe, ResourceType.Group, key) ? ErrorCode.None : ErrorCode.GroupAuthorizationFailed,
        1 => node.Security.May(request, AclOperation.Describe, ResourceType.TransactionalId, key) ? ErrorCode.None : ErrorCode.TransactionalIdAuthorizationFailed,
        _ => ErrorCode.InvalidRequest,
    };
}
