using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Millrace.Zstd;

namespace Millrace.Kafka.Compression;

/// <summary>
/// Packs zstd (RFC 8878) in one frame, fast rather than small: repetitions are found by one look into a table of what came
/// before, and their lengths and offsets are written by the tables that the format itself names.
/// <code>
///  | FD2FB528 | descriptor | window, or the size alone | blocks: last, kind, size in 3 bytes | literals | sequences |
/// </code>
/// </summary>
sealed class ZstdPacker
{
    const uint Magic = 0xFD2FB528;
    const int BlockSize = ZstdBlocks.MostBlock, WindowLog = 23, Window = 1 << WindowLog, MostHashBits = 16, MinMatch = 4, Ahead = 8, LeastPacked = 16;

    static readonly ZstdStates lengthStates = new(ZstdBlocks.CommonLengths, 36);
    static readonly ZstdStates matchStates = new(ZstdBlocks.CommonMatches, 53);
    static readonly ZstdStates offsetStates = new(ZstdBlocks.CommonOffsets, 29);
    static readonly byte[] lengthCodes = ZstdBlocks.CodesOf(ZstdBlocks.LengthCodes, 64, 0);
    static readonly byte[] matchCodes = ZstdBlocks.CodesOf(ZstdBlocks.MatchCodes, 128, 3);

    /// <summary>Packers have tables that are too large to be made for each batch.</summary>
    [ThreadStatic]
    static ZstdPacker? spare;

    readonly record struct Sequence(int Length, int Match, int Offset);

    readonly int[] table = new int[1 << MostHashBits];
    readonly byte[] literals = new byte[BlockSize];
    readonly Sequence[] sequences = new Sequence[BlockSize / MinMatch + 1];
    readonly ZstdLiterals literalSection = new();
    int hashBits;
    int literalCount;
    int count;
    ZstdOffsets offsets;

    internal static void Pack(ReadOnlySpan<byte> plain, RentedBytes output)
    {
        (spare ??= new()).PackFrame(plain, output);
    }

    void PackFrame(ReadOnlySpan<byte> plain, RentedBytes output)
    {
        hashBits = Math.Clamp(BitOperations.Log2((uint)plain.Length | 1), 8, MostHashBits);
        table.AsSpan(0, 1 << hashBits).Clear();
        offsets = ZstdOffsets.First;
        WriteHead(plain.Length, output);
        var at = 0;
        do
        {
            var size = Math.Min(BlockSize, plain.Length - at);
            PackBlock(plain[..(at + size)], at, at + size == plain.Length, output);
            at += size;
        }
        while (at < plain.Length);
    }

    static void WriteHead(int size, RentedBytes output)
    {
        Span<byte> head = stackalloc byte[10];
        BinaryPrimitives.WriteUInt32LittleEndian(head, Magic);
        // What is smaller than the window is its own window.
        var single = size <= Window;
        var (at, flag) = (5, size < 256 ? 0 : size < 65_536 + 256 ? 1 : 2);
        if (!single) (head[at++], flag) = ((WindowLog - 10) << 3, 2);
        head[4] = (byte)(flag << 6 | (single ? 1 << 5 : 0));
        switch (flag)
        {
            case 0:
                head[at++] = (byte)size;
                break;
            case 1:
                BinaryPrimitives.WriteUInt16LittleEndian(head[at..], (ushort)(size - 256));
                at += 2;
                break;
            default:
                BinaryPrimitives.WriteInt32LittleEndian(head[at..], size);
                at += 4;
                break;
        }
        output.Write(head[..at]);
    }

    /// <param name="plain">All up to the end of the block.</param>
    void PackBlock(ReadOnlySpan<byte> plain, int start, bool last, RentedBytes output)
    {
        var size = plain.Length - start;
        var (head, before) = (output.Length, offsets);
        output.Write([0, 0, 0]);
        var (kind, packed) = (0, size);
        if (size >= LeastPacked)
        {
            Find(plain, start);
            var room = output.GetSpan(size + 10 * count + 64);
            var length = literalSection.Write(literals.AsSpan(0, literalCount), room);
            length += WriteSequences(room[length..]);
            if (length < size) (kind, packed) = (2, length);
        }
        if (kind == 2)
        {
            output.Advance(packed);
        }
        else
        {
            // A reader doesn't see the offsets of a block that isn't packed.
            offsets = before;
            output.Write(plain[start..]);
        }
        var value = (last ? 1 : 0) | kind << 1 | packed << 3;
        var written = output.Writable[head..];
        (written[0], written[1], written[2]) = ((byte)value, (byte)(value >> 8), (byte)(value >> 16));
    }

    void Find(ReadOnlySpan<byte> plain, int start)
    {
        (literalCount, count) = (0, 0);
        ref var source = ref MemoryMarshal.GetReference(plain);
        var (at, literal, limit, shift) = (Math.Max(start, 1), start, plain.Length - Ahead, 64 - hashBits);
        for (var misses = 128; at < limit;)
        {
            var word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, at));
            ref var slot = ref table[Slot(word, shift)];
            var found = slot;
            slot = at;
            var again = at + 1 - offsets.One;
            if (again >= 0 && Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, again)) == (uint)(word >> 8))
            {
                // Records of a kind repeat at the same distance, which costs next to nothing to say.
                found = again;
                at++;
            }
            else if (Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, found)) != (uint)word || at - found > Window)
            {
                at += misses++ >> 7;
                continue;
            }
            misses = 128;
            while (at > literal && found > 0 && Unsafe.Add(ref source, at - 1) == Unsafe.Add(ref source, found - 1)) (at, found) = (at - 1, found - 1);
            var match = MinMatch + Copies.Common(plain[(found + MinMatch)..], plain[(at + MinMatch)..]);
            Add(plain[literal..at], match, at - found);
            at += match;
            literal = at;
            if (at < limit) table[Slot(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, at - 2)), shift)] = at - 2;
        }
        plain[literal..].CopyTo(literals.AsSpan(literalCount));
        literalCount += plain.Length - literal;
    }

    /// <summary>The slot of the first five bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Slot(ulong word, int shift) => (int)((word << 24) * 0x9E3779B185EBCA87 >> shift);

    void Add(ReadOnlySpan<byte> before, int match, int offset)
    {
        before.CopyTo(literals.AsSpan(literalCount));
        literalCount += before.Length;
        sequences[count++] = new(before.Length, match, offsets.Say(offset, before.Length == 0));
    }

    int WriteSequences(Span<byte> room)
    {
        var at = WriteCount(room);
        if (count == 0) return at;
        // All three tables are those of the format.
        room[at++] = 0;
        var stream = new ForwardBits(room[at..]);
        var (lengthState, matchState, offsetState) = (0, 0, 0);
        for (var i = count - 1; i >= 0; i--)
        {
            var (length, match, offset) = sequences[i];
            var lengthCode = length < 64 ? lengthCodes[length] : BitOperations.Log2((uint)length) + 19;
            var matchCode = match - 3 < 128 ? matchCodes[match - 3] : BitOperations.Log2((uint)(match - 3)) + 36;
            var offsetCode = BitOperations.Log2((uint)offset);
            if (i == count - 1)
            {
                (lengthState, matchState, offsetState) = (lengthStates.Last(lengthCode), matchStates.Last(matchCode), offsetStates.Last(offsetCode));
            }
            else
            {
                offsetState = offsetStates.Before(ref stream, offsetCode, offsetState);
                matchState = matchStates.Before(ref stream, matchCode, matchState);
                lengthState = lengthStates.Before(ref stream, lengthCode, lengthState);
            }
            var (lengthBase, lengthBits) = ZstdBlocks.LengthCodes[lengthCode];
            var (matchBase, matchBits) = ZstdBlocks.MatchCodes[matchCode];
            stream.Add((uint)(length - lengthBase), lengthBits);
            stream.Add((uint)(match - matchBase), matchBits);
            stream.Add((uint)offset - (1u << offsetCode), offsetCode);
        }
        stream.Add((uint)matchState, matchStates.Log);
        stream.Add((uint)offsetState, offsetStates.Log);
        stream.Add((uint)lengthState, lengthStates.Log);
        return at + stream.End();
    }

    int WriteCount(Span<byte> room)
    {
        switch (count)
        {
            case < 128:
                room[0] = (byte)count;
                return 1;
            case < 0x7F00:
                (room[0], room[1]) = ((byte)((count >> 8) + 128), (byte)count);
                return 2;
            default:
                room[0] = 255;
                BinaryPrimitives.WriteUInt16LittleEndian(room[1..], (ushort)(count - 0x7F00));
                return 3;
        }
    }
}
