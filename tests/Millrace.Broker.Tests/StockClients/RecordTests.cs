using System.Globalization;

namespace Millrace.Broker.Tests.StockClients;

/// <summary>What one client packs, all others read: keys, nulls, headers and times, by each kind of compression.</summary>
public sealed class RecordTests
{
    static readonly string[] Scripts = ["kafkajs-records.mjs", "platformatic-records.mjs", "kafka-python-records.py", "confluent-records.py"];

    static readonly string Records = string.Concat(Enumerable.Range(0, 50).Select(i =>
        $"{1_700_000_000_000 + i}|key {i}|{new string('x', i * 7)} value {i}|a={i},b=zwei {i}\n")) + "1700000000050|NULL|no key|\n1700000000051|no value|NULL|c=grün\n1700000000052|empty||\n";

    [Theory]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public async Task What_one_client_packs_the_others_read(string compression)
    {
        StockClient.Need("kcat", "-V");
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        var able = new List<string>();
        foreach (var script in Scripts)
            if ((await KindsAsync(script)).Contains(compression)) able.Add(script);
        await WriteAsync(broker, compression);
        foreach (var writer in able) await StockClient.ScriptAsync(writer, [broker.BootstrapServers, "write", "records", compression], Records);

        var expected = string.Concat(Enumerable.Repeat(Records, able.Count + 1));
        var count = expected.Count(c => c == '\n').ToString(CultureInfo.InvariantCulture);
        // This one unpacks no snappy in the frames that others pack it in.
        string[] readers = [.. able.Where(r => (r, compression) is not ("platformatic-records.mjs", "snappy"))];
        var read = await Task.WhenAll([KcatAsync(broker, "records"), ReadAsync(broker), .. readers.Select(reader => StockClient.ScriptAsync(reader, [broker.BootstrapServers, "read", "records", count]))]);
        foreach (var (reader, lines) in readers.Prepend("our client").Prepend("kcat").Zip(read)) Assert.True(expected == lines, $"What our client, {string.Join(", ", able)} wrote, {reader} read as\n{lines}");
    }

    static async Task WriteAsync(EmbeddedBroker broker, string compression)
    {
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        await using var producer = kafka.CreateProducer<string?, string?>(new() { Compression = Enum.Parse<CompressionKind>(compression, ignoreCase: true) });
        foreach (var line in Records.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split('|');
            await producer.EnqueueAsync(new("records", Text(parts[1]), Text(parts[2]))
            {
                Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(parts[0], CultureInfo.InvariantCulture)),
                Headers = [.. parts[3].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(h => h.Split('=')).Select(h => new RecordHeader(h[0], h[1]))],
            });
        }
        await producer.FlushAsync();

        static string? Text(string shown) => shown == "NULL" ? null : shown;
    }

    static async Task<string> ReadAsync(EmbeddedBroker broker)
    {
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        await using var consumer = kafka.CreateConsumer<string?, string?>(new() { Topics = ["records"] });
        var lines = new System.Text.StringBuilder();
        await foreach (var record in consumer.ReadToEndAsync())
            lines.Append(CultureInfo.InvariantCulture, $"{record.Timestamp.ToUnixTimeMilliseconds()}|{record.Key ?? "NULL"}|{record.Value ?? "NULL"}|{string.Join(',', record.Headers.Select(h => $"{h.Name}={h.Text}"))}\n");
        return lines.ToString();
    }

    static async Task<string[]> KindsAsync(string script) => script switch
    {
        "kafkajs-records.mjs" => ["none", "gzip"],
        "confluent-records.py" => ["none", "gzip", "snappy", "lz4", "zstd"],
        _ => (await StockClient.ScriptAsync(script, ["", "kinds"])).Split([' ', '\n']),
    };

    /// <summary>kcat shows an empty value as it shows none; the lengths tell.</summary>
    static async Task<string> KcatAsync(EmbeddedBroker broker, string topic)
    {
        var lines = await StockClient.RunAsync("kcat", ["-b", broker.BootstrapServers, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", @"%T|%K:%k|%S:%s|%h\n"]);
        return string.Concat(lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            var parts = line.Split('|');
            return $"{parts[0]}|{Shown(parts[1])}|{Shown(parts[2])}|{parts[3]}\n";
        }));
    }

    static string Shown(string text) => text.StartsWith("-1:", StringComparison.Ordinal) ? "NULL" : text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
}
