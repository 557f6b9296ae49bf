using System.Diagnostics;
using System.Text.Json.Nodes;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

public sealed class FileFormatTests : IDisposable
{
    static readonly Schema schema = new(new Field("v", DataType.Int64), new Field("name", DataType.Text));

    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("a.json")]
    [InlineData("a.jsonl.gz")]
    [InlineData("a.NDJSON")]
    [InlineData("a.parquet")]
    [InlineData("a.xlsx")]
    public async Task The_end_of_a_name_says_the_format(string name)
    {
        await FileFormats.Sink(folder[name]).WriteAsync(schema, [1L, "a"], [2L, null]);
        foreach (var path in (string[])[folder[name], folder["*"], folder.FullPath])
        {
            var source = FileFormats.Open(path);
            Assert.Equal([[1L, "a"], [2L, null]], await Frame.From(source).RowsAsync());
            var description = JsonNode.Parse(source.Describe()!.ToJsonString())!.AsObject();
            var again = SourceKinds.Open(source.Kind, description)!;
            Assert.Equal(source.Schema, again.Schema);
            Assert.True(JsonNode.DeepEquals(description, again.Describe()));
        }
    }

    [Fact]
    public void Options_travel_in_descriptions()
    {
        File.WriteAllText(folder["a.xml"], "<a><r><v>1</v></r></a>");
        File.WriteAllText(folder["a.json"], "[]");
        File.WriteAllText(folder["a.xlsx"], "");
        foreach (var frame in (Frame[])[
            Json.Read(folder["a.json"], new() { Columns = schema, Bad = Bad.Reject, Rows = "a.b" }),
            Xml.Read(folder["a.xml"], "//r", new() { Columns = schema, Bad = Bad.Null }),
            Excel.Read(folder["a.xlsx"], "Sheet", new() { Columns = schema, Range = "A1:B2", Header = false })])
        {
            var description = frame.Source().Describe()!;
            var again = SourceKinds.Open(frame.Source().Kind, description)!;
            Assert.Equal(schema, again.Schema);
            Assert.True(JsonNode.DeepEquals(description, again.Describe()), description.ToJsonString());
        }
    }

    [Fact]
    public void A_name_that_says_no_format_is_refused()
    {
        Assert.Contains("doesn't say of what format", Assert.Throws<NotSupportedException>(() => FileFormats.Sink("a.doc")).Message, StringComparison.Ordinal);
        Assert.Contains("avro, which is only read", Assert.Throws<NotSupportedException>(() => FileFormats.Sink("a.avro")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_fills_ends_the_write_and_leaves_the_old_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "A small disk can only be made by root on Linux.");
        var disk = folder["disk"];
        Directory.CreateDirectory(disk);
        Assert.SkipUnless(await RanAsync("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk), "Disks can't be mounted here.");
        try
        {
            var random = new Random(3);
            foreach (var name in (string[])["a.jsonl", "a.json.gz", "a.parquet", "a.xlsx"])
            {
                var path = Path.Combine(disk, name);
                await FileFormats.Sink(path).WriteAsync(schema, [1L, "old"]);
                var rows = Enumerable.Range(0, 200_000).Select(i => new object?[] { (long)i, $"{random.NextInt64():x}{random.NextInt64():x}{random.NextInt64():x}" });
                await Assert.ThrowsAnyAsync<IOException>(() => FileFormats.Sink(path).WriteAsync(schema, rows));
                Assert.Equal([[1L, "old"]], await Frame.From(FileFormats.Open(path)).RowsAsync());
                Assert.Equal([name], Directory.GetFileSystemEntries(disk).Select(Path.GetFileName));
                File.Delete(path);
                await Assert.ThrowsAnyAsync<IOException>(() => JsonLines.Folder(Path.Combine(disk, "set")).WriteAsync(schema, rows));
                Assert.Empty(Directory.GetFileSystemEntries(disk));
            }
        }
        finally
        {
            await RanAsync("umount", disk);
        }
    }

    static async Task<bool> RanAsync(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode == 0;
    }
}
