using System.Text;
using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Security;

public sealed class SecurityTests
{
    static readonly BrokerOptions Secured = new() { Users = new Dictionary<string, string> { ["ann"] = "secret", ["bob"] = "hunter2" }, SuperUsers = ["ann"] };

    static async Task<SaslAuthenticateResponse> EnterAsync(BrokerClient client, string user, string password)
    {
        Assert.Equal(ErrorCode.None, (await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = "PLAIN" }, 1)).ErrorCode);
        return await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { AuthBytes = Encoding.UTF8.GetBytes($"\0{user}\0{password}") }, 2);
    }

    [Fact]
    public async Task Who_has_not_said_who_it_is_gets_nothing_but_the_door()
    {
        await using var broker = await EmbeddedBroker.StartAsync(Secured, cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        Assert.Equal(ErrorCode.None, (await client.AskAsync<ApiVersionsRequest, ApiVersionsResponse>(new() { ClientSoftwareName = "t", ClientSoftwareVersion = "1" }, 3)).ErrorCode);
        await client.SendAsync(new MetadataRequest { Topics = [] }, 12);
        Assert.Null(await client.ReceiveAsync());
    }

    [Fact]
    public async Task A_wrong_password_is_told_and_ends_the_connection()
    {
        await using var broker = await EmbeddedBroker.StartAsync(Secured, cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        Assert.Equal(ErrorCode.SaslAuthenticationFailed, (await EnterAsync(client, "ann", "guess")).ErrorCode);
        Assert.Null(await client.ReceiveAsync());
    }

    [Fact]
    public async Task Rules_allow_what_they_name_and_a_rule_that_denies_outweighs()
    {
        await using var broker = await EmbeddedBroker.StartAsync(Secured, cancellation: TestContext.Current.CancellationToken);
        using var ann = new BrokerClient(broker);
        using var bob = new BrokerClient(broker);
        Assert.Equal(ErrorCode.None, (await EnterAsync(ann, "ann", "secret")).ErrorCode);
        Assert.Equal(ErrorCode.None, (await EnterAsync(bob, "bob", "hunter2")).ErrorCode);
        await ann.CreateAsync("orders-1");
        await ann.CreateAsync("orders-2");
        Assert.Equal(ErrorCode.TopicAuthorizationFailed, (await bob.ProduceAsync("orders-1", 0, Wire.Batch(["x"]))).ErrorCode);
        var made = await ann.AskAsync<CreateAclsRequest, CreateAclsResponse>(new()
        {
            Creations =
            [
                new() { ResourceType = 2, ResourceName = "orders-", ResourcePatternType = 4, Principal = "User:bob", Host = "*", Operation = 4, PermissionType = 3 },
                new() { ResourceType = 2, ResourceName = "orders-2", ResourcePatternType = 3, Principal = "User:bob", Host = "*", Operation = 4, PermissionType = 2 },
            ],
        }, 3);
        Assert.All(made.Results, r => Assert.Equal(ErrorCode.None, r.ErrorCode));
        Assert.Equal(ErrorCode.None, (await bob.ProduceAsync("orders-1", 0, Wire.Batch(["x"]))).ErrorCode);
        Assert.Equal(ErrorCode.TopicAuthorizationFailed, (await bob.ProduceAsync("orders-2", 0, Wire.Batch(["x"]))).ErrorCode);
        Assert.Equal(ErrorCode.ClusterAuthorizationFailed, (await bob.AskAsync<CreateAclsRequest, CreateAclsResponse>(new() { Creations = [new() { Principal = "User:bob", Host = "*" }] }, 3)).Results[0].ErrorCode);
    }

    [Fact]
    public async Task Ending_transactions_by_hand_and_moving_partitions_are_for_those_who_may_change_the_cluster()
    {
        const sbyte Alter = 7, Describe = 8, ClusterAction = 9;
        await using var broker = await EmbeddedBroker.StartAsync(Secured, cancellation: TestContext.Current.CancellationToken);
        using var ann = new BrokerClient(broker);
        using var bob = new BrokerClient(broker);
        Assert.Equal(ErrorCode.None, (await EnterAsync(ann, "ann", "secret")).ErrorCode);
        Assert.Equal(ErrorCode.None, (await EnterAsync(bob, "bob", "hunter2")).ErrorCode);
        await ann.CreateAsync("t");
        await CheckAsync(ErrorCode.ClusterAuthorizationFailed, ErrorCode.ClusterAuthorizationFailed, ErrorCode.ClusterAuthorizationFailed);
        await RuleAsync(Describe, 3);
        await CheckAsync(ErrorCode.None, ErrorCode.ClusterAuthorizationFailed, ErrorCode.ClusterAuthorizationFailed);
        await RuleAsync(ClusterAction, 3);
        await CheckAsync(ErrorCode.None, ErrorCode.None, ErrorCode.ClusterAuthorizationFailed);
        await RuleAsync(Alter, 3);
        await RuleAsync(ClusterAction, 2);
        await CheckAsync(ErrorCode.None, ErrorCode.None, ErrorCode.None);

        async Task RuleAsync(sbyte operation, sbyte permission) => await ann.AskAsync<CreateAclsRequest, CreateAclsResponse>(new()
        {
            Creations = [new() { ResourceType = 4, ResourceName = "kafka-cluster", ResourcePatternType = 3, Principal = "User:bob", Host = "*", Operation = operation, PermissionType = permission }],
        }, 3);

        async Task CheckAsync(ErrorCode listing, ErrorCode marking, ErrorCode moving)
        {
            Assert.Equal(listing, (await bob.AskAsync<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>(new(), 0)).ErrorCode);
            var marked = await bob.AskAsync<WriteTxnMarkersRequest, WriteTxnMarkersResponse>(new() { Markers = [new() { Topics = [new() { Name = "t", PartitionIndexes = [0] }] }] }, 1);
            Assert.Equal(marking, marked.Markers[0].Topics[0].Partitions[0].ErrorCode);
            var moved = await bob.AskAsync<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>(new() { Topics = [new() { Name = "t", Partitions = [new() { Replicas = [1] }] }] }, 1);
            Assert.Equal((moving, moving == ErrorCode.None ? 1 : 0), (moved.ErrorCode, moved.Responses.Count));
            for (short version = 0; version <= 2; version++)
            {
                var elected = await bob.AskAsync<ElectLeadersRequest, ElectLeadersResponse>(new() { TopicPartitions = [new() { Topic = "t", Partitions = [0] }] }, version);
                Assert.Equal(version == 0 ? ErrorCode.None : moving, elected.ErrorCode);
                Assert.Equal(moving == ErrorCode.None ? ErrorCode.ElectionNotNeeded : moving, elected.ReplicaElectionResults[0].PartitionResult[0].ErrorCode);
            }
        }
    }
}
