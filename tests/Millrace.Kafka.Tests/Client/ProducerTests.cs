using Millrace.Broker;

namespace Millrace.Kafka.Tests.Client;

public sealed class ProducerTests
{
    static readonly CompressionKind[] Kinds = Enum.GetValues<CompressionKind>();

    [Fact]
    public async Task A_record_that_was_sent_is_told_where_it_lies_and_read_as_it_was()
    {
        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, string?>();
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        var first = await producer.SendAsync(new("users", "ann", "hello") { Timestamp = at, Headers = [new("trace", "1"), new("trace", (ReadOnlyMemory<byte>?)null)] });
        var second = await producer.SendAsync("users", "ann", null);
        Assert.Equal(new Delivery("users", 0, 0, at), first);
        Assert.Equal(1, second.Offset);

        await using var consumer = bed.Kafka.CreateConsumer<string, string?>(new() { Topics = ["users"] });
        var read = await consumer.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("users", 0, 0L, "ann", "hello", at), (read.Topic, read.Partition, read.Offset, read.Key, read.Value, read.Timestamp));
        Assert.Equal([("trace", "1"), ("trace", null)], read.Headers.Select(h => (h.Name, h.Text)));
        Assert.Null((await consumer.ReadAsync(TestContext.Current.CancellationToken)).Value);
    }

    [Fact]
    public async Task Every_compression_is_read_back()
    {
        await using var bed = await ClientBed.StartAsync();
        foreach (var kind in Kinds)
        {
            await using var producer = bed.Kafka.CreateProducer<string, string>(new() { Compression = kind });
            for (var i = 0; i < 1_000; i++) await producer.EnqueueAsync($"packed-{kind}", "key", $"a value that repeats {i % 10}");
            await producer.FlushAsync(TestContext.Current.CancellationToken);
            var records = await bed.ReadAsync($"packed-{kind}", 1_000);
            Assert.Equal(Enumerable.Range(0, 1_000).Select(i => $"a value that repeats {i % 10}"), records.Select(r => r.Value));
        }
    }

    [Fact]
    public async Task What_was_queued_is_written_in_order_and_reported_with_its_state()
    {
        await using var bed = await ClientBed.StartAsync();
        var reports = new List<DeliveryReport>();
        await using var producer = bed.Kafka.CreateProducer<int, long>(new() { OnDelivery = reports.Add, BatchBytes = 2_000 });
        for (var i = 0; i < 5_000; i++) await producer.EnqueueAsync(new("numbers", i, i * 10L) { Timestamp = DateTimeOffset.UnixEpoch.AddSeconds(i) }, state: i);
        await producer.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 5_000).Select(i => ((object?)i, (long)i)), reports.Select(r => (r.State, r.Delivery.Offset)));
        Assert.All(reports, r => Assert.Equal((null, DateTimeOffset.UnixEpoch.AddSeconds((int)r.State!)), (r.Error, r.Delivery.Timestamp)));
    }

    [Fact]
    public async Task A_record_that_is_too_large_fails_alone_and_those_behind_it_are_written()
    {
        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        await producer.SendAsync("sizes", "k", "before");
        var large = producer.SendAsync("sizes", "k", new string('x', 3_000_000)).AsTask();
        var behind = producer.SendAsync("sizes", "k", "behind").AsTask();
        var refused = await Assert.ThrowsAsync<KafkaException>(() => large);
        Assert.Equal(ErrorCode.MessageTooLarge, refused.Code);
        Assert.Contains("sizes-0", refused.Message, StringComparison.Ordinal);
        Assert.Contains("max.message.bytes", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await behind).Offset);
        Assert.Equal(["before", "behind"], (await bed.ReadAsync("sizes", 2)).Select(r => r.Value));
    }

    [Fact]
    public async Task A_failure_that_nobody_awaited_is_thrown_by_the_flush_once()
    {
        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        await producer.EnqueueAsync("sizes", "k", new string('x', 3_000_000));
        var lost = await Assert.ThrowsAsync<KafkaException>(async () => await producer.FlushAsync());
        Assert.StartsWith("1 record was not delivered.", lost.Message, StringComparison.Ordinal);
        await producer.FlushAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_producer_waits_for_room_instead_of_taking_more_memory()
    {
        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, byte[]>(new() { BufferBytes = 64_000, BatchBytes = 16_000 });
        for (var i = 0; i < 500; i++) await producer.EnqueueAsync("room", "k", new byte[2_000]);
        await producer.FlushAsync(TestContext.Current.CancellationToken);
        await using var consumer = bed.Kafka.CreateConsumer<string, byte[]>(new() { Topics = ["room"] });
        for (var i = 0; i < 500; i++) Assert.Equal(i, (await consumer.ReadAsync(TestContext.Current.CancellationToken)).Offset);
    }

    [Fact]
    public async Task Records_that_nobody_waits_for_stay_in_order_though_their_topic_is_not_known_yet_and_there_is_no_room()
    {
        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, byte[]>(new() { BufferBytes = 4_000, BatchBytes = 2_000 });
        var deliveries = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => producer.SendAsync("new", "k", new byte[i]).AsTask()));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), deliveries.Select(d => d.Offset));
    }

    [Fact]
    public async Task Records_of_many_threads_are_all_written_each_thread_in_its_order()
    {
        await using var bed = await ClientBed.StartAsync(new() { Settings = new Dictionary<string, string> { ["num.partitions"] = "3" } });
        await using var producer = bed.Kafka.CreateProducer<string, int>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(async () =>
        {
            for (var i = 0; i < 2_000; i++)
            {
                if (i % 100 == 0) await producer.SendAsync("threads", $"t{thread}", i);
                else await producer.EnqueueAsync("threads", $"t{thread}", i);
            }
        })));
        await producer.FlushAsync(TestContext.Current.CancellationToken);
        await using var consumer = bed.Kafka.CreateConsumer<string, int>(new() { Topics = ["threads"] });
        var seen = new Dictionary<string, int>();
        for (var i = 0; i < 16_000; i++)
        {
            var record = await consumer.ReadAsync(TestContext.Current.CancellationToken);
            Assert.Equal(seen.GetValueOrDefault(record.Key), record.Value);
            seen[record.Key] = record.Value + 1;
        }
    }

    [Fact]
    public async Task Who_flushes_while_batches_are_being_acknowledged_waits_for_none_that_is()
    {
        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<int, int>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(async () =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                await producer.EnqueueAsync("flushed", thread, i);
                await producer.FlushAsync(TestContext.Current.CancellationToken);
            }
        })));
        Assert.Equal(4_000, (await bed.Kafka.Admin.ListOffsetsAsync("flushed", OffsetSpec.Latest)).Values.Sum(o => o.Offset));
    }

    [Fact]
    public async Task Without_acknowledgements_nothing_is_waited_for()
    {
        await using var bed = await ClientBed.StartAsync();
        await using (var producer = bed.Kafka.CreateProducer<string, string>(new() { Acks = Acks.None, Idempotent = false }))
        {
            Assert.Equal(-1, (await producer.SendAsync("unheard", "k", "v")).Offset);
        }
        Assert.Equal("v", (await bed.ReadAsync("unheard", 1))[0].Value);
    }

    [Theory]
    [InlineData(7, "partition")]
    [InlineData(-1, "partition")]
    public async Task A_partition_that_is_not_there_is_refused_by_name(int partition, string parameter)
    {
        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        var refused = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await producer.SendAsync(new("one", "k", "v") { Partition = partition }));
        Assert.Equal(parameter, refused.ParamName);
        Assert.Contains("Topic 'one' has 1 partitions: 0 to 0.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_topic_that_no_one_creates_is_named()
    {
        await using var bed = await ClientBed.StartAsync(new() { Settings = new Dictionary<string, string> { ["auto.create.topics.enable"] = "false" } });
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        var missing = await Assert.ThrowsAsync<KafkaException>(async () => await producer.SendAsync("nowhere", "k", "v"));
        Assert.Equal("Topic 'nowhere' can't be used: there is no such topic or partition (UnknownTopicOrPartition). Create the topic, or check its name.", missing.Message);
    }

    // The partitions that Java's client and librdkafka give these keys.
    [Theory]
    [InlineData("21", 3, -973932308)]
    [InlineData("foobar", 3, -790332482)]
    [InlineData("a-little-bit-long-string", 3, -985981536)]
    [InlineData("a-little-bit-longer-string", 3, -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", 3, -58897971)]
    [InlineData("abc", 3, 479470107)]
    public void Keys_have_the_partitions_that_Java_gives_them(string key, int partitions, int hash) =>
        Assert.Equal((hash & int.MaxValue) % partitions, Partitioner.Murmur2.Choose(System.Text.Encoding.UTF8.GetBytes(key), partitions));

    [Fact]
    public async Task A_steady_producer_allocates_nothing_for_a_record()
    {
        await using var bed = await ClientBed.StartAsync();
        await using var producer = bed.Kafka.CreateProducer<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(new() { Linger = TimeSpan.FromSeconds(1) });
        var value = new byte[100];
        await Fill(5_000);
        await producer.FlushAsync(TestContext.Current.CancellationToken);
        await producer.EnqueueAsync("steady", default, value);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            var taken = producer.EnqueueAsync("steady", default, value);
            Assert.True(taken.IsCompletedSuccessfully);
            await taken;
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        async Task Fill(int count)
        {
            for (var i = 0; i < count; i++) await producer.EnqueueAsync("steady", default, value);
        }
    }

    [Fact]
    public async Task Options_that_contradict_each_other_are_refused_with_what_to_do()
    {
        await using var kafka = new KafkaClient("localhost:1");
        Assert.Contains("Acks.All", Assert.Throws<ArgumentException>(() => kafka.CreateProducer<string, string>(new() { Acks = Acks.Leader })).Message, StringComparison.Ordinal);
        Assert.Contains("RecordFormat.Json", Assert.Throws<ArgumentException>(() => kafka.CreateProducer<string, Version>()).Message, StringComparison.Ordinal);
        Assert.Contains("localhost:9092", Assert.Throws<ArgumentException>(() => new KafkaClient("localhost:port")).Message, StringComparison.Ordinal);
    }
}
