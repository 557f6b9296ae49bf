using System.Text.RegularExpressions;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Groups;

/// <summary>
/// A group to which the broker gives partitions (KIP-848). Each change of members or topics begins a new epoch with a new
/// target. Members come to it one by one: they first give up what others shall have, and get what others have given up. It
/// decides and does nothing else.
/// </summary>
sealed partial class ConsumerGroup(string id, TopicView topics, int sessionTimeoutMs, int heartbeatMs, int mostMembers, int assignmentIntervalMs)
{
    const int Joining = 0, Leaving = -1, LeavingForAWhile = -2;

    readonly Dictionary<string, ConsumerMember> members = [];
    readonly Dictionary<Place, ConsumerMember> holders = [];
    int subscribedState;
    long? assignedAt;

    internal string Id => id;

    internal int Epoch { get; private set; }

    /// <summary>The epoch that the target is of.</summary>
    internal int TargetEpoch { get; private set; }

    /// <summary>How often it was decided who gets what.</summary>
    internal int Assignments { get; private set; }

    internal long Bytes => members.Values.Sum(m => m.Bytes);

    /// <summary>How much more the group holds with what a member says now.</summary>
    internal long GrowthBy(ConsumerGroupHeartbeatRequest asked) => asked.SubscribedTopicNames is null && asked.SubscribedTopicRegex is null && asked.MemberEpoch != Joining
        ? 0
        : ConsumerMember.BytesOf(asked.SubscribedTopicNames ?? [], asked.SubscribedTopicRegex) + 1024 - (members.GetValueOrDefault(asked.MemberId)?.Bytes ?? 0);

    internal bool IsEmpty => members.Count == 0;

    internal IReadOnlyCollection<ConsumerMember> Members => members.Values;

    internal string AssignorName => members.Values.Select(m => m.Assignor).OfType<string>().GroupBy(a => a).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).FirstOrDefault()?.Key ?? Assignor.Uniform;

    internal string State => members.Count == 0 ? "Empty" : Epoch > TargetEpoch ? "Assigning" : members.Values.All(m => m.Epoch == TargetEpoch && m.Assigned.SetEquals(m.Target)) ? "Stable" : "Reconciling";

    internal ConsumerGroupHeartbeatResponse Heartbeat(ConsumerGroupHeartbeatRequest asked, string clientId, string clientHost, Func<string> newId, long now)
    {
        if (asked.MemberEpoch is Leaving or LeavingForAWhile) return Leave(asked, now);
        if (Find(asked, newId, out var member) is { } refused) return refused;
        var isFull = asked.MemberEpoch == Joining || (asked.SubscribedTopicNames is not null && asked.TopicPartitions is not null);
        (member.ClientId, member.ClientHost, member.Deadline) = (clientId, clientHost, now + sessionTimeoutMs);
        if (Take(member, asked)) Advance();
        // A thousand that join one after the other are given their parts together: each new target takes a look at all members and partitions.
        if (Epoch > TargetEpoch && !(now < assignedAt + assignmentIntervalMs)) Retarget(now);
        var before = member.Assigned;
        Reconcile(member, asked.TopicPartitions is null ? null : [.. asked.TopicPartitions.SelectMany(t => t.Partitions.Select(p => new Place(t.TopicId, p)))], now);
        return new()
        {
            MemberId = member.Id,
            MemberEpoch = member.Epoch,
            HeartbeatIntervalMs = heartbeatMs,
            Assignment = isFull || !before.SetEquals(member.Assigned) ? Write(member.Assigned) : null,
        };
    }

    static ConsumerGroupHeartbeatResponse Refuse(ErrorCode error, string? message = null) => new() { ErrorCode = error, ErrorMessage = message };

    static ConsumerGroupHeartbeatResponse.AssignmentPart Write(HashSet<Place> places) => new()
    {
        TopicPartitions = [.. places.GroupBy(p => p.Topic).Select(g => new ConsumerGroupHeartbeatResponse.TopicPartitionsPart { TopicId = g.Key, Partitions = [.. g.Select(p => p.Partition).Order()] })],
    };

    ConsumerGroupHeartbeatResponse? Find(ConsumerGroupHeartbeatRequest asked, Func<string> newId, out ConsumerMember member)
    {
        member = members.GetValueOrDefault(asked.MemberId)!;
        var holder = asked.InstanceId is { } instance ? members.Values.FirstOrDefault(m => m.InstanceId == instance) : null;
        if (asked.MemberEpoch == Joining) return Join(asked, holder, newId, ref member);
        if (holder is not null && holder.Id != asked.MemberId) return Refuse(ErrorCode.FencedInstanceId, $"Another member is '{asked.InstanceId}' now.");
        if (member is null) return Refuse(ErrorCode.UnknownMemberId, $"There is no member '{asked.MemberId}' in group '{id}'.");
        if (asked.MemberEpoch == member.Epoch) return null;
        // The answer that told the newer epoch may have been lost: then it owns nothing that it wasn't given.
        var assigned = member.Assigned;
        if (asked.MemberEpoch == member.PreviousEpoch && asked.TopicPartitions is { } owned && owned.TrueForAll(t => t.Partitions.TrueForAll(p => assigned.Contains(new(t.TopicId, p))))) return null;
        return Refuse(ErrorCode.FencedMemberEpoch, $"The member is at epoch {member.Epoch}, not {asked.MemberEpoch}.");
    }

    ConsumerGroupHeartbeatResponse? Join(ConsumerGroupHeartbeatRequest asked, ConsumerMember? holder, Func<string> newId, ref ConsumerMember member)
    {
        if (asked.SubscribedTopicRegex is { Length: > 0 } regex && Compile(regex) is null) return Refuse(ErrorCode.InvalidRegularExpression, $"'{regex}' is not a regular expression that can be used here.");
        if (holder is not null && holder.Id != asked.MemberId)
        {
            if (!holder.IsAway) return Refuse(ErrorCode.UnreleasedInstanceId, $"Another member is '{asked.InstanceId}', and has not left.");
            member = Replace(holder, asked.MemberId.Length > 0 ? asked.MemberId : newId());
            return null;
        }
        if (member is not null)
        {
            member.IsAway = false;
            return null;
        }
        if (members.Count >= mostMembers) return Refuse(ErrorCode.GroupMaxSizeReached, $"Group '{id}' has {members.Count} members, which is as many as it may have.");
        member = new(asked.MemberId.Length > 0 ? asked.MemberId : newId()) { InstanceId = asked.InstanceId };
        members.Add(member.Id, member);
        Advance();
        return null;
    }

    /// <summary>A static member that comes back has what its old self had.</summary>
    ConsumerMember Replace(ConsumerMember old, string newId)
    {
        Free(old);
        members.Remove(old.Id);
        var member = new ConsumerMember(newId)
        {
            InstanceId = old.InstanceId,
            Names = old.Names,
            Regex = old.Regex,
            Pattern = old.Pattern,
            Assignor = old.Assignor,
            Target = old.Target,
            RebalanceTimeoutMs = old.RebalanceTimeoutMs,
        };
        members.Add(newId, member);
        return member;
    }

    /// <summary>Takes what the request says of the member. Whether something changed that decides who gets what.</summary>
    static bool Take(ConsumerMember member, ConsumerGroupHeartbeatRequest asked)
    {
        if (asked.RebalanceTimeoutMs >= 0) member.RebalanceTimeoutMs = asked.RebalanceTimeoutMs;
        if (asked.RackId is { } rack) member.RackId = rack;
        var changed = false;
        if (asked.ServerAssignor is { } assignor && assignor != member.Assignor)
        {
            member.Assignor = assignor;
            changed = true;
        }
        if (asked.SubscribedTopicRegex is { } regex && regex != (member.Regex ?? "") && (regex.Length == 0 || Compile(regex) is not null))
        {
            (member.Regex, member.Pattern) = (regex.Length == 0 ? null : regex, regex.Length == 0 ? null : Compile(regex));
            changed = true;
        }
        if (asked.SubscribedTopicNames is { } names && !member.Names.SetEquals(names))
        {
            member.Names = new(names, StringComparer.Ordinal);
            changed = true;
        }
        return changed;
    }

    static Regex? Compile(string pattern)
    {
        try
        {
            // Without backtracking nobody can keep the broker busy with it.
            return new Regex($"^(?:{pattern})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    IEnumerable<string> TopicsOf(ConsumerMember member)
    {
        if (member.Pattern is not { } regex) return member.Names;
        return member.Names.Concat(topics.Names().Where(n => regex.IsMatch(n))).Distinct();
    }

    internal IEnumerable<string> Topics() => members.Values.SelectMany(TopicsOf).Distinct();

    /// <summary>A number that tells whether the topics that members want are as they were.</summary>
    int SubscribedState()
    {
        var hash = new HashCode();
        foreach (var name in Topics().Order(StringComparer.Ordinal))
        {
            if (topics.Find(name) is not { } topic) continue;
            hash.Add(topic.Id);
            hash.Add(topic.Partitions);
        }
        return hash.ToHashCode();
    }

    void Advance() => Epoch++;

    internal void TopicsChanged(long now)
    {
        if (members.Count > 0 && SubscribedState() != subscribedState) Advance();
    }

    void Retarget(long now)
    {
        assignedAt = now;
        Assignments++;
        subscribedState = SubscribedState();
        var subscribed = members.Values.ToDictionary(m => m.Id, m => TopicsOf(m).Select(n => topics.Find(n)).OfType<(Guid, int)>().ToList());
        var parts = Assignor.Assign(AssignorName, subscribed, member => members[member].Target);
        foreach (var (member, part) in parts) members[member].Target = part;
        TargetEpoch = Epoch;
    }
}
