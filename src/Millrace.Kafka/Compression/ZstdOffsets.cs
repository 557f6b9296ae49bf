namespace Millrace.Kafka.Compression;

/// <summary>The last three offsets, which zstd says by number. After no literals the first would say nothing, so the numbers move up by one.</summary>
record struct ZstdOffsets(int One, int Two, int Three)
{
    internal static ZstdOffsets First => new(1, 4, 8);

    /// <summary>How the offset is said, after which it's the first.</summary>
    internal int Say(int offset, bool noLiterals)
    {
        if (offset == One && !noLiterals) return 1;
        var number = offset == Two ? 2 : offset == Three ? 3 : noLiterals && offset == One - 1 ? 4 : 0;
        if (number != 2) Three = Two;
        (Two, One) = (One, offset);
        return number == 0 ? offset + 3 : noLiterals ? number - 1 : number;
    }
}
