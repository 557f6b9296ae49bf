using System.Text.Json;
using Millrace.Kafka;

namespace Millrace.Cli.Tests;

/// <summary><c>produce</c> and <c>consume</c>.</summary>
public sealed class RecordCommandTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    static string FileOf(ClusterBed bed, params string[] lines) => bed.File($"records-{Guid.NewGuid():N}", string.Concat(lines.Select(l => l + "\n")));

    [Fact]
    public async Task Lines_become_records_and_records_lines()
    {
        await using var bed = await ClusterBed.StartAsync();
        await bed.OkAsync("topics create users --partitions 2");
        var file = FileOf(bed, "ann,hello", "bob,hi, all", "ann,NULL");
        var sent = await bed.RunAsync($"produce users --file {file} -K , --null NULL -H source=test -z gzip");
        Assert.Contains("3 records sent to users.", sent.Error, StringComparison.Ordinal);
        var lines = (await bed.OkAsync("consume users --format {key}|{value}|{headers}|{size}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["ann|hello|source=test|5", "ann|null|source=test|0"], lines.Where(l => l.StartsWith("ann", StringComparison.Ordinal)));
        Assert.Contains("bob|hi, all|source=test|7", lines);
        Assert.Equal(3, (await bed.OkAsync("consume users --keys")).Count(c => c == '\t'));
        await bed.OkAsync($"produce files --file {file} --key all");
        Assert.Equal("all|ann,hello\nall|bob,hi, all\nall|ann,NULL\n", await bed.OkAsync("consume files --format {key}|{value}"));
        await bed.OkAsync($"produce whole --file {file} --file {FileOf(bed, "two")} --whole --key all");
        Assert.Equal("all|31\nall|4\n", await bed.OkAsync("consume whole --format {key}|{size}"));
        Assert.Single((await bed.OkAsync("consume users --count 1")).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_copy_by_json_keeps_all_of_a_record()
    {
        await using var bed = await ClusterBed.StartAsync();
        await using (var producer = bed.Kafka.CreateProducer<string?, byte[]?>())
        {
            await producer.SendAsync(new("one", "k", "grün \"quoted\""u8.ToArray()) { Headers = [new("h", "1")], Timestamp = DateTimeOffset.UnixEpoch.AddDays(1) }, Token);
            await producer.SendAsync("one", null, [0xff, 0x00], Token);
            await producer.SendAsync("one", "k", null, Token);
        }
        var json = await bed.OkAsync("consume one --json");
        Assert.Contains("grün \\\"quoted\\\"", json, StringComparison.Ordinal);
        var file = FileOf(bed, json.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        await bed.OkAsync($"produce two --file {file} --json");
        Assert.Equal(json.Replace("\"one\"", "\"two\"", StringComparison.Ordinal), await bed.OkAsync("consume two --json"));
        Assert.Equal("base64", JsonDocument.Parse(json.Split('\n')[1]).RootElement.GetProperty("encoding").GetString());
    }

    [Fact]
    public async Task Reading_begins_where_it_is_told_and_a_group_goes_on_where_it_was()
    {
        await using var bed = await ClusterBed.StartAsync();
        await using (var producer = bed.Kafka.CreateProducer<string?, string>())
            for (var i = 0; i < 10; i++) await producer.SendAsync(new("log", null, $"v{i}") { Timestamp = DateTimeOffset.UnixEpoch.AddDays(20_000 + i) }, Token);
        Assert.Equal("v8\nv9\n", await bed.OkAsync("consume log --from -2"));
        Assert.Equal("v7\nv8\nv9\n", await bed.OkAsync("consume log --from 7"));
        Assert.Equal("", await bed.OkAsync("consume log --from end"));
        Assert.Equal("v9\n", await bed.OkAsync($"consume log --from {DateTimeOffset.UnixEpoch.AddDays(20_009):yyyy-MM-dd}"));
        Assert.Equal("v0\nv1\nv2\nv3\n", await bed.OkAsync("consume log --group readers --count 4"));
        Assert.Equal("v4\nv5\nv6\nv7\nv8\nv9\n", await bed.OkAsync("consume log --group readers"));
        Assert.Equal("", await bed.OkAsync("consume log --group readers"));
    }

    [Theory]
    [InlineData("consume nowhere", "there is no such topic")]
    [InlineData("consume log --partition 3", "has no partition 3. It has 1: 0 to 0.")]
    [InlineData("consume log --from someday", "which is not a time")]
    [InlineData("consume log --format {colour}", "--format has no {colour}. It has {topic}")]
    [InlineData("consume log --group g --partition 0", "don't go together")]
    [InlineData("produce log --file FILE -K |", "Line 1 has no key: '|' doesn't stand in 'a,b'.")]
    [InlineData("produce log --file FILE --json", "Line 1 is no record")]
    [InlineData("produce log --file FILE --rate 0", "--rate is 0")]
    [InlineData("produce log --file FILE --key k -K ,", "--key is the key of all records")]
    [InlineData("produce log --whole", "--whole needs --file")]
    [InlineData("produce log --file FILE -z brotli", "There is no compression 'brotli'. There are none, gzip, snappy, lz4, zstd.")]
    [InlineData("produce log --file FILE --acks 2", "'2' are none of all, 1 and 0")]
    [InlineData("kafka-console-consumer --topic log --property print.keys=true", "--property print.keys is not known here")]
    [InlineData("kafka-console-consumer --topic log --offset 3", "--offset needs --partition")]
    public async Task What_is_wrong_is_named_with_what_to_do(string line, string says)
    {
        await using var bed = await ClusterBed.StartAsync();
        await bed.OkAsync($"produce log --file {FileOf(bed, "a")}");
        Assert.Contains(says, await bed.RefusedAsync(line.Replace("FILE", FileOf(bed, "a,b"), StringComparison.Ordinal)), StringComparison.Ordinal);
    }
}
