using System.Numerics;

namespace Millrace.Zstd;

/// <summary>The code of the literals of a zstd block: for each run of the longest code's bits, the symbol that it starts with.</summary>
sealed class HuffmanTable
{
    const int MostBits = 11;

    readonly (byte Symbol, byte Bits)[] entries;
    readonly int log;

    HuffmanTable((byte, byte)[] entries, int log) => (this.entries, this.log) = (entries, log);

    internal static HuffmanTable Read(ReadOnlySpan<byte> bytes, out int used)
    {
        if (bytes.IsEmpty) throw new InvalidDataException("A code of zstd is cut off.");
        var header = bytes[0];
        var size = header < 128 ? header : (header - 126) / 2;
        if (size >= bytes.Length) throw new InvalidDataException("A code of zstd is cut off.");
        used = size + 1;
        return Build(header < 128 ? Packed(bytes[1..used]) : Plain(bytes[1..used], header - 127));
    }

    static List<int> Plain(ReadOnlySpan<byte> bytes, int count)
    {
        var weights = new List<int>(count + 1);
        for (var i = 0; i < count; i++) weights.Add(i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15);
        return weights;
    }

    // Two states take turns on one bit stream; the last symbols are those that stand when it has ended.
    static List<int> Packed(ReadOnlySpan<byte> bytes)
    {
        var table = FseTable.Read(bytes, 6, 255, out var used);
        if (used >= bytes.Length) throw new InvalidDataException("A code of zstd is cut off.");
        var bits = new BackwardBits(bytes[used..]);
        ulong one = bits.Read(table.Log), other = bits.Read(table.Log);
        var weights = new List<int>();
        while (weights.Count < 255)
        {
            var entry = table[one];
            weights.Add(entry.Symbol);
            one = entry.Base + bits.Read(entry.Bits);
            (one, other) = (other, one);
            if (bits.Left >= 0) continue;
            weights.Add(table[one].Symbol);
            return weights;
        }
        throw new InvalidDataException("A code of zstd has too many symbols.");
    }

    static HuffmanTable Build(List<int> weights)
    {
        var sum = weights.Sum(w => w > 0 ? 1L << (w - 1) : 0);
        if (sum == 0) throw new InvalidDataException("A code of zstd is empty.");
        var log = BitOperations.Log2((ulong)sum) + 1;
        // The last weight isn't written: it is what is missing to a power of two.
        var missing = (1L << log) - sum;
        if (log > MostBits || !BitOperations.IsPow2(missing)) throw new InvalidDataException("The weights of a code of zstd don't add up.");
        weights.Add(BitOperations.Log2((ulong)missing) + 1);
        if (weights.Count > 256) throw new InvalidDataException("A code of zstd has too many symbols.");
        var entries = new (byte, byte)[1 << log];
        var at = 0;
        for (var weight = 1; weight <= log; weight++)
        {
            for (var symbol = 0; symbol < weights.Count; symbol++)
            {
                if (weights[symbol] != weight) continue;
                var count = 1 << (weight - 1);
                entries.AsSpan(at, count).Fill(((byte)symbol, (byte)(log + 1 - weight)));
                at += count;
            }
        }
        return new HuffmanTable(entries, log);
    }

    internal void Decode(ReadOnlySpan<byte> bytes, Span<byte> into)
    {
        var bits = new BackwardBits(bytes);
        for (var i = 0; i < into.Length; i++)
        {
            var (symbol, length) = entries[bits.Peek(log)];
            bits.Skip(length);
            into[i] = symbol;
        }
        if (bits.Left != 0) throw new InvalidDataException("The literals of a zstd block end in the wrong place.");
    }
}
