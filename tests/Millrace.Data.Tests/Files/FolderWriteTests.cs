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
