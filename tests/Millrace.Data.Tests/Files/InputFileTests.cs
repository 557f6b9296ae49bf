using System.Formats.Tar;
using System.IO.Compression;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

public sealed class InputFileTests : IDisposable
{
    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Write(string name, string content)
    {
        var path = folder[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal)) gzip.Write(content);
        return packed.ToArray();
    }

    static async Task<string> TextAsync(InputFile file)
    {
        using var reader = new StreamReader(await file.OpenAsync(Rows.Cancel));
        return await reader.ReadToEndAsync(Rows.Cancel);
    }

    [Fact]
    public void A_link_is_as_long_as_what_it_leads_to()
    {
        var file = Write("long.csv", new string('x', 1_000));
        File.CreateSymbolicLink(folder["link.csv"], file);
        File.CreateSymbolicLink(folder["further.csv"], folder["link.csv"]);
        var link = InputFile.At(folder["further.csv"]);
        Assert.Equal((1_000, 1_000), (link.Length, link.StoredLength));
        Assert.Equal(File.GetLastWriteTimeUtc(file), link.Modified);
    }

    [Fact]
    public void A_pattern_finds_files_in_order_and_leaves_out_hidden_ones()
    {
        foreach (var name in (string[])["b.csv", "a.csv", "deep/er/c.csv", "deep/d.txt", ".hidden.csv", "e.tsv"]) Write(name, "x");
        Assert.Equal(["a.csv", "b.csv", "deep/er/c.csv"], Names("**/*.csv"));
        Assert.Equal(["a.csv", "b.csv"], Names("*.csv"));
        Assert.Equal(["a.csv", "e.tsv"], Names("[a,e].{csv,tsv}"));
        Assert.Equal(["a.csv", "b.csv", "deep/d.txt", "deep/er/c.csv", "e.tsv"], Names("."));
        Assert.Contains("No file matches", Assert.Throws<FileNotFoundException>(() => Names("*.nothing")).Message, StringComparison.Ordinal);
        Assert.Contains("There is no file", Assert.Throws<FileNotFoundException>(() => Names("nothing.csv")).Message, StringComparison.Ordinal);

        string[] Names(string pattern) => [.. InputFiles.Find(folder[pattern]).Select(f => Path.GetRelativePath(folder.FullPath, f.Name))];
    }

    [Fact]
    public async Task Folders_say_columns_with_types_of_their_own()
    {
        Write("set/year=2026/city=K%C3%B6ln/a.jsonl", "{\"v\":1}\n");
        Write("set/year=2025/city=__HIVE_DEFAULT_PARTITION__/a.jsonl", "{\"v\":2}\n");
        var frame = JsonLines.Read(folder["set"]);
        Assert.Equal("v: int64?, year: int64, city: text?", frame.Schema.ToString());
        Assert.Equal([[2L, 2025L, null], [1L, 2026L, "Köln"]], await frame.RowsAsync());
        Assert.Equal([["Köln", 1L]], await JsonLines.Read(folder["set/year=2026"]).RowsAsync(new ReadRequest { Columns = ["city", "v"] }));
    }

    [Fact]
    public async Task Gzip_files_of_several_members_are_read_to_their_end()
    {
        File.WriteAllBytes(folder["a.jsonl.gz"], [.. Gzip("{\"v\":1}\n"u8.ToArray()), .. Gzip("{\"v\":2}\n"u8.ToArray())]);
        Assert.Equal([[1L], [2L]], await JsonLines.Read(folder["a.jsonl.gz"]).RowsAsync());
    }

    [Fact]
    public async Task Gzip_files_of_all_sizes_are_whole_or_cut()
    {
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
        {
            // Sizes around those of the buffers inside, in one member or two.
            var content = new byte[i < 100 ? (i * 30) + 1 : 8_100 + (i - 100) * 2];
            random.NextBytes(content);
            var packed = Gzip(content);
            var whole = i % 3 == 0 ? [.. packed, .. Gzip([1])] : packed;
            File.WriteAllBytes(folder["a.gz"], whole);
            using var read = new MemoryStream();
            await using (var file = await InputFiles.Find(folder["a.gz"])[0].OpenAsync(Rows.Cancel)) await file.CopyToAsync(read, Rows.Cancel);
            Assert.Equal(i % 3 == 0 ? [.. content, 1] : content, read.ToArray());
            foreach (var less in (int[])[1, 8, packed.Length / 2])
            {
                if (packed.Length <= less) continue;
                File.WriteAllBytes(folder["a.gz"], packed[..^less]);
                await using var cut = await InputFiles.Find(folder["a.gz"])[0].OpenAsync(Rows.Cancel);
                await Assert.ThrowsAsync<BadDataException>(() => cut.CopyToAsync(Stream.Null, Rows.Cancel));
            }
        }
    }

    [Fact]
    public async Task A_gzip_file_that_is_cut_names_itself_and_the_byte()
    {
        var content = new byte[200_000];
        new Random(1).NextBytes(content);
        var packed = Gzip([.. Convert.ToHexString(content).Select(c => (byte)c)]);
        File.WriteAllBytes(folder["cut.gz"], packed[..(packed.Length / 2)]);
        var error = await Assert.ThrowsAsync<BadDataException>(() => TextAsync(InputFiles.Find(folder["cut.gz"])[0]));
        Assert.Equal($"'{folder["cut.gz"]}' ends in the middle of its gzip data, at byte {packed.Length / 2:N0}. Fetch or pack it again.", error.Message);

        packed[packed.Length / 2] ^= 0xFF;
        packed[packed.Length - 6] ^= 0xFF;
        File.WriteAllBytes(folder["broken.gz"], packed);
        error = await Assert.ThrowsAsync<BadDataException>(() => TextAsync(InputFiles.Find(folder["broken.gz"])[0]));
        Assert.Contains("has broken gzip data", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_of_archives_are_chosen_by_pattern()
    {
        Pack();
        foreach (var archive in (string[])["all.zip", "all.tgz", "all.tar"])
        {
            Assert.Equal([$"{archive}!inner/b.csv", $"{archive}!toll.csv"], InputFiles.Find(folder[archive] + "!*.csv").Select(f => Path.GetFileName(folder.FullPath) is var root ? f.Name[(f.Name.IndexOf(root, StringComparison.Ordinal) + root.Length + 1)..] : "").Order());
            Assert.Equal("one", await TextAsync(InputFiles.Find(folder[archive] + "!toll.csv").Single()));
            Assert.Equal(4, InputFiles.Find(folder[archive]).Count);
            Assert.Equal("packed", await TextAsync(InputFiles.Find(folder[archive] + "!more.txt.gz").Single()));
            var none = Assert.Throws<FileNotFoundException>(() => InputFiles.Find(folder[archive] + "!nothing.csv"));
            Assert.Contains("No member of", none.Message, StringComparison.Ordinal);
        }
    }

    void Pack()
    {
        (string Name, byte[] Content)[] files = [("toll.csv", "one"u8.ToArray()), ("inner/b.csv", "two"u8.ToArray()), ("../../escapes.txt", "three"u8.ToArray()), ("more.txt.gz", Gzip("packed"u8.ToArray()))];
        using (var zip = ZipFile.Open(folder["all.zip"], ZipArchiveMode.Create))
        {
            foreach (var (name, content) in files)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(content);
            }
        }
        using var tarred = new MemoryStream();
        using (var tar = new TarWriter(tarred, leaveOpen: true))
        {
            foreach (var (name, content) in files) tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }
        File.WriteAllBytes(folder["all.tar"], tarred.ToArray());
        File.WriteAllBytes(folder["all.tgz"], Gzip(tarred.ToArray()));
    }

    [Fact]
    public async Task A_member_whose_name_escapes_is_read_and_written_nowhere()
    {
        Pack();
        var before = Directory.GetFiles(Path.GetDirectoryName(folder.FullPath)!);
        Assert.Equal("three", await TextAsync(InputFiles.Find(folder["all.zip"] + "!../../escapes.txt").Single()));
        Assert.DoesNotContain(Path.Combine(Path.GetDirectoryName(folder.FullPath)!, "escapes.txt"), Directory.GetFiles(Path.GetDirectoryName(folder.FullPath)!).Except(before));
    }

    [Fact]
    public async Task Archives_that_are_cut_say_so()
    {
        Pack();
        foreach (var archive in (string[])["all.zip", "all.tgz"])
        {
            var bytes = File.ReadAllBytes(folder[archive]);
            File.WriteAllBytes(folder["cut-" + archive], bytes[..(bytes.Length / 2)]);
            var error = await Assert.ThrowsAsync<BadDataException>(async () =>
            {
                foreach (var file in InputFiles.Find(folder["cut-" + archive])) await TextAsync(file);
            });
            Assert.Contains(archive == "all.zip" ? "isn't a whole zip file" : "ends in the middle of its gzip data", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(".gz")]
    [InlineData(".br")]
    [InlineData(".zip")]
    public async Task A_file_that_unpacks_beyond_measure_is_stopped(string suffix)
    {
        var path = folder["bomb" + suffix];
        var block = new byte[1 << 20];
        using (var file = File.Create(path))
        using (var zip = suffix == ".zip" ? new ZipArchive(file, ZipArchiveMode.Create) : null)
        using (Stream packing = suffix == ".gz" ? new GZipStream(file, CompressionLevel.Optimal) : suffix == ".br" ? new BrotliStream(file, CompressionLevel.Fastest) : zip!.CreateEntry("zeros").Open())
            for (var i = 0; i < 100; i++) packing.Write(block);
        var error = await Assert.ThrowsAsync<BadDataException>(() => CountAsync(InputFiles.Find(path).Single()));
        Assert.Contains("unpacks to more than 250 times its size", error.Message, StringComparison.Ordinal);
        Assert.Equal(100L << 20, await CountAsync(InputFiles.Find(path, new InputLimits { MaxRatio = 10_000_000 }).Single()));
        error = await Assert.ThrowsAsync<BadDataException>(() => CountAsync(InputFiles.Find(path, new InputLimits { MaxBytes = 1_000_000 }).Single()));
        Assert.Contains("1,000,000 bytes, which is the limit", error.Message, StringComparison.Ordinal);

        static async Task<long> CountAsync(InputFile file)
        {
            await using var stream = await file.OpenAsync(Rows.Cancel);
            var (buffer, total) = (new byte[1 << 16], 0L);
            while (await stream.ReadAsync(buffer, Rows.Cancel) is > 0 and var read) total += read;
            return total;
        }
    }

    [Fact]
    public void A_packing_that_is_not_known_is_named()
    {
        Write("a.csv.bz2", "x");
        Assert.Contains("packed with bzip2", Assert.Throws<NotSupportedException>(() => InputFiles.Find(folder["a.csv.bz2"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_in_folders_of_other_columns_are_refused()
    {
        Write("set/year=2026/a.jsonl", "{}");
        Write("set/month=1/b.jsonl", "{}");
        Assert.Contains("folders for (year)", Assert.Throws<BadDataException>(() => PartitionColumns.Of(InputFiles.Find(folder["set"]))).Message, StringComparison.Ordinal);
    }
}
