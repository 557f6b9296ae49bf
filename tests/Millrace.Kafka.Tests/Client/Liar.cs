using Millrace.Broker.Tests.Clients;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Tests.Client;

/// <summary>Something that brokers say and that isn't so.</summary>
enum Lie
{
    None,

    /// <summary>A broker leads that nobody can reach.</summary>
    DeadLeader,

    /// <summary>The same, of an earlier leadership: told by a broker that lags behind.</summary>
    EarlierLeader,

    /// <summary>The same, of a leadership that never was.</summary>
    LaterLeader,

    /// <summary>The right broker, in a leadership that never was.</summary>
    LaterEpoch,

    NoLeader,

    /// <summary>The brokers, and who leads them, are elsewhere.</summary>
    OtherAddresses,

    NoTopic,

    TopicNotReady,

    FewerPartitions,

    /// <summary>The group's coordinator is where nobody answers.</summary>
    CoordinatorElsewhere,

    NoCoordinator,

    /// <summary>The coordinator says that it is none.</summary>
    NotCoordinator,

    /// <summary>The leader says that it leads no more, though it has written what it was sent.</summary>
    ProduceRefused,

    FetchRefused,

    NoProducerId,

    /// <summary>No answer comes to what was asked and done.</summary>
    Silence,
}

/// <summary>Tells clients lies in the place of answers, for as long as it is asked to.</summary>
sealed class Liar
{
    // Where nobody listens.
    const int DeadNode = 99, DeadPort = 1;

    static readonly ErrorCode[] refusals = [ErrorCode.NotLeaderOrFollower, ErrorCode.FencedLeaderEpoch, ErrorCode.UnknownLeaderEpoch];

    volatile Lie lie;
    int told;

    internal int Told => Volatile.Read(ref told);

    internal Lie Tells
    {
        set => lie = value;
    }

    internal byte[]? Change(ApiKey api, short version, byte[] answer)
    {
        var now = lie;
        var changed = api switch
        {
            _ when now == Lie.None => answer,
            // Who has joined and doesn't know as whom would hold up the group until its session ends.
            _ when now == Lie.Silence && api is not (ApiKey.ApiVersions or ApiKey.JoinGroup) => null,
            ApiKey.Metadata when now is >= Lie.DeadLeader and <= Lie.FewerPartitions => WireRelay.Change<MetadataResponse>(answer, version, m => Change(m, now)),
            ApiKey.FindCoordinator when now is Lie.CoordinatorElsewhere or Lie.NoCoordinator => WireRelay.Change<FindCoordinatorResponse>(answer, version, f => Change(f, now)),
            ApiKey.InitProducerId when now == Lie.NoProducerId => WireRelay.Change<InitProducerIdResponse>(answer, version, i => i.ErrorCode = ErrorCode.CoordinatorNotAvailable),
            ApiKey.Produce when now == Lie.ProduceRefused => WireRelay.Change<ProduceResponse>(answer, version, Refuse),
            ApiKey.Fetch when now == Lie.FetchRefused => WireRelay.Change<FetchResponse>(answer, version, Refuse),
            ApiKey.Heartbeat when now == Lie.NotCoordinator => WireRelay.Change<HeartbeatResponse>(answer, version, h => h.ErrorCode = ErrorCode.NotCoordinator),
            ApiKey.ConsumerGroupHeartbeat when now == Lie.NotCoordinator => WireRelay.Change<ConsumerGroupHeartbeatResponse>(answer, version, Refuse),
            ApiKey.OffsetCommit when now == Lie.NotCoordinator => WireRelay.Change<OffsetCommitResponse>(answer, version, Refuse),
            _ => answer,
        };
        if (!ReferenceEquals(changed, answer)) Interlocked.Increment(ref told);
        return changed;
    }

    static void Change(MetadataResponse metadata, Lie lie)
    {
        metadata.ControllerId = DeadNode;
        if (lie == Lie.OtherAddresses) metadata.Brokers.ForEach(b => b.Port = DeadPort);
        else metadata.Brokers.Add(new() { NodeId = DeadNode, Host = "127.0.0.1", Port = DeadPort });
        foreach (var topic in metadata.Topics)
        {
            if (lie is Lie.NoTopic or Lie.TopicNotReady)
            {
                topic.ErrorCode = lie == Lie.NoTopic ? ErrorCode.UnknownTopicOrPartition : ErrorCode.LeaderNotAvailable;
                topic.Partitions.Clear();
            }
            if (lie == Lie.FewerPartitions && topic.Partitions.Count > 1) topic.Partitions.RemoveAll(p => p.PartitionIndex == topic.Partitions.Count - 1);
            if (lie is >= Lie.DeadLeader and <= Lie.NoLeader) topic.Partitions.ForEach(p => Change(p, lie));
        }
    }

    static void Change(MetadataResponse.MetadataResponseTopic.MetadataResponsePartition partition, Lie lie)
    {
        if (lie != Lie.LaterEpoch) partition.LeaderId = lie == Lie.NoLeader ? -1 : DeadNode;
        if (lie == Lie.NoLeader) partition.ErrorCode = ErrorCode.LeaderNotAvailable;
        if (lie == Lie.EarlierLeader) partition.LeaderEpoch--;
        if (lie is Lie.LaterLeader or Lie.LaterEpoch) partition.LeaderEpoch += 5;
    }

    static void Change(FindCoordinatorResponse found, Lie lie)
    {
        var error = lie == Lie.NoCoordinator ? ErrorCode.CoordinatorNotAvailable : ErrorCode.None;
        // Versions have room for one of them or for many.
        if (found.Coordinators.Count == 0) (found.ErrorCode, found.Port) = (error, DeadPort);
        foreach (var coordinator in found.Coordinators) (coordinator.ErrorCode, coordinator.Port) = (error, DeadPort);
    }

    void Refuse(ProduceResponse produced)
    {
        produced.NodeEndpoints = [new() { NodeId = DeadNode, Host = "127.0.0.1", Port = DeadPort }];
        foreach (var partition in produced.Responses.SelectMany(t => t.PartitionResponses))
        {
            (partition.ErrorCode, partition.BaseOffset) = (refusals[Told % 2], -1);
            partition.CurrentLeader = new() { LeaderId = DeadNode, LeaderEpoch = 7 };
        }
    }

    void Refuse(FetchResponse fetched)
    {
        fetched.NodeEndpoints = [new() { NodeId = DeadNode, Host = "127.0.0.1", Port = DeadPort }];
        foreach (var partition in fetched.Responses.SelectMany(t => t.Partitions))
        {
            (partition.ErrorCode, partition.Records) = (refusals[Told % 3], default(ReadOnlyMemory<byte>));
            partition.CurrentLeader = new() { LeaderId = DeadNode, LeaderEpoch = 7 };
        }
    }

    static void Refuse(ConsumerGroupHeartbeatResponse beat) => (beat.ErrorCode, beat.Assignment) = (ErrorCode.NotCoordinator, null);

    static void Refuse(OffsetCommitResponse committed)
    {
        foreach (var partition in committed.Topics.SelectMany(t => t.Partitions)) partition.ErrorCode = ErrorCode.NotCoordinator;
    }
}
