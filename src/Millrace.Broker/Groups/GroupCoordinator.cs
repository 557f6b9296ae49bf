using System.Collections.Concurrent;
using Millrace.Broker.State;
using Millrace.Broker.Topics;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Groups;

/// <summary>The groups that there are. It finds the group, lets it decide under its gate, and sees to its timer.</summary>
sealed partial class GroupCoordinator : IDisposable
{
    static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(10);

    readonly BrokerNode node;
    readonly ConcurrentDictionary<string, Group> groups = [];
    readonly ITimer sweep;
    long version;

    internal GroupCoordinator(BrokerNode node)
    {
        this.node = node;
        Load();
        node.Topics.Deleted += ForgetTopicAsync;
        node.Topics.Changed += TopicsChanged;
        sweep = node.Time.CreateTimer(_ => _ = SweepAsync(), null, SweepEvery, SweepEvery);
    }

    long Now => node.Now;

    /// <summary>What groups hold.</summary>
    internal GroupMemory Memory { get; } = new();

    internal IEnumerable<Group> All => groups.Values;

    internal Group? Find(string id) => groups.GetValueOrDefault(id);

    /// <summary>Does something in a group under its gate, and sets its timer by what came of it.</summary>
    T In<T>(string id, Func<Group, T> act)
    {
        while (true)
        {
            var group = groups.GetOrAdd(id, static id => new Group(id));
            lock (group.Gate)
            {
                // It went between the two lines above.
                if (group.IsGone) continue;
                var result = act(group);
                Settle(group);
                return result;
            }
        }
    }

    void Settle(Group group)
    {
        if (group.Classic is { IsEmpty: true }) group.Classic = null;
        Memory.Count(group);
        if (group.HasMembers) group.EmptySince = Now;
        if (group.IsNothing)
        {
            group.IsGone = true;
            groups.TryRemove(group.Id, out _);
            group.Timer?.Dispose();
            return;
        }
        var next = Earlier(group.Classic?.NextDeadline(), group.Consumer?.NextDeadline());
        if (next == group.TimerAt) return;
        group.TimerAt = next;
        var due = next is { } at ? TimeSpan.FromMilliseconds(Math.Clamp(at - Now, 1, int.MaxValue)) : Timeout.InfiniteTimeSpan;
        if (group.Timer is null) group.Timer = node.Time.CreateTimer(_ => Tick(group), null, due, Timeout.InfiniteTimeSpan);
        else group.Timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    static long? Earlier(long? one, long? other) => one is null ? other : other is null ? one : Math.Min(one.Value, other.Value);

    void Tick(Group group)
    {
        lock (group.Gate)
        {
            if (group.IsGone) return;
            group.TimerAt = null;
            group.Classic?.Tick(Now);
            group.Consumer?.Tick(Now);
            Settle(group);
        }
    }

    ClassicGroup ClassicOf(Group group) => group.Classic ??= new(group.Id, node.Settings.Int("group.initial.rebalance.delay.ms"), node.Settings.Int("group.max.size"),
        // A client without a name gives its members none that begin with '-', which tools would take for an option.
        static name => name.Length > 0 ? $"{name}-{Guid.NewGuid()}" : Guid.NewGuid().ToString());

    internal Task<JoinGroupResponse> JoinAsync(string groupId, JoinWish wish)
    {
        var answer = new TaskCompletionSource<JoinGroupResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        ErrorCode? refused = groupId.Length == 0 ? ErrorCode.InvalidGroupId
            : wish.SessionTimeoutMs < node.Settings.Int("group.min.session.timeout.ms") || wish.SessionTimeoutMs > node.Settings.Int("group.max.session.timeout.ms") ? ErrorCode.InvalidSessionTimeout
            : wish.Bytes > GroupMemory.MostOfOne ? ErrorCode.InvalidRequest
            : null;
        if (refused is null)
        {
            In(groupId, group =>
            {
                if (group.Consumer is { IsEmpty: false }) refused = ErrorCode.InconsistentGroupProtocol;
                else if (!Memory.HasRoomForMember(wish.Bytes - (group.Classic?.BytesOf(wish.MemberId) ?? 0))) refused = ErrorCode.GroupMaxSizeReached;
                else
                {
                    group.Consumer = null;
                    ClassicOf(group).Join(wish, answer, Now);
                }
                return true;
            });
        }
        if (refused is { } error) answer.SetResult(new() { ErrorCode = error, MemberId = wish.MemberId, ProtocolName = null });
        return answer.Task;
    }

    internal Task<SyncGroupResponse> SyncAsync(SyncGroupRequest asked)
    {
        var answer = new TaskCompletionSource<SyncGroupResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        In(asked.GroupId, group =>
        {
            if (!Memory.HasRoomForMember(asked.Assignments.Sum(a => (long)a.Assignment.Length - (group.Classic?.BytesOf(a.MemberId) ?? 0)))) answer.SetResult(new() { ErrorCode = ErrorCode.GroupMaxSizeReached });
            else if (group.Classic is { } classic) classic.Sync(asked, answer, Now);
            else answer.SetResult(new() { ErrorCode = ErrorCode.UnknownMemberId });
            return true;
        });
        return answer.Task;
    }

    internal ErrorCode Heartbeat(HeartbeatRequest asked) => In(asked.GroupId, group =>
        group.Classic?.Heartbeat(asked.MemberId, asked.GroupInstanceId, asked.GenerationId, Now) ?? ErrorCode.UnknownMemberId);

    internal ErrorCode Leave(string groupId, string memberId, string? instanceId) => In(groupId, group =>
        group.Classic?.Leave(memberId, instanceId, Now)
        ?? group.Consumer?.LeaveClassically(memberId, instanceId, Now)
        ?? ErrorCode.UnknownMemberId);

    void TopicsChanged()
    {
        foreach (var group in groups.Values)
        {
            lock (group.Gate)
            {
                if (group.IsGone || group.Consumer is null) continue;
                group.Consumer.TopicsChanged(Now);
                Settle(group);
            }
        }
    }

    public void Dispose()
    {
        sweep.Dispose();
        foreach (var group in groups.Values) group.Timer?.Dispose();
    }
}
