using System.Text;
using Millrace.Plans;

namespace Millrace.Data.Tests.Delimited;

public sealed class FieldTests : IDisposable
{
    readonly DelimitedBed bed = new();

    static readonly CsvOptions Rows = DelimitedBed.Texts() with { Header = Header.No, Delimiter = ',' };

    public void Dispose() => bed.Dispose();

    [Theory]
    [InlineData("a,b\n1,2\n", "a|b/1|2")]
    [InlineData("a,b\n1,2", "a|b/1|2")]
    [InlineData("a,b\r\n1,2\r\n", "a|b/1|2")]
    [InlineData("a,b\r1,2\r", "a|b/1|2")]
    [InlineData("a,b\r\n1,2\n3,4\r5,6", "a|b/1|2/3|4/5|6")]
    [InlineData("\uFEFFa,b\n1,2\n", "a|b/1|2")]
    [InlineData("a,\"b, c\"\n", "a|b, c")]
    [InlineData("a,\"b\nc\"\n1,2\n", "a|b\nc/1|2")]
    [InlineData("a,\"b\r\nc\"\r\n1,2\r\n", "a|b\r\nc/1|2")]
    [InlineData("a,\"say \"\"no\"\"\"\n", "a|say \"no\"")]
    [InlineData("a,\"\"\"\"\n", "a|\"")]
    [InlineData("a,\"\"\n", "a|")]
    [InlineData("a,\n", "a|~")]
    [InlineData(",\n", "~|~")]
    [InlineData("a,b\n\n\n1,2\n\n", "a|b/1|2")]
    [InlineData("é,日本\n", "é|日本")]
    [InlineData("\"a\",\"b\"", "a|b")]
    [InlineData("\"a\",\"b\"\r\n", "a|b")]
    public async Task A_field_is_what_RFC_4180_says(string text, string expected)
    {
        var rows = await bed.RowsAsync(text, Rows);

        Assert.Equal(expected, string.Join('/', rows.Select(r => string.Join('|', r.Select(v => v ?? "~")))));
    }

    [Fact]
    public async Task An_empty_field_in_quotes_is_null_where_the_column_is_no_text()
    {
        var columns = DelimitedBed.Schema(("name", DataType.Text), ("number", DataType.Int32), ("day", DataType.Date));

        var rows = await bed.RowsAsync("\"\",\"\",\"\"\n\"a\",\"1\",\"2026-02-01\"\n", Rows with { Columns = columns });

        Assert.Equal([["", null, null], ["a", 1, new DateOnly(2026, 2, 1)]], rows);
    }

    [Fact]
    public async Task Quotes_mean_nothing_where_there_is_no_quote()
    {
        var rows = await bed.RowsAsync("it's 5\" long\t\"x\nb\tc\n", DelimitedBed.Texts(CsvOptions.Tab) with { Header = Header.No });

        Assert.Equal([["it's 5\" long", "\"x"], ["b", "c"]], rows);
    }

    [Fact]
    public async Task Random_rows_come_back_as_they_were_written_whatever_the_blocks()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string[] parts = ["a", "longer text that fills a vector or two of them, and some", ",", "\"", "\n", "\r\n", "é", "日", " ", "12", "x\ty"];
        foreach (var (share, end) in new[] { (0.0, "\n"), (0.02, "\n"), (0.5, "\r\n"), (0.2, "\r"), (0.0, "\r\n") })
        {
            var expected = new List<string?[]>();
            var text = new StringBuilder();
            while (text.Length < 1_500_000)
            {
                var row = new string?[4];
                for (var i = 0; i < row.Length; i++)
                {
                    if (random.Next(10) == 0) row[i] = null;
                    else if (random.NextDouble() < share) row[i] = string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => parts[random.Next(parts.Length)]));
                    else row[i] = new string((char)('a' + random.Next(26)), random.Next(1, 12));
                }
                expected.Add(row);
                var must = row.Select(v => v is not null && (v.Length == 0 || v.AsSpan().ContainsAny(",\"\r\n") || random.NextDouble() < share / 2));
                text.AppendJoin(',', row.Zip(must, (v, q) => q ? $"\"{v!.Replace("\"", "\"\"")}\"" : v)).Append(end);
            }
            var rows = await bed.RowsAsync(text.ToString(), Rows with { Columns = DelimitedBed.Schema(("a", DataType.Text), ("b", DataType.Text), ("c", DataType.Text), ("d", DataType.Text)) }, provenance: true);

            Assert.Equal(expected.Count, rows.Count);
            var line = 1L;
            for (var i = 0; i < rows.Count; i++)
            {
                Assert.Equal(expected[i], rows[i][..4]);
                Assert.Equal(line, rows[i][5]);
                line += 1 + expected[i].Sum(v => v is null ? 0 : v.Replace("\r\n", "\n").Count(c => c is '\n' or '\r'));
            }
        }
    }

    [Fact]
    public async Task Only_the_wanted_columns_are_given_in_the_wanted_order()
    {
        var source = Csv.Open(bed.Write("a,b,c\n1,2,3\n4,5,6\n"), CsvOptions.Default);

        Assert.Equal([[3L, 1L], [6L, 4L]], await bed.RowsOfAsync(source, columns: ["c", "a"]));
    }

    [Theory]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    [InlineData("iso-8859-1", false)]
    [InlineData("windows-1252", false)]
    public async Task Other_encodings_are_read_by_name_or_by_mark(string name, bool hasMark)
    {
        var encoding = CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        var path = bed.Write([.. encoding.Preamble, .. encoding.GetBytes("name,price\nCafé,5\nÜber,6\n")]);

        var rows = await bed.RowsOfAsync(Csv.Open(path, hasMark ? CsvOptions.Default : new CsvOptions { Encoding = encoding }));

        Assert.Equal([["Café", 5L], ["Über", 6L]], rows);
    }

    [Fact]
    public async Task Comments_skipped_lines_and_spelled_nulls_are_left_out()
    {
        var rows = await bed.RowsAsync("made by hand, \"on a\n# a \"comment, with a quote\nname,n\n# x,\"y\nNA,1\n\"NA\",2\n b ,\\N\n#,,,\n", new CsvOptions { SkipLines = 1, Comment = '#', Nulls = ["NA", "\\N"], Trim = true });

        Assert.Equal([[null, 1L], ["NA", 2L], ["b", null]], rows);
    }

    [Fact]
    public async Task Fixed_places_count_characters()
    {
        var path = bed.Write("   1 Zoë  VC540\r\n  22 José VC773\n333  x         \n", "f.txt");
        var source = FixedWidth.Open(path, [new("id", 1, 4, DataType.Int32), new("name", 6, 4), new("code", 11, 5)], CsvOptions.Default);

        Assert.Equal([[1, "Zoë", "VC540"], [22, "José", "VC773"], [333, "x", null]], await bed.RowsOfAsync(source));
    }

    [Fact]
    public async Task Several_files_are_one_table_each_with_a_header_of_its_own()
    {
        var files = new[] { bed.Write("a,b\n1,x\n", "1.csv"), bed.Write("b,a\ny,2\n", "2.csv"), bed.Write("a,b\n", "3.csv") }.Select(InputFile.At).ToList();
        var source = await CsvSource.OpenAsync(files, CsvOptions.Default, TestContext.Current.CancellationToken);

        Assert.Equal([[1L, "x", files[0].Name, 2L], [2L, "y", files[1].Name, 2L]], await bed.RowsOfAsync(source, provenance: true));
    }
}
