using Millrace.Broker;

namespace Millrace.Kafka.Tests.Client;

public sealed class TransactionTests
{
    static CancellationToken Patience => TestContext.Current.CancellationToken;

    static ProducerOptions Options(string id) => new() { TransactionalId = id };

    static async Task<string[]> CommittedAsync(ClientBed bed, string topic)
    {
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        await producer.SendAsync(topic, "k", "end");
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(new() { Topics = [topic] });
        var values = new List<string>();
        while (true)
        {
            var record = await consumer.ReadAsync(Patience);
            if (record.Value == "end") return [.. values];
            values.Add(record.Value);
        }
    }

    [Fact]
    public async Task Only_what_was_committed_is_seen()
    {
        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, string>(Options("t"));
        for (var i = 0; i < 6; i++)
        {
            await using var transaction = await producer.BeginTransactionAsync(Patience);
            await producer.EnqueueAsync("totals", "k", $"a{i}");
            await producer.EnqueueAsync("more", "k", $"b{i}");
            if (i % 3 == 0) await transaction.CommitAsync(Patience);
            else if (i % 3 == 1) await transaction.AbortAsync(Patience);
            // The last one is left by its block.
        }
        Assert.Equal(["a0", "a3"], await CommittedAsync(bed, "totals"));
        Assert.Equal(["b0", "b3"], await CommittedAsync(bed, "more"));
    }

    [Fact]
    public async Task A_transaction_without_records_costs_nothing_and_ends()
    {
        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, string>(Options("t"));
        await using (var empty = await producer.BeginTransactionAsync(Patience)) await empty.CommitAsync(Patience);
        await using (var empty = await producer.BeginTransactionAsync(Patience)) await empty.AbortAsync(Patience);
        await using var last = await producer.BeginTransactionAsync(Patience);
        await producer.SendAsync("totals", "k", "v");
        await last.CommitAsync(Patience);
        Assert.Equal(["v"], await CommittedAsync(bed, "totals"));
    }

    [Fact]
    public async Task Who_takes_an_id_over_ends_what_was_open_and_shuts_the_other_out()
    {
        await using var bed = await ClientBed.StartAsync();
        await using var old = bed.Kafka.CreateProducer<string, string>(Options("t"));
        var open = await old.BeginTransactionAsync(Patience);
        await old.SendAsync("totals", "k", "from the old one");
        await using var heir = bed.Kafka.CreateProducer<string, string>(Options("t"));
        await using (var transaction = await heir.BeginTransactionAsync(Patience))
        {
            await heir.SendAsync("totals", "k", "from the new one");
            await transaction.CommitAsync(Patience);
        }
        var fenced = await Assert.ThrowsAsync<KafkaException>(async () => await open.CommitAsync(Patience));
        Assert.True(fenced.Code is ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch, fenced.Message);
        Assert.Contains("Dispose this producer", fenced.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<KafkaException>(async () => await old.BeginTransactionAsync(Patience));
        Assert.Equal(["from the new one"], await CommittedAsync(bed, "totals"));
    }

    [Fact]
    public async Task A_record_that_fails_fails_its_transaction_and_the_next_one_goes_on()
    {
        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, string>(Options("t"));
        await using (var transaction = await producer.BeginTransactionAsync(Patience))
        {
            await producer.EnqueueAsync("totals", "k", "small");
            await producer.EnqueueAsync("totals", "k", new string('x', 3_000_000));
            var failed = await Assert.ThrowsAsync<KafkaException>(async () => await transaction.CommitAsync(Patience));
            Assert.Contains("abort it", failed.Message, StringComparison.Ordinal);
            Assert.Equal(ErrorCode.MessageTooLarge, failed.Code);
        }
        await using (var transaction = await producer.BeginTransactionAsync(Patience))
        {
            await producer.EnqueueAsync("totals", "k", "next");
            await transaction.CommitAsync(Patience);
        }
        Assert.Equal(["next"], await CommittedAsync(bed, "totals"));
    }

    [Fact]
    public async Task Offsets_and_what_was_made_of_their_records_are_written_together()
    {
        await using var bed = await ClientBed.StartAsync();
        await using (var source = bed.Kafka.CreateProducer<string, string>())
            for (var i = 0; i < 10; i++) await source.SendAsync("in", "k", $"{i}");
        await using var producer = bed.Kafka.CreateProducer<string, string>(Options("t"));
        var options = new ConsumerOptions { Topics = ["in"], Group = "doubling", AutoCommit = null };
        // Every other transaction is given up: a new consumer reads its record again.
        for (var done = 0; done < 10;)
        {
            await using var consumer = bed.Kafka.CreateConsumer<string, string>(options);
            for (var i = 0; i < 2 && done < 10; i++)
            {
                var record = await consumer.ReadAsync(Patience);
                await using var transaction = await producer.BeginTransactionAsync(Patience);
                await producer.EnqueueAsync("out", "k", record.Value + record.Value);
                await transaction.AddOffsetsAsync(consumer, Patience);
                if (i == 1) break;
                await transaction.CommitAsync(Patience);
                done++;
            }
        }
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}{i}"), await CommittedAsync(bed, "out"));
    }

    [Fact]
    public async Task Sending_outside_of_a_transaction_says_what_to_do()
    {
        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, string>(Options("t"));
        Assert.Contains("BeginTransactionAsync", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await producer.SendAsync("totals", "k", "v"))).Message, StringComparison.Ordinal);
        await using var plain = bed.Kafka.CreateProducer<string, string>();
        Assert.Contains("TransactionalId", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await plain.BeginTransactionAsync())).Message, StringComparison.Ordinal);
    }
}
