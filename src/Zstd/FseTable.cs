using System.Numerics;

namespace Millrace.Zstd;

/// <summary>A finite state table: each state stands for a symbol and says how the next state is read.</summary>
sealed class FseTable
{
    readonly Entry[] entries;

    FseTable(Entry[] entries, int log) => (this.entries, Log) = (entries, log);

    internal int Log { get; }

    internal Entry this[ulong state] => entries[state];

    /// <param name="Base">The next state, without the bits that are read for it.</param>
    internal readonly record struct Entry(byte Symbol, byte Bits, ushort Base);

    internal static FseTable OfOne(byte symbol) => new([new Entry(symbol, 0, 0)], 0);

    /// <summary>Reads how often each symbol comes, and says how many bytes that took.</summary>
    internal static FseTable Read(ReadOnlySpan<byte> bytes, int mostLog, int mostSymbols, out int used)
    {
        var at = 0;
        var log = Bits(bytes, ref at, 4) + 5;
        if (log > mostLog) throw new InvalidDataException("A state table of zstd is too large.");
        var frequencies = new List<short>();
        var remaining = 1 << log;
        while (remaining > 0)
        {
            var count = BitOperations.Log2((uint)(remaining + 1)) + 1;
            var value = Bits(bytes, ref at, count);
            var low = (1 << (count - 1)) - 1;
            // Small values are a bit shorter where not all of the longer ones can be.
            var threshold = (1 << count) - 1 - (remaining + 1);
            if ((value & low) < threshold)
            {
                at--;
                value &= low;
            }
            else if (value > low)
            {
                value -= threshold;
            }
            var frequency = (short)(value - 1);
            remaining -= Math.Abs(frequency);
            frequencies.Add(frequency);
            for (var repeat = 3; frequency == 0 && repeat == 3;)
            {
                repeat = Bits(bytes, ref at, 2);
                for (var i = 0; i < repeat; i++) frequencies.Add(0);
                if (frequencies.Count > mostSymbols) break;
            }
            if (frequencies.Count > mostSymbols) throw new InvalidDataException("A state table of zstd has too many symbols.");
        }
        if (remaining < 0) throw new InvalidDataException("The frequencies of a state table of zstd don't add up.");
        used = (at + 7) >> 3;
        return Build([.. frequencies], log);
    }

    internal static FseTable Build(ReadOnlySpan<short> frequencies, int log)
    {
        var size = 1 << log;
        var symbols = new byte[size];
        var next = new int[frequencies.Length];
        var high = size;
        for (var s = 0; s < frequencies.Length; s++)
        {
            if (frequencies[s] != -1) continue;
            symbols[--high] = (byte)s;
            next[s] = 1;
        }
        var (step, at) = ((size >> 1) + (size >> 3) + 3, 0);
        for (var s = 0; s < frequencies.Length; s++)
        {
            if (frequencies[s] <= 0) continue;
            next[s] = frequencies[s];
            for (var i = 0; i < frequencies[s]; i++)
            {
                symbols[at] = (byte)s;
                do at = (at + step) & (size - 1);
                while (at >= high);
            }
        }
        var entries = new Entry[size];
        for (var i = 0; i < size; i++)
        {
            var state = next[symbols[i]]++;
            var bits = log - BitOperations.Log2((uint)state);
            entries[i] = new Entry(symbols[i], (byte)bits, (ushort)((state << bits) - size));
        }
        return new FseTable(entries, log);
    }

    static int Bits(ReadOnlySpan<byte> bytes, ref int at, int count)
    {
        var value = 0;
        for (var i = 0; i < count; i++, at++)
        {
            // Up to a byte behind the end may be looked at and given back.
            if (at >> 3 > bytes.Length) throw new InvalidDataException("A state table of zstd is cut off.");
            if (at >> 3 < bytes.Length) value |= ((bytes[at >> 3] >> (at & 7)) & 1) << i;
        }
        return value;
    }
}
