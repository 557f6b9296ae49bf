using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

public sealed class XmlTests : IDisposable
{
    const string Catalog = """
        <?xml version="1.0" encoding="UTF-8"?>
        <c:catalog xmlns:c="urn:c" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
          <head><book>not here</book></head>
          <c:books>
            <c:book id="1" lang="en"><title>A &amp; B</title><price currency="EUR">12.50</price><author>Ann</author><author>Bob</author><published>2026-01-02</published></c:book>
            <c:book id="2"><title xsi:nil="true"/><price>7</price><author><![CDATA[C <d>]]></author><code>007</code></c:book>
          </c:books>
        </c:catalog>
        """;

    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Write(string content)
    {
        File.WriteAllText(folder["a.xml"], content);
        return folder["a.xml"];
    }

    [Fact]
    public async Task Attributes_and_elements_are_columns_repeated_ones_lists_and_those_with_parts_structs()
    {
        var frame = Xml.Read(Write(Catalog), "/catalog/books/book");
        Assert.Equal("id: int64?, lang: text?, title: text?, price: struct<currency: text?, text: float64?>?, author: list<text?>?, published: date?, code: text?", frame.Schema.ToString());
        var rows = await frame.RowsAsync(new ReadRequest { Provenance = true });
        Assert.Equivalent(new object?[][]
        {
            [1L, "en", "A & B", new Dictionary<string, object?> { ["currency"] = "EUR", ["text"] = 12.5 }, new List<object?> { "Ann", "Bob" }, new DateOnly(2026, 1, 2), null, folder["a.xml"], 5L],
            [2L, null, null, new Dictionary<string, object?> { ["currency"] = null, ["text"] = 7.0 }, new List<object?> { "C <d>" }, null, "007", folder["a.xml"], 6L],
        }, rows, strict: true);
        Assert.Equal(3, (await Xml.Read(folder["a.xml"], "//book", new() { Columns = new Schema(new Field("title", DataType.Text)) }).RowsAsync()).Count);
    }

    sealed record Book(int Id, string Title, List<string> Author);

    [Fact]
    public async Task Rows_become_records()
    {
        var path = Write("<b><book id='1'><title/><author>x</author></book></b>");
        var book = Assert.Single(await Xml.Read<Book>(path, "book").ToListAsync(Rows.Cancel));
        Assert.Equal((1, "", "x"), (book.Id, book.Title, book.Author.Single()));
    }

    [Fact]
    public async Task Bad_values_are_rejected_with_their_line()
    {
        var path = Write("<b>\n<r><v>1</v></r>\n<r><v>x</v></r>\n<r><v>1</v><v>2</v></r>\n<r/>\n<r><v>2026-02-30</v></r>\n</b>");
        var options = new XmlOptions { Columns = new Schema(new Field("v", DataType.Int32, Nullable: false)), Bad = Bad.Reject };
        var (rows, rejects) = await Xml.Read(path, "r", options).RejectingAsync();
        Assert.Equal([[1]], rows);
        Assert.Equal([(3L, "not int32"), (4L, "repeated"), (5L, "missing"), (6L, "not int32")], rejects.All.Select(r => (r.Line!.Value, r.Rule)));
        Assert.Equal(3, (await Xml.Read(path, "r", options with { Bad = Bad.Fail }).FailsAsync()).Line);
    }

    [Fact]
    public void A_file_that_wants_to_read_other_files_or_to_grow_is_refused()
    {
        File.WriteAllText(folder["secret"], "secret");
        foreach (var text in (string[])[
            $"""<!DOCTYPE b [<!ENTITY x SYSTEM "file://{folder["secret"]}">]><b><r><v>&x;</v></r></b>""",
            """<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><b><r><v>&b;</v></r></b>"""])
        {
            var error = Assert.Throws<BadDataException>(() => Xml.Read(Write(text), "r"));
            Assert.Contains("none is read: remove it", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("<b><r><v>1</v></r><r><v>2</v>", "line 1")]
    [InlineData("<b>\n<r><v>1</w></r></b>", "line 2")]
    [InlineData("", "line 0")]
    public async Task Half_a_document_is_no_document(string text, string message)
    {
        var error = await Xml.Read(Write(text), "r", new() { Columns = new Schema(new Field("v", DataType.Int64)) }).FailsAsync();
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_and_size_of_a_row_are_limited()
    {
        Assert.Contains("nested deeper than 64", Assert.Throws<BadDataException>(() => Xml.Read(Write(string.Concat(Enumerable.Repeat("<a>", 10_000))), "r")).Message, StringComparison.Ordinal);
        Assert.Contains("more than 100 elements", Assert.Throws<BadDataException>(() => Xml.Read(Write($"<r>{string.Concat(Enumerable.Repeat("<a/>", 200))}</r>"), "r", new() { MaxRowNodes = 100 })).Message, StringComparison.Ordinal);
        Assert.Contains("has no elements 'nothing'", Assert.Throws<BadDataException>(() => Xml.Read(Write("<r/>"), "nothing")).Message, StringComparison.Ordinal);
    }
}
