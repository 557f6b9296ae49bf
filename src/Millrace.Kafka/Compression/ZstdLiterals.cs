using System.Buffers.Binary;

namespace Millrace.Kafka.Compression;

/// <summary>
/// Writes the literals of a zstd block: as they are, one repeated, or in a code by how often each comes.
/// <code>
///  | kind, 2 bits; format, 1 or 2 bits; size | bytes |
///  | 2, format, size, size packed | 127 + n | n weights, 4 bits each | lengths of three streams | four streams |
/// </code>
/// </summary>
sealed class ZstdLiterals
{
    const int MostBits = 11, MostSymbols = 129, LeastPacked = 64, OneStream = 256;

    readonly int[] counts = new int[256];
    readonly int[] sorted = new int[MostSymbols];
    readonly int[] weightOf = new int[2 * MostSymbols];
    readonly short[] parents = new short[2 * MostSymbols];
    readonly byte[] lengths = new byte[256];
    readonly ushort[] codes = new ushort[256];

    /// <summary>Writes the section, and says how long it is.</summary>
    internal int Write(ReadOnlySpan<byte> literals, Span<byte> room)
    {
        if (literals.Length >= LeastPacked)
        {
            Array.Clear(counts);
            foreach (var b in literals) counts[b]++;
            if (counts[literals[0]] == literals.Length)
            {
                var at = Head(1, literals.Length, room);
                room[at] = literals[0];
                return at + 1;
            }
            if (Coded(literals, room) is > 0 and var coded) return coded;
        }
        var head = Head(0, literals.Length, room);
        literals.CopyTo(room[head..]);
        return head + literals.Length;
    }

    static int Head(int kind, int size, Span<byte> room)
    {
        switch (size)
        {
            case < 32:
                room[0] = (byte)(kind | size << 3);
                return 1;
            case < 4096:
                BinaryPrimitives.WriteUInt16LittleEndian(room, (ushort)(kind | 1 << 2 | size << 4));
                return 2;
            default:
                room[2] = (byte)(size >> 12);
                BinaryPrimitives.WriteUInt16LittleEndian(room, (ushort)(kind | 3 << 2 | size << 4));
                return 3;
        }
    }

    /// <summary>0 where a code wins nothing, or the symbols have none that we write.</summary>
    int Coded(ReadOnlySpan<byte> literals, Span<byte> room)
    {
        var symbols = 256;
        while (counts[symbols - 1] == 0) symbols--;
        // Weights of more symbols than these are written in another way.
        if (symbols > MostSymbols) return 0;
        var most = Lengths(symbols);
        var bits = 0L;
        for (var symbol = 0; symbol < symbols; symbol++) bits += (long)counts[symbol] * lengths[symbol];
        var head = literals.Length < 1024 ? 3 : literals.Length < 16_384 ? 4 : 5;
        if (bits / 8 + symbols / 2 + 16 >= literals.Length - literals.Length / 32) return 0;
        Codes(symbols, most);
        var at = Weights(symbols, most, room, head);
        var streams = literals.Length < OneStream ? 1 : 4;
        at = streams == 1 ? at + Stream(literals, room[at..]) : Streams(literals, room, at);
        var format = literals.Length < 1024 ? streams == 1 ? 0 : 1 : head - 2;
        var width = head == 3 ? 10 : head == 4 ? 14 : 18;
        var value = 2UL | (ulong)format << 2 | (ulong)literals.Length << 4 | (ulong)(at - head) << (4 + width);
        for (var i = 0; i < head; i++, value >>= 8) room[i] = (byte)value;
        return at < literals.Length ? at : 0;
    }

    /// <summary>The lengths of the codes, and the longest. Frequencies are evened out until none is too long.</summary>
    int Lengths(int symbols)
    {
        for (var shift = 0; ; shift++)
        {
            var leaves = 0;
            for (var symbol = 0; symbol < symbols; symbol++)
            {
                lengths[symbol] = 0;
                if (counts[symbol] > 0) sorted[leaves++] = Math.Max(counts[symbol] >> shift, 1) << 8 | symbol;
            }
            sorted.AsSpan(0, leaves).Sort();
            var most = Tree(leaves);
            if (most <= MostBits) return most;
        }
    }

    // Leaves come by how rare they are, and so do the nodes made of them: the two rarest are always at the front of either.
    int Tree(int leaves)
    {
        var (leaf, node, made) = (0, leaves, leaves);
        for (var i = 0; i < leaves; i++) weightOf[i] = sorted[i] >> 8;
        for (; made < 2 * leaves - 1; made++)
        {
            var one = leaf < leaves && (node == made || weightOf[leaf] <= weightOf[node]) ? leaf++ : node++;
            var other = leaf < leaves && (node == made || weightOf[leaf] <= weightOf[node]) ? leaf++ : node++;
            weightOf[made] = weightOf[one] + weightOf[other];
            parents[one] = parents[other] = (short)made;
        }
        var most = 0;
        // From here on the place of a node's weight holds how deep it lies.
        weightOf[made - 1] = 0;
        for (var i = made - 2; i >= 0; i--)
        {
            weightOf[i] = weightOf[parents[i]] + 1;
            if (i >= leaves) continue;
            lengths[sorted[i] & 0xff] = (byte)Math.Min(weightOf[i], byte.MaxValue);
            most = Math.Max(most, weightOf[i]);
        }
        return most;
    }

    void Codes(int symbols, int most)
    {
        var at = 0;
        for (var length = most; length > 0; length--)
        {
            for (var symbol = 0; symbol < symbols; symbol++)
            {
                if (lengths[symbol] != length) continue;
                codes[symbol] = (ushort)(at >> (most - length));
                at += 1 << (most - length);
            }
        }
    }

    // The weight of the last symbol follows from the others.
    int Weights(int symbols, int most, Span<byte> room, int at)
    {
        room[at++] = (byte)(127 + symbols - 1);
        for (var symbol = 0; symbol < symbols - 1; symbol += 2)
        {
            var next = symbol + 1 < symbols - 1 ? Weight(symbol + 1) : 0;
            room[at++] = (byte)(Weight(symbol) << 4 | next);
        }
        return at;

        int Weight(int symbol) => lengths[symbol] == 0 ? 0 : most + 1 - lengths[symbol];
    }

    int Streams(ReadOnlySpan<byte> literals, Span<byte> room, int at)
    {
        var (lengthsAt, each) = (at, (literals.Length + 3) / 4);
        at += 6;
        for (var i = 0; i < 4; i++)
        {
            var part = i < 3 ? literals.Slice(i * each, each) : literals[(3 * each)..];
            var length = Stream(part, room[at..]);
            if (i < 3) BinaryPrimitives.WriteUInt16LittleEndian(room[(lengthsAt + i * 2)..], (ushort)length);
            at += length;
        }
        return at;
    }

    int Stream(ReadOnlySpan<byte> literals, Span<byte> room)
    {
        var stream = new ForwardBits(room);
        for (var i = literals.Length - 1; i >= 0; i--) stream.Add(codes[literals[i]], lengths[literals[i]]);
        return stream.End();
    }
}
