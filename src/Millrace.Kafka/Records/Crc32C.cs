using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Millrace.Kafka.Records;

/// <summary>
/// The checksum of record batches: CRC-32C, which processors compute. An instruction takes 8 bytes and its result is there
/// three steps later, so three parts of a long text are summed side by side and put together.
/// </summary>
static class Crc32C
{
    const int Lane = 2048;

    static readonly uint[] BehindOneLane = Shifts(Lane), BehindTwoLanes = Shifts(2 * Lane);

    internal static uint Of(ReadOnlySpan<byte> bytes) => ~Continue(uint.MaxValue, bytes);

    /// <summary>For bytes that lie in pieces: begins with <see cref="uint.MaxValue"/>, and the last result is inverted.</summary>
    internal static uint Continue(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 3 * Lane; bytes = bytes[(3 * Lane)..]) crc = Three(crc, bytes[..(3 * Lane)]);
        return One(crc, bytes);
    }

    static uint One(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        foreach (var b in bytes[(words.Length * sizeof(ulong))..]) crc = BitOperations.Crc32C(crc, b);
        return crc;
    }

    static uint Three(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        const int Words = Lane / sizeof(ulong);
        var first = words[..Words];
        var second = words[Words..(2 * Words)];
        var third = words[(2 * Words)..(3 * Words)];
        uint middle = 0, last = 0;
        for (var i = 0; i < first.Length && i < second.Length && i < third.Length; i++)
        {
            var (a, b, c) = (first[i], second[i], third[i]);
            if (!BitConverter.IsLittleEndian) (a, b, c) = (BinaryPrimitives.ReverseEndianness(a), BinaryPrimitives.ReverseEndianness(b), BinaryPrimitives.ReverseEndianness(c));
            crc = BitOperations.Crc32C(crc, a);
            middle = BitOperations.Crc32C(middle, b);
            last = BitOperations.Crc32C(last, c);
        }
        return Shift(BehindTwoLanes, crc) ^ Shift(BehindOneLane, middle) ^ last;
    }

    /// <summary>What a checksum becomes by that many zeros behind it: for each byte of it, 256 values.</summary>
    static uint[] Shifts(int zeros)
    {
        var table = new uint[4 * 256];
        var nothing = new byte[zeros];
        for (var bit = 0; bit < 32; bit++) table[bit / 8 * 256 + (1 << bit % 8)] = One(1u << bit, nothing);
        // What several bits become is the sum of what each of them does.
        for (var part = 0; part < 4; part++)
        {
            for (var value = 1; value < 256; value++)
            {
                var lowest = value & -value;
                if (value != lowest) table[part * 256 + value] = table[part * 256 + lowest] ^ table[part * 256 + (value ^ lowest)];
            }
        }
        return table;
    }

    static uint Shift(uint[] table, uint crc) =>
        table[crc & 0xff] ^ table[256 + (crc >> 8 & 0xff)] ^ table[512 + (crc >> 16 & 0xff)] ^ table[768 + (crc >> 24)];
}
