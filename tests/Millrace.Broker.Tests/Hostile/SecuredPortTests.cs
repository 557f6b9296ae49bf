using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Millrace.Kafka.Wire;
using Millrace.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Millrace.Broker.Tests.Hostile;

/// <summary>Ports that want to know who comes, or a key first, fed with garbage.</summary>
public sealed class SecuredPortTests(ITestOutputHelper output)
{
    static async Task<int> SendAsync(EmbeddedBroker broker, byte[] bytes)
    {
        using var client = new RawClient(broker.Port);
        await client.SendAsync(bytes);
        client.EndSending();
        return (await client.ReadAllAsync()).Count;
    }

    static byte[] Garbage(Random random)
    {
        var bytes = new byte[random.Next(1, 3_000)];
        random.NextBytes(bytes);
        return bytes;
    }

    static byte[] Sized(byte[] message)
    {
        byte[] whole = [0, 0, 0, 0, .. message];
        BinaryPrimitives.WriteInt32BigEndian(whole, message.Length);
        return whole;
    }

    [Fact]
    public async Task Strangers_that_send_garbage_get_no_further_and_hold_nothing()
    {
        foreach (var seed in HostileBed.Seeds(usual: 3))
        {
            output.WriteLine($"seed {seed}");
            var random = new Random(seed);
            await using var broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache, Users = new Dictionary<string, string> { ["ann"] = "secret" } }, cancellation: TestContext.Current.CancellationToken);
            string[] mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "NONE"];
            for (var i = 0; i < 120; i++)
            {
                var mechanism = mechanisms[i % mechanisms.Length];
                byte[] text = [.. (random.Next(3) switch { 0 => "n,,n=ann,r=abc"u8, 1 => "\0ann\0"u8, _ => "n,a=,\u0001auth=Bearer "u8 }), .. Garbage(random)[..1]];
                // With the first version of the handshake the mechanism's messages come by themselves.
                byte[] bytes = (i % 3) switch
                {
                    0 => Garbage(random),
                    1 => [.. Frames.Of(new SaslHandshakeRequest { Mechanism = mechanism }, 0), .. Sized(text), .. Sized(Garbage(random)), .. Sized([])],
                    _ => [.. Frames.Of(new SaslHandshakeRequest { Mechanism = mechanism }, 1), .. Frames.Of(new SaslAuthenticateRequest { AuthBytes = text }, 2), .. Frames.Of(new SaslAuthenticateRequest { AuthBytes = Garbage(random) }, 2), .. Frames.Of(new MetadataRequest { Topics = [] }, 12)],
                };
                await SendAsync(broker, bytes);
            }
            // More than a stranger may hold.
            Assert.Equal(0, await SendAsync(broker, Sized(new byte[65_537])));
            await EndedAsync(broker);
        }
    }

    [Fact]
    public async Task Who_makes_no_TLS_is_let_go_and_one_that_says_nothing_too()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=broker", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        foreach (var seed in HostileBed.Seeds(usual: 2))
        {
            output.WriteLine($"seed {seed}");
            var random = new Random(seed);
            var clock = new VirtualClock(DateTimeOffset.UtcNow);
            await using var broker = EmbeddedBroker.Start(new() { Durability = Durability.PageCache, Certificate = certificate }, NullLogger.Instance, clock);
            for (var i = 0; i < 60; i++)
            {
                byte[] bytes = (i % 3) switch
                {
                    0 => Garbage(random),
                    1 => Frames.Of(new MetadataRequest { Topics = [] }, 12),
                    // The beginning of a handshake, and no more.
                    _ => [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, .. Garbage(random)],
                };
                using var client = new RawClient(broker.Port);
                await client.SendAsync(bytes);
            }
            using var silent = new RawClient(broker.Port);
            await HostileBed.UntilAsync(() => broker.Listener.Open == 1, () => $"{broker.Listener.Open} connections are open");
            await HostileBed.UntilAsync(() =>
            {
                // Its time runs from when the broker looks at it, which may be a moment later.
                clock.Advance(TimeSpan.FromSeconds(16));
                return broker.Listener.Open == 0;
            }, () => "Who says nothing is still there.");
            await EndedAsync(broker);
        }
    }

    static async Task EndedAsync(EmbeddedBroker broker)
    {
        await HostileBed.UntilAsync(() => broker.Listener.Open == 0, () => $"{broker.Listener.Open} connections are open");
        Assert.Equal((0, 0, 0), (broker.Node.RequestMemory.Used, broker.Node.Objects.Used, broker.Node.ResponseMemory.Used));
    }
}
