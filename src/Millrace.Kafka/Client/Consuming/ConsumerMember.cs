using Microsoft.Extensions.Logging;
using Millrace.Kafka.Connections;
using Millrace.Kafka.Producing;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Consuming;

/// <summary>A member in the protocol in which the broker assigns (KIP-848): each sign of life tells what it has, and hears what it should have.</summary>
sealed class ConsumerMember(KafkaClient client, ConsumerOptions options, ConnectionPool connections, Signal news) : GroupMember(client, options, connections, news)
{
    const int Leave = -1, LeaveForNow = -2;

    readonly Signal hurry = new();
    string member = NewId();
    int epoch;
    bool isKnown;
    List<ConsumerGroupHeartbeatRequest.TopicPartitionsPart>? toTell;
    List<ConsumerGroupHeartbeatResponse.TopicPartitionsPart>? target;
    KafkaException? lost, refused;

    /// <summary>Never with a '-' in front: the command lines of tools would take it for an option.</summary>
    internal static string NewId() => Guid.NewGuid().ToString();

    internal override GroupMembership Membership => new(Options.Group!, epoch, member, Options.InstanceId);

    internal override bool WantsAttention => lost is not null || refused is not null || target is not null || !isKnown;

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
            (lost, target, toTell, epoch) = (null, null, null, 0);
            hurry.Set();
        }
        isKnown = true;
        BeginBeating();
        if (target is { } wanted)
        {
            target = null;
            await ReconcileAsync(session, wanted, cancellation).ConfigureAwait(false);
        }
    }

    async ValueTask ReconcileAsync(ConsumerSession session, List<ConsumerGroupHeartbeatResponse.TopicPartitionsPart> wanted, CancellationToken cancellation)
    {
        var names = await NamesAsync(wanted, cancellation).ConfigureAwait(false);
        var assigned = wanted.Where(t => names.ContainsKey(t.TopicId)).SelectMany(t => t.Partitions, (t, p) => new TopicPartition(names[t.TopicId], p)).ToArray();
        var owned = session.Owned;
        await session.RevokeAsync([.. owned.Except(assigned)], cancellation).ConfigureAwait(false);
        await session.AssignAsync([.. assigned.Except(owned)], cancellation).ConfigureAwait(false);
        toTell = [.. wanted.Where(t => names.ContainsKey(t.TopicId)).Select(t => new ConsumerGroupHeartbeatRequest.TopicPartitionsPart { TopicId = t.TopicId, Partitions = t.Partitions })];
        hurry.Set();
    }

    async ValueTask<Dictionary<Guid, string>> NamesAsync(List<ConsumerGroupHeartbeatResponse.TopicPartitionsPart> topics, CancellationToken cancellation)
    {
        foreach (var topic in Options.Topics)
        {
            if (Client.Metadata.View.Topics.ContainsKey(topic)) continue;
            try
            {
                await Client.Metadata.TopicAsync(topic, mayCreate: false, cancellation).ConfigureAwait(false);
            }
            catch (KafkaException missing) when (missing.Code == ErrorCode.UnknownTopicOrPartition)
            {
                // It may come; until then nobody is assigned any of it.
            }
        }
        var names = Client.Metadata.View.Topics.Values.ToDictionary(t => t.Id, t => t.Name);
        if (topics.TrueForAll(t => names.ContainsKey(t.TopicId))) return names;
        // A topic that was deleted and made again has another id than we know.
        await Client.Metadata.RefreshAsync(Client.Metadata.View).ConfigureAwait(false);
        return Client.Metadata.View.Topics.Values.ToDictionary(t => t.Id, t => t.Name);
    }

    protected override async ValueTask<TimeSpan> BeatAsync(CancellationToken cancellation)
    {
        // Until the reader has given up what it lost, joining again would promise too much.
        if (lost is not null || refused is not null) return Options.HeartbeatInterval;
        var told = toTell;
        try
        {
            var answer = await Coordinator.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(new()
            {
                GroupId = Options.Group!,
                MemberId = member,
                MemberEpoch = epoch,
                InstanceId = Options.InstanceId,
                RebalanceTimeoutMs = (int)Options.MaxPollInterval.TotalMilliseconds,
                SubscribedTopicNames = epoch == 0 ? [.. Options.Topics] : null,
                TopicPartitions = epoch == 0 ? [] : told,
            }, static a => a.ErrorCode, cancellation).ConfigureAwait(false);
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
                target = assignment.TopicPartitions;
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
