namespace Millrace.Kafka;

/// <summary>What the errors of the wire mean for those who get them.</summary>
static class Errors
{
    internal static bool IsRetriable(ErrorCode code) => code is
        ErrorCode.CorruptMessage or ErrorCode.UnknownTopicOrPartition or ErrorCode.LeaderNotAvailable or ErrorCode.NotLeaderOrFollower or ErrorCode.RequestTimedOut
        or ErrorCode.BrokerNotAvailable or ErrorCode.ReplicaNotAvailable or ErrorCode.NetworkException or ErrorCode.CoordinatorLoadInProgress or ErrorCode.CoordinatorNotAvailable
        or ErrorCode.NotCoordinator or ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend or ErrorCode.NotController or ErrorCode.ConcurrentTransactions
        or ErrorCode.KafkaStorageError or ErrorCode.FetchSessionIdNotFound or ErrorCode.InvalidFetchSessionEpoch or ErrorCode.FencedLeaderEpoch or ErrorCode.UnknownLeaderEpoch
        or ErrorCode.OffsetNotAvailable or ErrorCode.PreferredLeaderNotAvailable or ErrorCode.UnstableOffsetCommit or ErrorCode.ThrottlingQuotaExceeded
        or ErrorCode.UnknownTopicId or ErrorCode.InconsistentTopicId or ErrorCode.FetchSessionTopicIdError or ErrorCode.RebalanceInProgress;

    /// <summary>Whether the one who was asked is no longer the one to ask: who leads must be looked up again.</summary>
    internal static bool IsStale(ErrorCode code) => code is
        ErrorCode.UnknownTopicOrPartition or ErrorCode.LeaderNotAvailable or ErrorCode.NotLeaderOrFollower or ErrorCode.BrokerNotAvailable or ErrorCode.ReplicaNotAvailable
        or ErrorCode.NetworkException or ErrorCode.KafkaStorageError or ErrorCode.FencedLeaderEpoch or ErrorCode.UnknownLeaderEpoch or ErrorCode.UnknownTopicId
        or ErrorCode.InconsistentTopicId or ErrorCode.RequestTimedOut;

    /// <summary>Whether records may be in the log though they were not acknowledged: a leader may have written them before it noticed.</summary>
    internal static bool MayBeWritten(ErrorCode code) => code is
        ErrorCode.RequestTimedOut or ErrorCode.NotEnoughReplicasAfterAppend or ErrorCode.NotLeaderOrFollower or ErrorCode.FencedLeaderEpoch or ErrorCode.LeaderNotAvailable
        or ErrorCode.UnknownTopicOrPartition or ErrorCode.UnknownTopicId or ErrorCode.KafkaStorageError or ErrorCode.UnknownServerError;

    internal static string Meaning(ErrorCode code) => code switch
    {
        ErrorCode.OffsetOutOfRange => "the offset is not in the log",
        ErrorCode.UnknownTopicOrPartition or ErrorCode.UnknownTopicId => "there is no such topic or partition",
        ErrorCode.LeaderNotAvailable => "the partition has no leader",
        ErrorCode.NotLeaderOrFollower => "the broker no longer leads the partition",
        ErrorCode.FencedLeaderEpoch => "the partition has a newer leader than we know of",
        ErrorCode.UnknownLeaderEpoch => "the broker doesn't know the partition's newest leader yet",
        ErrorCode.RequestTimedOut => "no answer came in time",
        ErrorCode.NetworkException => "the connection was lost",
        ErrorCode.MessageTooLarge => "the record is larger than the topic takes",
        ErrorCode.RecordListTooLarge => "the batch is larger than the broker's segments",
        ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend => "fewer replicas are in sync than the topic demands",
        ErrorCode.CoordinatorNotAvailable => "no broker coordinates it at the moment",
        ErrorCode.InvalidTopic => "the topic's name is not allowed",
        ErrorCode.TopicAuthorizationFailed => "the user may not do this with the topic",
        ErrorCode.GroupAuthorizationFailed => "the user may not do this with the group",
        ErrorCode.ClusterAuthorizationFailed => "the user may not do this with the cluster",
        ErrorCode.TransactionalIdAuthorizationFailed => "the user may not use the transactional id",
        ErrorCode.SaslAuthenticationFailed => "the broker did not accept who we say we are",
        ErrorCode.UnsupportedSaslMechanism => "the broker doesn't know the SASL mechanism",
        ErrorCode.TopicAlreadyExists => "a topic of that name exists",
        ErrorCode.UnsupportedVersion => "the broker doesn't know this request",
        ErrorCode.KafkaStorageError => "the broker's disk refused",
        ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch => "another producer with the same transactional id has taken over",
        ErrorCode.InvalidTxnState => "the transaction isn't in a state for this",
        ErrorCode.OutOfOrderSequenceNumber => "records before this one are missing in the log",
        ErrorCode.NonEmptyGroup => "the group has members",
        ErrorCode.GroupIdNotFound => "there is no such group",
        ErrorCode.IllegalGeneration or ErrorCode.UnknownMemberId or ErrorCode.StaleMemberEpoch or ErrorCode.FencedMemberEpoch => "the consumer no longer belongs to the group",
        ErrorCode.FencedInstanceId or ErrorCode.UnreleasedInstanceId => "another consumer uses the same group instance id",
        ErrorCode.InvalidReplicationFactor => "there are not that many brokers",
        ErrorCode.PolicyViolation => "the broker's policy forbids it",
        ErrorCode.UnsupportedForMessageFormat => "the topic's records are of an old format that can't do this",
        _ => "the broker refused",
    };

    internal static string Remedy(ErrorCode code) => code switch
    {
        ErrorCode.OffsetOutOfRange => " Seek to an offset that is there, or set ConsumerOptions.StartAt.",
        ErrorCode.UnknownTopicOrPartition or ErrorCode.UnknownTopicId => " Create the topic, or check its name.",
        ErrorCode.CoordinatorNotAvailable or ErrorCode.CoordinatorLoadInProgress => " Look whether all brokers are up.",
        ErrorCode.LeaderNotAvailable => " Start the brokers that have its replicas.",
        ErrorCode.NotLeaderOrFollower or ErrorCode.FencedLeaderEpoch or ErrorCode.UnknownLeaderEpoch => " Brokers and metadata disagree over who leads: look at the cluster's controller.",
        ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge => " Send less at once, or raise the topic's max.message.bytes.",
        ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend => " Wait until brokers are back, or lower the topic's min.insync.replicas.",
        ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed or ErrorCode.TransactionalIdAuthorizationFailed =>
            " Let an administrator add an ACL for the user.",
        ErrorCode.SaslAuthenticationFailed => " Check KafkaOptions.Sasl.",
        ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch => " Dispose this producer; if both should run, give each an id of its own.",
        ErrorCode.IllegalGeneration or ErrorCode.UnknownMemberId or ErrorCode.StaleMemberEpoch or ErrorCode.FencedMemberEpoch =>
            " What was not committed is read again by others. Handle records faster than ConsumerOptions.MaxPollInterval, or raise it.",
        ErrorCode.NonEmptyGroup => " Stop its consumers first.",
        ErrorCode.KafkaStorageError => " Look at the broker's disk and its log.",
        ErrorCode.FencedInstanceId or ErrorCode.UnreleasedInstanceId => " Give each consumer an instance id of its own.",
        _ => "",
    };
}
