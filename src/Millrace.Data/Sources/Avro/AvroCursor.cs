using System.Buffers.Binary;

namespace Millrace.Data;

/// <summary>Avro's primitives, read in place.</summary>
ref struct AvroCursor(ReadOnlySpan<byte> bytes)
{
    readonly ReadOnlySpan<byte> bytes = bytes;

    internal int Position { get; private set; }
    internal readonly bool AtEnd => Position == bytes.Length;

    /// <summary>A number in groups of 7 bits, the lowest first, its sign in the lowest bit.</summary>
    internal long Long()
    {
        var (value, shift) = (0UL, 0);
        while (true)
        {
            if (Position == bytes.Length) throw new InvalidDataException("a number goes on behind the end of its block");
            var b = bytes[Position++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return (long)(value >> 1) ^ -(long)(value & 1);
            if ((shift += 7) > 63) throw new InvalidDataException("a number has more than 64 bits");
        }
    }

    internal int Int() => Long() is >= int.MinValue and <= int.MaxValue and var value ? (int)value : throw new InvalidDataException("an int has more than 32 bits");

    internal ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > bytes.Length - Position) throw new InvalidDataException($"a value of {count:N0} bytes goes on behind the end of its block");
        var taken = bytes.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    internal ReadOnlySpan<byte> Bytes() => Take(Long());

    internal float Float() => BinaryPrimitives.ReadSingleLittleEndian(Take(4));
    internal double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    internal bool Boolean() => Take(1)[0] switch
    {
        0 => false,
        1 => true,
        var other => throw new InvalidDataException($"a boolean is {other}"),
    };
}
