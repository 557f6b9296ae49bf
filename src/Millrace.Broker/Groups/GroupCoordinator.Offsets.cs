using Millrace.Broker.State;
using Millrace.Broker.Topics;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Groups;

sealed partial class GroupCoordinator
{
    void Load()
    {
        foreach (var (_, value) in node.State.All(StateKind.CommittedOffset))
        {
            var (id, of, offset) = CommittedOffset.Read(value);
            In(id, group => Keep(group.Offsets, of, offset));
        }
        foreach (var (key, value) in node.State.All(StateKind.PendingOffset))
        {
            var (id, of, offset) = CommittedOffset.Read(value);
            In(id, group => Keep(PendingOf(group, ProducerOf(key)), of, offset));
        }
        foreach (var group in groups.Values) group.EmptySince = Now;
    }

    static string PendingKey(long producer, string group, TopicPartition of) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{producer} {CommittedOffset.Key(group, of)}");

    static long ProducerOf(string key) => long.Parse(key.AsSpan(0, key.IndexOf(' ', StringComparison.Ordinal)), System.Globalization.CultureInfo.InvariantCulture);

    static bool Keep(OffsetTable offsets, TopicPartition of, CommittedOffset offset)
    {
        offsets.Set(of, offset);
        return true;
    }

    static OffsetTable PendingOf(Group group, long producer)
    {
        if (!group.Pending.TryGetValue(producer, out var pending)) group.Pending.Add(producer, pending = new(group.Id));
        return pending;
    }

    /// <summary>
    /// Commits offsets if the member may. They can be fetched once they are safe, so that nobody sees an offset that a crash takes back.
    /// </summary>
    internal async Task<ErrorCode> CommitAsync(string groupId, Func<Group, ErrorCode> mayCommit, List<(TopicPartition Of, CommittedOffset Offset)> offsets)
    {
        if (groupId.Length == 0) return ErrorCode.InvalidGroupId;
        ValueTask safe = default;
        long number = 0;
        try
        {
            var error = In(groupId, group =>
            {
                if (mayCommit(group) is not ErrorCode.None and var refused) return refused;
                if (!Memory.HasRoomForOffsets(offsets.Sum(o => group.Offsets.GrowthBy(o.Of, o.Offset)))) return ErrorCode.InvalidCommitOffsetSize;
                number = ++version;
                var changes = offsets.Select(o => new StateChange(StateKind.CommittedOffset, CommittedOffset.Key(groupId, o.Of), o.Offset.Write(groupId, o.Of))).ToArray();
                safe = node.State.PutAsync(changes);
                // A group that has never had a member must outlive the wait.
                foreach (var (of, offset) in offsets)
                    if (!group.Offsets.Has(of)) group.Offsets.Set(of, offset.Awaited);
                return ErrorCode.None;
            });
            if (error != ErrorCode.None) return error;
            await safe.ConfigureAwait(false);
        }
        catch (IOException)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }
        In(groupId, group => Apply(group, offsets, number));
        return ErrorCode.None;
    }

    static bool Apply(Group group, IEnumerable<(TopicPartition Of, CommittedOffset Offset)> offsets, long number)
    {
        foreach (var (of, offset) in offsets)
        {
            if (group.Versions.GetValueOrDefault(of) > number) continue;
            group.Offsets.Set(of, offset);
            group.Versions[of] = number;
        }
        return true;
    }

    /// <summary>Keeps offsets until the transaction of their producer ends.</summary>
    internal async Task<ErrorCode> CommitInTransactionAsync(string groupId, long producer, Func<Group, ErrorCode> mayCommit, List<(TopicPartition Of, CommittedOffset Offset)> offsets)
    {
        ValueTask safe = default;
        try
        {
            var error = In(groupId, group =>
            {
                if (mayCommit(group) is not ErrorCode.None and var refused) return refused;
                var growth = group.Pending.TryGetValue(producer, out var known) ? offsets.Sum(o => known.GrowthBy(o.Of, o.Offset)) : offsets.Sum(o => group.Offsets.GrowthBy(o.Of, o.Offset));
                if (!Memory.HasRoomForOffsets(growth)) return ErrorCode.InvalidCommitOffsetSize;
                safe = node.State.PutAsync(offsets.Select(o => new StateChange(StateKind.PendingOffset, PendingKey(producer, groupId, o.Of), o.Offset.Write(groupId, o.Of))).ToArray());
                foreach (var (of, offset) in offsets) PendingOf(group, producer).Set(of, offset);
                return ErrorCode.None;
            });
            await safe.ConfigureAwait(false);
            return error;
        }
        catch (IOException)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }
    }

    /// <summary>What the end of a transaction changes in the groups: to be remembered together with the end itself, and then applied.</summary>
    internal (List<StateChange> Changes, Action Apply) EndTransaction(long producer, bool isCommit)
    {
        var changes = new List<StateChange>();
        var applied = new List<Action>();
        foreach (var group in groups.Values)
        {
            lock (group.Gate)
            {
                if (!group.Pending.TryGetValue(producer, out var pending)) continue;
                var ended = pending.Select(p => (Of: p.Key, Offset: p.Value)).ToList();
                var number = ++version;
                foreach (var (of, offset) in ended)
                {
                    changes.Add(new(StateKind.PendingOffset, PendingKey(producer, group.Id, of), null));
                    if (isCommit) changes.Add(new(StateKind.CommittedOffset, CommittedOffset.Key(group.Id, of), offset.Write(group.Id, of)));
                }
                var id = group.Id;
                applied.Add(() => In(id, g =>
                {
                    g.Pending.Remove(producer);
                    return !isCommit || Apply(g, ended, number);
                }));
            }
        }
        return (changes, () => applied.ForEach(a => a()));
    }

    internal List<(TopicPartition Of, CommittedOffset Offset, bool IsPending)> OffsetsOf(string groupId)
    {
        if (Find(groupId) is not { } group) return [];
        lock (group.Gate)
        {
            var pending = group.Pending.Values.SelectMany(p => p.Partitions).ToHashSet();
            return [.. group.Offsets.Where(o => !o.Value.IsAwaited).Select(o => (o.Key, o.Value, pending.Contains(o.Key))),
                .. pending.Where(p => !group.Offsets.Has(p)).Select(p => (p, new CommittedOffset(-1, -1, "", 0), true))];
        }
    }

    async Task<bool> ForgetAsync(Group group, Func<TopicPartition, CommittedOffset, bool> isOver)
    {
        ValueTask safe;
        lock (group.Gate)
        {
            var over = group.Offsets.Where(o => !o.Value.IsAwaited && isOver(o.Key, o.Value)).Select(o => o.Key).ToList();
            safe = node.State.PutAsync(over.Select(of => new StateChange(StateKind.CommittedOffset, CommittedOffset.Key(group.Id, of), null)).ToArray());
            foreach (var of in over)
            {
                group.Offsets.Remove(of);
                group.Versions[of] = ++version;
            }
            Settle(group);
        }
        await safe.ConfigureAwait(false);
        return true;
    }

    async Task ForgetTopicAsync(Topic topic)
    {
        foreach (var group in groups.Values) await ForgetAsync(group, (of, _) => of.Topic == topic.Name).ConfigureAwait(false);
    }

    async Task SweepAsync()
    {
        var before = Now - node.Settings.Int("offsets.retention.minutes") * 60_000L;
        foreach (var group in groups.Values)
        {
            try
            {
                await ForgetAsync(group, (_, offset) => !group.HasMembers && offset.At < before && group.EmptySince < before).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // The disk is full: the next sweep comes.
                return;
            }
        }
    }

    /// <summary>Deletes a group that has no members.</summary>
    internal async Task<ErrorCode> DeleteAsync(string groupId)
    {
        if (Find(groupId) is not { } group) return ErrorCode.GroupIdNotFound;
        lock (group.Gate)
        {
            if (group.HasMembers || group.Pending.Count > 0) return ErrorCode.NonEmptyGroup;
        }
        try
        {
            await ForgetAsync(group, (_, _) => true).ConfigureAwait(false);
            return ErrorCode.None;
        }
        catch (IOException)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }
    }

    /// <summary>Deletes offsets of a group, but not of topics that its members consume.</summary>
    internal async Task<(ErrorCode Error, HashSet<TopicPartition> Consumed)> DeleteOffsetsAsync(string groupId, HashSet<TopicPartition> wanted)
    {
        if (Find(groupId) is not { } group) return (ErrorCode.GroupIdNotFound, []);
        HashSet<TopicPartition> consumed;
        lock (group.Gate)
        {
            var topics = group.Classic is { IsEmpty: false } classic ? classic.Topics()?.ToHashSet() : group.Consumer?.Topics().ToHashSet() ?? [];
            if (topics is null) return (ErrorCode.NonEmptyGroup, []);
            consumed = [.. wanted.Where(w => topics.Contains(w.Topic))];
        }
        try
        {
            await ForgetAsync(group, (of, _) => wanted.Contains(of) && !consumed.Contains(of)).ConfigureAwait(false);
            return (ErrorCode.None, consumed);
        }
        catch (IOException)
        {
            return (ErrorCode.CoordinatorNotAvailable, []);
        }
    }
}
