using System.Collections.Concurrent;
using Millrace.Broker;
using Millrace.Kafka.Consuming;
using Millrace.Testing.Servers;

namespace Millrace.Kafka.Tests.Client;

public sealed class GroupTests
{
    const int Partitions = 6;

    static CancellationToken Patience => TestContext.Current.CancellationToken;

    /// <summary>A consumer that reads until it is stopped, and writes down what it was given and what it read.</summary>
    sealed class Reader(ClientBed bed, ConsumerOptions options, Values values) : IAsyncDisposable
    {
        readonly CancellationTokenSource stop = new();
        readonly ConcurrentDictionary<TopicPartition, bool> owned = new();
        Task running = Task.CompletedTask;

        internal IReadOnlyCollection<TopicPartition> Owned => [.. owned.Keys];

        internal int Revoked;

        internal Reader Start()
        {
            running = Task.Run(async () =>
            {
                await using var consumer = bed.Kafka.CreateConsumer<string, string>(options with
                {
                    OnAssigned = given =>
                    {
                        foreach (var partition in given) owned[partition] = true;
                        values.Changes.Tell();
                        return default;
                    },
                    OnRevoked = taken =>
                    {
                        foreach (var partition in taken) owned.TryRemove(partition, out _);
                        Interlocked.Add(ref Revoked, taken.Count);
                        values.Changes.Tell();
                        return default;
                    },
                });
                try
                {
                    await foreach (var record in consumer.ReadAllAsync(stop.Token)) values.Add(record.Value);
                }
                catch (OperationCanceledException)
                {
                    // Stopped.
                }
                finally
                {
                    values.Changes.Tell();
                }
            });
            return this;
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running;
            stop.Dispose();
        }

        internal Task WaitAsync(int partitions) => values.UntilAsync(() => Owned.Count == partitions || (running.IsFaulted ? throw running.Exception! : false));
    }

    /// <summary>What the members of a group have read.</summary>
    sealed class Values
    {
        readonly ConcurrentQueue<string> read = new();

        /// <summary>Told of each record, and of partitions that come and go.</summary>
        internal Changes Changes { get; } = new();

        internal ConcurrentQueue<string> Read => read;

        internal void Add(string value)
        {
            read.Enqueue(value);
            Changes.Tell();
        }

        internal Task UntilAsync(Func<bool> holds) => Changes.UntilAsync(holds, Patience);
    }

    static async Task<ClientBed> StartAsync()
    {
        var bed = await ClientBed.StartAsync(new() { Settings = new Dictionary<string, string> { ["num.partitions"] = $"{Partitions}", ["group.consumer.heartbeat.interval.ms"] = "100" } });
        await bed.Kafka.Admin.CreateTopicAsync("work", Partitions);
        return bed;
    }

    static ConsumerOptions Options(GroupProtocol protocol, Assignor? assignor = null) => new()
    {
        Topics = ["work"],
        Group = "team",
        Protocol = protocol,
        HeartbeatInterval = TimeSpan.FromMilliseconds(50),
        Assignors = assignor is null ? [Assignor.Range, Assignor.RoundRobin] : [assignor],
    };

    public static TheoryData<GroupProtocol, string> Ways => new()
    {
        { GroupProtocol.Classic, "range" },
        { GroupProtocol.Classic, "roundrobin" },
        { GroupProtocol.Classic, "cooperative-sticky" },
        { GroupProtocol.Consumer, "range" },
    };

    static Assignor Named(string name) => new[] { Assignor.Range, Assignor.RoundRobin, Assignor.CooperativeSticky }.Single(a => a.Name == name);

    [Theory]
    [InlineData(GroupProtocol.Classic)]
    [InlineData(GroupProtocol.Consumer)]
    public async Task A_member_of_a_topic_that_is_not_there_has_read_to_its_end(GroupProtocol protocol)
    {
        await using var bed = await ClientBed.StartAsync(new() { Settings = new Dictionary<string, string> { ["auto.create.topics.enable"] = "false" } });
        await using var consumer = bed.Kafka.CreateConsumer<string, string>(Options(protocol));
        await foreach (var record in consumer.ReadToEndAsync(Patience)) Assert.Fail($"There is a record: {record.Value}");
    }

    [Fact]
    public async Task A_member_without_partitions_has_read_to_the_end()
    {
        await using var bed = await StartAsync();
        var values = new Values();
        var topic = Options(GroupProtocol.Classic, Assignor.Range) with { Topics = ["single"] };
        await bed.Kafka.Admin.CreateTopicAsync("single", 1);
        // Ranges go by the members' own names: the first has the only partition.
        var first = new Reader(bed, topic with { InstanceId = "a" }, values).Start();
        await first.WaitAsync(1);
        await using (var second = bed.Kafka.CreateConsumer<string, string>(topic with { InstanceId = "b" }))
            await foreach (var record in second.ReadToEndAsync(Patience)) Assert.Fail($"There is a record: {record.Value}");
        await first.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Members_share_partitions_as_they_come_and_go_and_every_record_is_read_once(GroupProtocol protocol, string assignor)
    {
        await using var bed = await StartAsync();
        var values = new Values();
        var options = Options(protocol, Named(assignor));
        var first = new Reader(bed, options, values).Start();
        await first.WaitAsync(Partitions);
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        await SendAsync(0);
        await values.UntilAsync(() => values.Read.Count == 100);
        var second = new Reader(bed, options, values).Start();
        var third = new Reader(bed, options, values).Start();
        await Task.WhenAll(first.WaitAsync(2), second.WaitAsync(2), third.WaitAsync(2));
        Assert.Equal(Partitions, first.Owned.Concat(second.Owned).Concat(third.Owned).Distinct().Count());
        await SendAsync(100);
        await values.UntilAsync(() => values.Read.Count == 200);
        await second.DisposeAsync();
        await Task.WhenAll(first.WaitAsync(3), third.WaitAsync(3));
        await SendAsync(200);
        await values.UntilAsync(() => values.Read.Count == 300);
        await first.DisposeAsync();
        await third.WaitAsync(Partitions);
        await SendAsync(300);
        await values.UntilAsync(() => values.Read.Count >= 400);
        await third.DisposeAsync();
        Assert.Equal(Enumerable.Range(0, 400).Select(i => $"v{i}").Order(), values.Read.Order());

        async Task SendAsync(int from)
        {
            for (var i = from; i < from + 100; i++) await producer.EnqueueAsync("work", $"k{i}", $"v{i}");
            await producer.FlushAsync(Patience);
        }
    }

    [Fact]
    public async Task A_member_with_a_name_comes_back_to_its_partitions_and_nobody_else_stops()
    {
        await using var bed = await StartAsync();
        var values = new Values();
        var other = new Reader(bed, Options(GroupProtocol.Classic) with { InstanceId = "a" }, values).Start();
        await other.WaitAsync(Partitions);
        var named = new Reader(bed, Options(GroupProtocol.Classic) with { InstanceId = "b" }, values).Start();
        await Task.WhenAll(other.WaitAsync(3), named.WaitAsync(3));
        var before = (named.Owned.Order(new ByNumber()), Stops: other.Revoked);
        await named.DisposeAsync();
        var again = new Reader(bed, Options(GroupProtocol.Classic) with { InstanceId = "b" }, values).Start();
        await again.WaitAsync(3);
        Assert.Equal(before.Item1, again.Owned.Order(new ByNumber()));
        Assert.Equal(before.Stops, other.Revoked);
        await again.DisposeAsync();
        await other.DisposeAsync();
    }

    sealed class ByNumber : IComparer<TopicPartition>
    {
        public int Compare(TopicPartition a, TopicPartition b) => a.Partition.CompareTo(b.Partition);
    }

    [Theory]
    [InlineData(GroupProtocol.Classic)]
    [InlineData(GroupProtocol.Consumer)]
    public async Task Who_handles_a_record_for_too_long_loses_its_partitions_is_told_and_comes_back(GroupProtocol protocol)
    {
        await using var bed = await StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        await producer.SendAsync("work", "k", "slow");
        var lost = 0;
        await using var slow = bed.Kafka.CreateConsumer<string, string>(Options(protocol) with
        {
            MaxPollInterval = TimeSpan.FromMilliseconds(300),
            OnLost = gone =>
            {
                lost += gone.Count;
                return default;
            },
        });
        Assert.Equal("slow", (await slow.ReadAsync(Patience)).Value);
        var values = new Values();
        var quick = new Reader(bed, Options(protocol), values).Start();
        await quick.WaitAsync(Partitions);
        await values.UntilAsync(() => !values.Read.IsEmpty);
        Assert.Equal(["slow"], values.Read);
        var next = slow.ReadAsync(Patience).AsTask();
        await quick.WaitAsync(Partitions / 2);
        Assert.Equal(Partitions, lost);
        for (var i = 0; i < 20; i++) await producer.SendAsync("work", $"k{i}", $"v{i}");
        Assert.StartsWith("v", (await next).Value, StringComparison.Ordinal);
        await quick.DisposeAsync();
    }

    [Fact]
    public async Task A_callback_may_seek_before_the_first_record()
    {
        await using var bed = await StartAsync();
        await using var producer = bed.Kafka.CreateProducer<string, string>();
        for (var i = 0; i < 10; i++) await producer.SendAsync(new("work", "k", $"v{i}") { Partition = 2 });
        Consumer<string, string>? consumer = null;
        await using var made = consumer = bed.Kafka.CreateConsumer<string, string>(Options(GroupProtocol.Classic) with
        {
            OnAssigned = given =>
            {
                consumer!.Seek(new("work", 2), 7);
                return default;
            },
        });
        Assert.Equal("v7", (await consumer.ReadAsync(Patience)).Value);
    }

    [Fact]
    public async Task Members_that_can_not_agree_are_told_what_each_knows()
    {
        await using var bed = await StartAsync();
        var first = new Reader(bed, Options(GroupProtocol.Classic, Assignor.Range), new()).Start();
        await first.WaitAsync(Partitions);
        await using var other = bed.Kafka.CreateConsumer<string, string>(Options(GroupProtocol.Classic, Assignor.CooperativeSticky));
        var refused = await Assert.ThrowsAsync<KafkaException>(async () => await other.ReadAsync(Patience));
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, refused.Code);
        Assert.Contains("cooperative-sticky", refused.Message, StringComparison.Ordinal);
        await first.DisposeAsync();
    }

    [Fact]
    public void Nobody_takes_the_id_of_a_member_for_an_option()
    {
        var ids = Enumerable.Range(0, 10_000).Select(_ => ConsumerMember.NewId()).ToList();
        Assert.DoesNotContain(ids, id => id.StartsWith('-'));
        Assert.Distinct(ids);
    }
}
