namespace Millrace.Broker.Tests.StockClients;

public sealed class KcatTests
{
    [Theory]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public async Task Kcat_reads_what_it_wrote(string compression)
    {
        StockClient.Need("kcat", "-V");
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        var lines = string.Concat(Enumerable.Range(0, 500).Select(i => $"line {i} {new string('x', i)}\n"));
        await StockClient.RunAsync("kcat", ["-b", broker.BootstrapServers, "-P", "-t", "lines", "-z", compression, "-X", "enable.idempotence=true"], lines);
        Assert.Equal(lines, await StockClient.RunAsync("kcat", ["-b", broker.BootstrapServers, "-C", "-t", "lines", "-o", "beginning", "-e", "-q"]));
    }

    [Fact]
    public async Task Kcat_goes_on_in_a_group_where_it_ended()
    {
        StockClient.Need("kcat", "-V");
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        string[] group = ["-b", broker.BootstrapServers, "-G", "g", "-e", "-q", "-X", "auto.offset.reset=earliest", "lines"];
        string[] produce = ["-b", broker.BootstrapServers, "-P", "-t", "lines"];
        await StockClient.RunAsync("kcat", produce, "one\n");
        Assert.Equal("one\n", await StockClient.RunAsync("kcat", group));
        await StockClient.RunAsync("kcat", produce, "two\n");
        Assert.Equal("two\n", await StockClient.RunAsync("kcat", group));
    }

    [Theory]
    [InlineData("PLAIN")]
    [InlineData("SCRAM-SHA-256")]
    [InlineData("SCRAM-SHA-512")]
    public async Task Kcat_says_who_it_is(string mechanism)
    {
        StockClient.Need("kcat", "-V");
        await using var broker = await EmbeddedBroker.StartAsync(new() { Users = new Dictionary<string, string> { ["ann"] = "secret" } }, cancellation: TestContext.Current.CancellationToken);
        string[] who = ["-X", "security.protocol=SASL_PLAINTEXT", "-X", $"sasl.mechanism={mechanism}", "-X", "sasl.username=ann", "-X", "sasl.password=secret"];
        await StockClient.RunAsync("kcat", ["-b", broker.BootstrapServers, "-P", "-t", "lines", .. who], "one\n");
        Assert.Equal("one\n", await StockClient.RunAsync("kcat", ["-b", broker.BootstrapServers, "-C", "-t", "lines", "-o", "beginning", "-e", "-q", .. who]));
    }
}
