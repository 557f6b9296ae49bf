using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Millrace.Kafka.Compression;

/// <summary>Gzip, as .NET packs it.</summary>
static class Gzip
{
    internal static void Unpack(ReadOnlyMemory<byte> packed, RentedBytes output)
    {
        try
        {
            using var gzip = new GZipStream(Reading(packed), CompressionMode.Decompress);
            output.WriteFrom(gzip);
        }
        catch (InvalidDataException e)
        {
            throw new CompressionException("The gzip data is broken.", e);
        }
    }

    internal static void Pack(ReadOnlySpan<byte> plain, RentedBytes output)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(plain);
        output.Write(packed.GetBuffer().AsSpan(0, (int)packed.Length));
    }

    internal static Stream Reading(ReadOnlyMemory<byte> packed) =>
        MemoryMarshal.TryGetArray(packed, out var array) ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false) : new MemoryStream(packed.ToArray(), writable: false);
}
