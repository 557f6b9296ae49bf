using System.Buffers.Binary;
using Millrace.Zstd;

namespace Millrace.Kafka.Compression;

/// <summary>
/// Unpacks zstd (RFC 8878) straight into what it gives, which is what its copies refer to. Frames may follow each other;
/// those without content are passed over.
/// </summary>
static class ZstdFrames
{
    const uint Magic = 0xFD2FB528, Skippable = 0x184D2A50;

    [ThreadStatic]
    static ZstdBlocks? spare;

    internal static void Unpack(ReadOnlySpan<byte> packed, RentedBytes output)
    {
        while (packed.Length > 0)
        {
            if (packed.Length < 8) throw Broken("it is cut off");
            var magic = BinaryPrimitives.ReadUInt32LittleEndian(packed);
            if (magic == Magic)
            {
                packed = UnpackFrame(packed[4..], output);
                continue;
            }
            var length = BinaryPrimitives.ReadUInt32LittleEndian(packed[4..]);
            if ((magic & ~15u) != Skippable) throw Broken("it doesn't begin as one");
            if (length > packed.Length - 8) throw Broken("it is cut off");
            packed = packed[(8 + (int)length)..];
        }
    }

    static ReadOnlySpan<byte> UnpackFrame(ReadOnlySpan<byte> packed, RentedBytes output)
    {
        var descriptor = packed[0];
        if ((descriptor & 8) != 0) throw Broken("it is of a kind that isn't known");
        var single = (descriptor & 32) != 0;
        var dictionary = (descriptor & 3) switch { 3 => 4, var n => n };
        var size = (descriptor >> 6) switch { 0 => single ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        var dictionaryAt = single ? 1 : 2;
        if (packed.Length < dictionaryAt + dictionary + size) throw Broken("its head is cut off");
        if (packed.Slice(dictionaryAt, dictionary).ContainsAnyExcept((byte)0)) throw Broken("it needs a dictionary");
        packed = packed[(dictionaryAt + dictionary + size)..];
        var blocks = spare ??= new();
        blocks.Reset();
        var start = output.Length;
        for (var last = false; !last;)
        {
            if (packed.Length < 3) throw Broken("it is cut off");
            var head = packed[0] | packed[1] << 8 | packed[2] << 16;
            (last, var kind, var length) = ((head & 1) != 0, head >> 1 & 3, head >> 3);
            var taken = kind == 1 ? 1 : length;
            if (length > ZstdBlocks.MostBlock || kind == 3 || taken > packed.Length - 3) throw Broken("a block is longer than it may be");
            var block = packed.Slice(3, taken);
            if (kind == 0) output.Write(block);
            else if (kind == 1) Fill(output, block[0], length);
            else UnpackBlock(blocks, block, output, start);
            packed = packed[(3 + taken)..];
        }
        return (descriptor & 4) != 0 ? Checked(packed, output.Span[start..]) : packed;
    }

    static void Fill(RentedBytes output, byte value, int length)
    {
        output.WithRoom(length).Slice(output.Length, length).Fill(value);
        output.Advance(length);
    }

    static void UnpackBlock(ZstdBlocks blocks, ReadOnlySpan<byte> block, RentedBytes output, int start)
    {
        var buffer = output.WithRoomUpTo(ZstdBlocks.MostBlock, out var limit);
        var isCut = limit - output.Length < ZstdBlocks.MostBlock;
        try
        {
            output.Advance(blocks.Unpack(block, buffer, start, output.Length, limit) - output.Length);
        }
        catch (Exception e) when (e is InvalidDataException or IndexOutOfRangeException or ArgumentException)
        {
            // Sizes are checked where they are read; what slips through is caught by the bounds of the arrays.
            throw isCut ? output.TooMuch() : new CompressionException("A zstd frame is broken: a block isn't one.", e);
        }
    }

    static ReadOnlySpan<byte> Checked(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> content)
    {
        if (packed.Length < 4) throw Broken("its checksum is cut off");
        var hash = new XxHash64();
        hash.Add(content);
        if (BinaryPrimitives.ReadUInt32LittleEndian(packed) != (uint)hash.Value) throw Broken("its checksum is not that of its content");
        return packed[4..];
    }

    static CompressionException Broken(string how) => new($"A zstd frame is broken: {how}.");
}
