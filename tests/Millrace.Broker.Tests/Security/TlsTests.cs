using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Security;

public sealed class TlsTests : IDisposable
{
    readonly X509Certificate2 certificate = Make(), another = Make();

    static X509Certificate2 Make()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=broker", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    public void Dispose()
    {
        certificate.Dispose();
        another.Dispose();
    }

    Task<EmbeddedBroker> StartAsync() => EmbeddedBroker.StartAsync(new()
    {
        Durability = Durability.PageCache,
        Certificate = certificate,
        Users = new Dictionary<string, string> { ["ann"] = "secret" },
    }, cancellation: TestContext.Current.CancellationToken);

    async Task<BrokerClient> EnterAsync(EmbeddedBroker broker)
    {
        var client = new BrokerClient(broker.Port, certificate);
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = "PLAIN" }, 1);
        Assert.Equal(ErrorCode.None, (await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { AuthBytes = Encoding.UTF8.GetBytes("\0ann\0secret") }, 2)).ErrorCode);
        return client;
    }

    [Fact]
    public async Task Records_go_in_and_out_over_TLS_large_ones_too()
    {
        await using var broker = await StartAsync();
        using var client = await EnterAsync(broker);
        await client.CreateAsync("t");
        var values = new[] { "small", new string('x', 900_000) };
        foreach (var value in values) Assert.Equal(ErrorCode.None, (await client.ProduceAsync("t", 0, Wire.Batch([value]))).ErrorCode);
        Assert.Equal(values, await client.ValuesAsync("t"));
    }

    [Fact]
    public async Task A_client_that_trusts_another_certificate_does_not_speak_with_the_broker()
    {
        await using var broker = await StartAsync();
        Assert.Throws<AuthenticationException>(() => new BrokerClient(broker.Port, another).Dispose());
        using var client = await EnterAsync(broker);
        Assert.Single((await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [] }, 12)).Brokers);
    }

    [Fact]
    public async Task A_client_without_TLS_gets_no_answer_from_a_broker_with_it_and_others_go_on()
    {
        await using var broker = await StartAsync();
        using var client = await EnterAsync(broker);
        byte[][] noise = [BrokerClient.Bytes(new ApiVersionsRequest { ClientSoftwareName = "t", ClientSoftwareVersion = "1" }, 3), [.. "GET / HTTP/1.1\r\n\r\n"u8], RandomNumberGenerator.GetBytes(1_000)];
        foreach (var bytes in noise)
        {
            using var plain = new BrokerClient(broker);
            await plain.SendBytesAsync(bytes);
            // An alert of TLS may come, of seven bytes, and the end; no answer of Kafka's.
            Assert.InRange(await plain.DrainAsync(), 0, 7);
        }
        Assert.Single((await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [] }, 12)).Brokers);
    }

    [Fact]
    public async Task A_client_with_TLS_is_ended_by_a_broker_without_it_and_others_go_on()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache }, cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        await client.CreateAsync("t");
        Assert.ThrowsAny<IOException>(() => new BrokerClient(broker.Port, certificate).Dispose());
        Assert.Single((await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [] }, 12)).Brokers);
    }
}
