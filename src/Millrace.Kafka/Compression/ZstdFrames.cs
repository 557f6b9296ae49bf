using Millrace.Zstd;

namespace Millrace.Kafka.Compression;

/// <summary>Zstd (RFC 8878).</summary>
static class ZstdFrames
{
    internal static void Unpack(ReadOnlyMemory<byte> packed, RentedBytes output)
    {
        try
        {
            using var zstd = new ZstdUnpacker(Gzip.Reading(packed));
            output.WriteFrom(zstd);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new CompressionException("The zstd data is broken.", e);
        }
    }
}
