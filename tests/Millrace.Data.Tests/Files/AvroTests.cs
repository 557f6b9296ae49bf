using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.Files;

public sealed class AvroTests : IDisposable
{
    static readonly byte[] mark = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];

    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Avro's bytes written by hand, from the specification.</summary>
    sealed class Bytes
    {
        readonly List<byte> bytes = [];

        internal Bytes Long(params ReadOnlySpan<long> values)
        {
            foreach (var value in values)
            {
                var zigzag = (ulong)((value << 1) ^ (value >> 63));
                for (; zigzag >= 0x80; zigzag >>= 7) bytes.Add((byte)(zigzag | 0x80));
                bytes.Add((byte)zigzag);
            }
            return this;
        }

        internal Bytes Raw(params byte[] raw)
        {
            bytes.AddRange(raw);
            return this;
        }

        internal Bytes Text(string text) => Block(Encoding.UTF8.GetBytes(text));
        internal Bytes Block(byte[] bytes) => Long(bytes.Length).Raw(bytes);
        internal byte[] ToArray() => [.. bytes];
    }

    string Write(string schema, int rows, byte[] data, string codec = "null")
    {
        var file = new Bytes().Raw([.. "Obj"u8, 1]).Long(2).Text("avro.schema").Text(schema).Text("avro.codec").Text(codec).Long(0).Raw(mark);
        for (var block = 0; block < 2; block++) file.Long(rows).Block(data).Raw(mark);
        File.WriteAllBytes(folder["a.avro"], file.ToArray());
        return folder["a.avro"];
    }

    static byte[] Deflated(byte[] data)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal)) deflate.Write(data);
        return packed.ToArray();
    }

    const string Everything = """
        {"type": "record", "name": "Row", "namespace": "a.b", "fields": [
          {"name": "flag", "type": "boolean"}, {"name": "i", "type": "int"}, {"name": "l", "type": ["null", "long"]}, {"name": "f", "type": "float"}, {"name": "d", "type": "double"},
          {"name": "raw", "type": "bytes"}, {"name": "text", "type": ["string", "null"]}, {"name": "money", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
          {"name": "fixedMoney", "type": {"type": "fixed", "name": "M", "size": 4, "logicalType": "decimal", "precision": 9, "scale": 3}},
          {"name": "colour", "type": {"type": "enum", "name": "Colour", "symbols": ["RED", "GREEN"]}}, {"name": "again", "type": "Colour"},
          {"name": "day", "type": {"type": "int", "logicalType": "date"}}, {"name": "ms", "type": {"type": "int", "logicalType": "time-millis"}}, {"name": "us", "type": {"type": "long", "logicalType": "time-micros"}},
          {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}, {"name": "local", "type": {"type": "long", "logicalType": "local-timestamp-micros"}},
          {"name": "id", "type": {"type": "string", "logicalType": "uuid"}}, {"name": "span", "type": {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}},
          {"name": "list", "type": {"type": "array", "items": ["null", "int"]}}, {"name": "map", "type": {"type": "map", "values": "long"}},
          {"name": "inner", "type": ["null", {"type": "record", "name": "Inner", "fields": [{"name": "x", "type": "int"}]}]}]}
        """;

    static byte[] Row() => new Bytes()
        .Raw(1).Long(-7).Long(1, 1L << 60).Raw(0, 0, 0x20, 0x40).Raw(BitConverter.GetBytes(0.1))
        .Block([1, 255]).Long(0).Text("ü").Block([0xFF, 0x85]).Raw(0, 0, 0x30, 0x39)
        .Long(1).Long(0)
        .Long(20_000).Long(86_399_999).Long(1)
        .Long(1_700_000_000_123).Long(-1)
        .Text("00000000-0000-0000-0000-00000000000a").Raw([.. new byte[4], 2, 0, 0, 0, 5, 0, 0, 0])
        .Long(-2, 3, 1, 5, 0, 1, 1, 9, 0).Long(1).Text("k").Long(-1, 0)
        .Long(1, 42).ToArray();

    [Theory]
    [InlineData("null")]
    [InlineData("deflate")]
    [InlineData("snappy")]
    public async Task Every_type_is_read(string codec)
    {
        var row = Row();
        var data = codec switch { "deflate" => Deflated(row), "snappy" => Snapped(row), _ => row };
        var frame = Avro.Read(Write(Everything, 1, data, codec));
        Assert.Equal("flag: boolean, i: int32, l: int64?, f: float32, d: float64, raw: binary, text: text?, money: decimal(9,2), fixedMoney: decimal(9,3), colour: enum<RED|GREEN>, again: enum<RED|GREEN>, day: date, ms: time, us: time, at: instant, local: timestamp, id: uuid, span: duration, list: list<int32?>, map: map<text, int64>, inner: struct<x: int32>?", frame.Schema.ToString());
        object?[] expected =
        [
            true, -7, 1L << 60, 2.5f, 0.1, new byte[] { 1, 255 }, "ü", -1.23m, 12.345m, "GREEN", "RED", new DateOnly(2024, 10, 4), new TimeOnly(23, 59, 59, 999), new TimeOnly(10),
            DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123), new DateTime(1970, 1, 1).AddMicroseconds(-1), new Guid(0, 0, 0, [0, 0, 0, 0, 0, 0, 0, 10]), new TimeSpan(2, 0, 0, 0, 5),
            new List<object?> { 5, null, 9 }, new Dictionary<object, object?> { ["k"] = -1L }, new Dictionary<string, object?> { ["x"] = 42 },
        ];
        var rows = await frame.RowsAsync();
        Assert.Equivalent(new[] { expected, expected }, rows, strict: true);
        Assert.Equal([[0.1, folder["a.avro"], 1L], [0.1, folder["a.avro"], 2L]], await frame.RowsAsync(new ReadRequest { Columns = ["d"], Provenance = true }));
    }

    // One literal of all bytes, and the CRC behind it.
    static byte[] Snapped(byte[] data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
        {
            crc ^= b;
            for (var i = 0; i < 8; i++) crc = (crc & 1) == 0 ? crc >> 1 : 0xEDB88320 ^ (crc >> 1);
        }
        var end = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(end, ~crc);
        return [(byte)(data.Length | 0x80), (byte)(data.Length >> 7), 60 << 2, (byte)(data.Length - 1), .. data, .. end];
    }

    [Fact]
    public void Snappy_copies_overlap()
    {
        // "ab" and a copy of 10 bytes from 2 back.
        var packed = new byte[] { 12, 1 << 2, (byte)'a', (byte)'b', ((10 - 4) << 2) | 1, 2 };
        var crc = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(crc, 0x2A1B0D43);
        var error = Assert.Throws<InvalidDataException>(() => Snappy.Unpack([.. packed, .. crc]));
        Assert.Contains("isn't what was packed", error.Message, StringComparison.Ordinal);
        Assert.Contains("points outside", Assert.Throws<InvalidDataException>(() => Snappy.Unpack([12, 1 << 2, (byte)'a', (byte)'b', ((10 - 4) << 2) | 1, 3, .. crc])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"v","type":["int","string"]}]}""", "'v' in '{0}' is a union of several types")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"v","type":["null","R"]}]}""", "'R', which contains itself")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"v","type":"nothing"}]}""", "'nothing', which its schema doesn't define")]
    [InlineData("""{"type":"record","name":"R"}""", "no Avro schema that can be read")]
    [InlineData("{", "no Avro schema that can be read")]
    public void A_schema_that_makes_no_columns_is_refused(string schema, string message)
    {
        var path = Write(schema, 1, [0]);
        Assert.Contains(message.Replace("{0}", path, StringComparison.Ordinal), Assert.Throws<BadDataException>(() => Avro.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_single_value_is_a_row_of_one_column() =>
        Assert.Equal([[3L], [-4L], [3L], [-4L]], await Avro.Read(Write("\"long\"", 2, new Bytes().Long(3, -4).ToArray())).RowsAsync());

    [Fact]
    public async Task Files_that_are_broken_anywhere_fail_and_never_crash()
    {
        var bytes = File.ReadAllBytes(Write(Everything, 1, Deflated(Row()), "deflate"));
        for (var length = 0; length < bytes.Length; length += 7)
        {
            File.WriteAllBytes(folder["cut.avro"], bytes[..length]);
            await FailsOrEndsAsync(folder["cut.avro"], rows: 1);
        }
        var random = new Random(11);
        for (var i = 0; i < 300; i++)
        {
            var broken = bytes.ToArray();
            broken[random.Next(broken.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(folder["broken.avro"], broken);
            await FailsOrEndsAsync(folder["broken.avro"], rows: 2);
        }

        static async Task FailsOrEndsAsync(string path, int rows)
        {
            try
            {
                // A file that ends between two blocks can't be told from a whole one.
                Assert.InRange((await Avro.Read(path).RowsAsync()).Count, 0, rows);
            }
            catch (Exception e) when (e is BadDataException or NotSupportedException or PlanException)
            {
            }
        }
    }
}
