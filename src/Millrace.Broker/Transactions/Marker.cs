using System.Buffers.Binary;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Transactions;

/// <summary>
/// The control record that ends a transaction in a partition:
/// <code>
///  key: | version 0, 2 bytes | 0: given up, 1: committed, 2 bytes |     value: | version 0, 2 bytes | coordinator epoch, 4 bytes |
/// </code>
/// </summary>
static class Marker
{
    internal static byte[] Write(long producerId, short producerEpoch, bool isCommit, int coordinatorEpoch, long now)
    {
        Span<byte> key = stackalloc byte[4], value = stackalloc byte[6];
        key.Clear();
        value.Clear();
        BinaryPrimitives.WriteInt16BigEndian(key[2..], isCommit ? (short)1 : (short)0);
        BinaryPrimitives.WriteInt32BigEndian(value[2..], coordinatorEpoch);
        using var builder = new BatchBuilder();
        builder.Clear();
        builder.Add(now, key, hasKey: true, value, hasValue: true);
        return builder.Build(new() { IsControl = true, IsTransactional = true, ProducerId = producerId, ProducerEpoch = producerEpoch }).ToArray();
    }
}
