using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;

namespace Millrace.Broker.Logs;

/// <summary>The records of a batch as they are to be read: where they lie, or unpacked into a buffer of its own.</summary>
readonly ref struct UnpackedRecords
{
    readonly ReadOnlyMemory<byte> plain;
    readonly RentedBytes? unpacked;

    internal UnpackedRecords(ReadOnlyMemory<byte> batch, SharedRoom room)
    {
        var kind = BatchHeader.Compression(batch.Span);
        plain = batch[BatchHeader.Size..];
        if (kind == CompressionKind.None) return;
        unpacked = new RentedBytes(BatchCheck.MostUnpacked, room);
        try
        {
            Packing.Unpack(kind, plain, unpacked);
        }
        catch
        {
            unpacked.Dispose();
            throw;
        }
    }

    internal ReadOnlySpan<byte> Span => unpacked is null ? plain.Span : unpacked.Span;

    internal void Dispose() => unpacked?.Dispose();
}
