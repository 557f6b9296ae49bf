using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Kafka.Compression;

/// <summary>
/// LZ4 in its frame format:
/// <code>
///  | 04 22 4D 18 | flags | block size | content size, 8 bytes if flagged | dictionary, 4 if flagged | checksum of the head |
///  | length, bit 31: stored plain | block | checksum, 4 if flagged | ... | 00 00 00 00 | checksum of the content, 4 if flagged |
///
///  block: | literals: 4 bits, copy - 4: 4 bits | more length: 255 ... n | literals | offset, 16 bits | more length | ...
/// </code>
/// The head's checksum isn't looked at: old clients computed it over other bytes, and the batch has a checksum of its own.
/// </summary>
static class Lz4
{
    const uint Magic = 0x184D2204;
    const int Version = 0x40, BlocksStandAlone = 0x20, BlockChecksum = 0x10, ContentSize = 0x08, ContentChecksum = 0x04, Dictionary = 0x01;
    const int MaxBlock = 64 * 1024, BlockSizeCode = 4 << 4, HashBits = 13, MinMatch = 4, LastLiterals = 5, Margin = 12;
    const uint StoredPlain = 0x8000_0000;

    [ThreadStatic]
    static ushort[]? hashes;

    internal static void Unpack(ReadOnlySpan<byte> packed, RentedBytes output)
    {
        // Frames may follow each other.
        while (packed.Length > 0) packed = UnpackFrame(packed, output);
    }

    static ReadOnlySpan<byte> UnpackFrame(ReadOnlySpan<byte> packed, RentedBytes output)
    {
        if (packed.Length < 7 || BinaryPrimitives.ReadUInt32LittleEndian(packed) != Magic) throw Broken("it doesn't begin as one");
        var flags = packed[4];
        if ((flags & 0xC0) != Version) throw Broken("its version is unknown");
        if ((flags & Dictionary) != 0) throw Broken("it needs a dictionary");
        var most = (packed[5] >> 4 & 7) switch { 4 => 64 << 10, 5 => 256 << 10, 6 => 1 << 20, 7 => 4 << 20, _ => throw Broken("its block size is unknown") };
        var at = 7 + ((flags & ContentSize) != 0 ? 8 : 0);
        var start = output.Length;
        while (true)
        {
            if (at + 4 > packed.Length) throw Broken("it is cut off");
            var length = BinaryPrimitives.ReadUInt32LittleEndian(packed[at..]);
            at += 4;
            if (length == 0) break;
            var size = (int)(length & ~StoredPlain);
            if (size > packed.Length - at || size > most) throw Broken("a block is longer than it may be");
            var block = packed.Slice(at, size);
            // Blocks may refer to what blocks before them gave.
            if ((length & StoredPlain) != 0) output.Write(block);
            else UnpackBlock(block, output, (flags & BlocksStandAlone) != 0 ? output.Length : start, most);
            at += size + ((flags & BlockChecksum) != 0 ? 4 : 0);
        }
        if ((flags & ContentChecksum) != 0)
        {
            if (at + 4 > packed.Length) throw Broken("its checksum is cut off");
            if (BinaryPrimitives.ReadUInt32LittleEndian(packed[at..]) != XxHash32.Of(output.Span[start..])) throw Broken("its checksum is not that of its content");
            at += 4;
        }
        return packed[Math.Min(at, packed.Length)..];
    }

    static void UnpackBlock(ReadOnlySpan<byte> packed, RentedBytes output, int oldest, int most)
    {
        // What the block may give at the most, before memory is taken for it: a byte gives 255 at the most.
        most = (int)Math.Min(most, (long)packed.Length * 255);
        var whole = output.WithRoomUpTo(most, out var end).AsSpan();
        var (at, to) = (0, output.Length);
        var isCut = end - to < most;
        while (at < packed.Length)
        {
            var token = packed[at++];
            var literals = MoreLength(packed, ref at, token >> 4);
            if (literals > packed.Length - at) throw Broken("literals are longer than the block");
            if (literals > end - to) throw isCut ? output.TooMuch() : Broken("literals are longer than the block");
            packed.Slice(at, literals).CopyTo(whole[to..]);
            at += literals;
            to += literals;
            if (at == packed.Length) break;
            if (at + 2 > packed.Length) throw Broken("a copy is cut off");
            var offset = BinaryPrimitives.ReadUInt16LittleEndian(packed[at..]);
            at += 2;
            var size = MoreLength(packed, ref at, token & 15) + MinMatch;
            if (offset == 0 || offset > to - oldest) throw Broken("a copy reaches out of the block");
            if (size > end - to) throw isCut ? output.TooMuch() : Broken("a copy is longer than the block");
            Copies.Repeat(whole, to, offset, size);
            to += size;
        }
        output.Advance(to - output.Length);
    }

    static int MoreLength(ReadOnlySpan<byte> packed, ref int at, int length)
    {
        if (length < 15) return length;
        while (true)
        {
            if (at >= packed.Length) throw Broken("a length is cut off");
            var more = packed[at++];
            length += more;
            if (more < 255) return length;
        }
    }

    internal static void Pack(ReadOnlySpan<byte> plain, RentedBytes output)
    {
        Span<byte> head = [0, 0, 0, 0, Version | BlocksStandAlone, BlockSizeCode, 0];
        BinaryPrimitives.WriteUInt32LittleEndian(head, Magic);
        head[6] = (byte)(XxHash32.Of(head[4..6]) >> 8);
        output.Write(head);
        var table = hashes ??= new ushort[1 << HashBits];
        for (; plain.Length > 0; plain = plain[Math.Min(MaxBlock, plain.Length)..])
        {
            var block = plain[..Math.Min(MaxBlock, plain.Length)];
            var lengthAt = output.Length;
            output.Write([0, 0, 0, 0]);
            PackBlock(block, output, table);
            var packed = output.Length - lengthAt - 4;
            if (packed < block.Length)
            {
                BinaryPrimitives.WriteInt32LittleEndian(output.Writable[lengthAt..], packed);
                continue;
            }
            output.Advance(-packed);
            output.Write(block);
            BinaryPrimitives.WriteUInt32LittleEndian(output.Writable[lengthAt..], (uint)block.Length | StoredPlain);
        }
        output.Write([0, 0, 0, 0]);
    }

    static void PackBlock(ReadOnlySpan<byte> plain, RentedBytes output, ushort[] table)
    {
        var room = output.GetSpan(plain.Length + plain.Length / 255 + 16);
        table.AsSpan().Clear();
        ref var source = ref MemoryMarshal.GetReference(plain);
        var (at, literal, to, limit) = (1, 0, 0, plain.Length - Margin);
        for (var misses = 64; at < limit;)
        {
            var four = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, at));
            var slot = (int)(four * 2654435761u >> (32 - HashBits));
            var candidate = table[slot];
            table[slot] = (ushort)at;
            if (Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, candidate)) != four)
            {
                at += misses++ >> 6;
                continue;
            }
            misses = 64;
            // The last bytes of a block are literals, as the format wants it.
            var more = Copies.Common(plain[(candidate + MinMatch)..], plain[(at + MinMatch)..^LastLiterals]);
            to = Sequence(room, to, plain[literal..at], more);
            BinaryPrimitives.WriteUInt16LittleEndian(room[to..], (ushort)(at - candidate));
            to = Lengthen(room, to + 2, more);
            at += MinMatch + more;
            literal = at;
        }
        to = Sequence(room, to, plain[literal..], 0);
        output.Advance(to);
    }

    static int Sequence(Span<byte> room, int to, ReadOnlySpan<byte> literals, int more)
    {
        room[to++] = (byte)(Math.Min(literals.Length, 15) << 4 | Math.Min(more, 15));
        to = Lengthen(room, to, literals.Length);
        literals.CopyTo(room[to..]);
        return to + literals.Length;
    }

    static int Lengthen(Span<byte> room, int to, int length)
    {
        if (length < 15) return to;
        for (length -= 15; length >= 255; length -= 255) room[to++] = 255;
        room[to++] = (byte)length;
        return to;
    }

    static CompressionException Broken(string how) => new($"An LZ4 frame is broken: {how}.");
}
