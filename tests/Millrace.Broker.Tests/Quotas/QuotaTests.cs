using Millrace.Broker.Quotas;
using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;
using Millrace.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Testing.Servers;
using static Millrace.Broker.Tests.Quotas.QuotaChanges;

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
        await SetAsync(fast, Of(client: Client), (Produced, 1000));

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
        await SetAsync(client, Of(client: Client), (Produced, 1000));
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
        await SetAsync(client, Of(client: Client), (Consumed, 1000));

        var first = await client.AskAsync<FetchRequest, FetchResponse>(BrokerClient.Fetch("t", 0, 0), 12);
        Assert.Equal((2 * batch.Length, 0), (first.Responses[0].Partitions[0].Records!.Value.Length, first.ThrottleTimeMs));
        // What is too much isn't given: the answer says when to come again, and for the same.
        var second = await client.AskAsync<FetchRequest, FetchResponse>(BrokerClient.Fetch("t", 0, 2), 12);
        Assert.Equal((ErrorCode.None, 0, 4 * batch.Length - 10_000), (second.ErrorCode, second.Responses.Count, second.ThrottleTimeMs));
        clock.Advance(TimeSpan.FromMilliseconds(second.ThrottleTimeMs));
        var third = await client.AskAsync<FetchRequest, FetchResponse>(BrokerClient.Fetch("t", 0, 2), 12);
        Assert.Equal((2 * batch.Length, 0), (third.Responses[0].Partitions[0].Records!.Value.Length, third.ThrottleTimeMs));
        Assert.Equal(2, BatchHeader.BaseOffset(third.Responses[0].Partitions[0].Records!.Value.Span));
    }

    [Fact]
    public async Task A_batch_that_is_larger_than_ten_seconds_bring_is_given_to_who_owes_nothing()
    {
        await using var broker = Start();
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        var batch = Wire.Batch([new string('x', 12_000)]);
        for (var i = 0; i < 2; i++) await client.ProduceAsync("t", 0, batch);
        await SetAsync(client, Of(client: Client), (Consumed, 1000));
        Assert.Equal(batch.Length, (await client.AskAsync<FetchRequest, FetchResponse>(BrokerClient.Fetch("t", 0, 0), 12)).Responses[0].Partitions[0].Records!.Value.Length);
        var told = await client.AskAsync<FetchRequest, FetchResponse>(BrokerClient.Fetch("t", 0, 1), 12);
        Assert.Equal((0, batch.Length), (told.Responses.Count, told.ThrottleTimeMs));
        clock.Advance(TimeSpan.FromMilliseconds(told.ThrottleTimeMs));
        Assert.Equal(batch.Length, (await client.AskAsync<FetchRequest, FetchResponse>(BrokerClient.Fetch("t", 0, 1), 12)).Responses[0].Partitions[0].Records!.Value.Length);
    }

    [Fact]
    public async Task A_fetch_session_goes_on_where_it_was_after_an_answer_without_records()
    {
        await using var broker = Start();
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        var batch = Wire.Batch([new string('x', 6000)]);
        for (var i = 0; i < 2; i++) await client.ProduceAsync("t", 0, batch);
        await SetAsync(client, Of(client: Client), (Consumed, 1000));
        Task<FetchResponse> AskAsync(int session, int epoch, params long[] offsets)
        {
            var asked = BrokerClient.Fetch("t", 0, offsets.SingleOrDefault());
            (asked.SessionId, asked.SessionEpoch) = (session, epoch);
            if (offsets.Length == 0) asked.Topics = [];
            return client.AskAsync<FetchRequest, FetchResponse>(asked, 12);
        }
        var first = await AskAsync(0, 0, 0);
        Assert.Single(first.Responses);
        Assert.NotEqual(0, first.SessionId);
        var later = await AskAsync(first.SessionId, 1, 1);
        Assert.Equal((first.SessionId, 0, 2 * batch.Length - 10_000), (later.SessionId, later.Responses.Count, later.ThrottleTimeMs));
        clock.Advance(TimeSpan.FromMilliseconds(later.ThrottleTimeMs));
        // Nothing is said of the partition, as a client does whose session knows it: the same offset is asked for.
        var records = Assert.Single(Assert.Single((await AskAsync(first.SessionId, 2)).Responses).Partitions).Records!.Value;
        Assert.Equal(1, BatchHeader.BaseOffset(records.Span));

        // A session that was to begin with such an answer doesn't (KIP-219).
        var none = await AskAsync(0, 0, 0);
        Assert.Equal((0, 0), (none.SessionId, none.Responses.Count));
        Assert.True(none.ThrottleTimeMs > 0);
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
        for (var i = 0; i < order.Length; i++) await SetAsync(client, EntityOf(order[i]), (Produced, i + 1));
        for (var i = 0; i < order.Length; i++)
        {
            Assert.Equal(i + 1, broker.Node.Quotas.RateOf(QuotaKind.Produced, "ann", "app")?.Rate);
            Assert.Null(broker.Node.Quotas.RateOf(QuotaKind.Consumed, "ann", "app"));
            await SetAsync(client, EntityOf(order[i]), (Produced, null));
        }
        Assert.Null(broker.Node.Quotas.RateOf(QuotaKind.Produced, "ann", "app"));
        Assert.Empty(broker.Node.Quotas.All);
    }

    [Fact]
    public async Task Quotas_are_described_as_they_were_set_and_outlive_a_restart()
    {
        using var folder = new TempFolder();
        await using (var broker = Start(folder["broker"]))
        {
            using var client = new BrokerClient(broker);
            await SetAsync(client, Of(user: "=an n/-*"), (Produced, 5), (Consumed, 6));
            await SetAsync(client, Of(user: "bob", client: null), (Produced, 7), ("request_percentage", 12.5), ("controller_mutation_rate", 0.1));
            await SetAsync(client, OfAddress("::ffff:10.0.0.1"), ("connection_creation_rate", 3));
            await SetAsync(client, OfAddress(null), ("connection_creation_rate", 100));
            await SetAsync(client, Of(client: Client), (Produced, 8));
            await SetAsync(client, Of(client: Client), (Produced, null), (Consumed, 9));
        }
        await using var again = Start(folder["broker"]);
        using var asker = new BrokerClient(again);
        const string Bob = "user=bob client-id=<default>: controller_mutation_rate=0.1 producer_byte_rate=7 request_percentage=12.5";
        Assert.Equal(["client-id=test: consumer_byte_rate=9", "ip=10.0.0.1: connection_creation_rate=3", "ip=<default>: connection_creation_rate=100", "user==an n/-*: consumer_byte_rate=6 producer_byte_rate=5", Bob],
            await DescribeAsync(asker));
        Assert.Equal(["ip=10.0.0.1: connection_creation_rate=3"], await DescribeAsync(asker, ("ip", 0, "10.0.0.1")));
        Assert.Equal(["user==an n/-*: consumer_byte_rate=6 producer_byte_rate=5"], await DescribeAsync(asker, ("user", 0, "=an n/-*")));
        Assert.Equal(2, (await DescribeAsync(asker, ("user", 2, null))).Count);
        Assert.Equal([Bob], await DescribeAsync(asker, ("client-id", 1, null)));
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
        await Refuses("Users and clients have no quota 'bytes'", Of(user: "ann"), "bytes", 50);
        await Refuses("Give a whole number", Of(user: "ann"), Produced, 0);
        await Refuses("Give a whole number", Of(user: "ann"), Produced, double.NaN);
        await Refuses("Give a number above 0", Of(user: "ann"), "request_percentage", double.NaN);
        await Refuses("Give a number above 0", Of(user: "ann"), "controller_mutation_rate", -0.5);
        await Refuses("Give a whole number", OfAddress("127.0.0.1"), "connection_creation_rate", 1.5);
        await Refuses("no address of IP", OfAddress("localhost"), "connection_creation_rate", 5);
        await Refuses("An ip has no quota 'producer_byte_rate'", OfAddress("127.0.0.1"), Produced, 5);
        await Refuses("Users and clients have no quota 'connection_creation_rate'", Of(user: "ann"), "connection_creation_rate", 5);
        await Refuses("not together with a user", new() { ["user"] = "ann", ["ip"] = "127.0.0.1" }, "connection_creation_rate", 5);
        await Refuses("for a user, a client-id, both, or an ip", [], Produced, 5);
        await Refuses("has no name", Of(user: ""), Produced, 5);

        var tried = Change(Of(user: "ann"), (Produced, 5));
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
        await SetAsync(client, Of(user: Anonymous), (Produced, 1000));
        var batch = Wire.Batch([new string('x', 6000)]);
        Assert.Equal([0, 2 * batch.Length - 10_000], await ThrottlesAsync(broker, batch));

        await SetAsync(client, Of(user: Anonymous), (Produced, null));
        await SetAsync(client, Of(client: null), (Produced, 1000));
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
        await SetAsync(client, Of(client: Client), (Produced, 100));
        var told = await client.AskAsync<ProduceRequest, ProduceResponse>(BrokerClient.Produce("t", 0, Wire.Batch([new string('x', 100_000)])), 12);
        Assert.InRange(told.ThrottleTimeMs, 900_000, 1_100_000);
        while (broker.Listener.Connections.Single().IsSending) await Task.Yield();
        await client.SendAsync(new MetadataRequest { Topics = [] }, 12);
        clock.Advance(TimeSpan.FromMilliseconds(told.ThrottleTimeMs));
        Assert.Single((await client.ReceiveAsync<MetadataResponse>(12)).Brokers);
    }

    static Dictionary<string, string?> EntityOf((string? User, bool AnyUser, string? Client, bool AnyClient) of) =>
        Of(of.AnyUser ? null : of.User ?? "-", of.AnyClient ? null : of.Client ?? "-");

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
