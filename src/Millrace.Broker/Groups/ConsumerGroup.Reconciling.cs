using Millrace.Kafka.Wire;

namespace Millrace.Broker.Groups;

sealed partial class ConsumerGroup
{
    /// <summary>Brings a member a step nearer to its target.</summary>
    /// <param name="owned">What it says that it consumes, or null where it says nothing new.</param>
    void Reconcile(ConsumerMember member, HashSet<Place>? owned, long now)
    {
        if (member.Epoch == Joining && owned is not null && owned.Count == 0) Free(member);
        if (member.Revoking.Count > 0)
        {
            if (owned is null || owned.Overlaps(member.Revoking)) return;
            foreach (var place in member.Revoking) Release(place, member);
            (member.Revoking, member.RevokeDeadline) = ([], null);
        }
        var revoke = member.Assigned.Where(p => !member.Target.Contains(p)).ToHashSet();
        if (revoke.Count > 0)
        {
            member.Assigned = [.. member.Assigned.Where(p => !revoke.Contains(p))];
            (member.Revoking, member.RevokeDeadline) = (revoke, now + member.RebalanceTimeoutMs);
            return;
        }
        var next = new HashSet<Place>(member.Assigned);
        foreach (var place in member.Target)
        {
            if (holders.TryGetValue(place, out var holder) && holder != member) continue;
            holders[place] = member;
            next.Add(place);
        }
        member.Assigned = next;
        if (member.Epoch == TargetEpoch) return;
        (member.PreviousEpoch, member.Epoch) = (member.Epoch, TargetEpoch);
    }

    void Release(Place place, ConsumerMember member)
    {
        if (holders.GetValueOrDefault(place) == member) holders.Remove(place);
    }

    void Free(ConsumerMember member)
    {
        foreach (var place in member.Assigned.Concat(member.Revoking)) Release(place, member);
        (member.Assigned, member.Revoking, member.RevokeDeadline) = ([], [], null);
    }

    void Remove(ConsumerMember member)
    {
        Free(member);
        members.Remove(member.Id);
        Advance();
    }

    ConsumerGroupHeartbeatResponse Leave(ConsumerGroupHeartbeatRequest asked, long now)
    {
        if (!members.TryGetValue(asked.MemberId, out var member)) return Refuse(ErrorCode.UnknownMemberId, $"There is no member '{asked.MemberId}' in group '{id}'.");
        if (asked.InstanceId is { } instance && member.InstanceId != instance) return Refuse(ErrorCode.FencedInstanceId, $"The member is not '{instance}'.");
        if (asked.MemberEpoch == LeavingForAWhile && member.InstanceId is not null)
        {
            member.IsAway = true;
            member.Deadline = now + sessionTimeoutMs;
        }
        else Remove(member);
        return new() { MemberId = asked.MemberId, MemberEpoch = asked.MemberEpoch };
    }

    /// <summary>A tool takes a member out, with the request of the classic protocol.</summary>
    internal ErrorCode LeaveClassically(string memberId, string? instanceId, long now)
    {
        var member = instanceId is null ? members.GetValueOrDefault(memberId) : members.Values.FirstOrDefault(m => m.InstanceId == instanceId);
        if (member is null) return ErrorCode.UnknownMemberId;
        if (memberId.Length > 0 && member.Id != memberId) return ErrorCode.FencedInstanceId;
        Remove(member);
        return ErrorCode.None;
    }

    internal ErrorCode MayCommit(string memberId, int epoch) =>
        !members.TryGetValue(memberId, out var member) ? ErrorCode.UnknownMemberId : member.Epoch == epoch ? ErrorCode.None : ErrorCode.StaleMemberEpoch;

    internal void Tick(long now)
    {
        foreach (var member in members.Values.ToList())
            if (now >= member.Deadline || now >= member.RevokeDeadline) Remove(member);
    }

    internal long? NextDeadline()
    {
        long? next = null;
        foreach (var member in members.Values)
        {
            var own = member.RevokeDeadline is { } revoke ? Math.Min(revoke, member.Deadline) : member.Deadline;
            if (next is null || own < next) next = own;
        }
        return next;
    }
}
