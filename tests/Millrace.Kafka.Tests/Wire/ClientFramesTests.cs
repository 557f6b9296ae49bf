using System.Text;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Tests.Wire;

/// <summary>Requests as kcat (librdkafka), kafkajs and @platformatic/kafka sent them, caught on their way.</summary>
public sealed class ClientFramesTests
{
    sealed record Frame(string Client, ApiKey Api, short Version, byte[] Body)
    {
        public override string ToString() => $"{Api} {Version} of {Client}";
    }

    static IReadOnlyList<Frame> Frames { get; } = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "frames.txt")).Select(Read)];

    static Frame Read(string line)
    {
        var bytes = Convert.FromHexString(line.Split(' ')[1]);
        var reader = new WireReader(bytes);
        var (api, version) = ((ApiKey)reader.Int16(), reader.Int16());
        reader.Int32();
        reader.StringOrNull();
        reader.Flexible = version >= AnyMessage.ByName[$"{api}Request"].FlexibleFrom;
        reader.SkipTags();
        return new(line.Split(' ')[0], api, version, bytes[reader.Position..]);
    }

    static T Message<T>(string client) where T : IMessage<T>
    {
        var frame = Frames.Single(f => f.Client == client && f.Api == T.Api);
        var reader = new WireReader(frame.Body);
        return T.Read(ref reader, frame.Version);
    }

    [Fact]
    public void What_clients_send_is_read_whole_and_written_as_they_did()
    {
        Assert.Equal(19, Frames.Count);
        foreach (var frame in Frames)
        {
            var message = AnyMessage.ByName[$"{frame.Api}Request"];
            var read = message.Read(frame.Body, frame.Version, out var left);
            Assert.True(left == 0, $"{frame}: {left} bytes are left.");
            Assert.Equal(Convert.ToHexStringLower(frame.Body), Convert.ToHexStringLower(message.Write(read, frame.Version)));
        }
    }

    [Fact]
    public void Their_requests_say_what_they_were_told()
    {
        Assert.Equal(["t1"], Message<MetadataRequest>("kcat").Topics!.Select(t => t.Name));
        var join = Message<JoinGroupRequest>("kcat");
        Assert.Equal(("g1", "consumer"), (join.GroupId, join.ProtocolType));
        var subscription = new WireReader(join.Protocols[0].Metadata);
        var version = subscription.Int16();
        Assert.Equal(["t1"], ConsumerProtocolSubscription.Read(ref subscription, version).Topics);
        Assert.Equal(0, Message<FetchRequest>("kcat").Topics.Single().Partitions.Single().FetchOffset);
    }

    [Theory]
    [InlineData("kcat", "k1=v1, k2=v2")]
    [InlineData("kafkajs", "k=v")]
    [InlineData("platformatic", "k=v")]
    public void The_records_they_produce_are_read(string client, string records)
    {
        var batch = Message<ProduceRequest>(client).TopicData.Single().PartitionData.Single().Records!.Value;
        Assert.True(BatchHeader.CrcHolds(batch.Span));
        using var unpacked = new RentedBytes(1000);
        Packing.Unpack(BatchHeader.Compression(batch.Span), batch[BatchHeader.Size..], unpacked);
        var reader = new RecordReader(unpacked.Span, BatchHeader.Count(batch.Span));
        var found = new List<string>();
        while (reader.Read(out var record))
        {
            Assert.Equal(1, record.HeaderCount);
            found.Add($"{Encoding.UTF8.GetString(record.Key)}={Encoding.UTF8.GetString(record.Value)}");
        }
        Assert.True(reader.IsWhole);
        Assert.Equal(records, string.Join(", ", found));
    }
}
