namespace Millrace.Kafka.Records;

/// <summary>The checksum of old messages, which is the one of zip.</summary>
static class Crc32
{
    static readonly uint[] table = [.. Enumerable.Range(0, 256).Select(OfByte)];

    static uint OfByte(int value)
    {
        var crc = (uint)value;
        for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        return crc;
    }

    internal static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes) crc = crc >> 8 ^ table[(byte)(crc ^ b)];
        return ~crc;
    }
}
