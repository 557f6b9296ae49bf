using System.Diagnostics;
using System.Text;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

public sealed class ZstdTests : IDisposable
{
    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    async Task<byte[]> PackedAsync(byte[] content, params string[] options)
    {
        File.WriteAllBytes(folder["a"], content);
        try
        {
            using var process = Process.Start(new ProcessStartInfo("zstd", [.. options, "-q", "-f", folder["a"], "-o", folder["a.zst"]]))!;
            await process.WaitForExitAsync(Rows.Cancel);
            Assert.Equal(0, process.ExitCode);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("The zstd program isn't installed.");
        }
        return File.ReadAllBytes(folder["a.zst"]);
    }

    async Task<byte[]> UnpackedAsync(byte[] packed)
    {
        File.WriteAllBytes(folder["b.zst"], packed);
        using var content = new MemoryStream();
        await using var stream = await InputFiles.Find(folder["b.zst"])[0].OpenAsync(Rows.Cancel);
        await stream.CopyToAsync(content, Rows.Cancel);
        return content.ToArray();
    }

    static byte[] Text(int lines, int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        for (var i = 0; i < lines; i++) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{i},{random.Next(100)},station {random.Next(20)},{random.NextDouble():F3}\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("-3")]
    [InlineData("-9")]
    [InlineData("-19")]
    [InlineData("--fast=5")]
    [InlineData("--no-check")]
    [InlineData("--long=24")]
    public async Task What_zstd_packs_is_unpacked(string option)
    {
        var random = new Random(5);
        var noise = new byte[300_000];
        random.NextBytes(noise);
        byte[][] contents = [[], [7], Text(1, 1), Text(60_000, 2), noise, [.. new byte[500_000], .. Text(500, 3), .. noise[..1_000], .. Text(500, 3)]];
        foreach (var content in contents)
        {
            var unpacked = await UnpackedAsync(await PackedAsync(content, option));
            Assert.Equal(content, unpacked);
        }
    }

    [Fact]
    public async Task Frames_follow_each_other_and_skippable_ones_are_skipped()
    {
        var (one, two) = (await PackedAsync(Text(100, 1)), await PackedAsync(Text(200, 2)));
        byte[] packed = [.. one, 0x53, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3, .. two], content = [.. Text(100, 1), .. Text(200, 2)];
        Assert.Equal(content, await UnpackedAsync(packed));
    }

    [Fact]
    public async Task Broken_and_cut_data_is_refused()
    {
        var content = Text(3_000, 4);
        var packed = await PackedAsync(content);
        var error = await Assert.ThrowsAsync<BadDataException>(() => UnpackedAsync(packed[..(packed.Length / 2)]));
        Assert.Contains("ends in the middle of its zstd data", error.Message, StringComparison.Ordinal);
        var random = new Random(9);
        for (var i = 0; i < 500; i++)
        {
            var broken = packed.ToArray();
            broken[random.Next(4, broken.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                // Some bits mean nothing: the content is then the same, and the checksum has seen it.
                var unpacked = await UnpackedAsync(broken);
                Assert.Equal(content, unpacked);
            }
            catch (BadDataException)
            {
            }
        }
    }
}
