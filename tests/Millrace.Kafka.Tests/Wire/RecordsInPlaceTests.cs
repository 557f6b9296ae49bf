using System.Runtime.InteropServices;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Tests.Wire;

public sealed class RecordsInPlaceTests
{
    static byte[] Batch(int records)
    {
        using var builder = new BatchBuilder();
        builder.Clear();
        for (var i = 0; i < records; i++) builder.Add(i, "key"u8, true, new byte[100], true);
        return builder.Build(new()).ToArray();
    }

    static ProduceRequest Produce(int records) => new() { Acks = -1, TopicData = [new() { Name = "t", PartitionData = [new() { Records = Batch(records) }] }] };

    static FetchResponse Fetched(int records) => new() { Responses = [new() { Topic = "t", Partitions = [new() { Records = Batch(records) }] }] };

    static bool LieIn(ReadOnlyMemory<byte>? records, byte[] message) =>
        MemoryMarshal.TryGetArray(records!.Value, out var segment) && ReferenceEquals(segment.Array, message);

    [Fact]
    public void Records_of_every_version_of_produce_and_fetch_stay_where_they_came_in()
    {
        for (var version = ProduceRequest.Oldest; version <= ProduceRequest.Newest; version++)
        {
            var bytes = AnyMessage.ByName["ProduceRequest"].Write(Produce(10), version);
            var reader = new WireReader(bytes);
            Assert.True(LieIn(ProduceRequest.Read(ref reader, version).TopicData[0].PartitionData[0].Records, bytes));
        }
        for (var version = FetchResponse.Oldest; version <= FetchResponse.Newest; version++)
        {
            var bytes = AnyMessage.ByName["FetchResponse"].Write(Fetched(10), version);
            var reader = new WireReader(bytes);
            Assert.True(LieIn(FetchResponse.Read(ref reader, version).Responses[0].Partitions[0].Records, bytes));
        }
    }

    [Fact]
    public void Reading_and_writing_take_no_more_memory_for_more_records()
    {
        using var writer = new WireWriter();
        Assert.Equal(Allocated(writer, 1), Allocated(writer, 5_000));
    }

    static (long Produce, long Fetch) Allocated(WireWriter writer, int records)
    {
        var (produce, fetch, allocated) = (Produce(records), Fetched(records), (0L, 0L));
        for (var round = 0; round < 3; round++)
        {
            var start = GC.GetAllocatedBytesForCurrentThread();
            writer.Clear();
            produce.Write(writer, 13);
            var reader = new WireReader(writer.Written);
            ProduceRequest.Read(ref reader, 13);
            var between = GC.GetAllocatedBytesForCurrentThread();
            writer.Clear();
            fetch.Write(writer, 18);
            reader = new WireReader(writer.Written);
            FetchResponse.Read(ref reader, 18);
            allocated = (between - start, GC.GetAllocatedBytesForCurrentThread() - between);
        }
        return allocated;
    }
}
