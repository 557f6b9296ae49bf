namespace Millrace.Zstd;

/// <summary>
/// Unpacks the blocks of a zstd frame (RFC 8878): literals, and sequences of copies from what came before.
/// <code>
/// | literals: kind, sizes | code | bit streams | sequences: count | three tables | bit stream |
/// </code>
/// </summary>
sealed class ZstdBlocks
{
    internal const int MostBlock = 1 << 17;

    internal static FseTable CommonLengths { get; } = FseTable.Build([4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1], 6);
    internal static FseTable CommonMatches { get; } = FseTable.Build([1, 4, 3, 2, 2, 2, 2, 2, 2, .. Enumerable.Repeat((short)1, 37), -1, -1, -1, -1, -1, -1, -1], 6);
    internal static FseTable CommonOffsets { get; } = FseTable.Build([1, 1, 1, 1, 1, 1, 2, 2, 2, .. Enumerable.Repeat((short)1, 15), -1, -1, -1, -1, -1], 5);

    /// <summary>What each code of a length of literals begins with, and how many bits say how much more.</summary>
    internal static (int Base, int Bits)[] LengthCodes { get; } =
        [.. Enumerable.Range(0, 16).Select(i => (i, 0)), (16, 1), (18, 1), (20, 1), (22, 1), (24, 2), (28, 2), (32, 3), (40, 3), (48, 4), (64, 6), .. Enumerable.Range(7, 10).Select(i => (1 << i, i))];

    /// <summary>The same of the lengths of copies.</summary>
    internal static (int Base, int Bits)[] MatchCodes { get; } =
        [.. Enumerable.Range(3, 32).Select(i => (i, 0)), (35, 1), (37, 1), (39, 1), (41, 1), (43, 2), (47, 2), (51, 3), (59, 3), (67, 4), (83, 4), (99, 5), .. Enumerable.Range(7, 10).Select(i => ((1 << i) + 3, i))];

    readonly byte[] literals = new byte[MostBlock];
    HuffmanTable? code;
    FseTable? lengthTable, matchTable, offsetTable;
    int offset1 = 1, offset2 = 4, offset3 = 8;

    /// <summary>Begins a frame.</summary>
    internal void Reset()
    {
        (code, lengthTable, matchTable, offsetTable) = (null, null, null, null);
        (offset1, offset2, offset3) = (1, 4, 8);
    }

    /// <summary>The code of each of the smallest lengths.</summary>
    internal static byte[] CodesOf((int Base, int Bits)[] codes, int lengths, int least)
    {
        var found = new byte[lengths];
        for (var code = 0; code < codes.Length && codes[code].Base - least < lengths; code++)
            found.AsSpan(codes[code].Base - least, 1 << codes[code].Bits).Fill((byte)code);
        return found;
    }

    /// <summary>Unpacks a block behind what is in the buffer, and says where it ends.</summary>
    /// <param name="start">Where the frame's content, as far as it is kept, begins in the buffer.</param>
    /// <param name="limit">Where the block must end at the latest.</param>
    internal int Unpack(ReadOnlySpan<byte> block, byte[] buffer, int start, int end, int limit)
    {
        var count = Literals(block, out var used);
        var rest = block[used..];
        var sequences = Number(ref rest);
        var taken = 0;
        if (sequences == 0)
        {
            if (!rest.IsEmpty) throw Broken();
        }
        else
        {
            if (rest.IsEmpty || (rest[0] & 3) != 0) throw Broken();
            var modes = rest[0];
            rest = rest[1..];
            lengthTable = Table(modes >> 6, ref rest, 9, 35, CommonLengths, lengthTable);
            offsetTable = Table((modes >> 4) & 3, ref rest, 8, 31, CommonOffsets, offsetTable);
            matchTable = Table((modes >> 2) & 3, ref rest, 9, 52, CommonMatches, matchTable);
            var bits = new BackwardBits(rest);
            ulong lengthState = bits.Read(lengthTable.Log), offsetState = bits.Read(offsetTable.Log), matchState = bits.Read(matchTable.Log);
            var (lengthCodes, matchCodes) = (LengthCodes, MatchCodes);
            for (var i = sequences; i > 0; i--)
            {
                var (lengthEntry, offsetEntry, matchEntry) = (lengthTable[lengthState], offsetTable[offsetState], matchTable[matchState]);
                var far = (1L << offsetEntry.Symbol) + (long)bits.Read(offsetEntry.Symbol);
                var match = matchCodes[matchEntry.Symbol].Base + (int)bits.Read(matchCodes[matchEntry.Symbol].Bits);
                var length = lengthCodes[lengthEntry.Symbol].Base + (int)bits.Read(lengthCodes[lengthEntry.Symbol].Bits);
                if (i > 1)
                {
                    lengthState = lengthEntry.Base + bits.Read(lengthEntry.Bits);
                    matchState = matchEntry.Base + bits.Read(matchEntry.Bits);
                    offsetState = offsetEntry.Base + bits.Read(offsetEntry.Bits);
                }
                if (bits.Left < 0 || length > count - taken || length + match > limit - end) throw Broken();
                literals.AsSpan(taken, length).CopyTo(buffer.AsSpan(end));
                taken += length;
                end += length;
                var offset = Offset(far, length == 0);
                if (offset <= 0 || offset > end - start) throw Broken();
                Copy(buffer, end, (int)offset, match);
                end += match;
            }
            if (bits.Left != 0) throw Broken();
        }
        if (count - taken > limit - end) throw Broken();
        literals.AsSpan(taken, count - taken).CopyTo(buffer.AsSpan(end));
        return end + count - taken;
    }

    // The last three offsets have numbers of their own; after no literals the first of them would say nothing, so they move up by one.
    long Offset(long value, bool noLiterals)
    {
        if (value > 3)
        {
            (offset3, offset2) = (offset2, offset1);
            return offset1 = value - 3 <= int.MaxValue ? (int)(value - 3) : throw Broken();
        }
        var recent = (int)value - 1 + (noLiterals ? 1 : 0);
        if (recent == 0) return offset1;
        var offset = recent switch { 1 => offset2, 2 => offset3, _ => offset1 - 1 };
        if (recent > 1) offset3 = offset2;
        (offset2, offset1) = (offset1, offset);
        return offset;
    }

    static void Copy(byte[] buffer, int end, int offset, int count)
    {
        if (offset >= count)
        {
            buffer.AsSpan(end - offset, count).CopyTo(buffer.AsSpan(end));
            return;
        }
        // The copy overlaps itself: what it writes is what it goes on to read.
        for (var i = end; i < end + count; i++) buffer[i] = buffer[i - offset];
    }

    static int Number(ref ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty) throw Broken();
        var size = rest[0] < 128 ? 1 : rest[0] < 255 ? 2 : 3;
        if (rest.Length < size) throw Broken();
        var value = size switch { 1 => rest[0], 2 => ((rest[0] - 128) << 8) + rest[1], _ => rest[1] + (rest[2] << 8) + 0x7F00 };
        rest = rest[size..];
        return value;
    }

    static FseTable Table(int mode, ref ReadOnlySpan<byte> rest, int mostLog, int mostSymbol, FseTable common, FseTable? last)
    {
        switch (mode)
        {
            case 0:
                return common;
            case 1:
                if (rest.IsEmpty || rest[0] > mostSymbol) throw Broken();
                var one = FseTable.OfOne(rest[0]);
                rest = rest[1..];
                return one;
            case 2:
                var table = FseTable.Read(rest, mostLog, mostSymbol + 1, out var used);
                if (used > rest.Length) throw Broken();
                rest = rest[used..];
                return table;
            default:
                return last ?? throw Broken();
        }
    }

    int Literals(ReadOnlySpan<byte> block, out int used)
    {
        if (block.IsEmpty) throw Broken();
        var (kind, format) = (block[0] & 3, (block[0] >> 2) & 3);
        if (kind < 2)
        {
            var header = format switch { 1 => 2, 3 => 3, _ => 1 };
            var bits = Little(block, header);
            var size = (int)(bits >> (header == 1 ? 3 : 4));
            used = header + (kind == 0 ? size : 1);
            if (size > MostBlock || used > block.Length) throw Broken();
            if (kind == 0) block.Slice(header, size).CopyTo(literals);
            else literals.AsSpan(0, size).Fill(block[header]);
            return size;
        }
        var (bytes, width) = format switch { 2 => (4, 14), 3 => (5, 18), _ => (3, 10) };
        var sizes = Little(block, bytes) >> 4;
        var (unpacked, packed) = ((int)(sizes & ((1L << width) - 1)), (int)((sizes >> width) & ((1L << width) - 1)));
        used = bytes + packed;
        if (unpacked > MostBlock || used > block.Length) throw Broken();
        var data = block.Slice(bytes, packed);
        if (kind == 2)
        {
            code = HuffmanTable.Read(data, out var codeBytes);
            data = data[codeBytes..];
        }
        if (code is null) throw Broken();
        if (format == 0)
        {
            code.Decode(data, literals.AsSpan(0, unpacked));
            return unpacked;
        }
        if (data.Length < 6) throw Broken();
        var each = (unpacked + 3) / 4;
        var from = 6;
        for (var i = 0; i < 4; i++)
        {
            var length = i < 3 ? data[i * 2] | (data[i * 2 + 1] << 8) : data.Length - from;
            if (length < 0 || length > data.Length - from || each * i > unpacked) throw Broken();
            code.Decode(data.Slice(from, length), literals.AsSpan(each * i, i < 3 ? Math.Min(each, unpacked - each * i) : unpacked - each * 3));
            from += length;
        }
        return unpacked;
    }

    static long Little(ReadOnlySpan<byte> bytes, int count)
    {
        if (bytes.Length < count) throw Broken();
        var value = 0L;
        for (var i = count - 1; i >= 0; i--) value = (value << 8) | bytes[i];
        return value;
    }

    static InvalidDataException Broken() => new("A zstd block is broken.");
}
