using Millrace.Kafka.Records;

namespace Millrace.Kafka.Compression;

/// <summary>Packs and unpacks the records of batches.</summary>
static class Packing
{
    internal static void Pack(CompressionKind kind, ReadOnlySpan<byte> plain, RentedBytes output)
    {
        switch (kind)
        {
            case CompressionKind.None:
                output.Write(plain);
                break;
            case CompressionKind.Gzip:
                Gzip.Pack(plain, output);
                break;
            case CompressionKind.Snappy:
                Snappy.Pack(plain, output);
                break;
            case CompressionKind.Lz4:
                Lz4.Pack(plain, output);
                break;
            case CompressionKind.Zstd:
                ZstdPacker.Pack(plain, output);
                break;
            default:
                throw new CompressionException($"Compression {(int)kind} is not known. Known are none, gzip, snappy, lz4 and zstd (0 to 4).");
        }
    }

    internal static void Unpack(CompressionKind kind, ReadOnlyMemory<byte> packed, RentedBytes output)
    {
        switch (kind)
        {
            case CompressionKind.None:
                output.Write(packed.Span);
                break;
            case CompressionKind.Gzip:
                Gzip.Unpack(packed, output);
                break;
            case CompressionKind.Snappy:
                Snappy.Unpack(packed.Span, output);
                break;
            case CompressionKind.Lz4:
                Lz4.Unpack(packed.Span, output);
                break;
            case CompressionKind.Zstd:
                ZstdFrames.Unpack(packed.Span, output);
                break;
            default:
                throw new CompressionException($"Compression {(int)kind} is not known. Known are none, gzip, snappy, lz4 and zstd (0 to 4).");
        }
    }
}
