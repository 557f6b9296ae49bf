using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

public sealed class FolderWriteTests : IDisposable
{
    readonly TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Files_are_added_beside_those_that_are_there_and_sort_behind_them()
    {
        await Frame.From([new Sale(2026, "a", 1)]).WriteAsync(Csv.Folder(folder["sales"]), Cancel);
        await Frame.From([new Sale(2026, "b", 2), new Sale(2026, "c", 3)]).WriteAsync(Csv.Folder(folder["sales"], maxFileRows: 1, write: FolderWrite.Append), Cancel);
        await Frame.From(Array.Empty<Sale>()).WriteAsync(Csv.Folder(folder["sales"], write: FolderWrite.Append), Cancel);
        Assert.Equal(["a", "b", "c"], (await Csv.Read<Sale>(folder["sales"]).ToListAsync(Cancel)).Select(s => s.Item));
        Assert.Equal(3, Directory.GetFiles(folder["sales"]).Length);
        // What was added is replaced like the rest.
        await Frame.From([new Sale(2027, "d", 4)]).WriteAsync(Csv.Folder(folder["sales"]), Cancel);
        Assert.Equal(["d"], (await Csv.Read<Sale>(folder["sales"]).ToListAsync(Cancel)).Select(s => s.Item));
        Assert.Equal(["sales"], Directory.GetFileSystemEntries(folder.FullPath).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Files_are_added_to_a_folder_that_is_not_there_and_beside_files_of_others()
    {
        await Frame.From([new Sale(2026, "a", 1)]).WriteAsync(JsonLines.Folder(folder["new"], ["year"], write: FolderWrite.Append), Cancel);
        await File.WriteAllTextAsync(folder["new", "_notes.txt"], "by hand", Cancel);
        await Frame.From([new Sale(2026, "b", 1), new Sale(2027, "c", 1)]).WriteAsync(JsonLines.Folder(folder["new"], ["year"], write: FolderWrite.Append), Cancel);
        Assert.Equal([(2026, "a"), (2026, "b"), (2027, "c")], (await JsonLines.Read(folder["new"]).As<Sale>().ToListAsync(Cancel)).Select(s => (s.Year, s.Item)).Order());
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("parquet")]
    public async Task Rows_of_hundreds_of_partitions_in_turn_are_a_file_each(string kind)
    {
        // More partitions than files are open at once, in every batch.
        const int Partitions = 300, Rows = 60_000;
        var sink = kind == "csv" ? Csv.Folder(folder["out"], ["Year"]) : Parquet.Folder(folder["out"], ["Year"]);
        await Frame.From(Enumerable.Range(0, Rows).Select(n => new Sale(n % Partitions, "x", n))).WriteAsync(sink, Cancel);

        Assert.Equal(Partitions, Directory.GetFiles(folder["out"], "*", SearchOption.AllDirectories).Length);
        var one = kind == "csv" ? Csv.Read<Counted>(folder["out", "Year=7"]) : Parquet.Read<Counted>(folder["out", "Year=7"]);
        Assert.Equal(Enumerable.Range(0, Rows / Partitions).Select(n => 7 + n * Partitions), (await one.ToListAsync(Cancel)).Select(c => c.Count));
        Assert.Equal(Rows, await (kind == "csv" ? Csv.Read(folder["out"]) : Parquet.Read(folder["out"])).CountAsync(cancel: Cancel));
    }

    [Fact]
    public async Task Rows_wait_for_their_partition_in_bounded_memory()
    {
        // 40 MB of text, of which a quarter of the run's 16 MB may wait: a file a partition each time that they are full.
        const int Partitions = 100, Rows = 40_000;
        var text = new string('x', 1_000);
        var rows = Frame.From(Enumerable.Range(0, Rows).Select(n => new Sale(n % Partitions, text, n)));
        await rows.WriteAsync(Csv.Folder(folder["out"], ["Year"]), new RunContext { MemoryLimit = 16_000_000 }, Cancel);

        Assert.InRange(Directory.GetFiles(folder["out"], "*", SearchOption.AllDirectories).Length, Partitions + 1, Partitions * 15);
        Assert.Equal(Enumerable.Range(0, Rows / Partitions).Select(n => 7 + n * Partitions), (await Csv.Read<Counted>(folder["out", "Year=7"]).ToListAsync(Cancel)).Select(c => c.Count));
    }

    sealed record Counted(int Count);

    [Fact]
    public async Task Only_partitions_that_have_rows_are_replaced()
    {
        await Frame.From([new Sale(2025, "a", 1), new Sale(2026, "b", 2), new Sale(2026, "c", 3)]).WriteAsync(Parquet.Folder(folder["sales"], ["year", "item"]), Cancel);
        await Frame.From([new Sale(2026, "b", 20), new Sale(2027, "d", 4)]).WriteAsync(Parquet.Folder(folder["sales"], ["year", "item"], write: FolderWrite.ReplacePartitions), Cancel);
        Assert.Equal([(2025, "a", 1), (2026, "b", 20), (2026, "c", 3), (2027, "d", 4)], (await Parquet.Read(folder["sales"]).As<Sale>().ToListAsync(Cancel)).Select(s => (s.Year, s.Item, s.Count)).Order());
        Assert.Equal(["sales"], Directory.GetFileSystemEntries(folder.FullPath).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_partition_with_anything_else_in_it_is_not_replaced_nor_any_other()
    {
        await Frame.From([new Sale(2025, "a", 1), new Sale(2026, "b", 2)]).WriteAsync(Csv.Folder(folder["sales"], ["year"]), Cancel);
        await File.WriteAllTextAsync(folder["sales", "Year=2026", "notes.txt"], "by hand", Cancel);
        var refused = await Assert.ThrowsAsync<IOException>(() => Frame.From([new Sale(2025, "z", 9), new Sale(2026, "z", 9)]).WriteAsync(Csv.Folder(folder["sales"], ["year"], write: FolderWrite.ReplacePartitions), Cancel));
        Assert.Contains("notes.txt", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("z", await File.ReadAllTextAsync(folder["sales", "Year=2025", "part-00001.csv"], Cancel), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Csv.Folder(folder["sales"], write: FolderWrite.ReplacePartitions));
    }

    [Fact]
    public async Task A_write_that_fails_adds_nothing()
    {
        await Frame.From([new Sale(2026, "a", 1)]).WriteAsync(Csv.Folder(folder["sales"]), Cancel);
        static IEnumerable<Sale> Breaking()
        {
            for (var i = 0; i < 50_000; i++) yield return new Sale(2026, "x", i);
            throw new InvalidDataException("the source broke");
        }
        await Assert.ThrowsAsync<InvalidDataException>(() => Frame.From(Breaking()).WriteAsync(Csv.Folder(folder["sales"], maxFileRows: 1_000, write: FolderWrite.Append), Cancel));
        Assert.Equal(["part-00001.csv"], Directory.GetFiles(folder["sales"]).Select(Path.GetFileName));
        Assert.Equal(["sales"], Directory.GetFileSystemEntries(folder.FullPath).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Files_begin_anew_after_so_many_bytes()
    {
        const int limit = 1 << 20, batch = 4 << 20;
        await Frame.From(Enumerable.Range(0, 200_000).Select(i => new Sale(2026, $"an item with a long name, number {i}", i))).WriteAsync(JsonLines.Folder(folder["sales"], maxFileBytes: limit), Cancel);
        var files = Directory.GetFiles(folder["sales"]).Order(StringComparer.Ordinal).Select(f => new FileInfo(f).Length).ToList();
        Assert.True(files.Count > 2);
        Assert.All(files[..^1], length => Assert.InRange(length, limit, limit + batch));
        Assert.Equal(200_000, await JsonLines.Read(folder["sales"]).CountAsync(Cancel));
    }

    sealed record Sale(int Year, string Item, int Count);
}
