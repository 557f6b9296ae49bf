using Microsoft.Extensions.Logging;
using Millrace.Kafka.Connections;
using Millrace.Kafka.Producing;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Consuming;

/// <summary>A member in the classic protocol: all join, the first of them assigns, all are told.</summary>
sealed class ClassicMember(KafkaClient client, ConsumerOptions options, Subscription subscription, ConnectionPool connections, Signal news) : GroupMember(client, options, subscription, connections, news)
{
    const string Consumers = "consumer";
    const short SubscriptionVersion = 2;

    string member = "";
    int generation = -1;
    Assignor? assignor;
    Task<List<TopicPartition>>? joining;
    volatile bool mustJoin = true;
    KafkaException? lost;
    Dictionary<string, int>? assignedFrom;

    internal override GroupMembership Membership => new(Options.Group!, generation, member, Options.InstanceId);

    internal override bool WantsAttention => lost is not null || joining is { IsCompleted: true } || (mustJoin && joining is null);

    internal override bool IsSettled => generation >= 0 && joining is null && !mustJoin && lost is null;

    bool IsCooperative => Options.Assignors.All(a => a.IsCooperative);

    internal override void Resubscribe() => mustJoin = true;

    internal override async ValueTask TendAsync(ConsumerSession session, CancellationToken cancellation)
    {
        if (lost is { } why)
        {
            Client.Options.Logger.LogLeftBehind(Options.Group!, why.Message);
            lost = null;
            (generation, mustJoin) = (-1, true);
            if (why.Code != ErrorCode.IllegalGeneration) member = "";
            await session.LoseAsync().ConfigureAwait(false);
            if (why.Code == ErrorCode.FencedInstanceId) throw why;
        }
        if (joining is { IsCompleted: true } joined)
        {
            joining = null;
            try
            {
                await ApplyAsync(session, await joined.ConfigureAwait(false), cancellation).ConfigureAwait(false);
            }
            catch
            {
                // Partitions that were given to us and are not read must not stay with us.
                mustJoin = true;
                throw;
            }
        }
        if (!mustJoin || joining is not null) return;
        if (!IsCooperative) await session.RevokeAsync(session.Owned, cancellation).ConfigureAwait(false);
        mustJoin = false;
        joining = JoinAsync(session.Owned);
        _ = joining.ContinueWith(static (_, news) => ((Signal)news!).Set(), News, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    async ValueTask ApplyAsync(ConsumerSession session, List<TopicPartition> assigned, CancellationToken cancellation)
    {
        var owned = session.Owned;
        var revoked = owned.Except(assigned).ToArray();
        await session.RevokeAsync(revoked, cancellation).ConfigureAwait(false);
        await session.AssignAsync([.. assigned.Except(owned)], cancellation).ConfigureAwait(false);
        // What was given up may now go to somebody else.
        if (IsCooperative && revoked.Length > 0) mustJoin = true;
    }

    async Task<List<TopicPartition>> JoinAsync(IReadOnlyCollection<TopicPartition> owned)
    {
        for (var tries = 0; ; tries++)
        {
            if (tries > 0) await Task.Delay(KafkaOptions.Backoff(tries), Time, Leaving).ConfigureAwait(false);
            var join = await Coordinator.AskAsync<JoinGroupRequest, JoinGroupResponse>(Request(owned), static a => a.ErrorCode, Leaving, patience: Options.MaxPollInterval).ConfigureAwait(false);
            if (join.ErrorCode == ErrorCode.MemberIdRequired)
            {
                (member, tries) = (join.MemberId, -1);
                continue;
            }
            if (MustBeginAnew(join.ErrorCode)) continue;
            if (join.ErrorCode != ErrorCode.None) throw KafkaException.Of(join.ErrorCode, $"Group '{Options.Group}' can't be joined{(join.ErrorCode == ErrorCode.InconsistentGroupProtocol ? $" with {string.Join(", ", Options.Assignors.Select(a => a.Name))}: its members share partitions in other ways (ConsumerOptions.Assignors)" : "")}");
            (member, generation) = (join.MemberId, join.GenerationId);
            assignor = Options.Assignors.FirstOrDefault(a => a.Name == join.ProtocolName);
            var isLeader = join.Leader == member && !join.SkipAssignment;
            var sync = await Coordinator.AskAsync<SyncGroupRequest, SyncGroupResponse>(new()
            {
                GroupId = Options.Group!,
                GenerationId = generation,
                MemberId = member,
                GroupInstanceId = Options.InstanceId,
                ProtocolType = Consumers,
                ProtocolName = join.ProtocolName,
                Assignments = isLeader ? await ShareAsync(join.Members).ConfigureAwait(false) : [],
            }, static a => a.ErrorCode, Leaving, patience: Options.MaxPollInterval).ConfigureAwait(false);
            if (MustBeginAnew(sync.ErrorCode)) continue;
            if (sync.ErrorCode != ErrorCode.None) throw KafkaException.Of(sync.ErrorCode, $"Group '{Options.Group}' gave no partitions");
            if (!isLeader) assignedFrom = null;
            BeginBeating();
            return ReadAssignment(sync.Assignment);
        }
    }

    bool MustBeginAnew(ErrorCode error)
    {
        if (error is ErrorCode.UnknownMemberId or ErrorCode.IllegalGeneration) (member, generation) = ("", -1);
        return error is ErrorCode.UnknownMemberId or ErrorCode.IllegalGeneration or ErrorCode.RebalanceInProgress;
    }

    JoinGroupRequest Request(IReadOnlyCollection<TopicPartition> owned) => new()
    {
        GroupId = Options.Group!,
        SessionTimeoutMs = (int)Options.SessionTimeout.TotalMilliseconds,
        RebalanceTimeoutMs = (int)Options.MaxPollInterval.TotalMilliseconds,
        MemberId = member,
        GroupInstanceId = Options.InstanceId,
        ProtocolType = Consumers,
        Protocols = [.. Options.Assignors.Select(a => new JoinGroupRequest.JoinGroupRequestProtocol { Name = a.Name, Metadata = WriteSubscription(owned) })],
    };

    byte[] WriteSubscription(IReadOnlyCollection<TopicPartition> owned)
    {
        using var writer = new WireWriter();
        writer.Int16(SubscriptionVersion);
        new ConsumerProtocolSubscription
        {
            Topics = [.. Subscription.Topics.Order(StringComparer.Ordinal)],
            OwnedPartitions = [.. owned.GroupBy(p => p.Topic, (topic, some) => new ConsumerProtocolSubscription.TopicPartition { Topic = topic, Partitions = [.. some.Select(p => p.Partition)] })],
            GenerationId = generation,
        }.Write(writer, SubscriptionVersion);
        return writer.Written.ToArray();
    }

    static MemberSubscription ReadSubscription(JoinGroupResponse.JoinGroupResponseMember member)
    {
        var reader = new WireReader(member.Metadata);
        // Newer versions begin like older ones: what they add is left out.
        var version = Math.Min(reader.Int16(), ConsumerProtocolSubscription.Newest);
        var subscription = ConsumerProtocolSubscription.Read(ref reader, version);
        return new(member.GroupInstanceId ?? member.MemberId, subscription.Topics,
            [.. subscription.OwnedPartitions.SelectMany(t => t.Partitions, (t, p) => new TopicPartition(t.Topic, p))], subscription.GenerationId);
    }

    async ValueTask<List<SyncGroupRequest.SyncGroupRequestAssignment>> ShareAsync(List<JoinGroupResponse.JoinGroupResponseMember> members)
    {
        var subscriptions = members.ConvertAll(ReadSubscription);
        assignedFrom = await CountAsync(subscriptions.SelectMany(s => s.Topics).Distinct()).ConfigureAwait(false);
        var shares = assignor!.Assign(assignedFrom.Where(t => t.Value > 0).ToDictionary(), subscriptions);
        return [.. members.Select((m, i) => new SyncGroupRequest.SyncGroupRequestAssignment { MemberId = m.MemberId, Assignment = WriteAssignment(shares[i]) })];
    }

    /// <summary>How many partitions topics have, 0 for those that aren't there yet.</summary>
    async ValueTask<Dictionary<string, int>> CountAsync(IEnumerable<string> topics)
    {
        var counts = new Dictionary<string, int>();
        foreach (var topic in topics)
        {
            try
            {
                counts[topic] = (await Client.Metadata.TopicAsync(topic, mayCreate: !Subscription.IsPattern, Leaving).ConfigureAwait(false)).Partitions.Length;
            }
            catch (KafkaException missing) when (missing.Code is ErrorCode.UnknownTopicOrPartition or ErrorCode.InvalidTopic)
            {
                counts[topic] = 0;
            }
        }
        return counts;
    }

    static byte[] WriteAssignment(List<TopicPartition> share)
    {
        using var writer = new WireWriter();
        writer.Int16(0);
        new ConsumerProtocolAssignment
        {
            AssignedPartitions = [.. share.GroupBy(p => p.Topic, (topic, some) => new ConsumerProtocolAssignment.TopicPartition { Topic = topic, Partitions = [.. some.Select(p => p.Partition)] })],
        }.Write(writer, 0);
        return writer.Written.ToArray();
    }

    static List<TopicPartition> ReadAssignment(byte[] bytes)
    {
        if (bytes.Length == 0) return [];
        var reader = new WireReader(bytes);
        var version = Math.Min(reader.Int16(), ConsumerProtocolAssignment.Newest);
        return [.. ConsumerProtocolAssignment.Read(ref reader, version).AssignedPartitions.SelectMany(t => t.Partitions, (t, p) => new TopicPartition(t.Topic, p))];
    }

    protected override async ValueTask<TimeSpan> BeatAsync(CancellationToken cancellation)
    {
        if (joining is null && lost is null && generation >= 0)
        {
            try
            {
                var sent = generation;
                var answer = await Coordinator.AskAsync<HeartbeatRequest, HeartbeatResponse>(new() { GroupId = Options.Group!, GenerationId = sent, MemberId = member, GroupInstanceId = Options.InstanceId }, static a => a.ErrorCode, cancellation).ConfigureAwait(false);
                if (sent == generation && joining is null) Take(answer.ErrorCode);
                await LookForPartitionsAsync().ConfigureAwait(false);
            }
            catch (KafkaException failed)
            {
                // What may pass: the session may end meanwhile, and the next answer says so.
                if (failed.IsRetriable) return Options.HeartbeatInterval;
                lost = failed;
                News.Set();
            }
        }
        return Options.HeartbeatInterval;
    }

    void Take(ErrorCode error)
    {
        if (error == ErrorCode.RebalanceInProgress) mustJoin = true;
        else if (error != ErrorCode.None) lost = KafkaException.Of(error, $"The consumer was put out of group '{Options.Group}'");
        if (error != ErrorCode.None) News.Set();
    }

    /// <summary>Whoever assigned looks whether there is more to assign.</summary>
    async ValueTask LookForPartitionsAsync()
    {
        if (assignedFrom is not { } before) return;
        if (Client.Metadata.IsOld) await Client.Metadata.RefreshAsync(Client.Metadata.View).ConfigureAwait(false);
        // Others may have looked it up for reasons of their own.
        var view = Client.Metadata.View;
        if (before.All(t => (view.Topics.GetValueOrDefault(t.Key)?.Partitions.Length ?? 0) == t.Value)) return;
        mustJoin = true;
        News.Set();
    }

    protected override async ValueTask GoAsync(CancellationToken cancellation)
    {
        if (generation < 0) return;
        // Taken before the reader is told, who joins again under another.
        var mine = member;
        lost = new KafkaException(ErrorCode.UnknownMemberId, $"No record was asked for in {Options.MaxPollInterval.TotalSeconds:0.#} s (ConsumerOptions.MaxPollInterval).");
        // One with a name of its own comes back: its partitions wait for it.
        if (Options.InstanceId is not null) return;
        await Coordinator.AskByVersionAsync<LeaveGroupRequest, LeaveGroupResponse>(
            versions => versions.Pick<LeaveGroupRequest>() < 3
                ? new() { GroupId = Options.Group!, MemberId = mine }
                : new() { GroupId = Options.Group!, Members = [new() { MemberId = mine, Reason = "the consumer is closed or too slow" }] },
            static a => a.ErrorCode, cancellation).ConfigureAwait(false);
    }
}
