using Millrace.Kafka.Wire;

namespace Millrace.Broker.Groups;

sealed partial class ClassicGroup
{
    internal void Sync(SyncGroupRequest wish, TaskCompletionSource<SyncGroupResponse> answer, long now)
    {
        var error = Check(wish.MemberId, wish.GroupInstanceId, wish.GenerationId);
        if (error == ErrorCode.None && State == ClassicState.PreparingRebalance) error = ErrorCode.RebalanceInProgress;
        if (error == ErrorCode.None && (wish.ProtocolType is { } type && type != ProtocolType || wish.ProtocolName is { } name && name != Protocol)) error = ErrorCode.InconsistentGroupProtocol;
        if (error != ErrorCode.None)
        {
            answer.SetResult(new() { ErrorCode = error });
            return;
        }
        var member = members[wish.MemberId];
        member.Deadline = now + member.SessionTimeoutMs;
        if (State == ClassicState.Stable)
        {
            answer.SetResult(Part(member));
            return;
        }
        member.Syncing?.TrySetResult(new() { ErrorCode = ErrorCode.RebalanceInProgress });
        member.Syncing = answer;
        if (member.Id != leader) return;
        foreach (var part in members.Values) part.Assignment = [];
        foreach (var part in wish.Assignments)
            if (members.TryGetValue(part.MemberId, out var owner)) owner.Assignment = part.Assignment;
        State = ClassicState.Stable;
        foreach (var waiting in members.Values)
        {
            if (waiting.Syncing is null) continue;
            waiting.Deadline = now + waiting.SessionTimeoutMs;
            waiting.Syncing.TrySetResult(Part(waiting));
            waiting.Syncing = null;
        }
    }

    SyncGroupResponse Part(ClassicMember member) => new() { ProtocolType = ProtocolType, ProtocolName = Protocol, Assignment = member.Assignment };

    ErrorCode Check(string memberId, string? instanceId, int generation)
    {
        if (instanceId is { } instance)
        {
            if (!staticMembers.TryGetValue(instance, out var holder)) return ErrorCode.UnknownMemberId;
            if (holder != memberId) return ErrorCode.FencedInstanceId;
        }
        if (!members.ContainsKey(memberId)) return ErrorCode.UnknownMemberId;
        return generation == Generation ? ErrorCode.None : ErrorCode.IllegalGeneration;
    }

    internal ErrorCode Heartbeat(string memberId, string? instanceId, int generation, long now)
    {
        if (pending.ContainsKey(memberId)) return ErrorCode.None;
        if (Check(memberId, instanceId, generation) is not ErrorCode.None and var error) return error;
        members[memberId].Deadline = now + members[memberId].SessionTimeoutMs;
        return State == ClassicState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }

    internal ErrorCode Leave(string memberId, string? instanceId, long now)
    {
        if (instanceId is { } instance)
        {
            if (!staticMembers.TryGetValue(instance, out var holder)) return ErrorCode.UnknownMemberId;
            if (memberId.Length > 0 && holder != memberId) return ErrorCode.FencedInstanceId;
            memberId = holder;
        }
        if (pending.Remove(memberId))
        {
            CompleteJoinIfReady(now);
            return ErrorCode.None;
        }
        if (!members.TryGetValue(memberId, out var member)) return ErrorCode.UnknownMemberId;
        Remove(member, now);
        return ErrorCode.None;
    }

    /// <summary>Whether a member may commit offsets.</summary>
    internal ErrorCode MayCommit(string memberId, string? instanceId, int generation, bool isTransactional, long now)
    {
        // Who commits without being a member may do so as long as there is none.
        if (generation < 0 && members.Count == 0) return ErrorCode.None;
        if (generation < 0 && memberId.Length == 0 && isTransactional) return ErrorCode.None;
        if (Check(memberId, instanceId, generation) is not ErrorCode.None and var error) return error;
        if (State == ClassicState.CompletingRebalance) return ErrorCode.RebalanceInProgress;
        members[memberId].Deadline = now + members[memberId].SessionTimeoutMs;
        return ErrorCode.None;
    }

    /// <summary>The topics that the members consume, or null where they don't say.</summary>
    internal IEnumerable<string>? Topics()
    {
        if (ProtocolType != "consumer" || Protocol is null) return null;
        try
        {
            return [.. members.Values.SelectMany(m => Subscription.Topics(m.MetadataOf(Protocol))).Distinct()];
        }
        catch (WireException)
        {
            return null;
        }
    }

    /// <summary>Lets go of who has been silent, and goes on without who hasn't come.</summary>
    internal void Tick(long now)
    {
        foreach (var (id, until) in pending.ToList())
            if (now >= until) pending.Remove(id);
        // Who waits for us is there, as far as we know.
        foreach (var member in members.Values.Where(m => !m.IsWaiting && now >= m.Deadline).ToList())
            if (members.ContainsKey(member.Id)) Remove(member, now);
        if (State == ClassicState.CompletingRebalance && now >= rebalanceDeadline)
        {
            foreach (var late in members.Values.Where(m => m.Syncing is null).ToList()) Forget(late);
            if (members.Count > 0) BeginRebalance(now);
            else (State, Protocol, leader, rebalanceDeadline, Generation) = (ClassicState.Empty, null, null, null, Generation + 1);
        }
        CompleteJoinIfReady(now);
    }

    /// <summary>When it must be looked at again, or null.</summary>
    internal long? NextDeadline()
    {
        long? next = State is ClassicState.PreparingRebalance or ClassicState.CompletingRebalance ? rebalanceDeadline : null;
        if (State == ClassicState.PreparingRebalance) next = Earlier(next, notBefore);
        foreach (var until in pending.Values) next = Earlier(next, until);
        foreach (var member in members.Values)
            if (!member.IsWaiting) next = Earlier(next, member.Deadline);
        return next;
    }

    static long? Earlier(long? one, long? other) => one is null ? other : other is null ? one : Math.Min(one.Value, other.Value);
}
