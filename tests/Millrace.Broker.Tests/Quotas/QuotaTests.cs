using Millrace.Broker.Quotas;
using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;
using Millrace.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Testing.Servers;

namespace Millrace.Broker.Tests.Quotas;

public sealed class QuotaTests
{
    /// <summary>What a test's client calls itself.</summary>
    const string Client = "test", Anonymous = "ANONYMOUS";

    // Records are of now.
    readonly VirtualClock clock = new(DateTimeOffset.UtcNow);

    EmbeddedBroker Start(string? folder = null) => EmbeddedBroker.Start(new() { Folder = folder, Durability = Durability.PageCache }, NullLogger.Instance, clock);

    [Fact]
    public async Task A_producer_over_its_quota_is_told_for_how_long_and_not_heard_until_then()
    {
        await using var broker = Start();
        using var fast = new BrokerClient(broker);
        using var other = new BrokerClient(broker);
        await fast.CreateAsync("t");
        await SetAsync(fast, Of(client: Client), (ClientQuotas.Produced, 1000));

        var batch = Wire.Batch([new string('x', 15_000)]);
        var first = await fast.AskAsync<ProduceRequest, ProduceResponse>(BrokerClient.Produce("t", 0, batch), 12);
        Assert.Equal((ErrorCode.None, batch.Length - 10_000), (first.Responses[0].PartitionResponses[0].ErrorCode, first.ThrottleTimeMs));

        await fast.SendAsync(BrokerClient.Produce("t", 0, Wire.Batch(["later"])), 12);
        // It was sent later, and is heard earlier.
        Assert.Equal(1, (await other.ProduceAsync("t", 0, Wire.Batch(["meanwhile"]))).BaseOffset);
        clock.Advance(TimeSpan.FromMilliseconds(first.ThrottleTimeMs));
        Assert.Equal(2, (await fast.ReceiveAsync<ProduceResponse>(12)).Responses[0].PartitionResponses[0].BaseOffset);
    }

    [Fact]
    public async Task A_producer_within_its_quota_is_never_told_to_wait()
    {
        await using var broker = Start();
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        await SetAsync(client, Of(client: Client), (ClientQuotas.Produced, 1000));
        for (var second = 0; second < 60; second++)
        {
            var batch = Wire.Batch([new string('x', 900)]);
            Assert.InRange(batch.Length, 900, 1000);
            Assert.Equal(0, (await client.AskAsync<ProduceRequest, ProduceResponse>(BrokerClient.Produce("t", 0, batch), 12)).ThrottleTimeMs);
            clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task A_consumer_gets_no_more_at_once_than_its_quota_brings_in_ten_seconds_and_then_waits()
    {
        await using var broker = Start();
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        var batch = Wire.Batch([new string('x', 4000)]);
        for (var i = 0; i < 6; i++) await client.ProduceAsync("t", 0, batch);
        await SetAsync(client, Of(client: Client), (ClientQuotas.Consumed, 1000));

        var first = await client.AskAsync<FetchRequest, FetchResponse>(BrokerClient.Fetch("t", 0, 0), 12);
        Assert.Equal((2 * batch.Length, 0), (first.Responses[0].Partitions[0].Records!.Value.Length, first.ThrottleTimeMs));
        var second = await client.AskAsync<FetchRequest, FetchResponse>(BrokerClient.Fetch("t", 0, 2), 12);
        Assert.Equal((2 * batch.Length, 4 * batch.Length - 10_000), (second.Responses[0].Partitions[0].Records!.Value.Length, second.ThrottleTimeMs));
        clock.Advance(TimeSpan.FromSeconds(25));
        Assert.Equal(0, (await client.AskAsync<FetchRequest, FetchResponse>(BrokerClient.Fetch("t", 0, 4), 12)).ThrottleTimeMs);
    }

    [Fact]
    public async Task The_quota_that_says_most_about_a_client_counts()
    {
        await using var broker = Start();
        using var client = new BrokerClient(broker);
        // As Apache Kafka documents them, the first one first.
        (string? User, bool AnyUser, string? Client, bool AnyClient)[] order =
        [
            ("ann", false, "app", false), ("ann", false, null, true), ("ann", false, null, false),
            (null, true, "app", false), (null, true, null, true), (null, true, null, false),
            (null, false, "app", false), (null, false, null, true),
        ];
        for (var i = 0; i < order.Length; i++) await SetAsync(client, EntityOf(order[i]), (ClientQuotas.Produced, i + 1));
        for (var i = 0; i < order.Length; i++)
        {
            Assert.Equal(i + 1, broker.Node.Quotas.RateOf(ClientQuotas.Produced, "ann", "app")?.Rate);
            Assert.Null(broker.Node.Quotas.RateOf(ClientQuotas.Consumed, "ann", "app"));
            await SetAsync(client, EntityOf(order[i]), (ClientQuotas.Produced, null));
        }
        Assert.Null(broker.Node.Quotas.RateOf(ClientQuotas.Produced, "ann", "app"));
        Assert.Empty(broker.Node.Quotas.All);
    }

    [Fact]
    public async Task Quotas_are_described_as_they_were_set_and_outlive_a_restart()
    {
        using var folder = new TempFolder();
        await using (var broker = Start(folder["broker"]))
        {
            using var client = new BrokerClient(broker);
            await SetAsync(client, Of(user: "=an n/-*"), (ClientQuotas.Produced, 5), (ClientQuotas.Consumed, 6));
            await SetAsync(client, Of(user: "bob", client: null), (ClientQuotas.Produced, 7));
            await SetAsync(client, Of(client: Client), (ClientQuotas.Produced, 8));
            await SetAsync(client, Of(client: Client), (ClientQuotas.Produced, null), (ClientQuotas.Consumed, 9));
        }
        await using var again = Start(folder["broker"]);
        using var asker = new BrokerClient(again);
        Assert.Equal(["client-id=test: consumer_byte_rate=9", "user==an n/-*: consumer_byte_rate=6 producer_byte_rate=5", "user=bob client-id=<default>: producer_byte_rate=7"],
            await DescribeAsync(asker));
        Assert.Equal(["user==an n/-*: consumer_byte_rate=6 producer_byte_rate=5"], await DescribeAsync(asker, ("user", 0, "=an n/-*")));
        Assert.Equal(2, (await DescribeAsync(asker, ("user", 2, null))).Count);
        Assert.Equal(["user=bob client-id=<default>: producer_byte_rate=7"], await DescribeAsync(asker, ("client-id", 1, null)));
        Assert.Empty((await asker.AskAsync<DescribeClientQuotasRequest, DescribeClientQuotasResponse>(new() { Strict = true, Components = [new() { EntityType = "client-id", MatchType = 1 }] }, 1)).Entries!);
    }

    [Fact]
    public async Task What_can_be_no_quota_is_refused_with_what_would_be_one()
    {
        await using var broker = Start();
        using var client = new BrokerClient(broker);
        async Task Refuses(string word, Dictionary<string, string?> entity, string quota, double rate)
        {
            var answer = (await client.AskAsync<AlterClientQuotasRequest, AlterClientQuotasResponse>(Change(entity, (quota, rate)), 1)).Entries[0];
            Assert.NotEqual(ErrorCode.None, answer.ErrorCode);
            Assert.Contains(word, answer.ErrorMessage, StringComparison.Ordinal);
        }
        await Refuses("There is no quota 'request_percentage'", Of(user: "ann"), "request_percentage", 50);
        await Refuses("Give a whole number", Of(user: "ann"), ClientQuotas.Produced, 0);
        await Refuses("Give a whole number", Of(user: "ann"), ClientQuotas.Produced, double.NaN);
        await Refuses("no quotas of a 'ip'", new() { ["ip"] = "127.0.0.1" }, "connection_creation_rate", 5);
        await Refuses("for a user, a client-id or both", [], ClientQuotas.Produced, 5);
        await Refuses("has no name", Of(user: ""), ClientQuotas.Produced, 5);

        var tried = Change(Of(user: "ann"), (ClientQuotas.Produced, 5));
        tried.ValidateOnly = true;
        Assert.Equal(ErrorCode.None, (await client.AskAsync<AlterClientQuotasRequest, AlterClientQuotasResponse>(tried, 1)).Entries[0].ErrorCode);
        Assert.Empty(broker.Node.Quotas.All);
    }

    [Fact]
    public async Task Clients_of_a_default_have_a_quota_each_and_those_of_a_user_share_one()
    {
        await using var broker = Start();
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        await SetAsync(client, Of(user: Anonymous), (ClientQuotas.Produced, 1000));
        var batch = Wire.Batch([new string('x', 6000)]);
        Assert.Equal([0, 2 * batch.Length - 10_000], await ThrottlesAsync(broker, batch));

        await SetAsync(client, Of(user: Anonymous), (ClientQuotas.Produced, null));
        await SetAsync(client, Of(client: null), (ClientQuotas.Produced, 1000));
        Assert.Equal([0, 0], await ThrottlesAsync(broker, batch));
        Assert.Equal(3, broker.Node.Quotas.Counted);
    }

    static async Task<List<int>> ThrottlesAsync(EmbeddedBroker broker, byte[] batch)
    {
        List<int> throttles = [];
        foreach (var name in new[] { "one", "two" })
        {
            using var client = new BrokerClient(broker) { Name = name };
            throttles.Add((await client.AskAsync<ProduceRequest, ProduceResponse>(BrokerClient.Produce("t", 0, batch), 12)).ThrottleTimeMs);
        }
        return throttles;
    }

    [Fact]
    public async Task A_client_that_is_not_heard_is_not_ended_for_being_silent()
    {
        await using var broker = Start();
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        await SetAsync(client, Of(client: Client), (ClientQuotas.Produced, 100));
        var told = await client.AskAsync<ProduceRequest, ProduceResponse>(BrokerClient.Produce("t", 0, Wire.Batch([new string('x', 100_000)])), 12);
        Assert.InRange(told.ThrottleTimeMs, 900_000, 1_100_000);
        while (broker.Listener.Connections.Single().IsSending) await Task.Yield();
        await client.SendAsync(new MetadataRequest { Topics = [] }, 12);
        clock.Advance(TimeSpan.FromMilliseconds(told.ThrottleTimeMs));
        Assert.Single((await client.ReceiveAsync<MetadataResponse>(12)).Brokers);
    }

    static Dictionary<string, string?> Of(string? user = "-", string? client = "-")
    {
        var entity = new Dictionary<string, string?>();
        if (user != "-") entity[QuotaEntity.UserType] = user;
        if (client != "-") entity[QuotaEntity.ClientType] = client;
        return entity;
    }

    static Dictionary<string, string?> EntityOf((string? User, bool AnyUser, string? Client, bool AnyClient) of) =>
        Of(of.AnyUser ? null : of.User ?? "-", of.AnyClient ? null : of.Client ?? "-");

    static AlterClientQuotasRequest Change(Dictionary<string, string?> entity, params (string Quota, double? Rate)[] changes) => new()
    {
        Entries =
        [
            new()
            {
                Entity = [.. entity.Select(e => new AlterClientQuotasRequest.EntryData.EntityData { EntityType = e.Key, EntityName = e.Value })],
                Ops = [.. changes.Select(c => new AlterClientQuotasRequest.EntryData.OpData { Key = c.Quota, Value = c.Rate ?? 0, Remove = c.Rate is null })],
            },
        ],
    };

    static async Task SetAsync(BrokerClient client, Dictionary<string, string?> entity, params (string Quota, double? Rate)[] changes)
    {
        var answer = await client.AskAsync<AlterClientQuotasRequest, AlterClientQuotasResponse>(Change(entity, changes), 1);
        Assert.Equal((ErrorCode.None, null), (answer.Entries[0].ErrorCode, answer.Entries[0].ErrorMessage));
    }

    static async Task<List<string>> DescribeAsync(BrokerClient client, params (string Type, sbyte Match, string? Name)[] components)
    {
        var answer = await client.AskAsync<DescribeClientQuotasRequest, DescribeClientQuotasResponse>(new()
        {
            Components = [.. components.Select(c => new DescribeClientQuotasRequest.ComponentData { EntityType = c.Type, MatchType = c.Match, Match = c.Name })],
        }, 1);
        Assert.Equal(ErrorCode.None, answer.ErrorCode);
        return [.. answer.Entries!.Select(e => string.Join(' ', e.Entity.Select(p => $"{p.EntityType}={p.EntityName ?? "<default>"}"))
            + ": " + string.Join(' ', e.Values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => FormattableString.Invariant($"{v.Key}={v.Value}")))).Order(StringComparer.Ordinal)];
    }
}
