using Millrace.Kafka.Consuming;

namespace Millrace.Kafka.Tests.Client;

public sealed class ConsumerTests
{
    static CancellationToken Patience => TestContext.Current.CancellationToken;

    static async Task FillAsync(ClientBed bed, string topic, int count, int from = 0)
    {
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        for (var i = from; i < from + count; i++) await producer.EnqueueAsync(topic, $"k{i}", $"v{i}");
        await producer.FlushAsync(Patience);
    }

    [Fact]
    public async Task What_was_handled_is_not_read_again_and_what_was_not_is()
    {
        await using var bed = await ClientBed.StartAsync();
        await FillAsync(bed, "jobs", 10);
        await using (var first = bed.Kafka.CreateConsumer<string, string>(new() { Topics = ["jobs"], Group = "workers" }))
        {
            for (var i = 0; i < 4; i++) Assert.Equal($"v{i}", (await first.ReadAsync(Patience)).Value);
            // The fourth is still being handled when the consumer is disposed.
        }
        await using var second = bed.Kafka.CreateConsumer<string, string>(new() { Topics = ["jobs"], Group = "workers" });
        Assert.Equal("v3", (await second.ReadAsync(Patience)).Value);
    }

    [Fact]
    public async Task A_commit_counts_the_record_that_is_being_handled()
    {
        await using var bed = await ClientBed.StartAsync();
        await FillAsync(bed, "jobs", 10);
        await using (var first = bed.Kafka.CreateConsumer<string, string>(new() { Topics = ["jobs"], Group = "workers", AutoCommit = null }))
        {
            for (var i = 0; i < 4; i++) await first.ReadAsync(Patience);
            await first.CommitAsync(Patience);
            await first.ReadAsync(Patience);
            Assert.Equal(4, (await first.CommittedAsync([new("jobs", 0)], Patience))[new("jobs", 0)]);
        }
        await using var second = bed.Kafka.CreateConsumer<string, string>(new() { Topics = ["jobs"], Group = "workers" });
        Assert.Equal("v4", (await second.ReadAsync(Patience)).Value);
    }

    [Fact]
    public async Task What_was_committed_stays_committed_when_the_consumer_is_disposed()
    {
        await using var bed = await ClientBed.StartAsync();
        await FillAsync(bed, "jobs", 10);
        await using (var first = bed.Kafka.CreateConsumer<string, string>(new() { Topics = ["jobs"], Group = "workers" }))
        {
            for (var i = 0; i < 4; i++) await first.ReadAsync(Patience);
            await first.CommitAsync(Patience);
        }
        await using var second = bed.Kafka.CreateConsumer<string, string>(new() { Topics = ["jobs"], Group = "workers" });
        Assert.Equal("v4", (await second.ReadAsync(Patience)).Value);
    }

    [Fact]
    public async Task Reading_to_the_end_ends_there_and_empty_partitions_are_no_reason_to_wait()
    {
        await using var bed = await ClientBed.StartAsync();
        await bed.Kafka.Admin.CreateTopicAsync("jobs", 4, cancellation: Patience);
        await FillAsync(bed, "jobs", 3);
        foreach (var group in new[] { null, "workers" })
        {
            await using var consumer = bed.Kafka.CreateConsumer<string, string>(new() { Topics = ["jobs"], Group = group });
            var values = new List<string>();
            await foreach (var record in consumer.ReadToEndAsync(Patience)) values.Add(record.Value);
            Assert.Equal(["v0", "v1", "v2"], values.Order());
        }
    }

    [Fact]
    public async Task A_consumer_seeks_pauses_and_knows_its_lag()
    {
        await using var bed = await ClientBed.StartAsync();
        await FillAsync(bed, "log", 100);
        var partition = new TopicPartition("log", 0);
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(new() { Partitions = [partition] });
        Assert.Equal("v0", (await consumer.ReadAsync(Patience)).Value);
        Assert.Equal((1L, 99L), (consumer.Position(partition), consumer.Lag(partition)));
        consumer.Seek(partition, 50);
        Assert.Equal("v50", (await consumer.ReadAsync(Patience)).Value);
        consumer.Seek(partition, OffsetSpec.Earliest);
        Assert.Equal("v0", (await consumer.ReadAsync(Patience)).Value);
        consumer.Pause(partition);
        Assert.False(consumer.TryRead(out _));
        consumer.Resume(partition);
        Assert.Equal("v1", (await consumer.ReadAsync(Patience)).Value);
        consumer.Seek(partition, OffsetSpec.Latest);
        // Found before something is behind it.
        await foreach (var none in consumer.ReadToEndAsync(Patience)) Assert.Fail($"{none.Value} is not behind the end.");
        await FillAsync(bed, "log", 1, from: 100);
        Assert.Equal("v100", (await consumer.ReadAsync(Patience)).Value);
    }

    [Fact]
    public async Task A_time_is_a_place_to_begin()
    {
        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        var day = new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < 10; i++) await producer.SendAsync(new("days", "k", $"v{i}") { Timestamp = day.AddDays(i) });
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(new() { Topics = ["days"], StartAt = OffsetSpec.At(day.AddDays(6)) });
        Assert.Equal("v6", (await consumer.ReadAsync(Patience)).Value);
    }

    [Fact]
    public async Task A_record_that_its_format_can_not_read_is_named_and_left_out_when_reading_goes_on()
    {
        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, byte[]>();
        await producer.SendAsync("mixed", "k", [0, 0, 0, 1]);
        await producer.SendAsync("mixed", "k", [1, 2]);
        await producer.SendAsync("mixed", "k", [0, 0, 0, 3]);
        await using var consumer = bed.Kafka.CreateConsumer<string, int>(new() { Topics = ["mixed"] });
        Assert.Equal(1, (await consumer.ReadAsync(Patience)).Value);
        var broken = await Assert.ThrowsAsync<RecordFormatException>(async () => await consumer.ReadAsync(Patience));
        Assert.Equal("The record at offset 1 of mixed-0 can't be read: A Int32 takes 4 bytes, and the record has 2. It was written in another format.", broken.Message);
        Assert.Equal(3, (await consumer.ReadAsync(Patience)).Value);
    }

    [Fact]
    public async Task Memory_is_read_in_place_without_allocating_for_a_record()
    {
        await using var bed = await ClientBed.StartAsync();
        await FillAsync(bed, "steady", 20_000);
        await using var consumer = bed.Kafka.CreateConsumer<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(new() { Topics = ["steady"] });
        await consumer.ReadAsync(Patience);
        var (read, allocated) = (0, 0L);
        while (read < 19_000)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            while (consumer.TryRead(out var record)) read += record.Value.Length > 0 ? 1 : 0;
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            if (read < 19_000) await consumer.WaitToReadAsync(Patience);
        }
        // What is allocated is for the few Fetches that brought them.
        Assert.True(allocated < read, $"{allocated} bytes for {read} records");
    }

    [Fact]
    public async Task Offsets_that_are_gone_are_left_behind_as_the_options_say()
    {
        await using var bed = await ClientBed.StartAsync();
        await FillAsync(bed, "log", 10);
        var partition = new TopicPartition("log", 0);
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(new() { Partitions = [partition] });
        await consumer.ReadAsync(Patience);
        consumer.Seek(partition, 1_000);
        Assert.Equal("v0", (await consumer.ReadAsync(Patience)).Value);

        await using var strict = bed.Kafka.CreateConsumer<string, string>(new() { Partitions = [partition], StartAt = null, Group = "strict" });
        var missing = await Assert.ThrowsAsync<KafkaException>(async () => await strict.ReadAsync(Patience));
        Assert.Contains("Group 'strict' has no offset in log-0", missing.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, GroupProtocol.Classic)]
    [InlineData("workers", GroupProtocol.Classic)]
    [InlineData("workers", GroupProtocol.Consumer)]
    public async Task A_pattern_takes_topics_whose_names_match_and_those_that_come_later(string? group, GroupProtocol protocol)
    {
        await using var bed = await ClientBed.StartAsync(new() { Settings = new Dictionary<string, string> { ["group.consumer.heartbeat.interval.ms"] = "50" } });
        foreach (var topic in new[] { "orders-1", "orders-2", "reorders-1", "orders" }) await FillAsync(bed, topic, 2);
        await using var kafka = new KafkaClient(new KafkaOptions { BootstrapServers = bed.Broker.BootstrapServers, MetadataMaxAge = TimeSpan.FromMilliseconds(20) });
        await using var consumer = kafka.CreateConsumer<string, string>(new() { TopicPattern = new("^orders-"), Group = group, Protocol = protocol, HeartbeatInterval = TimeSpan.FromMilliseconds(50) });
        var read = new List<string>();
        while (read.Count < 4) await ReadAsync();
        Assert.Equal(["orders-1 v0", "orders-1 v1", "orders-2 v0", "orders-2 v1"], read.Order());
        await FillAsync(bed, "reorders-2", 1);
        await FillAsync(bed, "orders-3", 2);
        while (read.Count < 6) await ReadAsync();
        Assert.Equal(["orders-3 v0", "orders-3 v1"], read.Skip(4));

        async Task ReadAsync()
        {
            var record = await consumer.ReadAsync(Patience);
            read.Add($"{record.Topic} {record.Value}");
        }
    }

    [Fact]
    public async Task A_pattern_that_matches_nothing_is_at_its_end()
    {
        await using var bed = await ClientBed.StartAsync();
        await FillAsync(bed, "orders", 1);
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(new() { TopicPattern = new("^users$") });
        await foreach (var none in consumer.ReadToEndAsync(Patience)) Assert.Fail($"{none.Topic} doesn't match.");
    }

    [Fact]
    public void Topics_or_partitions_must_be_named() =>
        Assert.Contains("ConsumerOptions.Topics", Assert.Throws<ArgumentException>(() => new KafkaClient("localhost").CreateConsumer<string, string>(new())).Message, StringComparison.Ordinal);
}
