using System.Reflection;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Connections;

public sealed class EveryApiTests
{
    /// <summary>What a broker that doesn't answer gets.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Every_version_of_every_API_that_is_advertised_answers_what_can_be_read_and_goes_on()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new()
        {
            Durability = Durability.PageCache,
            Users = new Dictionary<string, string> { ["ann"] = "secret" },
            SuperUsers = ["ann"],
            Settings = new Dictionary<string, string> { ["auto.create.topics.enable"] = "false" },
        }, cancellation: TestContext.Current.CancellationToken);
        List<string> wrong = [];
        var asked = 0;
        foreach (var api in broker.Node.Apis.All)
        {
            for (var version = api.Advertised; version <= api.Newest; version++)
            {
                foreach (var isFilled in new[] { false, true })
                {
                    asked++;
                    if (await TryAsync(broker, api.Key, version, isFilled) is { } flaw) wrong.Add($"{api.Key} {version}{(isFilled ? ", filled" : "")}: {flaw}");
                }
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{asked} requests");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(asked > 300, $"Only {asked} requests were tried.");
    }

    static async Task<string?> TryAsync(EmbeddedBroker broker, ApiKey key, short version, bool isFilled)
    {
        using var client = new BrokerClient(broker);
        var isSasl = key is ApiKey.SaslHandshake or ApiKey.SaslAuthenticate;
        try
        {
            await LogInAsync(client, withPassword: key != ApiKey.SaslAuthenticate);
            var filler = isSasl ? new(default, "", 0, 0) : await PrepareAsync(client, $"{key}-{version}-{isFilled}");
            await (Task)typeof(EveryApiTests).GetMethod(nameof(AskAsync), BindingFlags.Static | BindingFlags.NonPublic)!
                .MakeGenericMethod(Message(key, "Request"), Message(key, "Response")).Invoke(null, [client, version, isFilled || key == ApiKey.SaslAuthenticate ? filler : null])!;
            // With the first version of the handshake, the mechanism's bare messages are what comes next.
            if (key == ApiKey.SaslHandshake && version == 0 && isFilled) return null;
            await client.AskAsync<ApiVersionsRequest, ApiVersionsResponse>(new(), 0);
            return null;
        }
        catch (Exception flaw) when (flaw is IOException or TimeoutException or WireException or Xunit.Sdk.XunitException)
        {
            return flaw.Message;
        }
    }

    static Type Message(ApiKey key, string kind) => typeof(ApiKey).Assembly.GetType($"Millrace.Kafka.Wire.{key}{kind}", throwOnError: true)!;

    static async Task AskAsync<TRequest, TResponse>(BrokerClient client, short version, RequestFiller? filler)
        where TRequest : IMessage<TRequest>, new() where TResponse : IMessage<TResponse>
    {
        var request = filler is null ? new() : filler.Fill<TRequest>(version);
        // Without acknowledgement there is nothing to read.
        if (request is ProduceRequest produce) produce.Acks = -1;
        await client.AskAsync<TRequest, TResponse>(request, version).WaitAsync(Patience);
    }

    static async Task LogInAsync(BrokerClient client, bool withPassword)
    {
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = "PLAIN" }, 1);
        if (withPassword) await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { AuthBytes = "\0ann\0secret"u8.ToArray() }, 2);
    }

    /// <summary>A topic with a record, a group with an offset in it, and a producer with an open transaction.</summary>
    static async Task<RequestFiller> PrepareAsync(BrokerClient client, string group)
    {
        await client.CreateAsync(RequestFiller.Topic);
        await client.ProduceAsync(RequestFiller.Topic, 0, Wire.Batch(["there"]));
        var described = await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = RequestFiller.Topic }] }, 12);
        await client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new()
        {
            GroupId = group,
            Topics = [new() { Name = RequestFiller.Topic, Partitions = [new() { CommittedOffset = 1 }] }],
        }, 8);
        var producer = await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = RequestFiller.Transaction, TransactionTimeoutMs = 10_000 }, 4);
        Assert.Equal(ErrorCode.None, producer.ErrorCode);
        await client.AskAsync<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(new()
        {
            V3AndBelowTransactionalId = RequestFiller.Transaction,
            V3AndBelowProducerId = producer.ProducerId,
            V3AndBelowProducerEpoch = producer.ProducerEpoch,
            V3AndBelowTopics = [new() { Name = RequestFiller.Topic, Partitions = [0] }],
        }, 3);
        return new(described.Topics[0].TopicId, group, producer.ProducerId, producer.ProducerEpoch);
    }
}
