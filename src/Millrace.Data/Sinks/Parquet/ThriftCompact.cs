using System.Buffers;

namespace Millrace.Data;

/// <summary>
/// Reads Thrift's compact protocol in place:
/// <code>
/// field    | id - last id : 4 | type : 4 | [id, zigzag varint, where the four bits are 0] | value |      a struct ends with a 0
/// list     | count : 4, or 15 | item : 4 | [count, varint, where it is 15] | items |
/// map      | count, varint | key : 4 | value : 4 | pairs |, or a single 0
/// integers are zigzag varints, texts a varint of their length and their bytes, a boolean field is its type (1 or 2)
/// </code>
/// </summary>
ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    internal const int Struct = 12;

    readonly ReadOnlySpan<byte> bytes = bytes;

    internal int Position { get; private set; }

    /// <summary>False at the end of the struct.</summary>
    /// <param name="id">The last field's, 0 at first; then this one's.</param>
    internal bool NextField(ref int id, out int type)
    {
        var head = bytes[Position++];
        type = head & 15;
        if (head == 0) return false;
        id = head >> 4 is not 0 and var step ? id + step : (int)Integer();
        return true;
    }

    internal long Integer()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    internal (int Count, int Item) List()
    {
        var head = bytes[Position++];
        return (head >> 4 == 15 ? checked((int)Varint()) : head >> 4, head & 15);
    }

    /// <summary>Passes over the value of a field, and gives its bytes.</summary>
    internal ReadOnlySpan<byte> Skip(int type)
    {
        var start = Position;
        if (type > 2) SkipItem(type);
        return bytes[start..Position];
    }

    void SkipItem(int type)
    {
        switch (type)
        {
            case 1 or 2 or 3:
                Position++;
                break;
            case 4 or 5 or 6:
                Varint();
                break;
            case 7:
                Position += 8;
                break;
            case 8:
                var length = checked((int)Varint());
                Position += length;
                break;
            case 9 or 10:
                var (count, item) = List();
                for (var i = 0; i < count; i++) SkipItem(item);
                break;
            case 11:
                var pairs = Varint();
                if (pairs == 0) break;
                var kinds = bytes[Position++];
                for (var i = 0UL; i < pairs; i++)
                {
                    SkipItem(kinds >> 4);
                    SkipItem(kinds & 15);
                }
                break;
            case Struct:
                for (var id = 0; NextField(ref id, out var field);) Skip(field);
                break;
            case 13:
                Position += 16;
                break;
            default:
                throw new InvalidDataException($"Thrift has no type {type} (at {Position} of {bytes.Length} bytes).");
        }
    }

    ulong Varint()
    {
        var value = 0UL;
        for (var at = 0; ; at += 7)
        {
            var next = bytes[Position++];
            value |= (ulong)(next & 127) << at;
            if (next < 128) return value;
        }
    }
}

/// <summary>Writes what <see cref="ThriftReader"/> reads.</summary>
readonly struct ThriftWriter(ArrayBufferWriter<byte> into)
{
    /// <param name="last">The field before it in the struct, 0 at first; then this one.</param>
    internal void Field(ref int last, int id, int type)
    {
        var step = id - last;
        last = id;
        if (step is > 0 and < 16)
        {
            Byte((step << 4) | type);
            return;
        }
        Byte(type);
        Integer(id);
    }

    internal void Integer(long value) => Varint((ulong)((value << 1) ^ (value >> 63)));

    internal void List(int count, int item)
    {
        Byte((Math.Min(count, 15) << 4) | item);
        if (count >= 15) Varint((ulong)count);
    }

    internal void Raw(ReadOnlySpan<byte> bytes) => into.Write(bytes);

    internal void Stop() => Byte(0);

    void Varint(ulong value)
    {
        for (; value > 127; value >>= 7) Byte((int)(value & 127) | 128);
        Byte((int)value);
    }

    void Byte(int value)
    {
        into.GetSpan(1)[0] = (byte)value;
        into.Advance(1);
    }
}
