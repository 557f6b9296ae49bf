using Millrace.Kafka.Records;

namespace Millrace.Kafka.Tests.Records;

public sealed class Crc32CTests
{
    [Fact]
    public void The_checksum_is_the_same_however_long_the_text_and_wherever_it_is_cut()
    {
        var random = new Random(11);
        foreach (var length in new[] { 0, 1, 7, 8, 100, 6_143, 6_144, 6_145, 12_289, 100_000 })
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            Assert.Equal(BitByBit(bytes), Crc32C.Of(bytes));
            var cut = random.Next(length + 1);
            Assert.Equal(BitByBit(bytes), ~Crc32C.Continue(Crc32C.Continue(uint.MaxValue, bytes.AsSpan(0, cut)), bytes.AsSpan(cut)));
        }
        Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));
    }

    /// <summary>As the polynomial says it.</summary>
    static uint BitByBit(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
        }
        return ~crc;
    }
}
