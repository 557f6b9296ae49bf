using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Crashes;

public sealed class FullDiskTests
{
    const int Partitions = 4;

    /// <summary>An idempotent producer of one partition, which tries each batch until it's told that it's there.</summary>
    sealed class Producer(BrokerClient client, int partition, long id)
    {
        int sequence;

        internal List<string> Acknowledged { get; } = [];

        internal async Task<ErrorCode> TryAsync()
        {
            var value = $"{partition} {sequence} {new string('x', 200)}";
            var batch = Wire.Batch([value], id, 0, sequence);
            var answer = await client.ProduceAsync("t", partition, batch);
            if (answer.ErrorCode != ErrorCode.None) return answer.ErrorCode;
            // One record after the other, with no gap and none twice.
            Assert.Equal(sequence, answer.BaseOffset);
            Acknowledged.Add(value);
            sequence++;
            return ErrorCode.None;
        }

        /// <summary>Sends the newest batch once more, as if its answer had been lost.</summary>
        internal async Task RepeatAsync()
        {
            var again = await client.ProduceAsync("t", partition, Wire.Batch([Acknowledged[^1]], id, 0, sequence - 1));
            Assert.Equal((ErrorCode.None, sequence - 1L), (again.ErrorCode, again.BaseOffset));
        }
    }

    static async Task<ErrorCode> CommitAsync(BrokerClient client, long offset) => (await client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new()
    {
        GroupId = "g",
        GenerationIdOrMemberEpoch = -1,
        Topics = [new() { Name = "t", Partitions = [new() { PartitionIndex = 0, CommittedOffset = offset }] }],
    }, 8)).Topics[0].Partitions[0].ErrorCode;

    static async Task<long> CommittedAsync(BrokerClient client) => (await client.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(new()
    {
        Groups = [new() { GroupId = "g", Topics = [new() { Name = "t", PartitionIndexes = [0] }] }],
    }, 8)).Groups[0].Topics[0].Partitions[0].CommittedOffset;

    [Theory]
    [InlineData(Durability.Disk)]
    [InlineData(Durability.PageCache)]
    public async Task On_a_full_disk_producers_and_commits_get_errors_and_consumers_go_on_until_there_is_room_again(Durability durability)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            await using var bed = new NodeBed(seed, durability);
            var (client, reader) = (bed.Connect(), bed.Connect());
            await client.CreateAsync("t", Partitions);
            var producers = new List<Producer>();
            for (var p = 0; p < Partitions; p++)
                producers.Add(new(bed.Connect(), p, (await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = null }, 4)).ProducerId));
            foreach (var producer in producers) Assert.Equal(ErrorCode.None, await producer.TryAsync());
            Assert.Equal(ErrorCode.None, await CommitAsync(client, 1));

            bed.Disk.Free = new Random(seed).Next(0, 3_000);
            // All at once, so that they share the flushes; until each has met the end of the disk.
            var met = new ErrorCode[Partitions];
            for (var round = 0; met.Contains(ErrorCode.None); round++)
            {
                Assert.True(round < 20, "The disk isn't full.");
                var errors = await Task.WhenAll(producers.Select(p => p.TryAsync()));
                for (var p = 0; p < Partitions; p++)
                    if (met[p] == ErrorCode.None) met[p] = errors[p];
            }
            Assert.All(met, error => Assert.Equal(ErrorCode.KafkaStorageError, error));
            bed.Disk.Free = 0;
            await ReadAllAsync(reader, producers);
            Assert.Equal(ErrorCode.CoordinatorNotAvailable, await CommitAsync(client, 2));
            Assert.Equal(1, await CommittedAsync(reader));
            Assert.Equal(ErrorCode.KafkaStorageError, (await client.CreateAsync("u")).Topics[0].ErrorCode);
            Assert.Null(bed.Node.Topics.Find("u"));
            await ReadAllAsync(reader, producers);

            bed.Disk.Free = long.MaxValue;
            // The same producers, on the same connections.
            for (var round = 0; round < 3; round++) Assert.All(await Task.WhenAll(producers.Select(p => p.TryAsync())), error => Assert.Equal(ErrorCode.None, error));
            foreach (var producer in producers) await producer.RepeatAsync();
            Assert.Equal(ErrorCode.None, await CommitAsync(client, 3));
            Assert.Equal(ErrorCode.None, (await client.CreateAsync("u")).Topics[0].ErrorCode);
            await ReadAllAsync(reader, producers);

            await bed.RestartAsync(withPower: durability == Durability.Disk);
            var later = bed.Connect();
            await ReadAllAsync(later, producers);
            Assert.Equal(3, await CommittedAsync(later));
        }
    }

    static async Task ReadAllAsync(BrokerClient reader, List<Producer> producers)
    {
        for (var p = 0; p < Partitions; p++) Assert.Equal(producers[p].Acknowledged, await reader.ValuesAsync("t", p));
    }
}
