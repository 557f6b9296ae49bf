using System.Buffers.Binary;
using System.Numerics;

namespace Millrace.Zstd;

/// <summary>Bits that were written last are read first. The highest bit that is set in the last byte only marks the start.</summary>
ref struct BackwardBits
{
    readonly ReadOnlySpan<byte> bytes;

    internal BackwardBits(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[^1] == 0) throw new InvalidDataException("A bit stream of zstd has no start.");
        this.bytes = bytes;
        Left = (bytes.Length - 1) * 8 + BitOperations.Log2(bytes[^1]);
    }

    /// <summary>How many bits are left; negative where more were read than there are, which came as zeros.</summary>
    internal int Left { get; private set; }

    internal ulong Read(int count)
    {
        var value = Peek(count);
        Left -= count;
        return value;
    }

    internal void Skip(int count) => Left -= count;

    /// <param name="count">At most 56.</param>
    internal readonly ulong Peek(int count)
    {
        if (count == 0) return 0;
        var at = Left - count;
        if (at < 0) return Left <= 0 ? 0 : Bits(0, Left) << -at;
        return Bits(at, count);
    }

    readonly ulong Bits(int at, int count)
    {
        var from = at >> 3;
        ulong word = 0;
        if (bytes.Length - from >= 8) word = BinaryPrimitives.ReadUInt64LittleEndian(bytes[from..]);
        else
            for (var i = bytes.Length - 1; i >= from; i--) word = (word << 8) | bytes[i];
        return (word >> (at & 7)) & ((1UL << count) - 1);
    }
}
