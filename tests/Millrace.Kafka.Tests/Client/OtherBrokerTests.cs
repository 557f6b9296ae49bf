using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Tests.Client;

/// <summary>What clusters of Apache Kafka answer, and the broker of this repository doesn't.</summary>
public class OtherBrokerTests
{
    static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_coordinator_of_a_new_cluster_is_waited_for_by_readers_of_partitions()
    {
        await using var proxy = await AnswerProxy.StartAsync();
        // The topic in which offsets are kept is made when the first group is asked for.
        var refusals = 0;
        proxy.Change<FindCoordinatorResponse>(answer =>
        {
            if (++refusals > 3) return;
            foreach (var coordinator in answer.Coordinators) coordinator.ErrorCode = ErrorCode.CoordinatorNotAvailable;
        });
        await using var kafka = new KafkaClient(proxy.Address);
        await using (var producer = kafka.CreateProducer<string, string>()) await producer.SendAsync("log", "k", "v", cancellation: Patience);
        await using var consumer = kafka.CreateConsumer<string, string>(new() { Partitions = [new("log", 0)], Group = "first" });
        Assert.Equal("v", (await consumer.ReadAsync(Patience)).Value);
        await consumer.CommitAsync(Patience);
        Assert.Equal(4, refusals);
    }

    [Fact]
    public async Task Transactions_are_refused_at_once_where_brokers_are_too_old_for_them()
    {
        await using var proxy = await AnswerProxy.StartAsync();
        proxy.Change<ApiVersionsResponse>(answer => answer.ApiKeys.Find(a => a.ApiKey == (short)ApiKey.InitProducerId)!.MaxVersion = 2);
        await using var kafka = new KafkaClient(proxy.Address);
        await using var producer = kafka.CreateProducer<string, string>(new() { TransactionalId = "shop" });
        var refused = await Assert.ThrowsAsync<KafkaException>(async () => await producer.BeginTransactionAsync(Patience));
        Assert.Equal(ErrorCode.UnsupportedVersion, refused.Code);
        Assert.Contains("Transactions need Apache Kafka 2.5", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'shop'", refused.Message, StringComparison.Ordinal);
    }
}
