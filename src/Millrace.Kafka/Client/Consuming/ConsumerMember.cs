using Microsoft.Extensions.Logging;
using Millrace.Kafka.Connections;
using Millrace.Kafka.Producing;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Consuming;

/// <summary>A member in the protocol in which the broker assigns (KIP-848): each sign of life tells what it has, and hears what it should have.</summary>
sealed class ConsumerMember(KafkaClient client, ConsumerOptions options, Subscription subscription, ConnectionPool connections, Signal news) : GroupMember(client, options, subscription, connections, news)
{
    const int Leave = -1, LeaveForNow = -2;

    readonly Signal hurry = new();
    readonly Dictionary<Guid, string> names = [];
    string member = NewId();
    int epoch;
    bool isKnown, mustSayAll;
    IReadOnlyList<string>? toldTopics;
    List<ConsumerGroupHeartbeatRequest.TopicPartitionsPart> owned = [];
    List<ConsumerGroupHeartbeatRequest.TopicPartitionsPart>? toTell;
    List<ConsumerGroupHeartbeatResponse.TopicPartitionsPart>? target, unnamed;
    KafkaException? lost, refused;

    /// <summary>Never with a '-' in front: the command lines of tools would take it for an option.</summary>
    internal static string NewId() => Guid.NewGuid().ToString();

    internal override GroupMembership Membership => new(Options.Group!, epoch, member, Options.InstanceId);

    internal override bool WantsAttention => lost is not null || refused is not null || target is not null || !isKnown;

    // Partitions that others still hold come later: only where there are none at all, none will.
    internal override bool IsSettled => epoch > 0 && target is null && lost is null && !Subscription.Topics.Any(Client.Metadata.View.Topics.ContainsKey);

    internal override void Resubscribe() => hurry.Set();

    internal override async ValueTask TendAsync(ConsumerSession session, CancellationToken cancellation)
    {
        if (refused is { } no)
        {
            refused = null;
            throw no;
        }
        if (lost is { } why)
        {
            Client.Options.Logger.LogLeftBehind(Options.Group!, why.Message);
            await session.LoseAsync().ConfigureAwait(false);
            (lost, target, unnamed, owned, toTell, epoch) = (null, null, null, [], null, 0);
            hurry.Set();
        }
        isKnown = true;
        BeginBeating();
        if (target is { } wanted)
        {
            target = null;
            try
            {
                await ReconcileAsync(session, wanted, cancellation).ConfigureAwait(false);
            }
            catch
            {
                // It is said once: what fails halfway is done again when the reader comes back.
                target ??= wanted;
                throw;
            }
        }
    }

    async ValueTask ReconcileAsync(ConsumerSession session, List<ConsumerGroupHeartbeatResponse.TopicPartitionsPart> wanted, CancellationToken cancellation)
    {
        await LearnNamesAsync(wanted, cancellation).ConfigureAwait(false);
        // Looked for again at the next sign of life.
        if (!AreNamed(wanted)) unnamed = wanted;
        var assigned = wanted.Where(t => names.ContainsKey(t.TopicId)).SelectMany(t => t.Partitions, (t, p) => new TopicPartition(names[t.TopicId], p)).ToArray();
        var before = session.Owned;
        await session.RevokeAsync([.. before.Except(assigned)], cancellation).ConfigureAwait(false);
        await session.AssignAsync([.. assigned.Except(before)], cancellation).ConfigureAwait(false);
        owned = toTell = [.. wanted.Where(t => names.ContainsKey(t.TopicId)).Select(t => new ConsumerGroupHeartbeatRequest.TopicPartitionsPart { TopicId = t.TopicId, Partitions = t.Partitions })];
        hurry.Set();
    }

    bool AreNamed(List<ConsumerGroupHeartbeatResponse.TopicPartitionsPart> topics) => topics.TrueForAll(t => names.ContainsKey(t.TopicId));

    /// <summary>Learns the names of topics that were given by their ids. A topic that was made anew has another id than we know.</summary>
    async ValueTask LearnNamesAsync(List<ConsumerGroupHeartbeatResponse.TopicPartitionsPart> topics, CancellationToken cancellation)
    {
        Learn(Client.Metadata.View);
        if (AreNamed(topics)) return;
        try
        {
            foreach (var topic in Subscription.Topics.Where(t => !Client.Metadata.View.Topics.ContainsKey(t)))
                await Client.Metadata.TopicAsync(topic, mayCreate: false, cancellation).ConfigureAwait(false);
            Learn(Client.Metadata.View);
            if (!AreNamed(topics)) Learn(await Client.Metadata.RefreshAsync(Client.Metadata.View).ConfigureAwait(false));
        }
        catch (KafkaException missing) when (missing.IsRetriable)
        {
            // The group's coordinator knows of a topic that others don't know of yet.
            Learn(Client.Metadata.View);
        }
    }

    void Learn(Cluster.ClusterView view)
    {
        foreach (var topic in view.Topics.Values) names[topic.Id] = topic.Name;
    }

    protected override async ValueTask<TimeSpan> BeatAsync(CancellationToken cancellation)
    {
        // Until the reader has given up what it lost, joining again would promise too much.
        if (lost is not null || refused is not null) return Options.HeartbeatInterval;
        var told = toTell;
        try
        {
            var answer = await Coordinator.AskByVersionAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(_ => Beat(told), static a => a.ErrorCode, cancellation).ConfigureAwait(false);
            mustSayAll = false;
            return Take(answer, told);
        }
        catch (KafkaException failed)
        {
            if (failed.IsRetriable) return Options.HeartbeatInterval;
            refused = failed;
            News.Set();
            return Options.HeartbeatInterval;
        }
    }

    ConsumerGroupHeartbeatRequest Beat(List<ConsumerGroupHeartbeatRequest.TopicPartitionsPart>? told)
    {
        var topics = Subscription.Topics;
        var saysAll = epoch == 0 || mustSayAll || !ReferenceEquals(topics, toldTopics);
        // Until it is answered: brokers tell what they have told before only to those who say all.
        (mustSayAll, toldTopics) = (true, topics);
        return new()
        {
            GroupId = Options.Group!,
            MemberId = member,
            MemberEpoch = epoch,
            InstanceId = Options.InstanceId,
            RebalanceTimeoutMs = (int)Options.MaxPollInterval.TotalMilliseconds,
            SubscribedTopicNames = saysAll ? [.. topics] : null,
            TopicPartitions = epoch == 0 ? [] : told ?? (saysAll ? owned : null),
        };
    }

    TimeSpan Take(ConsumerGroupHeartbeatResponse answer, List<ConsumerGroupHeartbeatRequest.TopicPartitionsPart>? told)
    {
        if (answer.ErrorCode is ErrorCode.UnknownMemberId or ErrorCode.FencedMemberEpoch)
        {
            lost = KafkaException.Of(answer.ErrorCode, $"The consumer was put out of group '{Options.Group}'", answer.ErrorMessage);
            News.Set();
        }
        else if (answer.ErrorCode == ErrorCode.UnreleasedInstanceId)
        {
            // Who had the name has not left yet.
        }
        else if (answer.ErrorCode != ErrorCode.None)
        {
            refused = KafkaException.Of(answer.ErrorCode, $"Group '{Options.Group}' can't be joined", answer.ErrorMessage);
            News.Set();
        }
        else
        {
            if (ReferenceEquals(toTell, told)) toTell = null;
            (epoch, member) = (answer.MemberEpoch, answer.MemberId ?? member);
            if (answer.Assignment is { } assignment)
            {
                (target, unnamed) = (assignment.TopicPartitions, null);
                News.Set();
            }
            else if (Interlocked.Exchange(ref unnamed, null) is { } again)
            {
                target ??= again;
                News.Set();
            }
        }
        return answer.HeartbeatIntervalMs > 0 ? TimeSpan.FromMilliseconds(answer.HeartbeatIntervalMs) : Options.HeartbeatInterval;
    }

    protected override ValueTask PauseAsync(TimeSpan wait) => hurry.WaitAsync(wait, Time, Leaving);

    protected override async ValueTask GoAsync(CancellationToken cancellation)
    {
        if (epoch <= 0) return;
        lost = new KafkaException(ErrorCode.UnknownMemberId, $"No record was asked for in {Options.MaxPollInterval.TotalSeconds:0.#} s (ConsumerOptions.MaxPollInterval).");
        await Coordinator.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(new()
        {
            GroupId = Options.Group!,
            MemberId = member,
            MemberEpoch = Options.InstanceId is null ? Leave : LeaveForNow,
            InstanceId = Options.InstanceId,
        }, static a => a.ErrorCode, cancellation).ConfigureAwait(false);
    }
}
