using System.IO.Compression;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

public sealed class ExcelTests : IDisposable
{
    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A file as Excel writes it, as small as can be.</summary>
    string Write(string sheetData, string shared = "", string workbook = "")
    {
        File.Delete(folder["a.xlsx"]);
        using var zip = ZipFile.Open(folder["a.xlsx"], ZipArchiveMode.Create);
        const string main = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
        Part("xl/workbook.xml", $"<workbook {main} xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">{workbook}<sheets><sheet name=\"First\" sheetId=\"1\" r:id=\"rId1\"/><sheet name=\"Second\" sheetId=\"2\" r:id=\"rId2\"/></sheets></workbook>");
        Part("xl/_rels/workbook.xml.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Target=\"/xl/worksheets/sheet2.xml\"/></Relationships>");
        Part("xl/styles.xml", $"<styleSheet {main}><numFmts><numFmt numFmtId=\"164\" formatCode=\"[$-407]d\\. mmmm yyyy&quot; hs&quot;\"/><numFmt numFmtId=\"165\" formatCode=\"0.00&quot;days&quot;\"/></numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"22\"/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/><xf numFmtId=\"20\"/><xf numFmtId=\"46\"/></cellXfs></styleSheet>");
        Part("xl/sharedStrings.xml", $"<sst {main}>{shared}</sst>");
        Part("xl/worksheets/sheet1.xml", $"<worksheet {main}><sheetData>{sheetData}</sheetData></worksheet>");
        Part("xl/worksheets/sheet2.xml", $"<worksheet {main}><sheetData><row><c t=\"inlineStr\"><is><t>only</t></is></c></row><row><c><v>5</v></c></row></sheetData></worksheet>");
        return folder["a.xlsx"];

        void Part(string name, string content)
        {
            using var writer = new StreamWriter(zip.CreateEntry(name).Open());
            writer.Write(content);
        }
    }

    [Fact]
    public async Task Cells_are_read_by_what_their_formats_say()
    {
        var path = Write("""
            <row r="2"><c r="B2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c><c r="D2" t="inlineStr"><is><t>at</t></is></c><c r="E2" t="inlineStr"><is><t>amount</t></is></c><c r="F2" t="inlineStr"><is><t>ok</t></is></c><c r="G2" t="str"><v>long day</v></c><c r="H2" t="str"><v>clock</v></c><c r="I2" t="str"><v>span</v></c></row>
            <row r="3"><c r="B3"><v>1</v></c><c r="C3" s="1"><v>46024</v></c><c r="D3" s="2"><v>46024.5</v></c><c r="E3" s="4"><v>12.5</v></c><c r="F3" t="b"><v>1</v></c><c r="G3" s="3"><v>1</v></c><c r="H3" s="5"><v>0.75</v></c><c r="I3" s="6"><v>1.5</v></c></row>
            <row r="4"/>
            <row r="5"><c r="B5"><v>2E0</v></c><c r="D5" s="2"><f>NOW()</f><v>46024.000011574</v></c><c r="E5"><v>3</v></c><c r="G5" s="3"><v>61</v></c></row>
            """, "<si><t>id</t></si><si><r><t>da</t></r><r><t>y</t></r><rPh sb=\"0\" eb=\"1\"><t>xx</t></rPh></si>");
        var frame = Excel.Read(path);
        Assert.Equal("id: int64?, day: date?, at: timestamp?, amount: float64?, ok: boolean?, long day: date?, clock: time?, span: duration?", frame.Schema.ToString());
        Assert.Equal(
            [[1L, new DateOnly(2026, 1, 2), new DateTime(2026, 1, 2, 12, 0, 0), 12.5, true, new DateOnly(1900, 1, 1), new TimeOnly(18, 0), TimeSpan.FromHours(36), 3L],
             [2L, null, new DateTime(2026, 1, 2, 0, 0, 1), 3.0, null, new DateOnly(1900, 3, 1), null, null, 5L]],
            (await frame.RowsAsync(new ReadRequest { Provenance = true })).Select(r => r.Where((_, i) => i != 8).ToArray()));
        Assert.Equal(["First", "Second"], Excel.Sheets(path));
        Assert.Equal([[5L]], await Excel.Read(path, "second").RowsAsync());
        Assert.Contains("Its sheets are First, Second", Assert.Throws<BadDataException>(() => Excel.Read(path, "Third")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_range_is_read_with_or_without_a_header()
    {
        var path = Write(string.Concat(Enumerable.Range(1, 6).Select(r => $"<row r=\"{r}\">{string.Concat("ABCD".Select((c, i) => $"<c r=\"{c}{r}\"><v>{r * 10 + i}</v></c>"))}</row>")));
        Assert.Equal([[21L, 22L], [31L, 32L]], await Excel.Read(path, options: new() { Range = "B2:C3", Header = false }).RowsAsync());
        var frame = Excel.Read(path, options: new() { Range = "C4:D" });
        Assert.Equal(["42", "43"], frame.Schema.Names);
        Assert.Equal([[52L, 53L], [62L, 63L]], await frame.RowsAsync());
        Assert.Throws<ArgumentException>(() => Excel.Read(path, options: new() { Range = "C4-D5" }));
    }

    [Fact]
    public async Task Errors_and_values_that_do_not_fit_are_rejected_with_their_row()
    {
        var path = Write("""
            <row r="1"><c t="str"><v>v</v></c><c t="str"><v>day</v></c></row><row r="2"><c><v>1</v></c><c s="1"><v>46024</v></c></row>
            <row r="3"><c t="e"><v>#DIV/0!</v></c></row><row r="4"><c><v>1.5</v></c></row><row r="5"><c t="str"><v>x</v></c></row><row r="6"><c><v>1E300</v></c></row>
            <row r="7"><c><v>7</v></c><c s="1"><v>60</v></c></row><row r="8"><c><v>8</v></c><c/><c><v>9</v></c></row><row r="9"><c t="str"><v> 9 </v></c><c t="str"><v>2026-02-29</v></c></row><row r="10"><c t="str"><v>10</v></c></row>
            """);
        var options = new ExcelOptions { Columns = new Schema(new Field("v", DataType.Int32), new Field("day", DataType.Date)), Bad = Bad.Reject };
        var (rows, rejects) = await Excel.Read(path, options: options).RejectingAsync();
        Assert.Equal([[1, new DateOnly(2026, 1, 2)], [10, null]], rows);
        Assert.Equal([(3L, "error in cell"), (4L, "not int32"), (5L, "not int32"), (6L, "not int32"), (7L, "not date"), (8L, "cell without column"), (9L, "not date")], rejects.All.Select(r => (r.Line!.Value, r.Rule)));
        Assert.Contains("shows the error #DIV/0!", (await Excel.Read(path, options: options with { Bad = Bad.Fail }).FailsAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Headings_must_differ()
    {
        var path = Write("""<row r="1"><c t="str"><v>v</v></c><c t="str"><v>v</v></c><c/><c t="str"><v>w</v></c></row><row r="2"><c><v>1</v></c></row>""");
        Assert.Contains("names column 1 and column 2 'v'", Assert.Throws<BadDataException>(() => Excel.Read(path)).Message, StringComparison.Ordinal);
        Assert.Equal(["v", "v_2", "column3", "w"], Excel.Read(path, options: new() { RenameDuplicates = true }).Schema.Names);
    }

    [Fact]
    public async Task Days_are_counted_from_1904_where_the_file_says_so()
    {
        var path = Write("""<row><c t="str"><v>d</v></c></row><row><c s="1"><v>0</v></c></row>""", workbook: "<workbookPr date1904=\"1\"/>");
        Assert.Equal([[new DateOnly(1904, 1, 1)]], await Excel.Read(path).RowsAsync());
    }

    [Fact]
    public async Task All_types_come_back_from_what_was_written()
    {
        var schema = new Schema(Rows.AllTypes.Where(f => !f.Type.IsNested && f.Name is not "f32"));
        var kept = schema.Select(f => Rows.AllTypes.IndexOf(f.Name)).ToArray();
        var rows = Enumerable.Range(0, 250).Select(i => kept.Select(k => Rows.Row(i)[k]).ToArray()).ToList();
        var report = await Excel.File(folder["a.xlsx"]).WriteAsync(schema, rows);
        Assert.Equal((250L, new FileInfo(folder["a.xlsx"]).Length), (report.Rows, report.Bytes));
        var read = await Excel.Read(folder["a.xlsx"], options: new() { Columns = schema }).RowsAsync();
        Assert.Equivalent(rows.Where(r => r.Any(v => v is not null)).Select(r => new BatchBuilder(schema).Add(r).Build().Row(0)), read, strict: true);
    }

    [Fact]
    public async Task Dates_are_dates_and_texts_are_texts_whatever_they_look_like()
    {
        var schema = new Schema(new Field("text", DataType.Text), new Field("day", DataType.Date), new Field("at", DataType.Instant), new Field("list", DataType.List(DataType.Int32)));
        await Excel.File(folder["a.xlsx"], "R&D").WriteAsync(schema,
            ["=1+1", new DateOnly(2026, 1, 2), new DateTimeOffset(2026, 1, 2, 12, 0, 0, TimeSpan.Zero), new[] { 1, 2 }], ["_x0041_ <&> \u0001\r\n\"", null, null, null]);
        Assert.Equal(["R&D"], Excel.Sheets(folder["a.xlsx"]));
        var frame = Excel.Read(folder["a.xlsx"]);
        Assert.Equal("text: text?, day: date?, at: timestamp?, list: text?", frame.Schema.ToString());
        Assert.Equal([["=1+1", new DateOnly(2026, 1, 2), new DateTime(2026, 1, 2, 12, 0, 0), "[1,2]"], ["_x0041_ <&> \u0001\r\n\"", null, null, null]], await frame.RowsAsync());
        var cells = await Python.RunAsync($"""
            import zipfile, xml.dom.minidom
            z = zipfile.ZipFile('{folder["a.xlsx"]}')
            assert z.testzip() is None
            for n in z.namelist(): xml.dom.minidom.parseString(z.read(n))
            s = z.read('xl/worksheets/sheet1.xml').decode()
            print('<f>' in s, '<v>46024</v>' in s, '<v>46024.5</v>' in s)
            """);
        Assert.Equal("False True True", cells);
    }

    [Fact]
    public async Task What_a_cell_cannot_hold_is_refused_and_leaves_nothing()
    {
        var schema = new Schema(new Field("v", DataType.Text));
        var error = await Assert.ThrowsAsync<PlanException>(() => Excel.File(folder["a.xlsx"]).WriteAsync(schema, [new string('x', 40_000)]));
        Assert.Contains("Cell A2", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PlanException>(() => Excel.File(folder["a.xlsx"], "a/b").WriteAsync(schema, ["x"]));
        Assert.Empty(Directory.GetFileSystemEntries(folder.FullPath));
    }

    [Fact]
    public void Broken_files_are_named()
    {
        var bytes = File.ReadAllBytes(Write("<row><c><v>1</v></c></row>"));
        File.WriteAllBytes(folder["cut.xlsx"], bytes[..(bytes.Length / 2)]);
        File.WriteAllText(folder["text.xlsx"], "a,b\n1,2\n");
        File.WriteAllBytes(folder["empty.xlsx"], []);
        foreach (var name in (string[])["cut.xlsx", "text.xlsx", "empty.xlsx"])
            Assert.StartsWith($"'{folder[name]}' isn't a whole .xlsx file", Assert.Throws<BadDataException>(() => Excel.Read(folder[name])).Message, StringComparison.Ordinal);
        Assert.Contains("isn't a whole .xlsx file", Assert.Throws<BadDataException>(() => Excel.Read(Write("<row><c><v>1</v></row>"))).Message, StringComparison.Ordinal);
        Assert.Contains("has nothing in its first sheet", Assert.Throws<BadDataException>(() => Excel.Read(Write(""))).Message, StringComparison.Ordinal);
    }
}
