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
}
