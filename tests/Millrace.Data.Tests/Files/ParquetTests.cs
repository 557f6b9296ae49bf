using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

public sealed class ParquetTests : IDisposable
{
    static readonly Schema numbers = new(new Field("v", DataType.Int64), new Field("name", DataType.Text));

    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task All_types_come_back_from_what_was_written()
    {
        var schema = new Schema(Rows.AllTypes.Where(f => f.Name is not ("span" or "colour")));
        var kept = schema.Select(f => Rows.AllTypes.IndexOf(f.Name)).ToArray();
        var rows = Enumerable.Range(0, 5_000).Select(i => kept.Select(k => Rows.Row(i)[k]).ToArray()).ToList();
        var report = await Parquet.File(folder["a.parquet"]).WriteAsync(schema, rows);
        Assert.Equal((5_000L, new FileInfo(folder["a.parquet"]).Length), (report.Rows, report.Bytes));
        var frame = Parquet.Read(folder["a.parquet"]);
        Assert.Equal(schema, frame.Schema);
        var read = await frame.RowsAsync();
        Assert.Equivalent(rows.Take(50).Select(r => new BatchBuilder(schema).Add(r).Build().Row(0)), read.Take(50), strict: true);
        Assert.Equal(rows.Select(r => r[2]), read.Select(r => r[2]));
        Assert.Equal(["a.parquet"], Directory.GetFileSystemEntries(folder.FullPath).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_duration_is_written_as_its_microseconds()
    {
        await Parquet.File(folder["a.parquet"]).WriteAsync(new Schema(new Field("d", DataType.Duration)), [TimeSpan.FromMicroseconds(-1_234_567)], [null]);
        Assert.Equal([[-1_234_567L], [null]], await Parquet.Read(folder["a.parquet"]).RowsAsync());
    }

    [Fact]
    public async Task A_set_is_parted_by_columns_and_sized()
    {
        var schema = new Schema(new Field("year", DataType.Int32), new Field("v", DataType.Int64), new Field("city", DataType.Text));
        var rows = Enumerable.Range(0, 1_000).Select(i => new object?[] { 2020 + (i % 3), (long)i, i % 5 == 0 ? null : i % 2 == 0 ? "Köln/Bonn" : ".." }).ToList();
        await Parquet.Folder(folder["set"], ["year", "city"], maxFileRows: 100).WriteAsync(schema, rows);
        Assert.Equal(["year=2020", "year=2021", "year=2022"], Directory.GetDirectories(folder["set"]).Select(Path.GetFileName).Order());
        Assert.Equal(["city=..", "city=K%C3%B6ln%2FBonn", "city=__HIVE_DEFAULT_PARTITION__"], Directory.GetDirectories(folder["set/year=2020"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["part-00001.parquet", "part-00002.parquet"], Directory.GetFiles(folder["set/year=2020/city=.."]).Select(Path.GetFileName).Order());
        var read = await Parquet.Read(folder["set"]).RowsAsync(new ReadRequest { Columns = ["year", "v", "city"] });
        Assert.Equivalent(rows.OrderBy(r => r[1]).Select(r => new object?[] { (long)(int)r[0]!, r[1], r[2] }), read.OrderBy(r => r[1]), strict: true);

        await Parquet.Folder(folder["set"], ["year"]).WriteAsync(schema, [1999, 1L, "x"]);
        Assert.Equal([[1L, "x", 1999L]], await Parquet.Read(folder["set"]).RowsAsync());
        Assert.Single(Directory.GetFileSystemEntries(folder.FullPath));
    }

    [Fact]
    public async Task More_partitions_than_files_may_be_open_at_once_are_all_written()
    {
        var schema = new Schema(new Field("k", DataType.Int32), new Field("v", DataType.Int32));
        await JsonLines.Folder(folder["set"], ["k"]).WriteAsync(schema, Enumerable.Range(0, 1_000).Select(i => new object?[] { i % 100, i }));
        var read = await JsonLines.Read(folder["set"]).RowsAsync();
        Assert.Equal(Enumerable.Range(0, 1_000).Select(i => ((long)i, (long)(i % 100))), read.Select(r => ((long)r[0]!, (long)r[1]!)).Order());
    }

    [Fact]
    public async Task A_folder_with_other_files_is_not_replaced()
    {
        Directory.CreateDirectory(folder["set"]);
        File.WriteAllText(folder["set/thesis.txt"], "x");
        var error = await Assert.ThrowsAsync<IOException>(() => Parquet.Folder(folder["set"]).WriteAsync(numbers, [1L, "a"]));
        Assert.Contains("'thesis.txt', which isn't a part of a set of files", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_visible_before_the_commit_and_nothing_stays_without_one()
    {
        await Parquet.File(folder["a.parquet"]).WriteAsync(numbers, [1L, "old"]);
        foreach (var sink in (ISink[])[Parquet.File(folder["a.parquet"]), JsonLines.File(folder["a.jsonl"]), Parquet.Folder(folder["set"], ["v"])])
        {
            await using (var writer = await sink.OpenAsync(numbers, new RunContext(), Rows.Cancel))
            {
                await writer.WriteAsync(new BatchBuilder(numbers).Add(2L, "new").Build(), Rows.Cancel);
                Assert.Equal([[1L, "old"]], await Parquet.Read(folder["a.parquet"]).RowsAsync());
            }
            Assert.Equal(["a.parquet"], Directory.GetFileSystemEntries(folder.FullPath).Select(Path.GetFileName));
        }
    }

    [Fact]
    public async Task Rows_know_their_file_and_number()
    {
        await Parquet.File(folder["a.parquet"]).WriteAsync(numbers, [1L, "a"], [2L, "b"]);
        await Parquet.File(folder["b.parquet"]).WriteAsync(numbers, [3L, "c"]);
        var read = await Parquet.Read(folder["*.parquet"]).RowsAsync(new ReadRequest { Columns = ["name"], Provenance = true });
        Assert.Equal([["a", folder["a.parquet"], 1L], ["b", folder["a.parquet"], 2L], ["c", folder["b.parquet"], 1L]], read);
    }

    [Fact]
    public async Task Broken_files_are_named()
    {
        await Parquet.File(folder["a.parquet"]).WriteAsync(numbers, Enumerable.Range(0, 10_000).Select(i => new object?[] { (long)i, $"{i}" }));
        var bytes = File.ReadAllBytes(folder["a.parquet"]);
        File.WriteAllBytes(folder["cut.parquet"], bytes[..(bytes.Length / 2)]);
        File.WriteAllBytes(folder["empty.parquet"], []);
        // From the head of the first page on: DuckDB writes no checksums, and bytes of values may be any.
        bytes.AsSpan(4, 5_000).Fill(0xAB);
        File.WriteAllBytes(folder["broken.parquet"], bytes);
        foreach (var name in (string[])["cut.parquet", "empty.parquet", "broken.parquet"])
        {
            var error = await Assert.ThrowsAsync<BadDataException>(async () => await Parquet.Read(folder[name]).RowsAsync());
            Assert.StartsWith($"'{folder[name]}' can't be read as Parquet", error.Message, StringComparison.Ordinal);
        }
    }
}
