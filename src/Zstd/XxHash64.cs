using System.Buffers.Binary;
using System.Numerics;

namespace Millrace.Zstd;

/// <summary>XXH64 with seed 0, by which zstd checks what was unpacked.</summary>
sealed class XxHash64
{
    const ulong One = 11400714785074694791, Two = 14029467366897019727, Three = 1609587929392839161, Four = 9650029242287828579, Five = 2870177450012600261;
    const int Stripe = 32;

    readonly byte[] rest = new byte[Stripe];
    ulong a = unchecked(One + Two), b = Two, c, d = unchecked(0 - One);
    ulong total;
    int held;

    internal void Add(ReadOnlySpan<byte> bytes)
    {
        total += (ulong)bytes.Length;
        if (held > 0)
        {
            var count = Math.Min(Stripe - held, bytes.Length);
            bytes[..count].CopyTo(rest.AsSpan(held));
            held += count;
            bytes = bytes[count..];
            if (held < Stripe) return;
            Take(rest);
            held = 0;
        }
        for (; bytes.Length >= Stripe; bytes = bytes[Stripe..]) Take(bytes);
        bytes.CopyTo(rest);
        held = bytes.Length;
    }

    internal ulong Value
    {
        get
        {
            unchecked
            {
                var value = total >= Stripe
                    ? Merge(Merge(Merge(Merge(BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18), a), b), c), d)
                    : Five;
                value += total;
                var left = rest.AsSpan(0, held);
                for (; left.Length >= 8; left = left[8..])
                    value = BitOperations.RotateLeft(value ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(left)), 27) * One + Four;
                if (left.Length >= 4)
                {
                    value = BitOperations.RotateLeft(value ^ (BinaryPrimitives.ReadUInt32LittleEndian(left) * One), 23) * Two + Three;
                    left = left[4..];
                }
                foreach (var one in left) value = BitOperations.RotateLeft(value ^ (one * Five), 11) * One;
                value = (value ^ (value >> 33)) * Two;
                value = (value ^ (value >> 29)) * Three;
                return value ^ (value >> 32);
            }
        }
    }

    void Take(ReadOnlySpan<byte> stripe)
    {
        a = Round(a, BinaryPrimitives.ReadUInt64LittleEndian(stripe));
        b = Round(b, BinaryPrimitives.ReadUInt64LittleEndian(stripe[8..]));
        c = Round(c, BinaryPrimitives.ReadUInt64LittleEndian(stripe[16..]));
        d = Round(d, BinaryPrimitives.ReadUInt64LittleEndian(stripe[24..]));
    }

    static ulong Round(ulong sum, ulong input) => unchecked(BitOperations.RotateLeft(sum + (input * Two), 31) * One);

    static ulong Merge(ulong value, ulong sum) => unchecked(((value ^ Round(0, sum)) * One) + Four);
}
