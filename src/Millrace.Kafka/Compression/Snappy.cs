using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Kafka.Compression;

/// <summary>
/// Snappy, in blocks and in the frames that Java's clients put around them:
/// <code>
///  block:  | length as varint | element ...
///          literal  | length - 1 in the upper 6 bits, or in 1 to 4 bytes after it | 00 | bytes
///          copy     | 01: 4..11 bytes, offset 11 bits | 10: 1..64 bytes, offset 16 bits | 11: the same, offset 32 bits
///  frames: | 82 S N A P P Y 00 | version | oldest reader | length | block | length | block ...
/// </code>
/// </summary>
static class Snappy
{
    static ReadOnlySpan<byte> FrameMagic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];

    const int FrameHead = 16, FrameBlock = 32 * 1024, HashBits = 14, MinMatch = 4, Margin = 15;

    [ThreadStatic]
    static ushort[]? hashes;

    internal static void Unpack(ReadOnlySpan<byte> packed, RentedBytes output)
    {
        if (!packed.StartsWith(FrameMagic))
        {
            UnpackBlock(packed, output);
            return;
        }
        if (packed.Length < FrameHead) throw Broken("its head is cut off");
        for (var rest = packed[FrameHead..]; rest.Length > 0;)
        {
            var length = rest.Length >= 4 ? BinaryPrimitives.ReadInt32BigEndian(rest) : -1;
            if (length < 0 || length > rest.Length - 4) throw Broken("a block is cut off");
            UnpackBlock(rest.Slice(4, length), output);
            rest = rest[(4 + length)..];
        }
    }

    internal static void Pack(ReadOnlySpan<byte> plain, RentedBytes output)
    {
        output.Write(FrameMagic);
        output.Write([0, 0, 0, 1, 0, 0, 0, 1]);
        var table = hashes ??= new ushort[1 << HashBits];
        for (; plain.Length > 0; plain = plain[Math.Min(FrameBlock, plain.Length)..])
        {
            var lengthAt = output.Length;
            output.Write([0, 0, 0, 0]);
            PackBlock(plain[..Math.Min(FrameBlock, plain.Length)], output, table);
            BinaryPrimitives.WriteInt32BigEndian(output.Writable[lengthAt..], output.Length - lengthAt - 4);
        }
    }

    static void UnpackBlock(ReadOnlySpan<byte> packed, RentedBytes output)
    {
        var at = 0;
        var length = Length(packed, ref at);
        // An element of three bytes gives 64 at the most: a length beyond that is a lie, told before memory is taken.
        if (length > (long)packed.Length * 64 / 3 + 64) throw Broken($"it says that it holds {length:N0} bytes, which {packed.Length:N0} can't");
        var start = output.Length;
        var whole = output.WithRoom((int)length);
        var (to, end) = (start, start + (int)length);
        while (at < packed.Length)
        {
            var tag = packed[at++];
            if ((tag & 3) == 0)
            {
                var count = (tag >> 2) + 1L;
                if (count > 60)
                {
                    var more = (int)count - 60;
                    if (at + more > packed.Length) throw Broken("a length is cut off");
                    count = 1L + LittleEndian(packed.Slice(at, more));
                    at += more;
                }
                if (count > packed.Length - at || count > end - to) throw Broken("a literal is longer than the block");
                packed.Slice(at, (int)count).CopyTo(whole[to..]);
                at += (int)count;
                to += (int)count;
                continue;
            }
            var offsetBytes = (tag & 3) == 3 ? 4 : tag & 3;
            if (at + offsetBytes > packed.Length) throw Broken("a copy is cut off");
            var (size, offset) = (tag & 3) == 1
                ? (((tag >> 2) & 7) + 4, (uint)((tag >> 5) << 8) | (long)packed[at])
                : ((tag >> 2) + 1, LittleEndian(packed.Slice(at, offsetBytes)));
            at += offsetBytes;
            if (offset == 0 || offset > to - start || size > end - to) throw Broken("a copy reaches out of the block");
            Copies.Repeat(whole, to, (int)offset, size);
            to += size;
        }
        if (to != end) throw Broken($"it says that it holds {length:N0} bytes and holds {to - start:N0}");
        output.Advance((int)length);
    }

    static uint Length(ReadOnlySpan<byte> packed, ref int at)
    {
        var value = 0u;
        for (var shift = 0; shift < 35 && at < packed.Length; shift += 7)
        {
            var next = packed[at++];
            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80) return value <= int.MaxValue ? value : throw Broken("its length is out of range");
        }
        throw Broken("its length is cut off");
    }

    static uint LittleEndian(ReadOnlySpan<byte> bytes)
    {
        var value = 0u;
        for (var i = bytes.Length - 1; i >= 0; i--) value = value << 8 | bytes[i];
        return value;
    }

    static void PackBlock(ReadOnlySpan<byte> plain, RentedBytes output, ushort[] table)
    {
        // Enough for a block without a single repetition.
        var room = output.GetSpan(32 + plain.Length + plain.Length / 6);
        var to = 0;
        for (var length = (uint)plain.Length; ; length >>= 7)
        {
            room[to++] = (byte)(length >= 0x80 ? length | 0x80 : length);
            if (length < 0x80) break;
        }
        table.AsSpan().Clear();
        ref var source = ref MemoryMarshal.GetReference(plain);
        var (at, literal, limit) = (1, 0, plain.Length - Margin);
        for (var misses = 32; at < limit;)
        {
            var four = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, at));
            var slot = (int)(four * 0x1E35A7BD >> (32 - HashBits));
            var candidate = table[slot];
            table[slot] = (ushort)at;
            if (Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, candidate)) != four)
            {
                // Bytes that don't repeat are passed over faster and faster.
                at += misses++ >> 5;
                continue;
            }
            misses = 32;
            if (at > literal) to = Literal(room, to, plain[literal..at]);
            var size = MinMatch + Copies.Common(plain[(candidate + MinMatch)..], plain[(at + MinMatch)..]);
            to = Copy(room, to, at - candidate, size);
            at += size;
            literal = at;
        }
        if (literal < plain.Length) to = Literal(room, to, plain[literal..]);
        output.Advance(to);
    }

    static int Literal(Span<byte> room, int to, ReadOnlySpan<byte> bytes)
    {
        var count = bytes.Length - 1;
        if (count < 60)
        {
            room[to++] = (byte)(count << 2);
        }
        else
        {
            var more = count < 256 ? 1 : 2;
            room[to++] = (byte)((59 + more) << 2);
            room[to++] = (byte)count;
            if (more == 2) room[to++] = (byte)(count >> 8);
        }
        bytes.CopyTo(room[to..]);
        return to + bytes.Length;
    }

    static int Copy(Span<byte> room, int to, int offset, int size)
    {
        while (size > 0)
        {
            // Not 64 where that would leave fewer than the least: 4.
            var some = size > 67 ? 64 : size > 64 ? 60 : size;
            if (some is >= 4 and <= 11 && offset < 2048)
            {
                room[to++] = (byte)(1 | (some - 4) << 2 | offset >> 8 << 5);
                room[to++] = (byte)offset;
            }
            else
            {
                room[to++] = (byte)(2 | (some - 1) << 2);
                BinaryPrimitives.WriteUInt16LittleEndian(room[to..], (ushort)offset);
                to += 2;
            }
            size -= some;
        }
        return to;
    }

    static CompressionException Broken(string how) => new($"A snappy block is broken: {how}.");
}
