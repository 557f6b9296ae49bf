using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Millrace.Testing.Servers;

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

    [Fact]
    public async Task Two_of_kcat_share_a_topic_and_one_takes_over()
    {
        StockClient.Need("kcat", "-V");
        await using var broker = await EmbeddedBroker.StartAsync(new() { Settings = new Dictionary<string, string> { ["num.partitions"] = "4" } }, cancellation: TestContext.Current.CancellationToken);
        await ProduceAsync("one");
        await using var first = new KcatMember(broker, "g", "lines", records: 4 + 2 + 4);
        var all = await first.AssignedAsync(4);
        Assert.Equal([0, 1, 2, 3], all);
        Assert.Equal(["one 0", "one 1", "one 2", "one 3"], await first.ReadAsync(4));

        await using var second = new KcatMember(broker, "g", "lines", records: 2);
        var (mine, theirs) = (await first.AssignedAsync(2), await second.AssignedAsync(2));
        Assert.Equal([0, 1, 2, 3], mine.Concat(theirs).Order());
        await ProduceAsync("two");
        Assert.Equal(mine.Select(p => $"two {p}"), await first.ReadAsync(2));
        Assert.Equal(theirs.Select(p => $"two {p}"), await second.ReadAsync(2));

        await second.LeftAsync();
        Assert.Equal(all, await first.AssignedAsync(4));
        await ProduceAsync("three");
        Assert.Equal(["three 0", "three 1", "three 2", "three 3"], await first.ReadAsync(4));

        await first.LeftAsync();
        await ProduceAsync("four");
        await using var third = new KcatMember(broker, "g", "lines", records: 4);
        Assert.Equal(["four 0", "four 1", "four 2", "four 3"], await third.ReadAsync(4));

        async Task ProduceAsync(string what)
        {
            for (var p = 0; p < 4; p++) await StockClient.RunAsync("kcat", ["-b", broker.BootstrapServers, "-P", "-t", "lines", "-p", $"{p}"], $"{what} {p}\n");
        }
    }

    [Fact]
    public async Task Kcat_reads_between_two_times()
    {
        StockClient.Need("kcat", "-V");
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        var lines = string.Concat(Enumerable.Range(1, 9).Select(i => $"{i}000|NULL|at {i}|\n"));
        await StockClient.ScriptAsync("confluent-records.py", [broker.BootstrapServers, "write", "times", "none"], lines);
        Assert.Equal("at 3\nat 4\nat 5\n", await StockClient.RunAsync("kcat", ["-b", broker.BootstrapServers, "-C", "-t", "times", "-o", "s@2500", "-o", "e@6000", "-e", "-q"]));
        Assert.Contains("offset 4", await StockClient.RunAsync("kcat", ["-b", broker.BootstrapServers, "-Q", "-t", "times:0:5000"]));
    }

    [Fact]
    public async Task Kcat_writes_keys_headers_and_nulls()
    {
        StockClient.Need("kcat", "-V");
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: TestContext.Current.CancellationToken);
        await StockClient.RunAsync("kcat", ["-b", broker.BootstrapServers, "-P", "-t", "records", "-K", ":", "-Z", "-H", "a=1", "-H", "b=zwei"], "key:value\nno value:\n");
        Assert.Equal("key 5:value a=1,b=zwei\nno value -1: a=1,b=zwei\n", (await StockClient.RunAsync("kcat", ["-b", broker.BootstrapServers, "-C", "-t", "records", "-o", "beginning", "-e", "-q", "-f", @"%k %S:%s %h\n"])));
    }

    [Fact]
    public async Task Kcat_says_who_it_is_over_TLS()
    {
        StockClient.Need("kcat", "-V");
        using var certificate = SelfSigned();
        using var folder = new TempFolder("kcat-");
        var trusted = Path.Combine(folder.FullPath, "broker.pem");
        await File.WriteAllTextAsync(trusted, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await using var broker = await EmbeddedBroker.StartAsync(new() { Certificate = certificate, Users = new Dictionary<string, string> { ["ann"] = "secret" } }, cancellation: TestContext.Current.CancellationToken);
        string[] who = ["-X", "security.protocol=SASL_SSL", "-X", $"ssl.ca.location={trusted}", "-X", "sasl.mechanism=SCRAM-SHA-512", "-X", "sasl.username=ann", "-X", "sasl.password=secret"];
        await StockClient.RunAsync("kcat", ["-b", broker.BootstrapServers, "-P", "-t", "lines", .. who], "one\n");
        Assert.Equal("one\n", await StockClient.RunAsync("kcat", ["-b", broker.BootstrapServers, "-C", "-t", "lines", "-o", "beginning", "-e", "-q", .. who]));
    }

    static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=broker", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
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
