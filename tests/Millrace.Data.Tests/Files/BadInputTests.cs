using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Millrace.Data.Tests.Loading;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

/// <summary>Input that is broken, hostile or cut ends a write and a load with an error that names the file, and leaves what was there.</summary>
public sealed class BadInputTests : IDisposable
{
    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    public sealed record Trip(int Id, DateOnly Day, string Name);

    public static TheoryData<string> Broken => [.. Files.Keys];

    // By name: what is wrong, the end of the file's name, its bytes.
    static readonly Dictionary<string, (string Name, byte[] Bytes, string Says)> Files = new()
    {
        ["a ragged row"] = ("a.csv", Csv("2,2026-01-02"), "line 3"),
        ["a quote that isn't closed"] = ("a.csv", Csv("2,2026-01-02,\"never"), "line 3"),
        ["a NUL"] = ("a.csv", Csv("2,2026-01-02,n\0l"), "line 3"),
        ["another encoding"] = ("a.csv", [.. Csv("2,2026-01-02,"), 0xE9, (byte)'\n'], "line 3"),
        ["a huge number"] = ("a.csv", Csv($"{new string('9', 400)},2026-01-02,b"), "line 3"),
        ["a day that isn't"] = ("a.csv", Csv("2,2026-02-30,b"), "line 3"),
        ["a header twice"] = ("a.csv", "Id,Day,Name,Id\n1,2026-01-01,a,2\n"u8.ToArray(), "'Id'"),
        ["UTF-16 cut in a character"] = ("a.csv", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("Id,Day,Name\n1,2026-01-01,a\n"), 0x31], "a.csv"),
        ["gzip cut"] = ("a.csv.gz", Gzip(Noise())[..4_000], "ends in the middle of its gzip data"),
        ["gzip that isn't"] = ("a.csv.gz", "Id,Day,Name\n"u8.ToArray(), "a.csv.gz"),
        ["a gzip bomb"] = ("a.csv.gz", Gzip(Csv(string.Concat(Enumerable.Repeat($"2,2026-01-02,{new string('b', 10_000)}\n", 10_000)))), "unpacks to more than"),
        ["JSON cut"] = ("a.json", "[{\"Id\":1,\"Day\":\"2026-01-01\",\"Name\":\"a\"},{\"Id\":2"u8.ToArray(), "a.json"),
        ["a JSON line cut"] = ("a.jsonl", Json("{\"Id\":2,\"Day\""), "line 2"),
        ["a JSON line of another encoding"] = ("a.jsonl", [.. Json("{\"Id\":2,\"Day\":\"2026-01-02\",\"Name\":\""), 0xE9, .. "\"}\n"u8], "line 2"),
        ["a huge JSON number"] = ("a.jsonl", Json($"{{\"Id\":1{new string('0', 400)},\"Day\":\"2026-01-02\",\"Name\":\"b\"}}"), "line 2"),
        ["a JSON day that isn't"] = ("a.jsonl", Json("{\"Id\":2,\"Day\":\"2026-02-30\",\"Name\":\"b\"}"), "line 2"),
        ["a JSON member twice"] = ("a.jsonl", Json("{\"Id\":2,\"Id\":3,\"Day\":\"2026-01-02\",\"Name\":\"b\"}"), "line 2"),
        ["XML cut"] = ("a.xml", "<trips>\n<trip><Id>1</Id><Day>2026-01-01</Day><Name>a</Name></trip>\n<trip><Id>2"u8.ToArray(), "line 3"),
        ["an empty workbook"] = ("a.xlsx", [], "a.xlsx"),
        ["an empty Parquet file"] = ("a.parquet", [], "a.parquet"),
    };

    static byte[] Csv(string last) => Encoding.UTF8.GetBytes($"Id,Day,Name\n1,2026-01-01,a\n{last}");

    static byte[] Json(string last) => Encoding.UTF8.GetBytes($"{{\"Id\":1,\"Day\":\"2026-01-01\",\"Name\":\"a\"}}\n{last}");

    static byte[] Noise()
    {
        var (text, random) = (new StringBuilder("Id,Day,Name\n"), new Random(5));
        for (var i = 0; i < 2_000; i++) text.Append(i).Append(",2026-01-01,").Append(random.NextInt64()).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize)) gzip.Write(content);
        return packed.ToArray();
    }

    static Frame<Trip> Read(string path) => Path.GetFileName(path) switch
    {
        "a.json" => Data.Json.Read<Trip>(path),
        "a.jsonl" => JsonLines.Read<Trip>(path),
        "a.xml" => Xml.Read<Trip>(path, "trip"),
        "a.xlsx" => Excel.Read<Trip>(path),
        "a.parquet" => Parquet.Read<Trip>(path),
        _ => Data.Csv.Read<Trip>(path),
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_file_with_it_is_named_and_nothing_is_half_written(string what)
    {
        var (name, bytes, says) = Files[what];
        var path = folder[name];
        await File.WriteAllBytesAsync(path, bytes, Cancel);
        var (written, table, set) = (folder["out", "trips.csv"], Sqlite.Open(folder["out", "trips.db"]).Table("trips"), Dataset.At(folder["out", "set"]));
        var old = Frame.From([new Trip(7, new(2025, 1, 1), "old")]);
        await old.WriteAsync(written, Cancel);
        await old.LoadAsync(table, Load.Full, cancel: Cancel);
        await old.LoadAsync(set, Load.Full, cancel: Cancel);
        var before = Directory.GetFiles(folder["out"], "*", SearchOption.AllDirectories).Order();
        var content = await File.ReadAllTextAsync(written, Cancel);

        foreach (var work in (Func<Task>[])[() => Read(path).WriteAsync(written, Cancel), () => Read(path).LoadAsync(table, Load.Full, cancel: Cancel), () => Read(path).LoadAsync(set, Load.Full, cancel: Cancel)])
        {
            var error = await Assert.ThrowsAnyAsync<Exception>(work);
            Assert.True(error is BadDataException or DatabaseException or LoadException, $"{error.GetType()}: {error.Message}");
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
            Assert.Contains(says, error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, Directory.GetFiles(folder["out"], "*", SearchOption.AllDirectories).Order());
        Assert.Equal(content, await File.ReadAllTextAsync(written, Cancel));
        Assert.Equal("old", Assert.Single(await Frame.From(table).As<Trip>().ToListAsync(Cancel)).Name);
        Assert.Equal("old", Assert.Single(await Frame.From(set).As<Trip>().ToListAsync(Cancel)).Name);
    }

    [Fact]
    public async Task A_JSON_line_of_100_MB_is_read_or_named_by_its_line()
    {
        await using (var file = new StreamWriter(folder["long.jsonl"]))
        {
            await file.WriteAsync("{\"name\":\"a\"}\n{\"name\":\"");
            for (var i = 0; i < 100; i++) await file.WriteAsync(new string('x', 1 << 20));
            await file.WriteAsync("\"}\n{\"name\":\"c\"}\n");
        }
        var columns = new JsonOptions { Columns = new Schema(new Field("name", DataType.Text)) };

        var bad = await Assert.ThrowsAsync<BadDataException>(() => JsonLines.Read(folder["long.jsonl"], columns with { MaxRowBytes = 32 << 20 }).CollectAsync(Cancel));
        Assert.Equal(2, bad.Line);
        Assert.Contains(nameof(JsonOptions.MaxRowBytes), bad.Message, StringComparison.Ordinal);

        using var table = await JsonLines.Read(folder["long.jsonl"], columns).CollectAsync(Cancel);
        Assert.Equal([1, 100 << 20, 1], table.Column<string>("name").Select(n => n.Length));
    }

    [Fact]
    public async Task Members_of_tars_whose_names_escape_are_read_and_written_nowhere()
    {
        var inner = folder["inner", "deep"];
        Directory.CreateDirectory(inner);
        using var tarred = new MemoryStream();
        using (var tar = new TarWriter(tarred, leaveOpen: true))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "../../escapes.csv") { DataStream = new MemoryStream("id\n1\n"u8.ToArray()) });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "/tmp/millrace-escapes.csv") { DataStream = new MemoryStream("id\n2\n"u8.ToArray()) });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link.csv") { LinkName = "/etc/passwd" });
        }
        await File.WriteAllBytesAsync(Path.Combine(inner, "a.tar"), tarred.ToArray(), Cancel);
        await File.WriteAllBytesAsync(Path.Combine(inner, "a.tgz"), Gzip(tarred.ToArray()), Cancel);
        foreach (var archive in (string[])["a.tar", "a.tgz"])
        {
            // A link is no member: what it points to is no part of the archive.
            Assert.Equal([1L, 2L], (await Data.Csv.Read(Path.Combine(inner, archive)).RowsAsync()).Select(r => (long)r[0]!).Order());
            Assert.Throws<FileNotFoundException>(() => InputFiles.Find(Path.Combine(inner, archive) + "!link.csv"));
        }
        Assert.False(File.Exists(folder["escapes.csv"]) || File.Exists("/tmp/millrace-escapes.csv"));
    }

    [Theory]
    [InlineData("file", "out.csv")]
    [InlineData("file", "out.jsonl")]
    [InlineData("file", "out.parquet")]
    [InlineData("file", "out.xlsx")]
    [InlineData("sqlite", "out.db")]
    public async Task A_disk_that_fills_leaves_what_was_there(string target, string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "No limit can be set to the size of a process's files here.");
        Directory.CreateDirectory(folder["small"]);
        var path = folder["small", name];
        using (var first = await LoaderProcess.StartAsync(target, path, Load.Full, 1, 10, Cancel)) Assert.StartsWith("loaded", await first.EndAsync(Cancel), StringComparison.Ordinal);
        var before = await File.ReadAllBytesAsync(path, Cancel);

        // No file of the process may grow beyond 100 blocks: what a full disk looks like to it.
        using var stopped = await LoaderProcess.StartAsync(target, path, Load.Full, 2, 400_000, Cancel, "/bin/sh", "-c", "trap '' XFSZ; ulimit -f 100; exec \"$@\"", "limited");
        var said = await stopped.EndAsync(Cancel);
        Assert.StartsWith("failed", said, StringComparison.Ordinal);
        if (target == "file") Assert.Contains($"'{path}' can't be written, and is as it was: ", said, StringComparison.Ordinal);

        Assert.Equal([path], Directory.GetFiles(folder["small"]));
        if (target == "file") Assert.Equal(before, await File.ReadAllBytesAsync(path, Cancel));
        else Assert.Equal(10, await Frame.From(Sqlite.Open(path).Table("generations")).CountAsync(Cancel));
    }
}
