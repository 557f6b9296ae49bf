using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Kafka;

/// <summary>How a client proves who it is.</summary>
public abstract class SaslLogin
{
    private protected SaslLogin(string mechanism) => Mechanism = mechanism;

    internal string Mechanism { get; }

    /// <summary>The password as it is: only over TLS.</summary>
    public static SaslLogin Plain(string user, string password) => new PlainLogin(user, password);

    public static SaslLogin ScramSha256(string user, string password) => new ScramLogin("SCRAM-SHA-256", HashAlgorithmName.SHA256, user, password);

    public static SaslLogin ScramSha512(string user, string password) => new ScramLogin("SCRAM-SHA-512", HashAlgorithmName.SHA512, user, password);

    /// <summary>A token, asked for at each connection.</summary>
    public static SaslLogin OAuthBearer(Func<CancellationToken, ValueTask<string>> token) => new BearerLogin(token);

    internal abstract ISaslTalk Begin();

    /// <summary>One exchange of messages. Answers with null when it has nothing more to say.</summary>
    internal interface ISaslTalk
    {
        ValueTask<byte[]?> NextAsync(byte[]? answer, CancellationToken cancellation);
    }

    sealed class PlainLogin(string user, string password) : SaslLogin("PLAIN"), ISaslTalk
    {
        internal override ISaslTalk Begin() => this;

        public ValueTask<byte[]?> NextAsync(byte[]? answer, CancellationToken cancellation) => new(answer is null ? Encoding.UTF8.GetBytes($"\0{user}\0{password}") : null);
    }

    sealed class BearerLogin(Func<CancellationToken, ValueTask<string>> token) : SaslLogin("OAUTHBEARER"), ISaslTalk
    {
        internal override ISaslTalk Begin() => this;

        // An answer that isn't empty says why the token was refused; the broker waits for one more byte before it fails.
        public async ValueTask<byte[]?> NextAsync(byte[]? answer, CancellationToken cancellation) => answer switch
        {
            null => Encoding.UTF8.GetBytes($"n,,\u0001auth=Bearer {await token(cancellation).ConfigureAwait(false)}\u0001\u0001"),
            { Length: 0 } => null,
            _ => [1],
        };
    }

    sealed class ScramLogin(string mechanism, HashAlgorithmName hash, string user, string password) : SaslLogin(mechanism)
    {
        internal override ISaslTalk Begin() => new ScramTalk(hash, user, password);
    }

    /// <summary>RFC 5802: each side proves to the other that it knows the password.</summary>
    sealed class ScramTalk(HashAlgorithmName hash, string user, string password) : ISaslTalk
    {
        readonly string nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
        byte[]? serverProof;

        string FirstBare => $"n={user.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal)},r={nonce}";

        public ValueTask<byte[]?> NextAsync(byte[]? answer, CancellationToken cancellation)
        {
            if (answer is null) return new(Encoding.UTF8.GetBytes("n,," + FirstBare));
            if (serverProof is null) return new(Prove(Encoding.UTF8.GetString(answer)));
            var proof = Attribute(Encoding.UTF8.GetString(answer), 'v');
            if (!CryptographicOperations.FixedTimeEquals(Convert.FromBase64String(proof), serverProof))
                throw new KafkaException(ErrorCode.SaslAuthenticationFailed, "The broker could not prove that it knows the password: it may not be the broker that it says it is.");
            return new((byte[]?)null);
        }

        byte[] Prove(string first)
        {
            var combined = Attribute(first, 'r');
            if (!combined.StartsWith(nonce, StringComparison.Ordinal)) throw new KafkaException(ErrorCode.SaslAuthenticationFailed, "The broker answered to another login than ours.");
            var iterations = int.Parse(Attribute(first, 'i'), CultureInfo.InvariantCulture);
            // A broker that asks for billions would keep us busy for hours.
            if (iterations is < 4096 or > 10_000_000) throw new KafkaException(ErrorCode.SaslAuthenticationFailed, $"The broker asks for {iterations:N0} iterations of the password; 4,096 to 10,000,000 are allowed.");
            var size = hash == HashAlgorithmName.SHA256 ? 32 : 64;
            var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password.Normalize(NormalizationForm.FormKC)), Convert.FromBase64String(Attribute(first, 's')), iterations, hash, size);
            var clientKey = CryptographicOperations.HmacData(hash, salted, "Client Key"u8);
            var last = $"c=biws,r={combined}";
            var signed = Encoding.UTF8.GetBytes($"{FirstBare},{first},{last}");
            var signature = CryptographicOperations.HmacData(hash, CryptographicOperations.HashData(hash, clientKey), signed);
            for (var i = 0; i < clientKey.Length; i++) clientKey[i] ^= signature[i];
            serverProof = CryptographicOperations.HmacData(hash, CryptographicOperations.HmacData(hash, salted, "Server Key"u8), signed);
            return Encoding.UTF8.GetBytes($"{last},p={Convert.ToBase64String(clientKey)}");
        }

        static string Attribute(string message, char name)
        {
            foreach (var part in message.Split(','))
                if (part.Length > 1 && part[0] == name && part[1] == '=') return part[2..];
            throw new KafkaException(ErrorCode.SaslAuthenticationFailed, $"The broker's part of the login lacks '{name}': {message}.");
        }
    }
}
