using Millrace.Zstd;

namespace Millrace.Kafka.Compression;

/// <summary>
/// A state table of zstd read the other way round. A reader in a state knows its symbol and gets to the next state by some
/// bits; a writer, which goes from the last symbol to the first, asks from which state with a given symbol the state that
/// follows is reached, and by which bits.
/// </summary>
sealed class ZstdStates
{
    readonly byte[] before;
    readonly byte[] bits;
    readonly byte[] starts;

    internal ZstdStates(FseTable table, int symbols)
    {
        var size = 1 << table.Log;
        (Log, before, bits, starts) = (table.Log, new byte[symbols << table.Log], new byte[size], new byte[size]);
        for (var state = 0; state < size; state++)
        {
            var entry = table[(ulong)state];
            (bits[state], starts[state]) = (entry.Bits, (byte)entry.Base);
            before.AsSpan((entry.Symbol << Log) + entry.Base, 1 << entry.Bits).Fill((byte)state);
        }
    }

    internal int Log { get; }

    /// <summary>A state with the symbol after which nothing follows.</summary>
    internal int Last(int symbol) => before[symbol << Log];

    /// <summary>The state with the symbol that the state leads on from.</summary>
    internal int Before(ref ForwardBits stream, int symbol, int state)
    {
        var found = before[(symbol << Log) + state];
        stream.Add((uint)(state - starts[found]), bits[found]);
        return found;
    }
}
