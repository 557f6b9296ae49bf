using System.Buffers.Binary;
using System.IO.Compression;

namespace Millrace.Data;

/// <summary>
/// An Avro object container file.
/// <code>
/// | Obj 1 | metadata: a map of bytes | sync, 16 bytes |    then blocks
/// | rows | bytes | the rows, packed by the codec | sync |
/// </code>
/// </summary>
sealed class AvroFile
{
    const int MaxBlock = 1 << 30;

    readonly CountingStream input;
    readonly string name;
    readonly InputLimits limits;
    readonly byte[] sync;
    readonly string codec;

    internal AvroFile(Stream stream, string name, InputLimits limits)
    {
        (input, this.name, this.limits) = (new CountingStream(stream), name, limits);
        if (!Bytes(4).AsSpan().SequenceEqual("Obj\u0001"u8)) throw new BadDataException($"'{name}' isn't an Avro container file: it doesn't start with 'Obj' and 1.", name);
        var metadata = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        while (Long() is not 0 and var count)
        {
            if (count < 0)
            {
                count = -count;
                Long();
            }
            for (; count > 0; count--)
            {
                var key = System.Text.Encoding.UTF8.GetString(Bytes(Long()));
                metadata[key] = Bytes(Long());
            }
        }
        sync = Bytes(16);
        codec = metadata.TryGetValue("avro.codec", out var named) ? System.Text.Encoding.UTF8.GetString(named) : "null";
        if (codec is not ("null" or "deflate" or "snappy"))
            throw new NotSupportedException($"The blocks of '{name}' are packed with {codec}, which can't be read. Write the file with deflate or snappy.");
        Root = new AvroSchemaReader(name).Read(metadata.TryGetValue("avro.schema", out var schema) ? schema : throw Broken("it has no schema"));
    }

    internal AvroType Root { get; }

    /// <summary>The rows of the next block, unpacked; false at the end of the file.</summary>
    internal bool NextBlock(out ReadOnlyMemory<byte> block, out long rows)
    {
        (block, rows) = (default, 0);
        var first = new byte[1];
        if (input.Read(first) == 0) return false;
        rows = Long(first[0]);
        var packed = Bytes(Long());
        if (rows < 0) throw Broken($"a block has {rows} rows");
        if (!Bytes(16).AsSpan().SequenceEqual(sync)) throw Broken("a block doesn't end in the mark that the file's blocks end in");
        try
        {
            block = codec switch
            {
                "null" => packed,
                "deflate" => Inflated(packed),
                _ => Snappy.Unpack(packed),
            };
        }
        catch (InvalidDataException e)
        {
            throw Broken($"a block has broken {codec} data", e);
        }
        return true;
    }

    byte[] Inflated(byte[] packed)
    {
        using var unpacked = new MemoryStream();
        using var inflating = new UnpackingStream(new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress), null, packed.Length, "deflate", name, limits);
        inflating.CopyTo(unpacked);
        if (unpacked.Length > MaxBlock) throw Broken($"a block unpacks to {unpacked.Length:N0} bytes");
        return unpacked.ToArray();
    }

    long Long(byte? first = null)
    {
        var (value, shift) = (0UL, 0);
        while (true)
        {
            var b = first ?? Bytes(1)[0];
            first = null;
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return (long)(value >> 1) ^ -(long)(value & 1);
            if ((shift += 7) > 63) throw Broken("a number has more than 64 bits");
        }
    }

    byte[] Bytes(long count)
    {
        if (count is < 0 or > MaxBlock) throw Broken($"a part of it should have {count:N0} bytes");
        // Taken piece by piece: a length that is a lie must not cost its memory.
        var bytes = new byte[Math.Min(count, 1 << 20)];
        for (var filled = 0; ;)
        {
            filled += input.ReadAtLeast(bytes.AsSpan(filled), bytes.Length - filled, throwOnEndOfStream: false);
            if (filled < bytes.Length) throw new BadDataException($"'{name}' ends in the middle of a block, at byte {input.Total:N0}. Fetch it again.", name);
            if (filled == count) return bytes;
            Array.Resize(ref bytes, (int)Math.Min(count, bytes.Length * 2L));
        }
    }

    BadDataException Broken(string why, Exception? e = null) => new($"'{name}' can't be read as Avro, near byte {input.Total:N0}: {why}. Fetch or write it again.", name, inner: e);
}

/// <summary>Snappy's raw format, as Avro packs blocks: the data, and behind it a CRC-32 of what it unpacks to.</summary>
static class Snappy
{
    internal static byte[] Unpack(ReadOnlySpan<byte> block)
    {
        if (block.Length < 5) throw new InvalidDataException("A snappy block is too short.");
        var packed = block[..^4];
        var crc = BinaryPrimitives.ReadUInt32BigEndian(block[^4..]);
        var (length, at, shift) = (0L, 0, 0);
        while (true)
        {
            if (at == packed.Length || shift > 28) throw new InvalidDataException("A snappy block has no length.");
            var b = packed[at++];
            length |= (long)(b & 0x7F) << shift;
            shift += 7;
            if (b < 0x80) break;
        }
        // A copy of 64 bytes takes 3: no block unpacks to more than 22 times its size.
        if (length > packed.Length * 24L) throw new InvalidDataException("A snappy block claims more than it can hold.");
        var unpacked = new byte[length];
        var filled = 0;
        while (at < packed.Length)
        {
            var tag = packed[at++];
            if ((tag & 3) == 0)
            {
                var count = (tag >> 2) + 1;
                if (count > 60)
                {
                    var size = count - 60;
                    count = (int)Math.Min(Number(packed, ref at, size) + 1L, int.MaxValue);
                }
                if (count > packed.Length - at || count > unpacked.Length - filled) throw new InvalidDataException("A snappy literal is too long.");
                packed.Slice(at, count).CopyTo(unpacked.AsSpan(filled));
                at += count;
                filled += count;
                continue;
            }
            var (copy, offset) = (tag & 3) switch
            {
                1 => (((tag >> 2) & 7) + 4, ((long)(tag >> 5) << 8) | Number(packed, ref at, 1)),
                2 => ((tag >> 2) + 1, Number(packed, ref at, 2)),
                _ => ((tag >> 2) + 1, Number(packed, ref at, 4)),
            };
            if (offset == 0 || offset > filled || copy > unpacked.Length - filled) throw new InvalidDataException("A snappy copy points outside.");
            for (var i = 0; i < copy; i++, filled++) unpacked[filled] = unpacked[filled - (int)offset];
        }
        if (filled != length || Crc32(unpacked) != crc) throw new InvalidDataException("A snappy block isn't what was packed.");
        return unpacked;
    }

    static long Number(ReadOnlySpan<byte> bytes, ref int at, int size)
    {
        if (size > bytes.Length - at) throw new InvalidDataException("A snappy block ends too early.");
        var value = 0L;
        for (var i = 0; i < size; i++) value |= (long)bytes[at++] << (8 * i);
        return value;
    }

    static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes) crc = (crc >> 8) ^ table[(byte)(crc ^ b)];
        return ~crc;
    }

    static readonly uint[] table = [.. Enumerable.Range(0, 256).Select(i =>
    {
        var value = (uint)i;
        for (var bit = 0; bit < 8; bit++) value = (value & 1) == 0 ? value >> 1 : 0xEDB88320 ^ (value >> 1);
        return value;
    })];
}
