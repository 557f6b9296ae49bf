using System.Globalization;
using System.Text;

namespace Millrace.Kafka.Tests.Compression;

/// <summary>What the fixtures hold, made anew: programs that aren't ours packed the same.</summary>
static class Contents
{
    internal static IReadOnlyDictionary<string, byte[]> ByName { get; } = new Dictionary<string, byte[]>
    {
        ["empty"] = [],
        ["one"] = [(byte)'a'],
        ["lines"] = Lines(400, 1),
        ["zeros"] = new byte[100_000],
        ["noise"] = Noise(2_000, 2),
        ["cycle"] = [.. Enumerable.Repeat(Lines(100, 3), 200).SelectMany(line => line).Take(150_000)],
    };

    internal static byte[] Lines(int count, int seed)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++) text.Append(CultureInfo.InvariantCulture, $"{i},{Next(ref seed, 100)},station {Next(ref seed, 20)}\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    internal static byte[] Noise(int count, int seed)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++) bytes[i] = (byte)Next(ref seed, 256);
        return bytes;
    }

    static int Next(ref int state, int most)
    {
        state = (int)((state * 1103515245L + 12345) & 0x7fff_ffff);
        return (state >> 16) % most;
    }
}
