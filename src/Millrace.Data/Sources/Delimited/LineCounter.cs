namespace Millrace.Data;

/// <summary>Which line of a block a place is in, counted from 0; asked for places in ascending order.</summary>
struct LineCounter(bool hasReturns)
{
    int at, lines;

    internal int At(ReadOnlySpan<byte> block, int place)
    {
        lines += Count(block[at..place], hasReturns);
        at = place;
        return lines;
    }

    /// <summary>Line ends: line feeds, and carriage returns that no line feed follows.</summary>
    internal static int Count(ReadOnlySpan<byte> bytes, bool hasReturns)
    {
        var feeds = bytes.Count((byte)'\n');
        return hasReturns ? feeds + bytes.Count((byte)'\r') - bytes.Count("\r\n"u8) : feeds;
    }
}
