using System.Numerics;
using System.Runtime.InteropServices;

namespace Millrace.Kafka.Records;

/// <summary>The checksum of record batches: CRC-32C, which processors compute.</summary>
static class Crc32C
{
    internal static uint Of(ReadOnlySpan<byte> bytes) => ~Continue(uint.MaxValue, bytes);

    /// <summary>For bytes that lie in pieces: begins with <see cref="uint.MaxValue"/>, and the last result is inverted.</summary>
    internal static uint Continue(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word));
        foreach (var b in bytes[(words.Length * sizeof(ulong))..]) crc = BitOperations.Crc32C(crc, b);
        return crc;
    }
}
