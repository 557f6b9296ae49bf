namespace Millrace.Kafka.Records;

/// <summary>Numbers in as few bytes as they need, seven bits a byte, the sign in the lowest bit.</summary>
static class Varint
{
    internal const int MostBytes = 10;

    /// <summary>False where the bytes end, or the number doesn't.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, ref int position, out long value)
    {
        var raw = 0ul;
        for (var shift = 0; shift < 64 && (uint)position < (uint)bytes.Length; shift += 7)
        {
            var next = bytes[position++];
            raw |= (ulong)(next & 0x7f) << shift;
            if (next >= 0x80) continue;
            value = (long)(raw >> 1) ^ -(long)(raw & 1);
            return true;
        }
        value = 0;
        return false;
    }

    internal static int Write(Span<byte> bytes, int position, long value)
    {
        var raw = (ulong)(value << 1 ^ value >> 63);
        for (; raw >= 0x80; raw >>= 7) bytes[position++] = (byte)(raw | 0x80);
        bytes[position++] = (byte)raw;
        return position;
    }

    internal static int Size(long value)
    {
        var raw = (ulong)(value << 1 ^ value >> 63);
        return (70 - System.Numerics.BitOperations.LeadingZeroCount(raw | 1)) / 7;
    }
}
