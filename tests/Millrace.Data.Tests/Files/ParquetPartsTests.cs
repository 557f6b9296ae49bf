using Millrace.Data.Engines.DuckDb;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

/// <summary>Files of many row groups, which are packed as parts and joined.</summary>
public sealed class ParquetPartsTests : IDisposable
{
    static readonly ParquetOptions small = new() { RowGroupRows = 2_048 };
    static readonly Schema numbers = new(new Field("v", DataType.Int64), new Field("name", DataType.Text));

    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Rows_keep_their_order_over_all_parts()
    {
        const long Count = 100_000;
        var report = await Parquet.File(folder["a.parquet"], small).WriteAsync(numbers, Enumerable.Range(0, (int)Count).Select(i => new object?[] { (long)i, i % 7 == 0 ? null : $"name {i % 100}" }));
        Assert.Equal((Count, new FileInfo(folder["a.parquet"]).Length), (report.Rows, report.Bytes));
        var read = await Parquet.Read(folder["a.parquet"]).RowsAsync();
        Assert.Equal(Enumerable.Range(0, (int)Count).Select(i => (long)i), read.Select(r => (long)r[0]!));
        Assert.All(read, r => Assert.Equal((long)r[0]! % 7 == 0 ? null : $"name {(long)r[0]! % 100}", r[1]));
        Assert.Equal(["a.parquet"], Directory.GetFileSystemEntries(folder.FullPath).Select(Path.GetFileName));
        // 48 groups that are full, and one of what is left; each where it says that it is.
        Assert.Equal([Count, 49L], Ask("SELECT num_rows, num_row_groups FROM parquet_file_metadata($)"));
        Assert.Equal([Count, 49L, 0L, 1L], Ask("""
            SELECT sum(row_group_num_rows)::BIGINT, count(*), count(*) FILTER (WHERE data_page_offset <= before),
                   count(*) FILTER (WHERE row_group_num_rows < 2048)
            FROM (SELECT *, lag(data_page_offset, 1, 0) OVER (ORDER BY row_group_id) AS before FROM parquet_metadata($) WHERE path_in_schema = 'v')
            """));
    }

    [Theory]
    [InlineData(2_048, 1)]
    [InlineData(2_049, 2)]
    [InlineData(4_096, 2)]
    [InlineData(0, 0)]
    public async Task A_part_is_begun_for_rows_that_are_there(int rows, long groups)
    {
        await Parquet.File(folder["a.parquet"], small).WriteAsync(numbers, Enumerable.Range(0, rows).Select(i => new object?[] { (long)i, "x" }));
        Assert.Equal([(long)rows, groups], Ask("SELECT num_rows, num_row_groups FROM parquet_file_metadata($)"));
        Assert.Equal([(long)rows], Ask("SELECT count(name) FROM $"));
    }

    [Fact]
    public async Task A_column_keeps_its_dictionary_when_a_short_one_turns_out_too_short()
    {
        const int Groups = 40, Threads = 2;
        var schema = new Schema(new Field("few", DataType.Text), new Field("some", DataType.Text), new Field("many", DataType.Int64));
        var rows = Enumerable.Range(0, Groups * small.RowGroupRows).Select(i => new object?[] { $"few {i % 20}", $"some {i % 200}", (long)i });
        await Parquet.File(folder["a.parquet"], small).WriteAsync(schema, new RunContext { Threads = Threads }, rows);
        // A part that begins knows of those that were packed beside it nothing, of those before them all.
        Assert.Equal([40L, 40L - (Threads + 1), 0L], Ask("""
            SELECT count(*) FILTER (WHERE path_in_schema = 'few'), count(*) FILTER (WHERE path_in_schema = 'some'), count(*) FILTER (WHERE path_in_schema = 'many')
            FROM parquet_metadata($) WHERE dictionary_page_offset > 0
            """));
    }

    [Theory]
    [InlineData(ParquetCompression.Zstd)]
    [InlineData(ParquetCompression.Snappy)]
    [InlineData(ParquetCompression.Gzip)]
    [InlineData(ParquetCompression.None)]
    public async Task All_types_come_back_from_many_parts(ParquetCompression compression)
    {
        var schema = new Schema(Rows.AllTypes.Where(f => f.Name is not ("span" or "colour")));
        var kept = schema.Select(f => Rows.AllTypes.IndexOf(f.Name)).ToArray();
        var rows = Enumerable.Range(0, 9_000).Select(i => kept.Select(k => Rows.Row(i)[k]).ToArray()).ToList();
        await Parquet.File(folder["a.parquet"], small with { Compression = compression }).WriteAsync(schema, rows);
        var frame = Parquet.Read(folder["a.parquet"]);
        Assert.Equal(schema, frame.Schema);
        var read = await frame.RowsAsync();
        Assert.Equal(rows.Count, read.Count);
        for (var from = 0; from < rows.Count; from += 1_500)
            Assert.Equivalent(rows.Skip(from).Take(50).Select(r => new BatchBuilder(schema).Add(r).Build().Row(0)), read.Skip(from).Take(50), strict: true);
        Assert.Equal(rows.Select(r => r[3]), read.Select(r => r[3]));
    }

    [Fact]
    public async Task Statistics_and_bloom_filters_leave_out_groups_and_no_rows()
    {
        const int Count = 60_000;
        // Few values in each group, other ones in the next: dictionaries, and filters over them.
        await Parquet.File(folder["a.parquet"], small).WriteAsync(numbers, Enumerable.Range(0, Count).Select(i => new object?[] { (long)i / 2_048, $"k{i / 2_048 * 37 % 30}-{i % 40}" }));
        foreach (var group in (int[])[0, 1, 17, 29])
        {
            var inGroup = Math.Min(Count - (group * 2_048), 2_048);
            Assert.Equal([(long)inGroup, (long)group * inGroup], Ask($"SELECT count(*), sum(v)::BIGINT FROM $ WHERE v = {group}"));
            Assert.Equal([(long)inGroup], Ask($"SELECT count(*) FROM $ WHERE name LIKE 'k{group * 37 % 30}-%'"));
            Assert.Equal([(long)Enumerable.Range(0, inGroup).Count(i => ((group * 2_048) + i) % 40 == 3), (long)group], Ask($"SELECT count(*), max(v) FROM $ WHERE name = 'k{group * 37 % 30}-3'"));
            // The filter of each group is found where the footer says: only the group with the value isn't left out.
            Assert.Equal([29L], Ask($"SELECT count(*) FROM parquet_bloom_probe($, 'v', {group}) WHERE bloom_filter_excludes"));
        }
        Assert.Equal([0L], Ask("SELECT count(*) FROM $ WHERE v = 12345"));
        Assert.Equal([30L], Ask("SELECT count(*) FROM parquet_metadata($) WHERE path_in_schema = 'v' AND stats_min = row_group_id::VARCHAR AND stats_max = row_group_id::VARCHAR AND bloom_filter_offset > 0"));
    }

    [Fact]
    public async Task Files_of_a_set_are_joined_each_for_itself()
    {
        var rows = Enumerable.Range(0, 30_000).Select(i => new object?[] { (long)i, $"{i % 3}" }).ToList();
        await Parquet.Folder(folder["set"], ["name"], maxFileRows: 7_000, options: small).WriteAsync(numbers, rows);
        Assert.Equal(6, Directory.GetFiles(folder["set"], "*", SearchOption.AllDirectories).Length);
        var read = await Parquet.Read(folder["set"]).RowsAsync();
        Assert.Equal(Enumerable.Range(0, 30_000).Select(i => ((long)i, (long)i % 3)), read.Select(r => ((long)r[0]!, (long)r[1]!)).Order());
    }

    [Fact]
    public async Task Parts_are_bounded_while_writing_and_gone_when_it_is_given_up()
    {
        var most = 0;
        await using (var writer = await Parquet.File(folder["a.parquet"], small).OpenAsync(numbers, new RunContext { Threads = 2 }, Rows.Cancel))
        {
            for (var i = 0; i < 60; i++)
            {
                var batch = new BatchBuilder(numbers);
                for (var row = 0; row < 1_500; row++) batch.Add((long)row, "x");
                await writer.WriteAsync(batch.Build(), Rows.Cancel);
                most = Math.Max(most, Directory.GetFiles(folder.FullPath).Length);
            }
        }
        Assert.InRange(most, 1, 4);
        Assert.Empty(Directory.GetFileSystemEntries(folder.FullPath));
    }

    [Fact]
    public async Task A_part_that_can_not_be_written_fails_the_file()
    {
        await Parquet.File(folder["a.parquet"]).WriteAsync(numbers, [1L, "old"]);
        await using (var writer = await Parquet.File(folder["a.parquet"], small).OpenAsync(numbers, new RunContext { Threads = 1 }, Rows.Cancel))
        {
            var blocked = false;
            var error = await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                for (var i = 0; i < 100; i++)
                {
                    var batch = new BatchBuilder(numbers);
                    for (var row = 0; row < 1_000; row++) batch.Add((long)row, "x");
                    await writer.WriteAsync(batch.Build(), Rows.Cancel);
                    if (blocked || Directory.GetFiles(folder.FullPath, ".*.writing.*").FirstOrDefault() is not { } first) continue;
                    // A folder stands where the third part is to go.
                    Directory.CreateDirectory($"{first}.3");
                    blocked = true;
                }
                await writer.CommitAsync(Rows.Cancel);
            });
            Assert.True(error is IOException or UnauthorizedAccessException, error.ToString());
            Directory.Delete(Directory.GetDirectories(folder.FullPath).Single());
        }
        Assert.Equal([[1L, "old"]], await Parquet.Read(folder["a.parquet"]).RowsAsync());
        Assert.Equal(["a.parquet"], Directory.GetFileSystemEntries(folder.FullPath).Select(Path.GetFileName));
    }

    /// <summary>The one row of a query; $ is the file.</summary>
    object?[] Ask(string query)
    {
        using var database = DuckDbDatabase.InMemory();
        using var connection = database.Connect();
        using var reader = new BatchReader(connection.Query(query.Replace("$", $"'{folder["a.parquet"]}'", StringComparison.Ordinal), Rows.Cancel));
        using var batch = reader.Read()!;
        return batch.Row(0);
    }
}
