using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using Millrace.Kafka.Compression;
using Millrace.Kafka.Records;

namespace Millrace.Kafka.Tests.Compression;

public sealed class PackingTests
{
    readonly Random random;

    public PackingTests()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MILLRACE_TEST_SEED"), out var given) ? given : Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        random = new Random(seed);
    }

    static readonly CompressionKind[] kinds = [CompressionKind.Gzip, CompressionKind.Snappy, CompressionKind.Lz4, CompressionKind.Zstd];

    static readonly IReadOnlyList<(string Name, CompressionKind Kind, byte[] Packed, byte[] Plain)> fixtures =
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Fixtures", "Compression")).Select(file => Path.GetFileName(file)).Select(name =>
            (name, Enum.Parse<CompressionKind>(name[..name.IndexOf('-', StringComparison.Ordinal)], ignoreCase: true),
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", "Compression", name)), Contents.ByName[Path.GetExtension(name)[1..]])),
    ];

    static byte[] Pack(CompressionKind kind, byte[] plain)
    {
        using var output = new RentedBytes(int.MaxValue);
        Packing.Pack(kind, plain, output);
        return output.Span.ToArray();
    }

    static byte[] Unpack(CompressionKind kind, byte[] packed, int limit)
    {
        using var output = new RentedBytes(limit);
        Packing.Unpack(kind, packed, output);
        return output.Span.ToArray();
    }

    [Fact]
    public void What_others_packed_is_unpacked()
    {
        Assert.Equal(90, fixtures.Count);
        foreach (var (name, kind, packed, plain) in fixtures)
            Assert.True(Unpack(kind, packed, 200_000).AsSpan().SequenceEqual(plain), name);
    }

    [Fact]
    public void Parts_packed_by_others_may_follow_each_other()
    {
        var byName = fixtures.ToDictionary(f => f.Name);
        foreach (var (one, other) in new[] { ("gzip-python", "gzip-node"), ("lz4-linked", "lz4-sized"), ("zstd-19", "zstd-fast") })
        {
            var (first, second) = (byName[one + ".lines"], byName[other + ".cycle"]);
            Assert.Equal([.. first.Plain, .. second.Plain], Unpack(first.Kind, [.. first.Packed, .. second.Packed], 200_000));
        }
        byte[] skipped = [0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
        Assert.Equal(byName["zstd-1.lines"].Plain, Unpack(CompressionKind.Zstd, [.. skipped, .. byName["zstd-1.lines"].Packed, .. skipped], 200_000));
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("lz4")]
    [InlineData("gzip")]
    public async Task What_we_pack_is_unpacked_by_the_usual_program(string program)
    {
        var kind = Enum.Parse<CompressionKind>(program, ignoreCase: true);
        foreach (var plain in Plains())
        {
            var unpacked = await UnpackedByAsync(program, Pack(kind, plain));
            Assert.True(unpacked.AsSpan().SequenceEqual(plain), $"{plain.Length} bytes");
        }
    }

    static async Task<byte[]> UnpackedByAsync(string program, byte[] packed)
    {
        var cancel = TestContext.Current.CancellationToken;
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo(program, ["-d", "-c"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        }
        catch (Win32Exception)
        {
            Assert.Skip($"The program {program} isn't installed.");
            throw;
        }
        using (process)
        {
            var unpacked = new MemoryStream();
            var reading = process.StandardOutput.BaseStream.CopyToAsync(unpacked, cancel);
            await process.StandardInput.BaseStream.WriteAsync(packed, cancel);
            process.StandardInput.Close();
            await reading;
            await process.WaitForExitAsync(cancel);
            Assert.Equal(0, process.ExitCode);
            return unpacked.ToArray();
        }
    }

    /// <summary>Contents on which packers go different ways.</summary>
    IEnumerable<byte[]> Plains()
    {
        foreach (var plain in Contents.ByName.Values) yield return plain;
        yield return Contents.Lines(40_000, random.Next());
        yield return [.. Contents.Noise(200_000, random.Next()), .. Contents.Lines(20_000, random.Next()), .. new byte[300_000]];
        // The same again, farther back than a reader of zstd is asked to look.
        var lines = Contents.Lines(5_000, random.Next());
        yield return [.. lines, .. new byte[9 << 20], .. lines];
        for (var i = 0; i < 25; i++) yield return Mixed();
    }

    // Runs, copies from earlier on, few and many different bytes, at sizes around the borders of blocks and codes.
    byte[] Mixed()
    {
        int[] borders = [0, 1, 5, 11, 12, 13, 15, 16, 31, 32, 63, 64, 255, 256, 257, 1023, 1024, 4095, 4096, 16_383, 16_384, 32_768, 65_535, 65_536, 65_792, 131_072, 131_073, 300_000];
        var bytes = new byte[borders[random.Next(borders.Length)] + random.Next(3)];
        for (var at = 0; at < bytes.Length;)
        {
            var part = bytes.AsSpan(at, Math.Min(bytes.Length - at, 1 + random.Next(random.Next(2) == 0 ? 20 : 5_000)));
            switch (random.Next(4))
            {
                case 0:
                    part.Fill((byte)random.Next(256));
                    break;
                case 1 when at > 0:
                    var back = 1 + random.Next(at);
                    for (var i = 0; i < part.Length; i++) part[i] = bytes[at + i - back];
                    break;
                case 2:
                    random.NextBytes(part);
                    break;
                default:
                    var letters = 1 + random.Next(1, 128);
                    foreach (ref var letter in part) letter = (byte)random.Next(random.Next(1, letters));
                    break;
            }
            at += part.Length;
        }
        return bytes;
    }

    [Fact]
    public void What_we_pack_we_unpack_within_its_size()
    {
        for (var round = 0; round < 300; round++)
        {
            var plain = Mixed();
            foreach (var kind in kinds)
            {
                var packed = Pack(kind, plain);
                Assert.True(Unpack(kind, packed, plain.Length).AsSpan().SequenceEqual(plain), $"{kind} of {plain.Length} bytes");
                if (plain.Length == 0) continue;
                var refused = Assert.Throws<CompressionException>(() => Unpack(kind, packed, plain.Length - 1));
                Assert.Equal($"The records unpack to more than {plain.Length - 1:N0} bytes, which is the most that is allowed here.", refused.Message);
            }
        }
    }

    // Checked by hand with python3-snappy and snappyjs; whoever changes the packer does so again.
    [Fact]
    public void Snappy_is_packed_into_bytes_that_others_were_seen_to_unpack()
    {
        var all = SHA256.HashData([.. Contents.ByName.Values.SelectMany(plain => Pack(CompressionKind.Snappy, plain))]);
        Assert.Equal("93b6cf476803e747b0bd8ff2c324bf6b81ccdadbfaebafaaa034a0818c58048f", Convert.ToHexStringLower(all));
    }

    [Fact]
    public void Repetitive_records_become_much_smaller()
    {
        var plain = Contents.Lines(5_000, 7);
        foreach (var kind in kinds)
        {
            var packed = Pack(kind, plain);
            TestContext.Current.TestOutputHelper!.WriteLine($"{kind}: {plain.Length:N0} to {packed.Length:N0} bytes");
            Assert.InRange(packed.Length, 1, plain.Length / 2);
        }
    }

    [Fact]
    public void Noise_hardly_grows()
    {
        var plain = Contents.Noise(1_000_000, 9);
        // The fastest gzip has one fixed code, in which half of all bytes are longer.
        foreach (var kind in kinds) Assert.InRange(Pack(kind, plain).Length, 1, plain.Length + plain.Length / (kind == CompressionKind.Gzip ? 16 : 250));
    }

    [Fact]
    public void Packing_and_unpacking_again_and_again_allocates_little()
    {
        var plain = Contents.Lines(20_000, 11);
        using var packed = new RentedBytes(int.MaxValue);
        using var unpacked = new RentedBytes(int.MaxValue);
        // Zstd makes a table for the code of each block that it unpacks, gzip its streams.
        foreach (var (kind, most) in new[] { (CompressionKind.Snappy, 0), (CompressionKind.Lz4, 0), (CompressionKind.Zstd, 6_000), (CompressionKind.Gzip, 3_000) })
        {
            var allocated = 0L;
            // The first rounds make the tables and grow the buffers.
            for (var round = 0; round < 10; round++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                packed.Clear();
                unpacked.Clear();
                Packing.Pack(kind, plain, packed);
                Packing.Unpack(kind, packed.Memory, unpacked);
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            }
            TestContext.Current.TestOutputHelper!.WriteLine($"{kind}: {allocated:N0} bytes");
            Assert.InRange(allocated, 0, most);
        }
    }

    [Fact]
    public void Bombs_are_refused_before_they_take_more_memory_than_allowed()
    {
        const int limit = 1 << 20;
        var plain = new byte[64 << 20];
        foreach (var kind in kinds)
        {
            var bomb = Pack(kind, plain);
            for (var round = 0; round < 2; round++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                Assert.Throws<CompressionException>(() => Unpack(kind, bomb, limit));
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, limit * 4);
            }
        }
    }

    [Fact]
    public void Changed_bytes_are_unpacked_or_refused_as_such()
    {
        var (refused, unpacked) = (0, 0);
        foreach (var (name, kind, packed, plain) in fixtures)
        {
            for (var round = 0; round < 40; round++)
            {
                var changed = packed.ToArray();
                for (var changes = random.Next(1, 4); changes > 0 && changed.Length > 0; changes--)
                    changed[random.Next(random.Next(2) == 0 ? Math.Min(changed.Length, 40) : changed.Length)] = random.Next(3) == 0 ? (byte)0xff : (byte)random.Next(256);
                if (random.Next(4) == 0) changed = changed[..random.Next(changed.Length + 1)];
                try
                {
                    Assert.InRange(Unpack(kind, changed, 1 << 20).Length, 0, 1 << 20);
                    unpacked++;
                }
                catch (CompressionException)
                {
                    refused++;
                }
                catch (Exception e) when (e is not Xunit.Sdk.XunitException)
                {
                    Assert.Fail($"{name} as {Convert.ToHexStringLower(changed.AsSpan(0, Math.Min(changed.Length, 300)))}: {e}");
                }
            }
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"{refused} refused, {unpacked} unpacked");
    }

    [Fact]
    public void An_unknown_kind_is_refused_by_number()
    {
        Assert.Equal("Compression 5 is not known. Known are none, gzip, snappy, lz4 and zstd (0 to 4).", Assert.Throws<CompressionException>(() => Unpack((CompressionKind)5, [], 10)).Message);
    }
}
