namespace Millrace.Kafka.Compression;

/// <summary>What the formats that repeat earlier bytes have in common.</summary>
static class Copies
{
    /// <summary>Copies bytes from that far back. They may overlap with where they go: what was just written is then repeated.</summary>
    internal static void Repeat(Span<byte> whole, int to, int back, int count)
    {
        var from = to - back;
        if (back >= count)
        {
            whole.Slice(from, count).CopyTo(whole[to..]);
            return;
        }
        // Each round doubles what there is to copy from.
        for (; count > 0;)
        {
            var some = Math.Min(to - from, count);
            whole.Slice(from, some).CopyTo(whole[to..]);
            to += some;
            count -= some;
        }
    }

    /// <summary>How many bytes at the beginning are the same.</summary>
    internal static int Common(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => a.CommonPrefixLength(b);
}
