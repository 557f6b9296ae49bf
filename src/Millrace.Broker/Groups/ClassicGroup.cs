using Millrace.Kafka.Wire;

namespace Millrace.Broker.Groups;

enum ClassicState { Empty, PreparingRebalance, CompletingRebalance, Stable }

/// <summary>
/// A group whose clients divide the partitions among themselves: all of them join, one is the leader and divides, all are
/// told their part. It decides and does nothing else: time comes in, answers are completed.
/// </summary>
sealed partial class ClassicGroup(string id, int initialDelayMs, int mostMembers, Func<string, string> newMemberId)
{
    readonly Dictionary<string, ClassicMember> members = [];
    readonly Dictionary<string, string> staticMembers = [];
    /// <summary>Ids that were given out and not yet come back, with the time when they are forgotten.</summary>
    readonly Dictionary<string, long> pending = [];
    string? leader;
    /// <summary>When the rebalance goes on without those who haven't come.</summary>
    long? rebalanceDeadline;
    /// <summary>Until when a rebalance of an empty group waits for more members.</summary>
    long? notBefore;

    internal string Id => id;

    internal ClassicState State { get; private set; }

    internal int Generation { get; private set; }

    internal string? ProtocolType { get; private set; }

    internal string? Protocol { get; private set; }

    internal IReadOnlyCollection<ClassicMember> Members => members.Values;

    /// <summary>What it holds for its members, and for those that are still to come with their id.</summary>
    internal long Bytes => members.Values.Sum(m => m.Bytes) + pending.Keys.Sum(p => 128L + 2 * p.Length);

    internal long BytesOf(string memberId) => members.GetValueOrDefault(memberId)?.Bytes ?? 0;

    internal bool IsEmpty => members.Count == 0 && pending.Count == 0;

    internal void Join(JoinWish wish, TaskCompletionSource<JoinGroupResponse> answer, long now)
    {
        if (wish.Protocols.Count == 0 || wish.ProtocolType.Length == 0 || !Fits(wish))
        {
            answer.SetResult(new() { ErrorCode = ErrorCode.InconsistentGroupProtocol, MemberId = wish.MemberId, ProtocolName = null });
            return;
        }
        if (wish.MemberId.Length == 0) JoinNew(wish, answer, now);
        else JoinKnown(wish, answer, now);
    }

    bool Fits(JoinWish wish) => members.Count == 0
        || (ProtocolType == wish.ProtocolType && wish.Protocols.Exists(p => members.Values.All(m => m.Id == wish.MemberId || m.Knows(p.Name))));

    static void Refuse(TaskCompletionSource<JoinGroupResponse> answer, ErrorCode error, string memberId) =>
        answer.SetResult(new() { ErrorCode = error, MemberId = memberId, ProtocolName = null });

    void JoinNew(JoinWish wish, TaskCompletionSource<JoinGroupResponse> answer, long now)
    {
        if (wish.InstanceId is { } instance && staticMembers.TryGetValue(instance, out var old))
        {
            ReplaceStatic(members[old], wish, answer, now);
            return;
        }
        if (members.Count + pending.Count >= mostMembers)
        {
            Refuse(answer, ErrorCode.GroupMaxSizeReached, "");
            return;
        }
        var memberId = newMemberId(wish.InstanceId ?? wish.ClientId);
        if (wish.NeedsIdFirst && wish.InstanceId is null)
        {
            pending[memberId] = now + wish.SessionTimeoutMs;
            Refuse(answer, ErrorCode.MemberIdRequired, memberId);
            return;
        }
        Add(memberId, wish, answer, now);
    }

    void JoinKnown(JoinWish wish, TaskCompletionSource<JoinGroupResponse> answer, long now)
    {
        if (wish.InstanceId is { } instance && staticMembers.TryGetValue(instance, out var holder) && holder != wish.MemberId)
        {
            Refuse(answer, ErrorCode.FencedInstanceId, wish.MemberId);
            return;
        }
        if (pending.Remove(wish.MemberId))
        {
            Add(wish.MemberId, wish, answer, now);
            return;
        }
        if (!members.TryGetValue(wish.MemberId, out var member) || wish.InstanceId is not null && member.InstanceId != wish.InstanceId)
        {
            Refuse(answer, ErrorCode.UnknownMemberId, wish.MemberId);
            return;
        }
        var isSame = member.HasSame(wish.Protocols);
        var isRepeat = isSame && (State == ClassicState.CompletingRebalance || State == ClassicState.Stable && member.Id != leader);
        member.Take(wish, now);
        if (isRepeat) answer.SetResult(Joined(member, State == ClassicState.CompletingRebalance));
        else Rejoin(member, answer, now);
    }

    void Add(string memberId, JoinWish wish, TaskCompletionSource<JoinGroupResponse> answer, long now)
    {
        var member = new ClassicMember(memberId, wish.InstanceId);
        if (members.Count == 0) ProtocolType = wish.ProtocolType;
        members.Add(memberId, member);
        if (wish.InstanceId is { } instance) staticMembers[instance] = memberId;
        member.Take(wish, now);
        Rejoin(member, answer, now);
    }

    void Rejoin(ClassicMember member, TaskCompletionSource<JoinGroupResponse> answer, long now)
    {
        member.Joining?.TrySetResult(new() { ErrorCode = ErrorCode.RebalanceInProgress, MemberId = member.Id, ProtocolName = null });
        member.Joining = answer;
        BeginRebalance(now);
        CompleteJoinIfReady(now);
    }

    /// <summary>A static member that comes back without its id takes the place of its old self, without a rebalance where nothing changes.</summary>
    void ReplaceStatic(ClassicMember member, JoinWish wish, TaskCompletionSource<JoinGroupResponse> answer, long now)
    {
        var old = member.Id;
        member.Joining?.TrySetResult(new() { ErrorCode = ErrorCode.FencedInstanceId, MemberId = old, ProtocolName = null });
        member.Syncing?.TrySetResult(new() { ErrorCode = ErrorCode.FencedInstanceId });
        (member.Joining, member.Syncing) = (null, null);
        members.Remove(old);
        member.Id = newMemberId(wish.InstanceId!);
        members.Add(member.Id, member);
        staticMembers[wish.InstanceId!] = member.Id;
        var wasLeader = leader == old;
        if (wasLeader) leader = member.Id;
        var isSame = member.HasSame(wish.Protocols);
        member.Take(wish, now);
        if (State != ClassicState.Stable || !isSame)
        {
            Rejoin(member, answer, now);
            return;
        }
        var response = Joined(member, wasLeader && wish.CanSkipAssignment);
        // A leader that can't be told so takes itself for a follower, and keeps its part.
        if (wasLeader && !wish.CanSkipAssignment) response.Leader = old;
        response.SkipAssignment = wasLeader && wish.CanSkipAssignment;
        answer.SetResult(response);
    }

    JoinGroupResponse Joined(ClassicMember member, bool withMembers) => new()
    {
        GenerationId = Generation,
        ProtocolType = ProtocolType,
        ProtocolName = Protocol,
        Leader = leader ?? "",
        MemberId = member.Id,
        Members = withMembers && member.Id == leader
            ? [.. members.Values.Select(m => new JoinGroupResponse.JoinGroupResponseMember { MemberId = m.Id, GroupInstanceId = m.InstanceId, Metadata = m.MetadataOf(Protocol) })]
            : [],
    };

    void BeginRebalance(long now)
    {
        if (State == ClassicState.PreparingRebalance) return;
        foreach (var member in members.Values)
        {
            if (State == ClassicState.CompletingRebalance) member.Assignment = [];
            member.Syncing?.TrySetResult(new() { ErrorCode = ErrorCode.RebalanceInProgress });
            member.Syncing = null;
        }
        notBefore = State == ClassicState.Empty && initialDelayMs > 0 ? now + initialDelayMs : null;
        rebalanceDeadline = now + members.Values.Max(m => m.RebalanceTimeoutMs);
        State = ClassicState.PreparingRebalance;
    }

    void CompleteJoinIfReady(long now)
    {
        if (State != ClassicState.PreparingRebalance) return;
        var isOver = now >= rebalanceDeadline;
        if (!isOver && (now < notBefore || pending.Count > 0 || members.Values.Any(m => m.Joining is null))) return;
        // A static member may be back before its session ends; it keeps its place.
        foreach (var gone in members.Values.Where(m => m.Joining is null && m.InstanceId is null).ToList()) Forget(gone);
        CompleteJoin(now);
    }

    void CompleteJoin(long now)
    {
        Generation++;
        if (members.Count == 0 || members.Values.All(m => m.Joining is null))
        {
            (rebalanceDeadline, notBefore) = (null, null);
            if (members.Count > 0)
            {
                rebalanceDeadline = now + members.Values.Max(m => m.RebalanceTimeoutMs);
                return;
            }
            (State, Protocol, leader) = (ClassicState.Empty, null, null);
            return;
        }
        Protocol = Elect();
        if (leader is null || !members.TryGetValue(leader, out var before) || before.Joining is null) leader = members.Values.First(m => m.Joining is not null).Id;
        State = ClassicState.CompletingRebalance;
        (rebalanceDeadline, notBefore) = (now + members.Values.Max(m => m.RebalanceTimeoutMs), null);
        foreach (var member in members.Values)
        {
            member.Deadline = now + member.SessionTimeoutMs;
            member.Joining?.TrySetResult(Joined(member, withMembers: true));
            member.Joining = null;
        }
    }

    /// <summary>Each member votes for the first it likes of those that all know.</summary>
    string Elect()
    {
        var known = members.Values.First().Protocols.Select(p => p.Name).Where(name => members.Values.All(m => m.Knows(name))).ToList();
        return members.Values.Select(m => m.Protocols.Find(p => known.Contains(p.Name))!.Name).GroupBy(n => n).OrderByDescending(g => g.Count()).ThenBy(g => known.IndexOf(g.Key)).First().Key;
    }

    void Forget(ClassicMember member)
    {
        members.Remove(member.Id);
        if (member.InstanceId is { } instance && staticMembers.GetValueOrDefault(instance) == member.Id) staticMembers.Remove(instance);
        if (leader == member.Id) leader = null;
    }

    void Remove(ClassicMember member, long now)
    {
        Forget(member);
        member.Joining?.TrySetResult(new() { ErrorCode = ErrorCode.UnknownMemberId, MemberId = member.Id, ProtocolName = null });
        member.Syncing?.TrySetResult(new() { ErrorCode = ErrorCode.UnknownMemberId });
        if (members.Count == 0 && State != ClassicState.Empty)
        {
            Generation++;
            (State, Protocol, leader, rebalanceDeadline, notBefore) = (ClassicState.Empty, null, null, null, null);
            return;
        }
        if (State is ClassicState.Stable or ClassicState.CompletingRebalance) BeginRebalance(now);
        CompleteJoinIfReady(now);
    }
}
