using System.Buffers.Binary;
using System.Text;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Tests.Logs;

/// <summary>Batches as clients send them.</summary>
static class Batches
{
    internal static byte[] Of(params (string? Key, string? Value)[] records) => Make(1_000, -1, -1, -1, false, CompressionKind.None, records);

    internal static byte[] At(long timestamp, params (string? Key, string? Value)[] records) => Make(timestamp, -1, -1, -1, false, CompressionKind.None, records);

    internal static byte[] By(long producer, short epoch, int sequence, params (string? Key, string? Value)[] records) => Make(1_000, producer, epoch, sequence, false, CompressionKind.None, records);

    internal static byte[] InTransaction(long producer, short epoch, int sequence, params (string? Key, string? Value)[] records) => Make(1_000, producer, epoch, sequence, true, CompressionKind.None, records);

    internal static byte[] Make(long timestamp, long producer, short epoch, int sequence, bool isTransactional, CompressionKind kind, params (string? Key, string? Value)[] records)
    {
        using var builder = new BatchBuilder();
        builder.Clear();
        foreach (var (key, value) in records) builder.Add(timestamp, Bytes(key), key is not null, Bytes(value), value is not null);
        return builder.Build(new() { ProducerId = producer, ProducerEpoch = epoch, BaseSequence = sequence, IsTransactional = isTransactional, Compression = kind }).ToArray();
    }

    internal static byte[] Marker(long producer, short epoch, bool isCommit, long timestamp = 1_000)
    {
        var key = new byte[4];
        BinaryPrimitives.WriteInt16BigEndian(key.AsSpan(2), (short)(isCommit ? 1 : 0));
        using var builder = new BatchBuilder();
        builder.Clear();
        builder.Add(timestamp, key, true, new byte[6], true);
        return builder.Build(new() { ProducerId = producer, ProducerEpoch = epoch, IsTransactional = true, IsControl = true }).ToArray();
    }

    static byte[] Bytes(string? text) => text is null ? [] : Encoding.UTF8.GetBytes(text);
}
