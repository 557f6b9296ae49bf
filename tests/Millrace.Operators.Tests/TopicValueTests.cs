using System.Text;
using System.Text.Json.Nodes;
using Millrace.Dags;
using Millrace.Data;
using Millrace.Kafka;
using Millrace.Runs;

namespace Millrace.Operators.Tests;

/// <summary>Values of topics in the formats besides JSON.</summary>
public sealed class TopicValueTests : BrokerTests
{
    public enum Mood { Calm, Windy }

    public sealed record Station(string Name, int? Height, decimal Latitude, DateOnly Since, bool Open, Mood Mood, byte[]? Seal);

    public sealed record Note(string? Text, int? Number);

    public sealed record Keyed(string? KafkaKey, string? Text, int? Number);

    public sealed record Counted(string? KafkaKey, long? Count);

    static readonly Station[] stations =
    [
        new("Oslo", 94, 59.95m, new(1937, 2, 1), true, Mood.Calm, [1, 255]),
        new("a;b, \"c\"\r\nsecond line\n", null, -1.5m, new(2000, 1, 1), false, Mood.Windy, null),
        new(" Åsa ", int.MinValue, 0, DateOnly.MinValue, true, Mood.Calm, []),
        new("", 0, 1, DateOnly.MaxValue, false, Mood.Calm, null),
    ];

    Task<List<T>> ReadAsync<T>(string topic, TopicValues values) => Topics.Read<T>(Cluster, topic, values: values).ToListAsync(cancel: Cancel);

    async Task<List<string?>> TextsAsync(string topic)
    {
        await using var consumer = Kafka.CreateConsumer<string?, string?>(new() { Topics = [topic] });
        var all = new List<string?>();
        await foreach (var record in consumer.ReadToEndAsync(Cancel)) all.Add(record.Value);
        return all;
    }

    [Theory]
    [InlineData(',')]
    [InlineData(';')]
    public async Task Rows_go_there_as_lines_and_come_back_whatever_their_texts_hold(char delimiter)
    {
        var csv = TopicValues.Csv(new() { Delimiter = delimiter });

        await Frame.From(stations).WriteAsync(Topics.Write(Cluster, "stations", key: "Name", values: csv), Cancel);

        var back = await ReadAsync<Station>("stations", csv);
        Assert.Equal(stations.Select(Comparable).OrderBy(s => s.Station.Name), back.Select(Comparable).OrderBy(s => s.Station.Name));
        Assert.Contains($"Oslo{delimiter}94{delimiter}59.95000000{delimiter}1937-02-01{delimiter}true{delimiter}Calm{delimiter}0x01FF", await TextsAsync("stations"));

        static (Station Station, string? Seal) Comparable(Station s) => (s with { Seal = null }, s.Seal is null ? null : Convert.ToHexString(s.Seal));
    }

    [Fact]
    public async Task Lines_that_others_wrote_are_read_as_the_options_say()
    {
        await SendAsync("notes", "'it''s; fine';1.234,5;01.02.2026\r\n", " NA ;-;NA\n");
        var columns = new Schema(new Field("text", DataType.Text), new Field("number", DataType.Decimal(10, 1)), new Field("day", DataType.Date));
        var options = new CsvOptions { Delimiter = ';', Quote = '\'', Nulls = ["NA", "-"], DecimalSeparator = ',', DateFormat = "dd.MM.yyyy", Trim = true, Bad = Bad.Null };

        using var rejects = new RejectLog();
        using var rows = await Topics.Read(Cluster, "notes", columns, values: TopicValues.Csv(options)).CollectAsync(new RunContext { Rejects = rejects }, Cancel);

        Assert.Equal(("it's; fine", (object?)null, (object?)new DateOnly(2026, 2, 1)), (rows[0, "text"], rows[0, "number"], rows[0, "day"]));
        Assert.Equal(((object?)null, (object?)null, (object?)null), (rows[1, "text"], rows[1, "number"], rows[1, "day"]));
        Assert.Equal([("1.234,5", 0L)], rejects.Discarded.Select(r => (r.Value!, r.Line!.Value)));
    }

    [Fact]
    public async Task A_line_is_what_it_is_in_a_file()
    {
        // Each of them is one row of a file without a header, too.
        string[] lines = ["a,1", "\"a,b\",2", "\"a \"\"b\"\"\",3", "\"two\nlines\",4", " a , 5 ", ",6", "\"\",7", "a,", "\"a\",\"8\"", "b,\"\""];
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, string.Join('\n', lines), Cancel);
        try
        {
            await SendAsync("lines", lines);
            var expected = await Csv.Read<Note>(file, new() { Delimiter = ',', Header = Header.No }).ToListAsync(cancel: Cancel);
            Assert.Equal(lines.Length, expected.Count);
            Assert.Equal(expected, await ReadAsync<Note>("lines", TopicValues.Csv()));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_line_that_is_no_row_fails_the_read_or_is_rejected_with_its_offset()
    {
        await SendAsync("notes", Encoding.UTF8.GetBytes("a,1"), "a"u8.ToArray(), "a,1,2"u8.ToArray(), "a,x"u8.ToArray(), "\"a,1"u8.ToArray(), "a,1\nb,2"u8.ToArray(), [0xFF, (byte)',', (byte)'1'], "a\0,1"u8.ToArray(), [], "b,2"u8.ToArray());

        var failed = await Assert.ThrowsAsync<BadDataException>(() => ReadAsync<Note>("notes", TopicValues.Csv()));
        Assert.Equal(("notes-0", 1L), (failed.File, failed.Line));
        Assert.Contains("the line has 1 field where the columns are 2 (Text, Number)", failed.Message, StringComparison.Ordinal);

        using var rejects = new RejectLog();
        var rows = await Topics.Read<Note>(Cluster, "notes", Bad.Reject, TopicValues.Csv()).ToListAsync(new RunContext { Rejects = rejects }, Cancel);
        Assert.Equal([new("a", 1), new("b", 2)], rows);
        Assert.Equal([(1, "ragged"), (2, "ragged"), (3, "not int32"), (4, "quotes"), (5, "lines"), (6, "encoding"), (7, "nul"), (8, "ragged")], rejects.All.Select(r => ((int)r.Line!.Value, r.Rule)));
        Assert.All(rejects.All, r => Assert.Equal("notes-0", r.Source));

        var filled = new CsvOptions { Bad = Bad.Reject, Ragged = Ragged.FillAndCut };
        using var fewer = new RejectLog();
        rows = await Topics.Read<Note>(Cluster, "notes", values: TopicValues.Csv(filled)).ToListAsync(new RunContext { Rejects = fewer }, Cancel);
        Assert.Equal([new("a", 1), new("a", null), new("a", 1), new(null, null), new("b", 2)], rows);
    }

    [Fact]
    public async Task A_column_goes_there_and_comes_back_as_Kafkas_own_serialisers_write_it()
    {
        await RoundTripAsync<string>("", "Åsa");
        await RoundTripAsync<short>(short.MinValue, 7);
        await RoundTripAsync(int.MaxValue, -1);
        await RoundTripAsync(long.MinValue, 1L << 40);
        await RoundTripAsync(1.5f, float.NaN);
        await RoundTripAsync(-0.1, double.PositiveInfinity);
        await RoundTripAsync(Guid.Empty, Guid.NewGuid());
        await RoundTripAsync<byte[]>([], [0, 255]);

        async Task RoundTripAsync<T>(params T[] values)
        {
            var name = typeof(T).Name.TrimEnd('[', ']');
            var (ours, theirs) = ($"ours-{name}", $"theirs-{name}");
            await Frame.From(values.Select(v => new Plain<T>(v))).WriteAsync(Topics.Write(Cluster, ours, values: TopicValues.Plain), Cancel);
            await using (var consumer = Kafka.CreateConsumer<string?, T>(new() { Topics = [ours] }))
            {
                var read = new List<T>();
                await foreach (var record in consumer.ReadToEndAsync(Cancel)) read.Add(record.Value);
                Assert.Equal(values, read);
            }
            await SendAsync(theirs, values);
            Assert.Equal(values, (await ReadAsync<Plain<T>>(theirs, TopicValues.Plain)).Select(p => p.Value));
        }
    }

    public sealed record Plain<T>(T Value);

    [Fact]
    public async Task A_plain_value_of_another_size_is_rejected_or_null()
    {
        await SendAsync("counts", [0, 0, 0, 0, 0, 0, 0, 7], [1, 2, 3], "seventeen"u8.ToArray());

        var failed = await Assert.ThrowsAsync<BadDataException>(() => ReadAsync<Counted>("counts", TopicValues.Plain));
        Assert.Contains("counts-0, line 1: column 'Count': A Int64 takes 8 bytes, and the record has 3", failed.Message, StringComparison.Ordinal);

        using var rejects = new RejectLog();
        Assert.Equal([7L], (await Topics.Read<Counted>(Cluster, "counts", Bad.Reject, TopicValues.Plain).ToListAsync(new RunContext { Rejects = rejects }, Cancel)).Select(c => c.Count!.Value));
        Assert.Equal([("0x010203", 1L), ("0x736576656E7465656E", 2L)], rejects.All.Select(r => (r.Value!, r.Line!.Value)));
        Assert.Equal([7, null, null], (await Topics.Read<Counted>(Cluster, "counts", Bad.Null, TopicValues.Plain).ToListAsync(cancel: Cancel)).Select(c => c.Count));
        // What isn't asked for isn't read.
        Assert.Equal(3, (await Topics.Read<Counted>(Cluster, "counts", values: TopicValues.Plain).Select(c => new { c.KafkaKey }).ToListAsync(cancel: Cancel)).Count);
    }

    [Fact]
    public async Task A_key_is_a_column_beside_the_plain_value()
    {
        var counts = new[] { new { Word = "hello", Count = 2L }, new { Word = "world", Count = 1L } };
        await Frame.From(counts).WriteAsync(Topics.Write(Cluster, "counts", key: "Word", values: TopicValues.Plain), Cancel);

        Assert.Equal([new("hello", 2), new("world", 1)], (await ReadAsync<Counted>("counts", TopicValues.Plain)).OrderBy(c => c.KafkaKey));
    }

    [Fact]
    public async Task A_frame_may_be_of_the_values_themselves()
    {
        await SendAsync("counts", 3L, 4L);
        Assert.Equal([3, 4], await ReadAsync<long>("counts", TopicValues.Plain));
        await Frame.From([5L, 6L]).WriteAsync(Topics.Write(Cluster, "copies", values: TopicValues.Plain), Cancel);
        Assert.Equal([5, 6], await ReadAsync<long>("copies", TopicValues.Plain));
    }

    public static TheoryData<string> Formats => ["json", "csv", "plain"];

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task A_record_without_a_value_goes_from_topic_to_topic(string format)
    {
        var values = format switch { "json" => TopicValues.Json, "csv" => TopicValues.Csv(), _ => TopicValues.Plain };
        await using (var producer = Kafka.CreateProducer<string, string?>())
        {
            await producer.SendAsync("notes", "ann", format == "json" ? """{"Text":"hello"}""" : format == "csv" ? "hello," : "hello", Cancel);
            await producer.SendAsync("notes", "bob", null, Cancel);
        }
        var columns = new Schema(format == "plain" ? [new Field("Text", DataType.Text)] : [new Field("Text", DataType.Text), new Field("Number", DataType.Int32)]);

        await Topics.Read(Cluster, "notes", columns, values: values).WriteAsync(Topics.Write(Cluster, "copies", key: "kafka_key", values: values), Cancel);

        var copies = await TextsAsync("copies");
        Assert.Equal(2, copies.Count);
        Assert.Contains("hello", copies[0], StringComparison.Ordinal);
        Assert.Null(copies[1]);
        // The record's own columns are no part of its value.
        Assert.DoesNotContain("kafka", copies[0], StringComparison.Ordinal);
        using var rows = await Topics.Read(Cluster, "copies", columns, values: values).CollectAsync(Cancel);
        Assert.Equal(("hello", "ann", (object?)null, "bob"), (rows[0, "Text"], rows[0, "kafka_key"], rows[1, "Text"], rows[1, "kafka_key"]));
    }

    [Fact]
    public async Task Rows_without_keys_keep_their_values_though_all_are_null()
    {
        await Frame.From([new Note(null, null)]).WriteAsync(Topics.Write(Cluster, "notes"), Cancel);
        await Frame.From([new Note(null, null)]).WriteAsync(Topics.Write(Cluster, "notes", values: TopicValues.Csv()), Cancel);
        Assert.Equal(["""{"Text":null,"Number":null}""", ","], await TextsAsync("notes"));
    }

    [Fact]
    public async Task Columns_that_a_format_can_not_have_are_refused_with_what_helps()
    {
        Refused("A plain value is one column, and here are 2 (Text, Number)", () => Topics.Read<Note>(Cluster, "notes", values: TopicValues.Plain));
        Refused("'Value' is a date, and Apache Kafka has no serialiser for that", () => Topics.Read<Plain<DateOnly>>(Cluster, "notes", values: TopicValues.Plain));
        Refused("can't hold 'Value", () => Topics.Read<Plain<int[]>>(Cluster, "notes", values: TopicValues.Csv()));
        await RefusedAsync("topic 'notes' is to be written with 2 (Text, Number)", Topics.Write(Cluster, "notes", values: TopicValues.Plain));
        await RefusedAsync("CsvOptions.DecimalSeparator is for reading", Topics.Write(Cluster, "notes", values: TopicValues.Csv(new() { DecimalSeparator = ',' })));
        await RefusedAsync("There is no column 'Name'", Topics.Write(Cluster, "notes", key: "Name", values: TopicValues.Csv()));
        foreach (var options in new CsvOptions[] { new() { Header = Header.Yes }, new() { SkipLines = 1 }, new() { Comment = '#' }, new() { EncodingName = "windows-1252" }, new() { Columns = Schema.Empty }, new() { Types = new Dictionary<string, DataType> { ["a"] = DataType.Text } } })
            Assert.Contains("is about files", Assert.Throws<ArgumentException>(() => TopicValues.Csv(options)).Message, StringComparison.Ordinal);

        static void Refused(string why, Func<object> read) => Assert.Contains(why, Assert.Throws<PlanException>(read).Message, StringComparison.Ordinal);

        static async Task RefusedAsync(string why, ISink sink) =>
            Assert.Contains(why, (await Assert.ThrowsAsync<PlanException>(() => Frame.From([new Note("a", 1)]).WriteAsync(sink, Cancel))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_format_travels_with_a_frame_from_task_to_task()
    {
        await SendAsync("notes", "'a;b';1", "c;x");
        await SendAsync("counts", 3L, 4L);
        var dag = Dag.Build("formats", d =>
        {
            var notes = d.Task("notes", async c => Topics.Read<Note>(await c.KafkaAsync(), "notes", values: TopicValues.Csv(new() { Delimiter = ';', Quote = '\'', Bad = Bad.Null })));
            var counts = d.Task("counts", async c => Topics.Read<Counted>(await c.KafkaAsync(), "counts", values: TopicValues.Plain));
            d.Task("list", notes, (c, rows) => rows.ToListAsync(cancel: c.Cancellation));
            d.Task("sum", counts, async (c, rows) => (await rows.ToListAsync(cancel: c.Cancellation)).Sum(r => r.Count!.Value));
        });

        var run = await For(dag).RunAsync(Cancel);

        Assert.True(run.State == RunState.Success, run.ToString());
        Assert.Equal([new("a;b", 1), new("c", null)], run.Result<Note[]>("list"));
        Assert.Equal(7, run.Result<long>("sum"));
    }

    [Fact]
    public void A_format_of_a_later_version_is_refused()
    {
        var refused = Assert.Throws<PlanException>(() => TopicValues.Open(JsonNode.Parse("""{"format":"avro"}""")));
        Assert.Contains("the format {\"format\":\"avro\"}, which this version doesn't know", refused.Message, StringComparison.Ordinal);
    }
}
