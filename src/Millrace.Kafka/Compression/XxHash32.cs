using System.Buffers.Binary;
using System.Numerics;

namespace Millrace.Kafka.Compression;

/// <summary>The checksum of LZ4 frames, with the seed 0.</summary>
static class XxHash32
{
    const uint P1 = 2654435761, P2 = 2246822519, P3 = 3266489917, P4 = 668265263, P5 = 374761393;

    internal static uint Of(ReadOnlySpan<byte> bytes)
    {
        var length = (uint)bytes.Length;
        uint hash;
        if (bytes.Length >= 16)
        {
            var (a, b, c, d) = (unchecked(P1 + P2), P2, 0u, unchecked(0 - P1));
            for (; bytes.Length >= 16; bytes = bytes[16..])
            {
                a = Round(a, bytes);
                b = Round(b, bytes[4..]);
                c = Round(c, bytes[8..]);
                d = Round(d, bytes[12..]);
            }
            hash = BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
        }
        else
        {
            hash = P5;
        }
        hash += length;
        for (; bytes.Length >= 4; bytes = bytes[4..]) hash = BitOperations.RotateLeft(hash + BinaryPrimitives.ReadUInt32LittleEndian(bytes) * P3, 17) * P4;
        foreach (var b in bytes) hash = BitOperations.RotateLeft(hash + b * P5, 11) * P1;
        hash = (hash ^ hash >> 15) * P2;
        hash = (hash ^ hash >> 13) * P3;
        return hash ^ hash >> 16;
    }

    static uint Round(uint lane, ReadOnlySpan<byte> four) => BitOperations.RotateLeft(lane + BinaryPrimitives.ReadUInt32LittleEndian(four) * P2, 13) * P1;
}
