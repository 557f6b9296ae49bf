using System.Buffers.Binary;

namespace Millrace.Zstd;

/// <summary>
/// Unpacks zstd (RFC 8878), one block at a time. Frames may follow each other; those without content are passed over.
/// <code>
/// | magic | descriptor, window, dictionary, size | blocks | checksum |
/// </code>
/// </summary>
sealed class ZstdUnpacker(Stream packed) : ForwardStream
{
    const uint Magic = 0xFD2FB528, Skippable = 0x184D2A50;

    /// <summary>What the format asks every reader to bear, and zstd itself doesn't go beyond unless told.</summary>
    const long MostWindow = 1 << 27;

    readonly byte[] block = new byte[ZstdBlocks.MostBlock];
    byte[] buffer = [];
    ZstdBlocks? blocks;
    XxHash64? hash;
    int start, read, end, window;
    bool last;

    public override int Read(Span<byte> into)
    {
        if (into.IsEmpty) return 0;
        while (read == end)
        {
            if (!NextBlock()) return 0;
        }
        var count = Math.Min(into.Length, end - read);
        buffer.AsSpan(read, count).CopyTo(into);
        read += count;
        return count;
    }

    bool NextBlock()
    {
        if (blocks is null && !NextFrame()) return false;
        if (last)
        {
            EndFrame();
            return true;
        }
        MakeRoom();
        Span<byte> header = stackalloc byte[3];
        packed.ReadExactly(header);
        var bits = header[0] | (header[1] << 8) | (header[2] << 16);
        (last, var kind, var size) = ((bits & 1) != 0, (bits >> 1) & 3, bits >> 3);
        if (size > ZstdBlocks.MostBlock || kind == 3) throw new InvalidDataException("A zstd block is broken.");
        var from = end;
        switch (kind)
        {
            case 0:
                packed.ReadExactly(buffer.AsSpan(end, size));
                end += size;
                break;
            case 1:
                Span<byte> one = stackalloc byte[1];
                packed.ReadExactly(one);
                buffer.AsSpan(end, size).Fill(one[0]);
                end += size;
                break;
            default:
                packed.ReadExactly(block.AsSpan(0, size));
                end = Unpack(size);
                break;
        }
        hash?.Add(buffer.AsSpan(from, end - from));
        return true;
    }

    int Unpack(int size)
    {
        try
        {
            return blocks!.Unpack(block.AsSpan(0, size), buffer, start, end, end + ZstdBlocks.MostBlock);
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException)
        {
            // Sizes are checked where they are read; what slips through is caught by the bounds of the arrays.
            throw new InvalidDataException("A zstd block is broken.", e);
        }
    }

    bool NextFrame()
    {
        Span<byte> bytes = stackalloc byte[8];
        while (true)
        {
            var got = packed.ReadAtLeast(bytes[..4], 4, throwOnEndOfStream: false);
            if (got == 0) return false;
            if (got < 4) throw new EndOfStreamException();
            var magic = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            if (magic == Magic) break;
            if ((magic & ~15u) != Skippable) throw new InvalidDataException("The bytes aren't zstd.");
            packed.ReadExactly(bytes[..4]);
            for (var skip = (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes); skip > 0;)
            {
                var part = (int)Math.Min(skip, block.Length);
                packed.ReadExactly(block.AsSpan(0, part));
                skip -= part;
            }
        }
        packed.ReadExactly(bytes[..1]);
        var descriptor = bytes[0];
        if ((descriptor & 8) != 0) throw new InvalidDataException("A zstd frame is of a kind that isn't known.");
        var single = (descriptor & 32) != 0;
        var wanted = 0L;
        if (!single)
        {
            packed.ReadExactly(bytes[..1]);
            var unit = 1L << (10 + (bytes[0] >> 3));
            wanted = unit + (unit / 8 * (bytes[0] & 7));
        }
        var dictionary = Number(bytes, (descriptor & 3) switch { 3 => 4, var n => n });
        if (dictionary != 0) throw new InvalidDataException("The zstd data needs a dictionary, and none can be given.");
        var size = Number(bytes, (descriptor >> 6) switch { 0 => single ? 1 : 0, 1 => 2, 2 => 4, _ => 8 });
        if (single) wanted = size;
        if (wanted is < 0 or > MostWindow) throw new InvalidDataException($"The zstd data looks back {wanted:N0} bytes, and at most {MostWindow:N0} are kept. Pack it without --long or --ultra.");
        window = (int)wanted;
        (blocks, last, start) = (new ZstdBlocks(), false, end);
        hash = (descriptor & 4) != 0 ? new XxHash64() : null;
        return true;
    }

    void EndFrame()
    {
        if (hash is not null)
        {
            Span<byte> sum = stackalloc byte[4];
            packed.ReadExactly(sum);
            if (BinaryPrimitives.ReadUInt32LittleEndian(sum) != (uint)hash.Value) throw new InvalidDataException("The zstd data isn't what was packed: its checksum differs.");
        }
        blocks = null;
    }

    // A block finds behind it what it may copy from, and before it room for the longest.
    void MakeRoom()
    {
        if (buffer.Length - end >= ZstdBlocks.MostBlock) return;
        var kept = Math.Min(window, end - start);
        // Memory grows with what was unpacked: a header may claim a window that the data never fills.
        var size = Math.Min(window, Math.Max(kept * 2L, 1 << 18)) + ZstdBlocks.MostBlock * 4;
        var to = buffer.Length >= size ? buffer : new byte[size];
        buffer.AsSpan(end - kept, kept).CopyTo(to);
        buffer = to;
        (start, read, end) = (0, kept, kept);
    }

    long Number(Span<byte> bytes, int count)
    {
        packed.ReadExactly(bytes[..count]);
        var value = 0L;
        for (var i = count - 1; i >= 0; i--) value = (value << 8) | bytes[i];
        return count == 2 ? value + 256 : value;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) packed.Dispose();
        base.Dispose(disposing);
    }
}
