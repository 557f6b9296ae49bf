using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Topics;

/// <summary>Tools that move partitions find one broker, and hear so in their own words.</summary>
public sealed class ReplicaTests
{
    static async Task<List<ErrorCode>> MoveAsync(BrokerClient client, string topic, short version, params (int Partition, List<int>? Replicas)[] wishes)
    {
        var answer = await client.AskAsync<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>(new()
        {
            Topics = [new() { Name = topic, Partitions = [.. wishes.Select(w => new AlterPartitionReassignmentsRequest.ReassignableTopic.ReassignablePartition { PartitionIndex = w.Partition, Replicas = w.Replicas })] }],
        }, version);
        Assert.Equal((ErrorCode.None, topic), (answer.ErrorCode, Assert.Single(answer.Responses).Name));
        Assert.Equal(wishes.Select(w => w.Partition), answer.Responses[0].Partitions.Select(p => p.PartitionIndex));
        Assert.All(answer.Responses[0].Partitions, p => Assert.Equal(p.ErrorCode == ErrorCode.None, p.ErrorMessage is null));
        return answer.Responses[0].Partitions.ConvertAll(p => p.ErrorCode);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_partition_may_be_where_it_is_and_nowhere_else(short version)
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t", 6);
        Assert.Equal(
            [ErrorCode.None, ErrorCode.NoReassignmentInProgress, ErrorCode.InvalidReplicaAssignment, ErrorCode.InvalidReplicaAssignment, ErrorCode.InvalidReplicaAssignment, ErrorCode.InvalidReplicaAssignment, ErrorCode.UnknownTopicOrPartition],
            await MoveAsync(client, "t", version, (0, [1]), (1, null), (2, []), (3, [2]), (4, [1, 2]), (5, [1, 1]), (6, [1])));
        Assert.Equal([ErrorCode.UnknownTopicOrPartition, ErrorCode.UnknownTopicOrPartition], await MoveAsync(client, "nowhere", version, (0, [1]), (0, null)));
        foreach (var topics in new List<ListPartitionReassignmentsRequest.ListPartitionReassignmentsTopics>?[] { null, [new() { Name = "t", PartitionIndexes = [0, 9] }] })
        {
            var listed = await client.AskAsync<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>(new() { Topics = topics }, 0);
            Assert.Equal((ErrorCode.None, 0), (listed.ErrorCode, listed.Topics.Count));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task No_leader_needs_to_be_elected(short version)
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t", 2);
        Task<ElectLeadersResponse> ElectAsync(List<ElectLeadersRequest.TopicPartitionsPart>? which, sbyte kind = 0) =>
            client.AskAsync<ElectLeadersRequest, ElectLeadersResponse>(new() { ElectionType = kind, TopicPartitions = which }, version);
        for (sbyte kind = 0; kind <= (version == 0 ? 0 : 1); kind++)
        {
            var some = await ElectAsync([new() { Topic = "t", Partitions = [0, 1, 2, 0] }, new() { Topic = "nowhere", Partitions = [0] }], kind);
            Assert.Equal(ErrorCode.None, some.ErrorCode);
            Assert.Equal(["t", "nowhere"], some.ReplicaElectionResults.Select(t => t.Topic));
            Assert.Equal([(0, ErrorCode.ElectionNotNeeded), (1, ErrorCode.ElectionNotNeeded), (2, ErrorCode.UnknownTopicOrPartition)], some.ReplicaElectionResults[0].PartitionResult.Select(p => (p.PartitionId, p.ErrorCode)));
            Assert.Equal([(0, ErrorCode.UnknownTopicOrPartition)], some.ReplicaElectionResults[1].PartitionResult.Select(p => (p.PartitionId, p.ErrorCode)));
            // As in Apache Kafka: of all partitions, those are named whose leader changed.
            var all = await ElectAsync(null, kind);
            Assert.Equal((ErrorCode.None, 0), (all.ErrorCode, all.ReplicaElectionResults.Count));
        }
        if (version == 0) return;
        var unknown = await ElectAsync([new() { Topic = "t", Partitions = [0] }], 7);
        Assert.Equal((ErrorCode.InvalidRequest, ErrorCode.InvalidRequest), (unknown.ErrorCode, unknown.ReplicaElectionResults[0].PartitionResult[0].ErrorCode));
    }
}
