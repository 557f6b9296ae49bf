using System.Text;

namespace Millrace.Data.Tests.Delimited;

public sealed class BadTextTests : IDisposable
{
    readonly DelimitedBed bed = new();

    static readonly Schema Typed = new(new Field("id", DataType.Int32), new Field("day", DataType.Date), new Field("name", DataType.Text));
    static readonly CsvOptions Rejecting = new() { Columns = Typed, Bad = Bad.Reject };

    public void Dispose() => bed.Dispose();

    [Fact]
    public async Task A_bad_value_fails_with_file_line_column_value_and_remedy()
    {
        var bad = await Assert.ThrowsAsync<BadDataException>(() => bed.RowsAsync("id,day,name\n1,2026-01-01,a\n\n\"2\",2026-02-30,b\n", new CsvOptions { Columns = Typed }));

        Assert.Equal((bed["t.csv"], 4L, "day", "2026-02-30"), (bad.File, bad.Line!.Value, bad.Column, bad.Value));
        Assert.Equal($"{bed["t.csv"]}, line 4, column 'day', value '2026-02-30': It isn't a value of type date. Read the column as text, or let such rows be rejected (Bad.Reject) or such values be null (Bad.Null).", bad.Message);
    }

    [Fact]
    public async Task A_bad_value_is_rejected_with_its_line_and_rows_in_are_rows_out_and_rejected()
    {
        var text = new StringBuilder("id,day,name\n");
        for (var i = 1; i <= 100_000; i++) text.Append(i % 1000 == 0 ? $"x{i},2026-01-01,a\n" : i % 1500 == 1 ? $"{i},,\"two\nlines\"\n" : $"{i},2026-01-01,a\n");
        var source = Csv.Open(bed.Write(text.ToString()), Rejecting);
        var stages = new StageLog();
        var rows = 0;
        await foreach (var batch in source.ReadAsync(new ReadRequest { Rejects = bed.Rejects, Stages = stages }, TestContext.Current.CancellationToken))
        {
            rows += batch.Count;
            batch.Dispose();
        }

        Assert.Equal((99_900, 100), (rows, bed.Rejects.Count));
        var parse = stages.All.Single(s => s.Name.StartsWith("parse", StringComparison.Ordinal));
        Assert.Equal((100_000, 99_900, 100), (parse.RowsIn, parse.RowsOut, parse.Rejected));
        var third = bed.Rejects.All[2];
        // Rows 1 and 1501 took two lines each.
        Assert.Equal(("not int32", "csv", "id", "x3000", 3003L), (third.Rule, third.Step, third.Column, third.Value, third.Line!.Value));
    }

    [Fact]
    public async Task A_bad_value_is_null_where_asked_and_the_log_has_it()
    {
        var rows = await bed.RowsAsync("id,day,name\nx,2026-01-01,a\n2,soon,b\n", new CsvOptions { Columns = Typed, Bad = Bad.Null });

        Assert.Equal([[null, new DateOnly(2026, 1, 1), "a"], [2, null, "b"]], rows);
        Assert.Equal(["x", "soon"], bed.Rejects.Discarded.Select(r => r.Value));
        Assert.Equal(0, bed.Rejects.Count);
    }

    [Fact]
    public async Task A_value_that_may_not_be_null_is_never_made_null()
    {
        var columns = new Schema(new Field("id", DataType.Int32, Nullable: false), new Field("name", DataType.Text, Nullable: false));

        var rows = await bed.RowsAsync("id,name\n,a\nx,b\n3,\n", new CsvOptions { Columns = columns, Bad = Bad.Null });

        Assert.Equal([[3, ""]], rows);
        Assert.Equal(["null", "not int32"], bed.Rejects.All.Select(r => r.Rule));
    }

    [Theory]
    [InlineData("1,2026-01-01\n", "ragged", 2)]
    [InlineData("1,2026-01-01,a,b\n", "ragged", 2)]
    [InlineData("9,2026-01-01,b\n1,2026-01-01,a\"b\n", "quotes", 3)]
    [InlineData("1,2026-01-01,\"a\"b\n", "quotes", 2)]
    [InlineData("1,2026-01-01,\"never closed\n8,2026-01-01,\"c\"\n", "quotes", 2)]
    [InlineData("1,2026-01-01,\"never closed at all\n", "quotes", 2)]
    [InlineData("1,2026-01-01, \"blank before\"\n", "quotes", 2)]
    [InlineData("1,2026-01-01,nul\0inside\n", "nul", 2)]
    [InlineData("99999999999,2026-01-01,a\n", "not int32", 2)]
    [InlineData("1.5,2026-01-01,a\n", "not int32", 2)]
    [InlineData("1,26-01-01,a\n", "not date", 2)]
    [InlineData("1,0000-01-01,a\n", "not date", 2)]
    public async Task A_broken_row_is_rejected_with_its_line_and_the_next_is_read(string broken, string rule, long line)
    {
        var rows = await bed.RowsAsync($"id,day,name\n{broken}7,2026-01-07,good\n", Rejecting);

        Assert.Equal((rule, line), (bed.Rejects.All.Single().Rule, bed.Rejects.All.Single().Line));
        Assert.Equal([7, new DateOnly(2026, 1, 7), "good"], rows[^1]);
    }

    [Fact]
    public async Task A_row_without_UTF8_is_rejected()
    {
        var path = bed.Write([.. "id,day,name\n1,,"u8, 0xE9, .. "\n2,,b\n"u8]);

        var rows = await bed.RowsOfAsync(Csv.Open(path, Rejecting));

        Assert.Equal([[2, null, "b"]], rows);
        Assert.Equal(("encoding", 2L), (bed.Rejects.All.Single().Rule, bed.Rejects.All.Single().Line));
    }

    [Fact]
    public async Task Bytes_that_an_encoding_lacks_fail_by_name()
    {
        var path = bed.Write([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("a,b\n1,"), 0x00, 0xD8, .. Encoding.Unicode.GetBytes("x\n")]);

        var bad = await Assert.ThrowsAsync<BadDataException>(() => bed.RowsOfAsync(Csv.Open(path, DelimitedBed.Texts())));

        Assert.Contains("encoding", bad.Message);
    }

    [Theory]
    [InlineData(Ragged.Fill, "1|~|~/2|2026-01-01|b", 1)]
    [InlineData(Ragged.FillAndCut, "1|~|~/2|2026-01-01|b/3|2026-01-01|c", 0)]
    public async Task Ragged_rows_are_filled_where_asked(Ragged ragged, string expected, int rejected)
    {
        var rows = await bed.RowsAsync("id,day,name\r\n1\r\n2,2026-01-01,b\r\n3,2026-01-01,c,d\r\n", Rejecting with { Ragged = ragged });

        Assert.Equal(expected, string.Join('/', rows.Select(r => string.Join('|', r.Select(v => v is DateOnly d ? $"{d:yyyy-MM-dd}" : v ?? "~")))));
        Assert.Equal(rejected, bed.Rejects.Count);
    }

    [Fact]
    public async Task A_short_line_of_fixed_places_is_rejected()
    {
        var source = FixedWidth.Open(bed.Write("1234abcd\n12\n5678efgh"), [new("n", 1, 4, DataType.Int64), new("t", 5, 4)], new CsvOptions { Bad = Bad.Reject });

        Assert.Equal([[1234L, "abcd"], [5678L, "efgh"]], await bed.RowsOfAsync(source));
        Assert.Equal(("ragged", 2L, "12"), (bed.Rejects.All.Single().Rule, bed.Rejects.All.Single().Line, bed.Rejects.All.Single().Value));
    }

    [Fact]
    public async Task A_record_that_is_too_long_is_named_by_its_line()
    {
        using (var file = new StreamWriter(bed["long.csv"]))
        {
            await file.WriteAsync("id,day,name\n1,,a\n2,,");
            for (var i = 0; i < 100; i++) await file.WriteAsync(new string('x', 1 << 20));
            await file.WriteAsync("\n3,,c\n");
        }

        var bad = await Assert.ThrowsAsync<BadDataException>(() => bed.RowsOfAsync(Csv.Open(bed["long.csv"], Rejecting)));
        Assert.Equal(3, bad.Line);
        Assert.Contains("MaxRecordBytes", bad.Message);

        var rows = await bed.RowsOfAsync(Csv.Open(bed["long.csv"], Rejecting with { MaxRecordBytes = 200 << 20 }));
        Assert.Equal(3, rows.Count);
        Assert.Equal(100 << 20, ((string)rows[1][2]!).Length);
    }

    [Fact]
    public void A_header_that_names_two_columns_alike_is_refused_or_told_apart()
    {
        var path = bed.Write("a,b,a\n1,2,3\n");

        Assert.Contains("names column 1 and column 3 'a'", Assert.Throws<BadDataException>(() => Csv.Open(path, CsvOptions.Default)).Message);
        Assert.Equal(["a", "b", "a_2"], Csv.Open(path, new CsvOptions { RenameDuplicates = true }).Schema.Names);
    }

    [Fact]
    public async Task An_empty_file_has_no_rows_and_needs_its_columns_named()
    {
        Assert.Contains("is empty", Assert.Throws<BadDataException>(() => Csv.Open(bed.Write(""), new CsvOptions { Header = Header.Yes })).Message);
        Assert.Empty(await bed.RowsAsync("", new CsvOptions { Columns = Typed }));
        Assert.Empty(await bed.RowsAsync("id,day,name\n", new CsvOptions { Columns = Typed }));
        Assert.Empty(await bed.RowsAsync("id,day,name", new CsvOptions { Columns = Typed }));
    }

    [Fact]
    public void A_column_that_the_file_lacks_is_named_with_those_it_has() =>
        Assert.Contains("no column 'day'. Its columns are id, name", Assert.Throws<BadDataException>(() => Csv.Open(bed.Write("id,name\n1,a\n"), new CsvOptions { Columns = Typed, Header = Header.Yes })).Message);

    [Fact]
    public async Task What_is_appended_while_a_file_is_read_is_left_for_the_next_read()
    {
        var path = bed.Write("id,day,name\n" + string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i},2026-01-01,name\n")));
        var source = Csv.Open(path, new CsvOptions { Columns = Typed });
        var rows = 0;
        await foreach (var batch in source.ReadAsync(new ReadRequest(), TestContext.Current.CancellationToken))
        {
            if (rows == 0) await File.AppendAllTextAsync(path, "1,2026-01-01,late\n2,20", TestContext.Current.CancellationToken);
            rows += batch.Count;
            batch.Dispose();
        }

        Assert.Equal(200_000, rows);
    }

    [Fact]
    public async Task A_file_that_is_cut_while_it_is_read_fails()
    {
        var path = bed.Write("id,day,name\n" + string.Concat(Enumerable.Range(0, 1_000_000).Select(i => $"{i},2026-01-01,name\n")));
        var source = Csv.Open(path, new CsvOptions { Columns = Typed });

        var bad = await Assert.ThrowsAsync<BadDataException>(async () =>
        {
            await foreach (var batch in source.ReadAsync(new ReadRequest { Threads = 1 }, TestContext.Current.CancellationToken))
            {
                using (batch)
                using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                    file.SetLength(100_000);
            }
        });

        Assert.Contains("was cut while it was read", bad.Message);
    }
}
