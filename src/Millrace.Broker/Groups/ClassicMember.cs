using Millrace.Kafka.Wire;

namespace Millrace.Broker.Groups;

/// <summary>A member of a group whose clients divide the partitions among themselves.</summary>
sealed class ClassicMember(string id, string? instanceId)
{
    internal string Id { get; set; } = id;

    internal string? InstanceId => instanceId;

    internal string ClientId { get; private set; } = "";

    internal string ClientHost { get; private set; } = "";

    internal int SessionTimeoutMs { get; private set; }

    internal int RebalanceTimeoutMs { get; private set; }

    /// <summary>The ways of dividing that the client knows, those that it likes best first.</summary>
    internal List<JoinGroupRequest.JoinGroupRequestProtocol> Protocols { get; private set; } = [];

    internal byte[] Assignment { get; set; } = [];

    /// <summary>What it holds for itself.</summary>
    internal long Bytes => said + Assignment.Length;

    long said;

    /// <summary>When it's taken for gone.</summary>
    internal long Deadline { get; set; }

    /// <summary>The answers that it waits for, or null.</summary>
    internal TaskCompletionSource<JoinGroupResponse>? Joining { get; set; }

    internal TaskCompletionSource<SyncGroupResponse>? Syncing { get; set; }

    internal void Take(JoinWish wish, long now)
    {
        (ClientId, ClientHost, Protocols, said) = (wish.ClientId, wish.ClientHost, wish.Protocols, wish.Bytes);
        (SessionTimeoutMs, RebalanceTimeoutMs) = (wish.SessionTimeoutMs, wish.RebalanceTimeoutMs);
        Deadline = now + SessionTimeoutMs;
    }

    internal bool IsWaiting => Joining is not null || Syncing is not null;

    internal bool Knows(string protocol) => Protocols.Exists(p => p.Name == protocol);

    internal byte[] MetadataOf(string? protocol) => Protocols.Find(p => p.Name == protocol)?.Metadata ?? [];

    internal bool HasSame(List<JoinGroupRequest.JoinGroupRequestProtocol> others) =>
        Protocols.Count == others.Count && Protocols.Zip(others).All(p => p.First.Name == p.Second.Name && p.First.Metadata.AsSpan().SequenceEqual(p.Second.Metadata));
}

/// <summary>A wish to join, as far as the group cares.</summary>
sealed record JoinWish(string MemberId, string? InstanceId, string ClientId, string ClientHost, int SessionTimeoutMs, int RebalanceTimeoutMs, string ProtocolType,
    List<JoinGroupRequest.JoinGroupRequestProtocol> Protocols)
{
    /// <summary>What a member takes that says this.</summary>
    internal long Bytes { get; } = 512 + 2L * (MemberId.Length + (InstanceId?.Length ?? 0) + 2 * ClientId.Length) + Protocols.Sum(p => 64L + 2 * p.Name.Length + p.Metadata.Length);

    /// <summary>Whether the client comes again with the id that it's given, before it's a member.</summary>
    internal bool NeedsIdFirst { get; init; }

    /// <summary>Whether a leader can be told that nothing has to be divided.</summary>
    internal bool CanSkipAssignment { get; init; }
}
