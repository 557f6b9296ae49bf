using Microsoft.Extensions.Logging;
using Millrace.Kafka.Cluster;
using Millrace.Kafka.Producing;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Consuming;

/// <summary>Where the group is, and where partitions begin and end.</summary>
sealed partial class ConsumerSession
{
    // Later versions name topics by their ids.
    const short NewestWithNames = 9;

    readonly Coordinator? keeper;

    internal GroupMembership Membership => member?.Membership
        ?? new(options.Group ?? throw new InvalidOperationException("Offsets are kept by a group, and this consumer has none. Set ConsumerOptions.Group."), -1, "", null);

    /// <summary>How far the reader is: up to the record that it handles now, or behind it.</summary>
    internal Dictionary<TopicPartition, long> Positions(bool withCurrent)
    {
        var positions = new Dictionary<TopicPartition, long>();
        foreach (var partition in fetcher.Partitions)
        {
            if (partition.Position < 0) continue;
            positions[partition.Partition] = !withCurrent && partition == current ? currentOffset : partition.Position;
        }
        return positions;
    }

    Dictionary<TopicPartition, long> Handled(IReadOnlyCollection<TopicPartition> of)
    {
        var positions = Positions(withCurrent: false);
        return of.Where(p => positions.TryGetValue(p, out var position) && fetcher.Find(p)!.Committed != position).ToDictionary(p => p, p => positions[p]);
    }

    void CommitSoon()
    {
        committedAt = Time.GetTimestamp();
        if (committing.IsCompleted) committing = CommitQuietlyAsync(Handled(Owned));
    }

    async Task CommitQuietlyAsync(Dictionary<TopicPartition, long> offsets)
    {
        try
        {
            await CommitAsync(offsets, closing.Token).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is KafkaException or OperationCanceledException)
        {
            // They are part of the next commit.
            client.Options.Logger.LogCommitFailed(options.Group!, failed.Message);
        }
    }

    /// <summary>Commits all that was read: whoever says so has handled the last record as well.</summary>
    internal async ValueTask CommitReadAsync(CancellationToken cancellation)
    {
        await committing.ConfigureAwait(false);
        await CommitAsync(Positions(withCurrent: true), cancellation).ConfigureAwait(false);
        current = null;
    }

    internal async ValueTask CommitAsync(IReadOnlyDictionary<TopicPartition, long> offsets, CancellationToken cancellation)
    {
        if (offsets.Count == 0) return;
        if (keeper is null) _ = Membership;
        for (var tries = 0; ; tries++)
        {
            var who = Membership;
            var answer = await keeper!.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new()
            {
                GroupId = who.Group,
                GenerationIdOrMemberEpoch = who.Generation,
                MemberId = who.Member,
                GroupInstanceId = who.Instance,
                Topics = [.. offsets.GroupBy(o => o.Key.Topic, (topic, some) => new OffsetCommitRequest.OffsetCommitRequestTopic
                {
                    Name = topic,
                    Partitions = [.. some.Select(o => new OffsetCommitRequest.OffsetCommitRequestTopic.OffsetCommitRequestPartition { PartitionIndex = o.Key.Partition, CommittedOffset = o.Value })],
                })],
            }, Worst, cancellation, NewestWithNames).ConfigureAwait(false);
            var error = Worst(answer);
            if (error == ErrorCode.None) break;
            // The epoch has risen since we looked: the next sign of life brings it.
            if (error != ErrorCode.StaleMemberEpoch || tries == 10) throw KafkaException.Of(error, $"The offsets of group '{who.Group}' were not committed");
            await Task.Delay(KafkaOptions.Backoff(tries), Time, cancellation).ConfigureAwait(false);
        }
        foreach (var (partition, offset) in offsets)
            if (fetcher.Find(partition) is { } kept) kept.Committed = offset;
    }

    static ErrorCode Worst(OffsetCommitResponse answer) => answer.Topics.SelectMany(t => t.Partitions).Select(p => p.ErrorCode).FirstOrDefault(e => e != ErrorCode.None);

    /// <summary>What the group has committed; partitions that it hasn't been in are left out.</summary>
    internal async ValueTask<Dictionary<TopicPartition, long>> CommittedAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellation)
    {
        if (keeper is null) _ = Membership;
        var who = Membership;
        var byTopic = partitions.GroupBy(p => p.Topic, p => p.Partition).ToArray();
        var answer = await keeper!.AskByVersionAsync<OffsetFetchRequest, OffsetFetchResponse>(
            broker =>
            {
                var version = broker.Pick<OffsetFetchRequest>(NewestWithNames);
                // Brokers from before Apache Kafka 2.5 can't be asked to wait for transactions that are about to commit offsets.
                var isStable = options.OnlyCommitted && version >= 7;
                return version < 8
                    ? new() { GroupId = who.Group, RequireStable = isStable, Topics = [.. byTopic.Select(t => new OffsetFetchRequest.OffsetFetchRequestTopic { Name = t.Key, PartitionIndexes = [.. t] })] }
                    : new() { RequireStable = isStable, Groups = [new() { GroupId = who.Group, Topics = [.. byTopic.Select(t => new OffsetFetchRequest.OffsetFetchRequestGroup.OffsetFetchRequestTopics { Name = t.Key, PartitionIndexes = [.. t] })] }] };
            },
            Worst, cancellation, NewestWithNames).ConfigureAwait(false);
        if (Worst(answer) is not ErrorCode.None and var error) throw KafkaException.Of(error, $"The offsets of group '{who.Group}' can't be read");
        var found = answer.Topics.SelectMany(t => t.Partitions, (t, p) => (Of: new TopicPartition(t.Name, p.PartitionIndex), p.CommittedOffset))
            .Concat(answer.Groups.SelectMany(g => g.Topics).SelectMany(t => t.Partitions, (t, p) => (Of: new TopicPartition(t.Name, p.PartitionIndex), p.CommittedOffset)));
        return found.Where(f => f.CommittedOffset >= 0).ToDictionary(f => f.Of, f => f.CommittedOffset);
    }

    static ErrorCode Worst(OffsetFetchResponse answer)
    {
        if (answer.ErrorCode != ErrorCode.None) return answer.ErrorCode;
        if (answer.Groups.Find(g => g.ErrorCode != ErrorCode.None) is { } group) return group.ErrorCode;
        return answer.Topics.SelectMany(t => t.Partitions).Select(p => p.ErrorCode)
            .Concat(answer.Groups.SelectMany(g => g.Topics).SelectMany(t => t.Partitions).Select(p => p.ErrorCode)).FirstOrDefault(e => e != ErrorCode.None);
    }

    /// <summary>Finds the places of partitions that have none by an offset. What can't be found now is tried again.</summary>
    async Task FindAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var missing = Array.FindAll(fetcher.Partitions, p => p.Lookup is not null);
        var failed = false;
        foreach (var byLeader in missing.GroupBy(p => client.Metadata.View.Find(p.Partition)?.Leader ?? -1))
        {
            try
            {
                await FindAsync(byLeader.Key, [.. byLeader.Select(p => (p, p.Jumps, p.Lookup!.Value))]).ConfigureAwait(false);
            }
            catch (KafkaException why)
            {
                failed = true;
                // What a broker can't explain may pass.
                if (!why.IsRetriable && why.Code != ErrorCode.UnknownServerError) fetcher.Surface(why);
                else foreach (var partition in byLeader) fetcher.Worry(partition, why.Message);
            }
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
        if (failed)
        {
            try
            {
                await client.Metadata.RefreshAsync(client.Metadata.View).ConfigureAwait(false);
            }
            catch (KafkaException)
            {
                // Nobody answers yet.
            }
            await Task.Delay(KafkaOptions.Backoff(2), Time).ConfigureAwait(false);
        }
        news.Set();
    }

    async ValueTask FindAsync(int leader, List<(AssignedPartition Partition, int Jumps, OffsetSpec At)> wanted)
    {
        var (found, refused) = await ListAsync(leader, wanted.ConvertAll(w => (w.Partition.Partition, w.At)), closing.Token).ConfigureAwait(false);
        foreach (var (partition, jumps, at) in wanted)
        {
            if (partition.Jumps != jumps || !found.TryGetValue(partition.Partition, out var offset)) continue;
            // No record is that late: what comes next is.
            if (offset < 0) partition.Find(OffsetSpec.Latest);
            else partition.MoveTo(offset);
        }
        if (refused is not null) throw refused;
    }

    /// <summary>The offsets that were found, and why one was not.</summary>
    async ValueTask<(Dictionary<TopicPartition, long> Found, KafkaException? Refused)> ListAsync(int leader, List<(TopicPartition Partition, OffsetSpec At)> wanted, CancellationToken cancellation)
    {
        if (!client.Metadata.View.Brokers.TryGetValue(leader, out var address)) throw new KafkaException(ErrorCode.LeaderNotAvailable, $"{wanted[0].Partition} has no leader.");
        var connection = await talking.ToAsync(address, cancellation).ConfigureAwait(false);
        var answer = await connection.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(new()
        {
            ReplicaId = -1,
            IsolationLevel = options.OnlyCommitted ? (sbyte)1 : (sbyte)0,
            Topics = [.. wanted.GroupBy(w => w.Partition.Topic, (topic, some) => new ListOffsetsRequest.ListOffsetsTopic
            {
                Name = topic,
                Partitions = [.. some.Select(w => new ListOffsetsRequest.ListOffsetsTopic.ListOffsetsPartition { PartitionIndex = w.Partition.Partition, Timestamp = w.At.Timestamp })],
            })],
        }, cancellation).ConfigureAwait(false);
        var found = new Dictionary<TopicPartition, long>();
        KafkaException? refused = null;
        foreach (var (of, offset) in answer.Topics.SelectMany(t => t.Partitions, (t, p) => (new TopicPartition(t.Name, p.PartitionIndex), p)))
        {
            // librdkafka's mock cluster speaks of other partitions when it is asked for several: what nobody asked for says nothing.
            if (!wanted.Exists(w => w.Partition == of)) continue;
            if (offset.ErrorCode == ErrorCode.None) found.TryAdd(of, offset.Offset);
            else refused = KafkaException.Of(offset.ErrorCode, $"The offsets of {of} can't be found");
        }
        if (found.Count == 0) refused ??= new KafkaException(ErrorCode.CorruptMessage, $"The broker {address} was asked for offsets of {wanted[0].Partition}, and answered nothing about them.");
        return (found, refused);
    }

    /// <summary>Whether all partitions were read to where they ended when they were first asked for here.</summary>
    /// <param name="ends">Those ends, which are added as partitions come.</param>
    internal async ValueTask<bool> IsAtEndAsync(Dictionary<TopicPartition, long> ends, CancellationToken cancellation)
    {
        var partitions = fetcher.Partitions;
        if (member is null && subscription.MatchesNothing) return true;
        // More members than partitions, or a topic that isn't there: nothing will come.
        if (partitions.Length == 0) return member is { IsSettled: true };
        foreach (var byLeader in partitions.Where(p => !ends.ContainsKey(p.Partition)).GroupBy(p => client.Metadata.View.Find(p.Partition)?.Leader ?? -1))
        {
            try
            {
                var (found, refused) = await ListAsync(byLeader.Key, [.. byLeader.Select(p => (p.Partition, OffsetSpec.Latest))], cancellation).ConfigureAwait(false);
                foreach (var (partition, end) in found) ends[partition] = end;
                if (refused is not null) throw refused;
            }
            catch (KafkaException failed) when (failed.IsRetriable)
            {
                return false;
            }
        }
        return Array.TrueForAll(partitions, p => p.Position >= 0 && p.Position >= ends.GetValueOrDefault(p.Partition, long.MaxValue));
    }
}
