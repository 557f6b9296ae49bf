using System.Text;
using System.Text.Json;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

/// <summary>That each kind of file takes a list of paths, as a bookmark by file gives it, and keeps it when it travels.</summary>
public sealed class FileListTests : IDisposable
{
    static readonly Schema columns = new(new Field("Id", DataType.Int64, Nullable: false));

    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("fixed")]
    [InlineData("json")]
    [InlineData("jsonl")]
    [InlineData("xml")]
    [InlineData("xlsx")]
    [InlineData("parquet")]
    [InlineData("avro")]
    public async Task A_list_of_files_is_one_frame_here_and_in_another_process(string kind)
    {
        for (var id = 1L; id <= 3; id++) await WriteAsync(kind, id);
        IReadOnlyList<string> paths = [folder[$"3.{kind}"], folder[$"1.{kind}"]];
        IReadOnlyList<FixedColumn> places = [new("Id", 1, 1, DataType.Int64)];
        var (named, typed) = kind switch
        {
            "fixed" => (FixedWidth.Read(paths, places), FixedWidth.Read<Row>(paths, places)),
            "json" => (Json.Read(paths), Json.Read<Row>(paths)),
            "jsonl" => (JsonLines.Read(paths), JsonLines.Read<Row>(paths)),
            "xml" => (Xml.Read(paths, "//row"), Xml.Read<Row>(paths, "//row")),
            "xlsx" => (Excel.Read(paths), Excel.Read<Row>(paths)),
            "parquet" => (Parquet.Read(paths), Parquet.Read<Row>(paths)),
            _ => (Avro.Read(paths), Avro.Read<Row>(paths)),
        };
        var sent = JsonSerializer.Deserialize<Frame<Row>>(JsonSerializer.Serialize(typed))!;

        foreach (var frame in new[] { typed, sent, named.As<Row>() }) Assert.Equal([new(3), new(1)], await frame.ToListAsync(Rows.Cancel));
    }

    async Task WriteAsync(string kind, long id)
    {
        var path = folder[$"{id}.{kind}"];
        object?[][] row = [[id]];
        _ = kind switch
        {
            "json" => await Json.File(path).WriteAsync(columns, row),
            "jsonl" => await JsonLines.File(path).WriteAsync(columns, row),
            "xlsx" => await Excel.File(path).WriteAsync(columns, row),
            "parquet" => await Parquet.File(path).WriteAsync(columns, row),
            _ => null,
        };
        if (kind == "fixed") await File.WriteAllTextAsync(path, $"{id}\n", Rows.Cancel);
        if (kind == "xml") await File.WriteAllTextAsync(path, $"<all><row><Id>{id}</Id></row></all>", Rows.Cancel);
        if (kind == "avro") await File.WriteAllBytesAsync(path, Container(id), Rows.Cancel);
    }

    // A container of one block of one row, by the specification.
    static byte[] Container(long id)
    {
        const string schema = """{"type":"record","name":"r","fields":[{"name":"Id","type":"long"}]}""";
        byte[] mark = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];
        return [.. "Obj"u8, 1, .. Number(1), .. Text("avro.schema"), .. Text(schema), .. Number(0), .. mark, .. Number(1), .. Number(1), .. Number(id), .. mark];

        static byte[] Text(string text) => [.. Number(text.Length), .. Encoding.UTF8.GetBytes(text)];

        // Zig-zag; none here needs more than two bytes.
        static byte[] Number(long value) => value * 2 < 128 ? [(byte)(value * 2)] : [(byte)((value * 2) | 128), (byte)(value * 2 >> 7)];
    }

    sealed record Row(long Id);
}
