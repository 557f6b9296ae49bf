using System.Text;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

/// <summary>What a look at files says of their columns, and how an error behind that look says it again.</summary>
public sealed class InspectTests : IDisposable
{
    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Write(string name, string content)
    {
        File.WriteAllText(folder[name], content);
        return folder[name];
    }

    [Theory]
    [InlineData("jsonl")]
    [InlineData("json")]
    [InlineData("xml")]
    [InlineData("xlsx")]
    public async Task Every_value_is_looked_at_and_the_odd_ones_are_counted(string kind)
    {
        // 42 texts and 42 numbers with a fraction among 30,000 values, which is more than a sample has.
        var path = folder[$"a.{kind}"];
        var rows = Enumerable.Range(1, 30_000).Select(i => (N: i > 29_000 && i % 24 == 0 ? "abc" : $"{i}", X: i > 29_000 && i % 24 == 0 ? i + 0.5 : i)).ToList();
        if (kind == "xlsx") await WriteCellsAsync(path, rows);
        else Write($"a.{kind}", kind switch
        {
            "jsonl" => Lines(rows, "\n", "", ""),
            "json" => Lines(rows, ",\n", "[", "]"),
            _ => $"<all>\n{string.Join('\n', rows.Select(r => $"<row><n>{r.N}</n><x>{r.X}</x></row>"))}\n</all>",
        });

        var evidence = await (kind switch
        {
            "jsonl" => JsonLines.InspectAsync(path, cancel: Rows.Cancel),
            "json" => Json.InspectAsync(path, cancel: Rows.Cancel),
            "xml" => Xml.InspectAsync(path, "//row", cancel: Rows.Cancel),
            _ => Excel.InspectAsync(path, cancel: Rows.Cancel),
        });

        var line = kind is "xml" or "xlsx" ? "29,017" : "29,016";
        Assert.Equal([$"n: text (42 of 30,000 values aren't integers, first at line {line}: 'abc')", $"x: float64 (42 of 30,000 values aren't integers, first at line {line}: '29016.5')"], evidence.Select(e => e.ToString()));
        Assert.All(evidence, e => Assert.Equal((30_000, 0, true), (e.Values, e.Nulls, e.Whole)));

        static string Lines(IEnumerable<(string N, double X)> rows, string between, string before, string behind) =>
            before + string.Join(between, rows.Select(r => $"{{\"n\":{(r.N == "abc" ? "\"abc\"" : r.N)},\"x\":{r.X}}}")) + behind;
    }

    [Fact]
    public async Task Parts_of_nested_columns_have_evidence_of_their_own_and_missing_members_are_nulls()
    {
        var path = Write("a.jsonl", """
            {"id":1,"home":{"zip":1,"city":"X"},"tags":["2026-01-01","2026-01-02"]}
            {"id":2,"home":{"zip":2},"tags":["2026-01-03","soon"]}
            {"id":3,"home":{"zip":"N1"},"tags":[]}
            {"id":123456789012345678901}
            {"id":null,"more":true}
            """);

        Assert.Equal(
            [
                "id: decimal(38,0) (1 of 4 values aren't integers of 64 bits, first at line 4: '123456789012345678901')", "home: struct<zip: text?, city: text?>", "home.zip: text (1 of 3 values aren't integers, first at line 3: 'N1')", "home.city: text",
                "tags: list<text?>", "tags[]: text (1 of 4 values aren't dates, first at line 2: 'soon')", "more: boolean",
            ],
            (await JsonLines.InspectAsync(path, cancel: Rows.Cancel)).Select(e => e.ToString()));
        Assert.Equal([1, 2, 0, 2, 2, 0, 4], (await JsonLines.InspectAsync(path, cancel: Rows.Cancel)).Select(e => e.Nulls));
    }

    [Fact]
    public async Task All_files_are_looked_at_whatever_the_order_of_their_columns()
    {
        await Excel.File(folder["b1.xlsx"]).WriteAsync(new Schema(new Field("id", DataType.Int64), new Field("name", DataType.Text)), [[1L, "Ann"], [2L, "Bob"]]);
        await Excel.File(folder["b2.xlsx"]).WriteAsync(new Schema(new Field("name", DataType.Text), new Field("id", DataType.Text)), [["Cy", "C3"]]);

        Assert.Equal(["id: text (1 of 3 values aren't integers, first at line 2: 'C3')", "name: text"], (await Excel.InspectAsync(folder["b*.xlsx"], cancel: Rows.Cancel)).Select(e => e.ToString()));
    }

    [Fact]
    public async Task An_error_behind_the_sample_says_what_the_sample_said()
    {
        var path = Write("a.jsonl", "{\"n\":1,\"x\":1}\n{\"n\":2,\"x\":1.5}\n{\"n\":3,\"x\":2}\n{\"n\":\"abc\",\"x\":3}\n{\"n\":4,\"x\":\"y\"}\n");
        const string remedy = "The columns were inferred from the first 3 rows: raise InferRows, give the Columns, or reject bad rows.";
        var frame = JsonLines.Read(path, new() { InferRows = 3 });

        Assert.Equal($"{path}, line 4: 'abc' isn't an int64 in column 'n'. {remedy} 'n' was inferred as int64 from its first 3 values, which all are; JsonLines.InspectAsync looks at them all.", (await frame.FailsAsync()).Message);
        using var rejects = (await JsonLines.Read(path, new() { InferRows = 3, Bad = Bad.Reject }).RejectingAsync()).Rejects;
        Assert.Equal(2, rejects.Count);
        Assert.Equal($"'y' isn't a float64 in column 'x'. {remedy} 'x' was inferred as float64 from its first 3 values (1 of 3 values aren't integers, first at line 2: '1.5'); JsonLines.InspectAsync looks at them all.", rejects.All[^1].Message);

        var given = JsonLines.Read(path, new() { Columns = frame.Schema });
        Assert.EndsWith("Correct the file, change the column's type, or reject bad rows.", (await given.FailsAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delimited_text_says_it_alike()
    {
        var text = new StringBuilder("n,m\n");
        for (var i = 0; i < 200_000; i++) text.Append("12345,\n");
        var path = Write("a.csv", text.Append("abc,\n").ToString());

        var message = (await Csv.Read(path, new() { SampleBytes = 1_024 }).FailsAsync()).Message;
        Assert.Matches(@"^.*a\.csv, line 200,002, column 'n', value 'abc': It isn't a value of type int64\. .* 'n' was inferred as int64 from its first [\d,]+ values, which all are; Csv\.InspectAsync looks at them all\.$", message);
        Assert.DoesNotContain("inferred", (await Csv.Read(path, new() { Types = new Dictionary<string, DataType> { ["n"] = DataType.Int64 } }).FailsAsync()).Message, StringComparison.Ordinal);
    }

    static async Task WriteCellsAsync(string path, IEnumerable<(string N, double X)> rows)
    {
        // Excel keeps a text a text, and all that reads it must tell numbers from texts by the cell: one sheet of both.
        var schema = new Schema(new Field("n", DataType.Text), new Field("x", DataType.Float64));
        await Excel.File(path).WriteAsync(schema, rows.Select(r => new object?[] { r.N, r.X }));
        using var zip = System.IO.Compression.ZipFile.Open(path, System.IO.Compression.ZipArchiveMode.Update);
        var sheet = zip.Entries.Single(e => e.FullName.EndsWith("sheet1.xml", StringComparison.Ordinal));
        string xml;
        using (var reader = new StreamReader(sheet.Open())) xml = await reader.ReadToEndAsync(Rows.Cancel);
        xml = System.Text.RegularExpressions.Regex.Replace(xml, @"<c([^>]*?) t=""inlineStr""([^>]*)><is><t[^>]*>(\d+)</t></is></c>", "<c$1$2><v>$3</v></c>");
        await using var open = sheet.Open();
        open.SetLength(0);
        await open.WriteAsync(Encoding.UTF8.GetBytes(xml), Rows.Cancel);
    }
}
