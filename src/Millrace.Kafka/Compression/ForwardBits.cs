using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Millrace.Kafka.Compression;

/// <summary>Writes the bit streams of zstd, which are read from their end.</summary>
ref struct ForwardBits(Span<byte> room)
{
    readonly Span<byte> room = room;
    ulong pending;
    int count;
    int length;

    /// <param name="bits">Not more than 32, and above them the value has none.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(uint value, int bits)
    {
        pending |= (ulong)value << count;
        count += bits;
        if (count < 32) return;
        BinaryPrimitives.WriteUInt32LittleEndian(room[length..], (uint)pending);
        length += 4;
        pending >>= 32;
        count -= 32;
    }

    /// <summary>Marks the end, and says how many bytes there are.</summary>
    internal int End()
    {
        Add(1, 1);
        for (; count > 0; count -= 8)
        {
            room[length++] = (byte)pending;
            pending >>= 8;
        }
        return length;
    }
}
