using System.Globalization;

namespace Millrace.Data.Tests.Delimited;

public sealed class CsvSinkTests : IDisposable
{
    static readonly Schema Columns = DelimitedBed.Schema(("id", DataType.Int64), ("name", DataType.Text));

    readonly DelimitedBed bed = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => bed.Dispose();

    static Batch Rows(int from, int count, string name = "a")
    {
        var builder = new BatchBuilder(Columns);
        for (var i = from; i < from + count; i++) builder.Add((long)i, name);
        return builder.Build();
    }

    [Fact]
    public async Task Batches_are_written_in_order_and_seen_when_they_are_committed()
    {
        var (path, context) = (bed.Write("old", "out.csv"), new RunContext());
        await using (var writer = await Csv.File(path).OpenAsync(Columns, context, Cancel))
        {
            for (var i = 0; i < 200; i++) await writer.WriteAsync(Rows(i * 100, 100), Cancel);
            Assert.Equal("old", await File.ReadAllTextAsync(path, Cancel));

            var report = await writer.CommitAsync(Cancel);
            Assert.Equal((20_000, new FileInfo(path).Length), (report.Rows, report.Bytes));
        }

        var lines = await File.ReadAllLinesAsync(path, Cancel);
        Assert.Equal(["id,name", .. Enumerable.Range(0, 20_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i},a"))], lines);
        Assert.All(context.Stages.All, stage => Assert.Equal(20_000, stage.RowsOut));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public async Task A_writer_that_is_not_committed_leaves_the_old_file()
    {
        var path = bed.Write("old", "out.csv");
        await using (var writer = await Csv.File(path).OpenAsync(Columns, new RunContext(), Cancel)) await writer.WriteAsync(Rows(0, 10), Cancel);

        Assert.Equal("old", await File.ReadAllTextAsync(path, Cancel));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public async Task A_batch_that_cannot_be_written_ends_the_load_and_not_the_process()
    {
        var path = bed.Write("old", "out.tsv");
        await using (var writer = await Tsv.File(path).OpenAsync(Columns, new RunContext(), Cancel))
        {
            var bad = await Assert.ThrowsAsync<BadDataException>(async () =>
            {
                await writer.WriteAsync(Rows(0, 10, "a\tb"), Cancel);
                for (var i = 0; i < 100; i++) await writer.WriteAsync(Rows(0, 10), Cancel);
                await writer.CommitAsync(Cancel);
            });
            Assert.Contains("written without quotes", bad.Message);
        }

        Assert.Equal("old", await File.ReadAllTextAsync(path, Cancel));
    }

    [Fact]
    public async Task A_packed_file_reads_back()
    {
        var path = bed["out.csv.gz"];
        await using (var writer = await Csv.File(path).OpenAsync(Columns, new RunContext(), Cancel))
        {
            await writer.WriteAsync(Rows(0, 3), Cancel);
            await writer.CommitAsync(Cancel);
        }

        Assert.Equal([[0L, "a"], [1L, "a"], [2L, "a"]], await bed.RowsOfAsync(Csv.Open(path, CsvOptions.Default)));
    }

    [Fact]
    public async Task Folders_of_parts_read_back_with_what_their_names_say()
    {
        await using (var writer = await Csv.Folder(bed["parts"], partitionBy: ["id"]).OpenAsync(Columns, new RunContext(), Cancel))
        {
            await writer.WriteAsync(Rows(1, 2, "x"), Cancel);
            await writer.CommitAsync(Cancel);
        }

        Assert.Equal([["x", 1L], ["x", 2L]], await bed.RowsOfAsync(Csv.Open(bed["parts"], CsvOptions.Default with { Header = Header.Yes })));
    }
}
