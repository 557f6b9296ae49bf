using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Millrace.Kafka;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Cli.Bench.Broker;

/// <summary>A plain socket to a broker. What it sends is encoded before the clock runs, so that the broker is measured and not the client.</summary>
sealed class BrokerWire : IDisposable
{
    const short ProduceVersion = 9, FetchVersion = 12, CreateVersion = 5, DeleteVersion = 4, VersionsVersion = 3;

    readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    byte[] answer = new byte[1 << 16];

    internal BrokerWire(int port) => socket.Connect(IPAddress.Loopback, port);

    /// <summary>A request as it goes over the wire.</summary>
    static byte[] Frame<T>(T message, short version) where T : IMessage<T>
    {
        using var writer = new WireWriter();
        writer.Int32(0);
        writer.Int16((short)T.Api);
        writer.Int16(version);
        writer.Int32(0);
        writer.StringOrNull("bench");
        writer.Flexible = version >= T.FlexibleFrom;
        writer.NoTags();
        message.Write(writer, version);
        writer.SetInt32(0, writer.Length - sizeof(int));
        return writer.Written.ToArray();
    }

    internal static byte[] Produce(string topic, int partition, ReadOnlyMemory<byte> batch) => Frame(new ProduceRequest
    {
        Acks = -1,
        TimeoutMs = 30_000,
        TopicData = [new() { Name = topic, PartitionData = [new() { Index = partition, Records = batch }] }],
    }, ProduceVersion);

    internal static byte[] Fetch(string topic, int partition, long offset, int maxBytes) => Frame(new FetchRequest
    {
        MaxWaitMs = 5_000,
        MinBytes = 1,
        MaxBytes = maxBytes,
        Topics = [new() { Topic = topic, Partitions = [new() { Partition = partition, FetchOffset = offset, PartitionMaxBytes = maxBytes }] }],
    }, FetchVersion);

    /// <summary>A batch of as many records of random bytes as fit.</summary>
    internal static byte[] Batch(int valueSize, int mostBytes, out int count)
    {
        using var builder = new BatchBuilder();
        var random = new Random(1);
        var value = new byte[valueSize];
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        do
        {
            random.NextBytes(value);
            builder.Add(now, default, false, value, true);
        }
        while (builder.RecordBytes + valueSize + 32 + BatchHeader.Size < mostBytes);
        count = builder.Count;
        return builder.Build(new BatchFacts()).ToArray();
    }

    internal void Send(ReadOnlySpan<byte> frame)
    {
        while (frame.Length > 0) frame = frame[socket.Send(frame)..];
    }

    /// <summary>The next answer behind its length and number; good until the one after it.</summary>
    internal ReadOnlyMemory<byte> Receive()
    {
        Fill(answer.AsSpan(0, 4));
        var length = BinaryPrimitives.ReadInt32BigEndian(answer);
        if (answer.Length < length) answer = new byte[length];
        Fill(answer.AsSpan(0, length));
        return answer.AsMemory(4, length - 4);
    }

    void Fill(Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var read = socket.Receive(bytes);
            if (read == 0) throw new IOException("The broker closed the connection.");
            bytes = bytes[read..];
        }
    }

    static T Parse<T>(ReadOnlyMemory<byte> answer, short version, bool hasTags = true) where T : IMessage<T>
    {
        var reader = new WireReader(answer) { Flexible = hasTags && version >= T.FlexibleFrom };
        reader.SkipTags();
        return T.Read(ref reader, version);
    }

    /// <summary>Waits for the answer to a produce request.</summary>
    internal void Acknowledged()
    {
        var partition = Parse<ProduceResponse>(Receive(), ProduceVersion).Responses[0].PartitionResponses[0];
        Expect(partition.ErrorCode, partition.ErrorMessage);
    }

    /// <summary>Waits for the answer to a fetch request: the records, and the offset behind the last.</summary>
    internal (long Records, long Next) Fetched(long offset)
    {
        var partition = Parse<FetchResponse>(Receive(), FetchVersion).Responses[0].Partitions[0];
        Expect(partition.ErrorCode, null);
        var records = partition.Records.GetValueOrDefault().Span;
        var count = 0L;
        while (records.Length >= BatchHeader.Size && BatchHeader.TotalLength(records) <= records.Length)
        {
            count += BatchHeader.Count(records);
            offset = BatchHeader.LastOffset(records) + 1;
            records = records[(int)BatchHeader.TotalLength(records)..];
        }
        return (count, offset);
    }

    internal void AskVersions()
    {
        Send(Frame(new ApiVersionsRequest { ClientSoftwareName = "bench", ClientSoftwareVersion = "1" }, VersionsVersion));
        Expect(Parse<ApiVersionsResponse>(Receive(), VersionsVersion, hasTags: false).ErrorCode, null);
    }

    internal void CreateTopic(string name, int partitions)
    {
        Send(Frame(new CreateTopicsRequest { Topics = [new() { Name = name, NumPartitions = partitions, ReplicationFactor = 1 }] }, CreateVersion));
        var topic = Parse<CreateTopicsResponse>(Receive(), CreateVersion).Topics[0];
        Expect(topic.ErrorCode, topic.ErrorMessage);
    }

    internal void DeleteTopic(string name)
    {
        Send(Frame(new DeleteTopicsRequest { TopicNames = [name], TimeoutMs = 30_000 }, DeleteVersion));
        Expect(Parse<DeleteTopicsResponse>(Receive(), DeleteVersion).Responses[0].ErrorCode, null);
    }

    static void Expect(ErrorCode error, string? message)
    {
        if (error != ErrorCode.None) throw new InvalidOperationException($"The broker answered {error}: {message}");
    }

    public void Dispose() => socket.Dispose();
}
