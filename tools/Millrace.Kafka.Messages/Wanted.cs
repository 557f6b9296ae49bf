namespace Millrace.Kafka.Messages;

/// <summary>The messages that the client and the broker speak. What controllers and replicas say to each other isn't among them.</summary>
static class Wanted
{
    static readonly string[] Apis =
    [
        "Produce", "Fetch", "ListOffsets", "Metadata", "OffsetCommit", "OffsetFetch", "FindCoordinator", "JoinGroup", "Heartbeat", "LeaveGroup",
        "SyncGroup", "DescribeGroups", "ListGroups", "SaslHandshake", "ApiVersions", "CreateTopics", "DeleteTopics", "DeleteRecords",
        "InitProducerId", "OffsetForLeaderEpoch", "AddPartitionsToTxn", "AddOffsetsToTxn", "EndTxn", "WriteTxnMarkers", "TxnOffsetCommit", "DescribeAcls",
        "CreateAcls", "DeleteAcls", "DescribeConfigs", "AlterConfigs", "DescribeLogDirs", "SaslAuthenticate", "CreatePartitions", "DeleteGroups",
        "ElectLeaders", "IncrementalAlterConfigs", "AlterPartitionReassignments", "ListPartitionReassignments", "OffsetDelete", "DescribeClientQuotas", "AlterClientQuotas", "DescribeUserScramCredentials",
        "AlterUserScramCredentials", "DescribeQuorum", "DescribeCluster", "DescribeProducers", "DescribeTransactions", "ListTransactions",
        "ConsumerGroupHeartbeat", "ConsumerGroupDescribe", "ListConfigResources", "DescribeTopicPartitions",
    ];

    internal static IReadOnlyList<string> Messages { get; } =
        [.. Apis.SelectMany(api => new[] { api + "Request", api + "Response" }), "ConsumerProtocolSubscription", "ConsumerProtocolAssignment"];

    /// <summary>Apache Kafka advertises these versions of Produce, without which some clients don't compress, and refuses them. The definitions still say what they hold.</summary>
    internal static IReadOnlyDictionary<string, int> Older { get; } = new Dictionary<string, int> { ["ProduceRequest"] = 0, ["ProduceResponse"] = 0 };
}
