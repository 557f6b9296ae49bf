using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Security;

/// <summary>SCRAM as RFC 5802 has it, written down once more for the client's side.</summary>
public sealed class ScramTests
{
    static readonly BrokerOptions Secured = new() { Durability = Durability.PageCache, Users = new Dictionary<string, string> { ["ann"] = "secret" } };

    static async Task<SaslAuthenticateResponse> SayAsync(BrokerClient client, string message) =>
        await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { AuthBytes = Encoding.UTF8.GetBytes(message) }, 2);

    /// <summary>What the broker says first, and what the client would answer with a password.</summary>
    static async Task<(string ServerFirst, string Final, string ServerProof)> BeginAsync(BrokerClient client, int bits, string user, string password)
    {
        Assert.Equal(ErrorCode.None, (await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = $"SCRAM-SHA-{bits}" }, 1)).ErrorCode);
        var clientFirst = $"n={user},r={Convert.ToBase64String(RandomNumberGenerator.GetBytes(18))}";
        var serverFirst = Encoding.UTF8.GetString((await SayAsync(client, $"n,,{clientFirst}")).AuthBytes);
        var said = serverFirst.Split(',').ToDictionary(p => p[0], p => p[2..]);
        var hash = bits == 256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA512;
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, Convert.FromBase64String(said['s']), int.Parse(said['i'], CultureInfo.InvariantCulture), hash, bits / 8);
        var withoutProof = $"c=biws,r={said['r']}";
        var signed = Encoding.UTF8.GetBytes($"{clientFirst},{serverFirst},{withoutProof}");
        var key = CryptographicOperations.HmacData(hash, salted, "Client Key"u8);
        var signature = CryptographicOperations.HmacData(hash, CryptographicOperations.HashData(hash, key), signed);
        var serverProof = CryptographicOperations.HmacData(hash, CryptographicOperations.HmacData(hash, salted, "Server Key"u8), signed);
        return (serverFirst, $"{withoutProof},p={Convert.ToBase64String([.. key.Zip(signature, (a, b) => (byte)(a ^ b))])}", $"v={Convert.ToBase64String(serverProof)}");
    }

    [Theory]
    [InlineData(256)]
    [InlineData(512)]
    public async Task Who_proves_to_know_the_password_is_let_in_and_is_proved_that_the_broker_does(int bits)
    {
        await using var broker = await EmbeddedBroker.StartAsync(Secured, cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        var (_, final, proof) = await BeginAsync(client, bits, "ann", "secret");
        var answer = await SayAsync(client, final);
        Assert.Equal((ErrorCode.None, proof), (answer.ErrorCode, Encoding.UTF8.GetString(answer.AuthBytes)));
        Assert.Single((await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [] }, 12)).Brokers);
    }

    [Theory]
    [InlineData(256, "ann", "guess")]
    [InlineData(512, "ann", "guess")]
    [InlineData(256, "ann", "")]
    [InlineData(256, "nobody", "secret")]
    [InlineData(512, "nobody", "secret")]
    public async Task A_wrong_password_and_an_unknown_user_are_answered_alike_and_the_connection_ends(int bits, string user, string password)
    {
        await using var broker = await EmbeddedBroker.StartAsync(Secured, cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        var (serverFirst, final, _) = await BeginAsync(client, bits, user, password);
        Assert.Matches("^r=.+,s=.+,i=[0-9]+$", serverFirst);
        var answer = await SayAsync(client, final);
        Assert.Equal((ErrorCode.SaslAuthenticationFailed, "The user or the password is wrong.", 0), (answer.ErrorCode, answer.ErrorMessage, answer.AuthBytes.Length));
        Assert.Null(await client.ReceiveAsync());
    }

    [Fact]
    public async Task A_proof_that_somebody_listened_to_is_good_for_nothing()
    {
        await using var broker = await EmbeddedBroker.StartAsync(Secured, cancellation: TestContext.Current.CancellationToken);
        using var client = new BrokerClient(broker);
        var (_, heard, _) = await BeginAsync(client, 256, "ann", "secret");
        using var listener = new BrokerClient(broker);
        await BeginAsync(listener, 256, "ann", "guess");
        Assert.Equal(ErrorCode.SaslAuthenticationFailed, (await SayAsync(listener, heard)).ErrorCode);
        Assert.Equal(ErrorCode.None, (await SayAsync(client, heard)).ErrorCode);
    }
}
