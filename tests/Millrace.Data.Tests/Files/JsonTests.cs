using System.Text;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

public sealed class JsonTests : IDisposable
{
    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Write(string content, string name = "a.json")
    {
        File.WriteAllText(folder[name], content);
        return folder[name];
    }

    [Fact]
    public async Task Rows_of_an_array_are_read_with_types_that_were_inferred()
    {
        var frame = Json.Read(Write("""
            [ {"id": 1, "name": "Ann \u00fc", "score": 1.5, "day": "2026-01-02", "at": "2026-01-02T03:04:05Z", "tags": ["a", null], "home": {"zip": 1, "city": "X"}},
              {"id": 2, "score": 3, "name": null, "day": "2026-01-03", "at": "2026-01-02 03:04:05+02:00", "ok": true} ]
            """));
        Assert.Equal("""id: int64?, name: text?, score: float64?, day: date?, at: instant?, tags: list<text?>?, home: struct<zip: int64?, city: text?>?, ok: boolean?""", frame.Schema.ToString());
        var rows = await frame.RowsAsync();
        Assert.Equal(2, rows.Count);
        Assert.Equal([1L, "Ann ü", 1.5, new DateOnly(2026, 1, 2), new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)], rows[0][..5]);
        Assert.Equal(["a", null], Assert.IsType<List<object?>>(rows[0][5]));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 1, 4, 5, TimeSpan.Zero), rows[1][4]);
        Assert.Null(rows[1][6]);
        Assert.Equal(true, rows[1][7]);
    }

    [Fact]
    public void Values_that_disagree_are_counted_with_the_first_line()
    {
        var lines = string.Join('\n', Enumerable.Range(1, 50).Select(i => i is 17 or 20 ? "{\"v\":\"x\"}" : $"{{\"v\":{i}}}"));
        var source = (JsonSource)JsonLines.Read(Write(lines)).Source();
        Assert.Equal(DataType.Text, source.Schema["v"].Type);
        Assert.Equal(["v: text (2 of 50 values aren't integers, first at line 17: 'x')"], source.Inferred.Evidence.Select(e => e.ToString()));
    }

    [Fact]
    public async Task Numbers_with_more_digits_than_a_float_keeps_stay_what_is_written()
    {
        var frame = Json.Read(Write("""[{"price":1234567890123456.789,"n":1,"mixed":12345678901234567890},{"price":1,"n":0.5,"mixed":1.5}]"""));
        Assert.Equal("price: text?, n: float64?, mixed: text?", frame.Schema.ToString());
        Assert.Equal(["1234567890123456.789", 1.0, "12345678901234567890"], (await frame.RowsAsync())[0]);
        Assert.Contains("1 of 2 numbers have more digits than the 17", ((JsonSource)frame.Source()).Inferred.Evidence[0].Sentence, StringComparison.Ordinal);
        var exact = Json.Read(folder["a.json"], new() { Columns = new Schema(new Field("price", DataType.Decimal(25, 3))) });
        Assert.Equal(1234567890123456.789m, (await exact.RowsAsync())[0][0]);
    }

    [Theory]
    [InlineData("jsonl")]
    [InlineData("json")]
    public async Task What_is_appended_while_a_file_is_read_is_not_followed(string kind)
    {
        // More than one fill of a reader's buffer, so that the end is met after the first rows were given out.
        var rows = string.Join(kind == "json" ? ",\n" : "\n", Enumerable.Repeat("{\"a\":1}", 40_000));
        var path = Write(kind == "json" ? $"[{rows}]" : $"{rows}\n", $"grow.{kind}");
        var source = (kind == "json" ? Json.Read(path) : JsonLines.Read(path)).Source();
        _ = source.Schema;
        var read = 0;
        await foreach (var batch in source.ReadAsync(new ReadRequest { BatchRows = 100 }, TestContext.Current.CancellationToken))
        {
            if (read == 0) File.AppendAllText(path, kind == "json" ? "[1" : "{\"a\":2}\n");
            read += batch.Count;
            batch.Dispose();
        }
        Assert.Equal(40_000, read);
    }

    sealed record Reading(string Station, double Celsius, DateTimeOffset At);

    [Fact]
    public async Task Rows_become_records()
    {
        var path = Write("""{"station":"A","celsius":1.5,"at":"2026-01-01T00:00:00Z","more":1}""");
        Assert.Equal([new Reading("A", 1.5, new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))], await JsonLines.Read<Reading>(path).ToListAsync(Rows.Cancel));
    }

    [Fact]
    public async Task Rows_are_found_inside_a_document()
    {
        var path = Write("""{"meta": {"items": [9]}, "response": {"skip": [[1]], "items": [{"v": 1}, {"v": 2}], "rest": 1}}""");
        Assert.Equal([[1L], [2L]], await Json.Read(path, new() { Rows = "$.response.items" }).RowsAsync());
        Assert.Contains("there is no 'nothing'", Assert.Throws<BadDataException>(() => Json.Read(path, new() { Rows = "response.nothing" })).Message, StringComparison.Ordinal);
        Assert.Contains("'skip' isn't an object", Assert.Throws<BadDataException>(() => Json.Read(path, new() { Rows = "response.skip.x" })).Message, StringComparison.Ordinal);
        Assert.Single(await Json.Read(path).RowsAsync());
    }

    [Fact]
    public async Task A_long_document_is_cut_at_any_byte()
    {
        var text = new StringBuilder("[");
        for (var i = 0; i < 20_000; i++) text.Append(i == 0 ? "" : ",").Append(System.Globalization.CultureInfo.InvariantCulture, $"\n{{\"i\":{i},\"text\":\"{new string('x', i % 97)}\\\\\\\"{i}\",\"list\":[{i},{{\"a\":[]}}]}}");
        var path = Write(text.Append("\n]").ToString());
        var rows = await Json.Read(path).RowsAsync(new ReadRequest { Provenance = true });
        Assert.Equal(20_000, rows.Count);
        for (var i = 0; i < rows.Count; i++) Assert.Equal([(long)i, $"{new string('x', i % 97)}\\\"{i}", path, i + 2L], [rows[i][0], rows[i][1], rows[i][3], rows[i][4]]);
    }

    [Fact]
    public async Task A_bad_line_fails_or_is_rejected_with_its_line()
    {
        var path = Write("{\"v\":1}\n\n{\"v\":x}\n{\"v\":2.5}\n{\"v\":99999999999999999999}\n{\"v\":3}\n[4]\n{\"v\":5,\"v\":6}\n{}\n{\"v\":7} 8\n");
        var options = new JsonOptions { Columns = new Schema(new Field("v", DataType.Int64, Nullable: false)) };
        var error = await JsonLines.Read(path, options).FailsAsync();
        Assert.Equal((3L, path), (error.Line, error.File));
        var (rows, rejects) = await JsonLines.Read(path, options with { Bad = Bad.Reject }).RejectingAsync(provenance: true);
        Assert.Equal([[1L, path, 1L], [3L, path, 6L]], rows);
        Assert.Equal([(3L, "not JSON"), (4L, "not int64"), (5L, "not int64"), (7L, "not an object"), (8L, "member twice"), (9L, "missing"), (10L, "not JSON")], rejects.All.Select(r => (r.Line!.Value, r.Rule)));
        Assert.Equal("'99999999999999999999' isn't an int64 in column 'v'. Correct the file, change the column's type, or reject bad rows.", rejects.All[2].Message);
        Assert.Equal("99999999999999999999", rejects.All[2].Value);
    }

    [Fact]
    public async Task A_bad_value_becomes_null_where_that_is_said()
    {
        var path = Write("{\"v\":[1,\"x\"],\"w\":1}\n{\"v\":[2],\"w\":2}\n");
        var columns = new Schema(new Field("v", DataType.List(DataType.Int32)), new Field("w", DataType.Int32));
        var rows = await JsonLines.Read(path, new() { Columns = columns, Bad = Bad.Null }).RowsAsync();
        Assert.Null(rows[0][0]);
        Assert.Equal([1, 2], rows.Select(r => (int)r[1]!));
        Assert.Equal([2], ((List<object?>)rows[1][0]!).Cast<int>());
    }

    [Theory]
    [InlineData("[{\"v\":1},{\"v\":2}", "the document ends where an item of the array should be")]
    [InlineData("[{\"v\":1},{\"v\":", "the document ends in the middle of a row")]
    [InlineData("[{\"v\":1},]", "a comma stands before the end of the array")]
    [InlineData("[{\"v\":1} {\"v\":2}]", "a comma or the end of the array is missing")]
    [InlineData("[{\"v\":1}] x", "'x' stands behind the end of the document")]
    [InlineData("[{\"v\":1},\n\n{\"v\":tru}]", "line 3")]
    public async Task Half_a_document_is_no_document(string text, string message)
    {
        var error = await Json.Read(Write(text), new() { Columns = new Schema(new Field("v", DataType.Int64)) }).FailsAsync();
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_has_a_limit()
    {
        var path = Write($"[{new string('[', 100)}{new string(']', 100)}]");
        Assert.Contains("maximum configured depth of 64", Assert.Throws<BadDataException>(() => Json.Read(path)).Message, StringComparison.Ordinal);
        Assert.Contains("longer than 2,048 bytes", Assert.Throws<BadDataException>(() => Json.Read(Write($"[{{\"v\":\"{new string('x', 300_000)}\"}}]"), new() { MaxRowBytes = 2_048 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_file_has_no_rows_and_no_columns_to_infer()
    {
        var columns = new Schema(new Field("v", DataType.Int64));
        foreach (var text in (string[])["", "  \n", "[]"])
        {
            var path = Write(text);
            Assert.Contains("no rows to infer columns from", Assert.Throws<BadDataException>(() => Json.Read(path)).Message, StringComparison.Ordinal);
            Assert.Empty(await Json.Read(path, new() { Columns = columns }).RowsAsync());
        }
    }

    [Fact]
    public async Task Encodings_are_known_by_their_marks()
    {
        foreach (var encoding in (Encoding[])[new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32])
        {
            File.WriteAllText(folder["a.json"], "[{\"v\":\"ü😀\"}]", encoding);
            Assert.Equal([["ü😀"]], await Json.Read(folder["a.json"]).RowsAsync());
        }
        File.WriteAllBytes(folder["b.jsonl"], [.. "{\"v\":\"a\"}\n{\"v\":\"\xFC"u8, 0xFC, .. "\"}\n"u8]);
        Assert.Contains("isn't UTF-8", (await JsonLines.Read(folder["b.jsonl"], new() { InferRows = 1 }).FailsAsync()).Message, StringComparison.Ordinal);
        File.WriteAllBytes(folder["c.json"], [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("[{\"v\":\""), 0x00, 0xD8, .. Encoding.Unicode.GetBytes("x\"}]")]);
        Assert.Contains("encoding", (await Json.Read(folder["c.json"], new() { Columns = new Schema(new Field("v", DataType.Text)) }).FailsAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_that_nobody_saw_is_not_lost()
    {
        var path = Write("{\"v\":1}\n{\"v\":2,\"new\":3}\n");
        var error = await JsonLines.Read(path, new() { InferRows = 1 }).FailsAsync();
        Assert.Equal($"{path}, line 2: there is a member 'new' that no row had before. The columns were inferred from the first 1 rows: raise InferRows, give the Columns, or reject bad rows.", error.Message);
        Assert.Equal([[1L], [2L]], await JsonLines.Read(path, new() { Columns = new Schema(new Field("v", DataType.Int64)) }).RowsAsync());
    }

    [Theory]
    [InlineData("a.json")]
    [InlineData("a.jsonl.gz")]
    [InlineData("a.json.br")]
    public async Task All_types_come_back_from_what_was_written(string name)
    {
        var sink = name.Contains("jsonl", StringComparison.Ordinal) ? JsonLines.File(folder[name]) : Json.File(folder[name]);
        var rows = Enumerable.Range(0, 250).Select(Rows.Row).ToList();
        var report = await sink.WriteAsync(Rows.AllTypes, rows);
        Assert.Equal((250L, new FileInfo(folder[name]).Length), (report.Rows, report.Bytes));
        var options = new JsonOptions { Columns = Rows.AllTypes };
        var read = await (name.Contains("jsonl", StringComparison.Ordinal) ? JsonLines.Read(folder[name], options) : Json.Read(folder[name], options)).RowsAsync();
        Assert.Equivalent(rows.Select(r => new BatchBuilder(Rows.AllTypes).Add(r).Build().Row(0)), read, strict: true);
        Assert.Equal([name], Directory.GetFileSystemEntries(folder.FullPath).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Python_reads_what_was_written()
    {
        await Json.File(folder["a.json"]).WriteAsync(new Schema(new Field("t", DataType.Text), new Field("d", DataType.Decimal(10, 2)), new Field("f", DataType.Float64)), ["a\"\\\n\u0001ü😀", -0.05m, 0.1], [null, 12.5m, double.NaN]);
        var read = await Python.RunAsync($"import json; print(json.dumps(json.load(open('{folder["a.json"]}'))))");
        Assert.Equal("""[{"t": "a\"\\\n\u0001\u00fc\ud83d\ude00", "d": -0.05, "f": 0.1}, {"t": null, "d": 12.5, "f": "NaN"}]""", read);
    }
}
