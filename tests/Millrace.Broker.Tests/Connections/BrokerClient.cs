using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Connections;

/// <summary>A client that says exactly what a test tells it to.</summary>
sealed class BrokerClient : IDisposable
{
    readonly TcpClient tcp = new();
    readonly Stream stream;
    int correlation;

    internal BrokerClient(EmbeddedBroker broker) : this(broker.Port)
    {
    }

    /// <param name="trusted">The certificate that the broker must have, where it speaks TLS.</param>
    internal BrokerClient(int port, X509Certificate2? trusted = null)
    {
        tcp.Connect("127.0.0.1", port);
        tcp.NoDelay = true;
        tcp.ReceiveTimeout = 30_000;
        stream = tcp.GetStream();
        if (trusted is null) return;
        var encrypted = new SslStream(stream, leaveInnerStreamOpen: false, (_, shown, _, _) => shown is not null && shown.GetCertHashString() == trusted.GetCertHashString());
        stream = encrypted;
        encrypted.AuthenticateAsClient("broker");
    }

    /// <summary>What it calls itself.</summary>
    internal string Name { get; init; } = "test";

    internal async Task<TResponse> AskAsync<TRequest, TResponse>(TRequest request, short version) where TRequest : IMessage<TRequest> where TResponse : IMessage<TResponse>
    {
        await SendAsync(request, version);
        return await ReceiveAsync<TResponse>(version);
    }

    internal async Task SendAsync<TRequest>(TRequest request, short version) where TRequest : IMessage<TRequest> =>
        await stream.WriteAsync(Bytes(request, version, ++correlation, Name));

    /// <summary>A request as it goes over the wire.</summary>
    internal static byte[] Bytes<TRequest>(TRequest request, short version, int correlation = 1, string name = "test") where TRequest : IMessage<TRequest>
    {
        using var writer = new WireWriter();
        writer.Int32(0);
        writer.Int16((short)TRequest.Api);
        writer.Int16(version);
        writer.Int32(correlation);
        writer.String(name);
        writer.Flexible = version >= TRequest.FlexibleFrom;
        writer.NoTags();
        request.Write(writer, version);
        writer.SetInt32(0, writer.Length - 4);
        return writer.Written.ToArray();
    }

    internal async Task<TResponse> ReceiveAsync<TResponse>(short version) where TResponse : IMessage<TResponse>
    {
        var message = await ReceiveAsync() ?? throw new IOException("The broker has ended the connection.");
        return Read<TResponse>(message, version);
    }

    static TResponse Read<TResponse>(byte[] message, short version) where TResponse : IMessage<TResponse>
    {
        var reader = new WireReader(message);
        reader.Int32();
        if (version >= TResponse.FlexibleFrom && TResponse.Api != ApiKey.ApiVersions)
        {
            reader.Flexible = true;
            reader.SkipTags();
        }
        var response = TResponse.Read(ref reader, version);
        Assert.Equal(0, reader.Left);
        return response;
    }

    /// <summary>The next response with its head, or null when the connection has ended.</summary>
    internal async Task<byte[]?> ReceiveAsync()
    {
        var head = new byte[4];
        try
        {
            if (await stream.ReadAtLeastAsync(head, 4, throwOnEndOfStream: false) < 4) return null;
            var message = new byte[BinaryPrimitives.ReadInt32BigEndian(head)];
            await stream.ReadExactlyAsync(message);
            return message;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>How many bytes come until the broker ends the connection.</summary>
    internal async Task<int> DrainAsync()
    {
        var (all, buffer) = (0, new byte[4096]);
        try
        {
            while (await stream.ReadAsync(buffer) is > 0 and var some) all += some;
        }
        catch (IOException)
        {
            // Ended without a word is ended as well.
        }
        return all;
    }

    internal Task SendBytesAsync(byte[] bytes) => stream.WriteAsync(bytes).AsTask();

    internal Task<CreateTopicsResponse> CreateAsync(string topic, int partitions = 1, params (string Name, string Value)[] configs) => AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new()
    {
        Topics = [new() { Name = topic, NumPartitions = partitions, ReplicationFactor = 1, Configs = [.. configs.Select(c => new CreateTopicsRequest.CreatableTopic.CreatableTopicConfig { Name = c.Name, Value = c.Value })] }],
    }, 7);

    internal static ProduceRequest Produce(string topic, int partition, byte[] batch, string? transactionalId = null, short acks = -1) => new()
    {
        Acks = acks,
        TimeoutMs = 10_000,
        TransactionalId = transactionalId,
        TopicData = [new() { Name = topic, PartitionData = [new() { Index = partition, Records = batch }] }],
    };

    internal async Task<ProduceResponse.TopicProduceResponse.PartitionProduceResponse> ProduceAsync(string topic, int partition, byte[] batch, string? transactionalId = null, short version = 12) =>
        (await AskAsync<ProduceRequest, ProduceResponse>(Produce(topic, partition, batch, transactionalId), version)).Responses[0].PartitionResponses[0];

    internal static FetchRequest Fetch(string topic, int partition, long offset, int maxWaitMs = 0, bool onlyCommitted = false) => new()
    {
        MaxWaitMs = maxWaitMs,
        MinBytes = 1,
        MaxBytes = 10 << 20,
        IsolationLevel = onlyCommitted ? (sbyte)1 : (sbyte)0,
        Topics = [new() { Topic = topic, Partitions = [new() { Partition = partition, FetchOffset = offset, PartitionMaxBytes = 1 << 20 }] }],
    };

    /// <summary>The values that a consumer gets to see, as text.</summary>
    internal async Task<List<string>> ValuesAsync(string topic, int partition = 0, bool onlyCommitted = false)
    {
        var (values, offset) = (new List<string>(), 0L);
        while (true)
        {
            var found = (await AskAsync<FetchRequest, FetchResponse>(Fetch(topic, partition, offset, onlyCommitted: onlyCommitted), 12)).Responses[0].Partitions[0];
            Assert.Equal(ErrorCode.None, found.ErrorCode);
            var batches = found.Records ?? default;
            if (batches.Length == 0) return values;
            var aborted = (found.AbortedTransactions ?? []).ToList();
            for (; batches.Length > 0; batches = batches[(int)BatchHeader.TotalLength(batches.Span)..])
            {
                offset = BatchHeader.LastOffset(batches.Span) + 1;
                var producer = BatchHeader.ProducerId(batches.Span);
                if (BatchHeader.IsControl(batches.Span))
                {
                    aborted.RemoveAll(a => a.ProducerId == producer && a.FirstOffset < offset);
                    continue;
                }
                if (BatchHeader.IsTransactional(batches.Span) && aborted.Exists(a => a.ProducerId == producer && a.FirstOffset <= BatchHeader.BaseOffset(batches.Span))) continue;
                values.AddRange(Wire.ValuesOf(batches));
            }
        }
    }

    public void Dispose() => tcp.Dispose();
}

static class Wire
{
    internal static byte[] Batch(string[] values, long producerId = -1, short epoch = -1, int sequence = -1, bool isTransactional = false, CompressionKind compression = CompressionKind.None, DateTimeOffset? time = null)
    {
        using var builder = new BatchBuilder();
        builder.Clear();
        foreach (var value in values) builder.Add((time ?? DateTimeOffset.UtcNow).ToUnixTimeMilliseconds(), default, hasKey: false, System.Text.Encoding.UTF8.GetBytes(value), hasValue: true);
        return builder.Build(new() { ProducerId = producerId, ProducerEpoch = epoch, BaseSequence = sequence, IsTransactional = isTransactional, Compression = compression }).ToArray();
    }

    internal static List<string> ValuesOf(ReadOnlyMemory<byte> batch)
    {
        using var unpacked = new RentedBytes(1 << 24);
        var whole = batch[..(int)BatchHeader.TotalLength(batch.Span)];
        Packing.Unpack(BatchHeader.Compression(whole.Span), whole[BatchHeader.Size..], unpacked);
        var records = new RecordReader(unpacked.Span, BatchHeader.Count(whole.Span));
        var values = new List<string>();
        while (records.Read(out var record)) values.Add(System.Text.Encoding.UTF8.GetString(record.Value));
        return values;
    }
}
