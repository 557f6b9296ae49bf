using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Crashes;

sealed partial class NodeScene
{
    const int PlainPartitions = 6;
    const string Plain = "plain", Once = "once", Paired = "paired";

    /// <summary>An idempotent producer: it sends a batch until it's told that it's there.</summary>
    sealed class OnceProducer(int partition)
    {
        internal int Partition => partition;
        internal long Id { get; set; } = -1;
        internal int Sequence { get; set; }
        internal string? Pending { get; set; }
        internal List<string> Acknowledged { get; } = [];
    }

    readonly List<string>[] plain = [.. Enumerable.Range(0, PlainPartitions).Select(_ => new List<string>())];
    readonly OnceProducer[] once = [new(0), new(1), new(1)];
    readonly HashSet<long> ids = [];
    // By partition of the topic: what was acknowledged, and the most that was asked for.
    readonly (long Known, long Asked)[] offsets = new (long, long)[PlainPartitions];

    async Task PrepareAsync()
    {
        foreach (var (topic, partitions) in new[] { (Plain, PlainPartitions), (Once, 2), (Paired, 2) })
            Holds((await clients[0].CreateAsync(topic, partitions)).Topics[0].ErrorCode == ErrorCode.None, $"{topic} isn't made.");
        Array.Fill(offsets, (-1, -1));
    }

    async Task<ErrorCode?> ProduceToAsync(int partition)
    {
        var value = $"v{++number}";
        var answer = await AskAsync<ProduceRequest, ProduceResponse>(BrokerClient.Produce(Plain, partition, Wire.Batch([value])), 12);
        var error = answer?.Responses[0].PartitionResponses[0].ErrorCode;
        if (error == ErrorCode.None) Acknowledge(partition, value);
        return error;
    }

    void Acknowledge(int partition, string value)
    {
        plain[partition].Add(value);
        Acknowledged++;
    }

    /// <summary>One request for several partitions, or for one.</summary>
    async Task ProduceAsync()
    {
        var sent = Enumerable.Range(0, PlainPartitions).Where(_ => random.Next(2) == 0).Select(p => (Partition: p, Value: $"v{++number}")).ToList();
        var answer = await AskAsync<ProduceRequest, ProduceResponse>(Of(sent), 12);
        Note(sent, answer);
    }

    static ProduceRequest Of(List<(int Partition, string Value)> sent) => new()
    {
        Acks = -1,
        TimeoutMs = 10_000,
        TopicData = [new() { Name = Plain, PartitionData = sent.ConvertAll(s => new ProduceRequest.TopicProduceData.PartitionProduceData { Index = s.Partition, Records = Wire.Batch([s.Value]) }) }],
    };

    void Note(List<(int Partition, string Value)> sent, ProduceResponse? answer)
    {
        if (answer is null) return;
        foreach (var ((partition, value), response) in sent.Zip(answer.Responses[0].PartitionResponses))
            if (response.ErrorCode == ErrorCode.None) Acknowledge(partition, value);
            else Demand(response.ErrorCode, "a record is refused");
    }

    /// <summary>Several clients send without waiting, so that their appends share flushes. Each keeps to partitions of its own.</summary>
    async Task BurstAsync()
    {
        var sent = new List<(int Client, List<(int Partition, string Value)> Records)>();
        try
        {
            for (var i = random.Next(2, 16); i > 0; i--)
            {
                var client = random.Next(clients.Count);
                var records = new List<(int, string)> { (client * 2 + random.Next(2), $"v{++number}") };
                sent.Add((client, records));
                await clients[client].SendAsync(Of(records), 12);
            }
            foreach (var (client, records) in sent) Note(records, await clients[client].ReceiveAsync<ProduceResponse>(12).WaitAsync(Patience));
        }
        catch (IOException)
        {
            Holds(disk.IsOff || isDisturbed, "Produce ended its connection, and the disk is well.");
            Connect();
        }
    }

    async Task ProduceOnceAsync(OnceProducer producer)
    {
        if (producer.Id < 0)
        {
            producer.Id = await NewIdAsync() ?? -1;
            if (producer.Id < 0) return;
        }
        producer.Pending ??= $"o{producer.Id} {++number}";
        var answer = await AskAsync<ProduceRequest, ProduceResponse>(BrokerClient.Produce(Once, producer.Partition, Wire.Batch([producer.Pending], producer.Id, 0, producer.Sequence)), 12, random.Next(clients.Count));
        var error = answer?.Responses[0].PartitionResponses[0].ErrorCode;
        if (error is ErrorCode.None or ErrorCode.DuplicateSequenceNumber)
        {
            producer.Acknowledged.Add(producer.Pending);
            (producer.Pending, producer.Sequence) = (null, producer.Sequence + 1);
            Acknowledged++;
        }
        else
        {
            Demand(error, $"a batch with the sequence {producer.Sequence} is refused");
        }
    }

    async Task FinishAsync(OnceProducer producer)
    {
        if (producer.Pending is not null) await ProduceOnceAsync(producer);
    }

    async Task<long?> NewIdAsync()
    {
        var answer = await AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = null, TransactionTimeoutMs = 1000 }, 4);
        if (answer?.ErrorCode != ErrorCode.None)
        {
            Demand(answer?.ErrorCode, "no producer id");
            return null;
        }
        Holds(ids.Add(answer.ProducerId), $"the producer id {answer.ProducerId} was given twice.");
        return answer.ProducerId;
    }

    async Task CommitOffsetAsync()
    {
        var partition = random.Next(PlainPartitions);
        var offset = offsets[partition].Asked + random.Next(1, 4);
        offsets[partition].Asked = offset;
        var answer = await AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new()
        {
            GroupId = "o",
            Topics = [new() { Name = Plain, Partitions = [new() { PartitionIndex = partition, CommittedOffset = offset }] }],
        }, 8);
        var error = answer?.Topics[0].Partitions[0].ErrorCode;
        if (error == ErrorCode.None) offsets[partition].Known = offset;
        else Demand(error, "an offset is refused");
    }

    async Task<long> OffsetOfAsync(string group, string topic, int partition)
    {
        var answer = await AskAsync<OffsetFetchRequest, OffsetFetchResponse>(new() { Groups = [new() { GroupId = group, Topics = [new() { Name = topic, PartitionIndexes = [partition] }] }] }, 8);
        return answer?.Groups[0].Topics[0].Partitions[0].CommittedOffset ?? throw new IOException("The broker has ended the connection.");
    }

    async Task CheckOffsetsAsync()
    {
        for (var partition = 0; partition < PlainPartitions; partition++)
        {
            var (known, asked) = offsets[partition];
            var there = await OffsetOfAsync("o", Plain, partition);
            Holds(there >= known && there <= asked, $"the committed offset is {there}; {known} was acknowledged and {asked} asked for.");
            // Who has seen it counts on it.
            offsets[partition].Known = there;
        }
    }

    async Task CheckPlainAsync()
    {
        for (var partition = 0; partition < PlainPartitions; partition++)
        {
            var there = await ValuesAsync(Plain, partition, onlyCommitted: false);
            var wanted = plain[partition].ToHashSet();
            Holds(there.Distinct().Count() == there.Count, $"{Plain}-{partition} has a record twice.");
            var kept = there.Where(wanted.Contains).ToList();
            Holds(kept.SequenceEqual(plain[partition]), $"{Plain}-{partition} lost or moved a record: {string.Join(' ', plain[partition].Except(kept).Take(5))}");
        }
    }

    Task<List<string>> ValuesAsync(string topic, int partition, bool onlyCommitted) => clients[0].ValuesAsync(topic, partition, onlyCommitted).WaitAsync(Patience);

    async Task CheckOnceAsync()
    {
        for (var partition = 0; partition < 2; partition++)
        {
            var there = await ValuesAsync(Once, partition, onlyCommitted: false);
            Holds(there.Distinct().Count() == there.Count, $"{Once}-{partition} has a record of an idempotent producer twice.");
            foreach (var producer in once.Where(p => p.Partition == partition && p.Id >= 0))
            {
                var own = there.Where(v => v.StartsWith($"o{producer.Id} ", StringComparison.Ordinal)).ToList();
                if (own.Count > 0 && own[^1] == producer.Pending) own.RemoveAt(own.Count - 1);
                Holds(own.SequenceEqual(producer.Acknowledged), $"{Once}-{partition} has {own.Count} records of producer {producer.Id}, and {producer.Acknowledged.Count} were acknowledged.");
            }
        }
    }
}
