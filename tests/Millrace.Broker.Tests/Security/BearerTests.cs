using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;
using Millrace.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Millrace.Broker.Tests.Security;

/// <summary>Tokens that clients show, over the wire.</summary>
public sealed class BearerTests
{
    const string Good = "sub:ann iss:us aud:broker exp:600";

    readonly VirtualClock clock = new(DateTimeOffset.UtcNow);
    readonly RSA rsa = RSA.Create(2048);
    readonly ECDsa curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    string Pem(string algorithm) => algorithm == "ES256" ? curve.ExportSubjectPublicKeyInfoPem() : rsa.ExportSubjectPublicKeyInfoPem();

    EmbeddedBroker Start(BearerOptions bearer) => EmbeddedBroker.Start(new() { Durability = Durability.PageCache, Bearer = bearer with { Issuer = "us", Audience = "broker" } }, NullLogger.Instance, clock);

    /// <summary>The two signed parts; times are seconds from now.</summary>
    string Body(string algorithm, string claims)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var written = claims.Split(' ').Select(c => c.Split(':')).Select(c => c[0] is "exp" or "nbf" ? $"\"{c[0]}\":{now + int.Parse(c[1], System.Globalization.CultureInfo.InvariantCulture)}"
            : c[1].Contains(',', StringComparison.Ordinal) ? $"\"{c[0]}\":[{string.Join(',', c[1].Split(',').Select(a => $"\"{a}\""))}]" : $"\"{c[0]}\":\"{c[1]}\"");
        return $"{Part($"{{\"alg\":\"{algorithm}\",\"typ\":\"JWT\"}}")}.{Part($"{{{string.Join(',', written)}}}")}";
    }

    static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    static string Token(string body, Func<byte[], byte[]> sign) => $"{body}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(body)))}";

    byte[] SignRs256(byte[] bytes) => rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    byte[] SignEs256(byte[] bytes) => curve.SignData(bytes, HashAlgorithmName.SHA256);

    string TokenOf(string algorithm, string claims) => Token(Body(algorithm, claims), algorithm == "ES256" ? SignEs256 : SignRs256);

    static async Task<SaslAuthenticateResponse> ShowAsync(BrokerClient client, string token)
    {
        Assert.Equal(ErrorCode.None, (await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = "OAUTHBEARER" }, 1)).ErrorCode);
        return await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { AuthBytes = Encoding.ASCII.GetBytes($"n,,\u0001auth=Bearer {token}\u0001\u0001") }, 2);
    }

    static async Task TakesAsync(EmbeddedBroker broker, string token)
    {
        using var client = new BrokerClient(broker);
        var shown = await ShowAsync(client, token);
        Assert.Equal((ErrorCode.None, null), (shown.ErrorCode, shown.ErrorMessage));
        Assert.Single((await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [] }, 12)).Brokers);
    }

    static async Task RefusesAsync(EmbeddedBroker broker, string token, string why)
    {
        using var client = new BrokerClient(broker);
        var shown = await ShowAsync(client, token);
        Assert.Equal(ErrorCode.SaslAuthenticationFailed, shown.ErrorCode);
        Assert.Contains(why, shown.ErrorMessage, StringComparison.Ordinal);
        Assert.Null(await client.ReceiveAsync());
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task A_token_is_taken_if_the_right_key_signed_it_for_this_broker_and_it_has_not_expired(string algorithm)
    {
        await using var broker = Start(new() { PublicKey = Pem(algorithm) });
        await TakesAsync(broker, TokenOf(algorithm, Good));
        await TakesAsync(broker, TokenOf(algorithm, "sub:ann iss:us aud:others,broker exp:600 nbf:20"));
        await RefusesAsync(broker, TokenOf(algorithm, "sub:ann iss:us aud:broker exp:-1"), "expired");
        await RefusesAsync(broker, TokenOf(algorithm, "sub:ann iss:us aud:broker"), "never expires");
        await RefusesAsync(broker, TokenOf(algorithm, "sub:ann iss:us aud:broker exp:600 nbf:300"), "not good yet");
        await RefusesAsync(broker, TokenOf(algorithm, "sub:ann iss:them aud:broker exp:600"), "another issuer");
        await RefusesAsync(broker, TokenOf(algorithm, "sub:ann aud:broker exp:600"), "another issuer");
        await RefusesAsync(broker, TokenOf(algorithm, "sub:ann iss:us aud:others exp:600"), "somebody else");
        await RefusesAsync(broker, TokenOf(algorithm, "sub:ann iss:us exp:600"), "somebody else");
        await RefusesAsync(broker, TokenOf(algorithm, "iss:us aud:broker exp:600"), "names no user");
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task A_token_whose_signature_is_not_of_the_key_is_refused(string algorithm)
    {
        const string Untrusted = "signature is not one that is trusted";
        await using var broker = Start(new() { PublicKey = Pem(algorithm) });
        var body = Body(algorithm, Good);
        using var otherRsa = RSA.Create(2048);
        using var otherCurve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await RefusesAsync(broker, Token(body, b => algorithm == "ES256" ? otherCurve.SignData(b, HashAlgorithmName.SHA256) : otherRsa.SignData(b, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)), Untrusted);
        // Signed by the right key, and changed afterwards.
        var signature = TokenOf(algorithm, Good).Split('.')[2];
        await RefusesAsync(broker, $"{Body(algorithm, Good.Replace("ann", "bob", StringComparison.Ordinal))}.{signature}", Untrusted);
        await RefusesAsync(broker, $"{body}.", Untrusted);
        await RefusesAsync(broker, $"{Body("none", Good)}.", Untrusted);
        await RefusesAsync(broker, $"{Body("None", Good)}.{signature}", Untrusted);
        // The public key is known to everybody: it's no secret to sign with.
        var pem = Pem(algorithm);
        foreach (var secret in new[] { pem, pem.TrimEnd(), pem.ReplaceLineEndings("\r\n"), "" })
            await RefusesAsync(broker, Token(Body("HS256", Good), b => HMACSHA256.HashData(Encoding.ASCII.GetBytes(secret), b)), Untrusted);
        await RefusesAsync(broker, Body(algorithm, Good), "three parts");
        // The other algorithm, for which the key is none.
        var other = algorithm == "ES256" ? "RS256" : "ES256";
        await RefusesAsync(broker, TokenOf(other, Good), "The token");
    }

    [Fact]
    public async Task A_token_signed_with_the_secret_is_taken_and_no_other()
    {
        byte[] secret = [.. "right key"u8];
        await using var broker = Start(new() { Secret = secret });
        await TakesAsync(broker, Token(Body("HS256", Good), b => HMACSHA256.HashData(secret, b)));
        await RefusesAsync(broker, Token(Body("HS256", Good), b => HMACSHA256.HashData("wrong key"u8, b)), "signature");
        await RefusesAsync(broker, Token(Body("HS256", Good.Replace("600", "-600", StringComparison.Ordinal)), b => HMACSHA256.HashData(secret, b)), "expired");
        await RefusesAsync(broker, TokenOf("RS256", Good), "signature");
    }

    [Fact]
    public async Task A_connection_ends_with_its_token_unless_another_of_the_same_user_is_shown()
    {
        await using var broker = Start(new() { PublicKey = Pem("ES256") });
        using var renewing = new BrokerClient(broker);
        using var silent = new BrokerClient(broker);
        foreach (var client in new[] { renewing, silent }) Assert.Equal(ErrorCode.None, (await ShowAsync(client, TokenOf("ES256", Good))).ErrorCode);
        await PassAsync(broker, TimeSpan.FromSeconds(300));
        Assert.Equal(ErrorCode.None, (await ShowAsync(renewing, TokenOf("ES256", Good))).ErrorCode);
        await PassAsync(broker, TimeSpan.FromSeconds(301));
        Assert.Single((await renewing.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [] }, 12)).Brokers);
        await silent.SendAsync(new MetadataRequest { Topics = [] }, 12);
        Assert.Null(await silent.ReceiveAsync());
        Assert.Contains("another user's", (await ShowAsync(renewing, TokenOf("ES256", Good.Replace("ann", "bob", StringComparison.Ordinal)))).ErrorMessage, StringComparison.Ordinal);
    }

    /// <summary>Lets time pass when all answers are sent: the broker would else end connections that don't seem to take theirs.</summary>
    async Task PassAsync(EmbeddedBroker broker, TimeSpan time)
    {
        while (!broker.Listener.Connections.All(c => c.IsIdle)) await Task.Yield();
        clock.Advance(time);
    }
}
