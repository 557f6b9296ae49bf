using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Millrace.Broker.State;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Security;

/// <summary>As the wire numbers them.</summary>
enum ScramMechanism : sbyte
{
    Sha256 = 1,
    Sha512 = 2,
}

/// <summary>What is kept of a password (RFC 5802): it proves who knows it, and isn't it.</summary>
sealed record ScramCredential(int Iterations, byte[] Salt, byte[] StoredKey, byte[] ServerKey)
{
    internal const int FewestIterations = 4096, MostIterations = 16_384;

    internal static HashAlgorithmName HashOf(ScramMechanism mechanism) => mechanism == ScramMechanism.Sha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA512;

    internal static ScramCredential Of(ScramMechanism mechanism, byte[] saltedPassword, byte[] salt, int iterations)
    {
        var hash = HashOf(mechanism);
        var client = CryptographicOperations.HmacData(hash, saltedPassword, "Client Key"u8);
        return new(iterations, salt, CryptographicOperations.HashData(hash, client), CryptographicOperations.HmacData(hash, saltedPassword, "Server Key"u8));
    }

    internal static ScramCredential FromPassword(ScramMechanism mechanism, string password, byte[] salt)
    {
        var size = mechanism == ScramMechanism.Sha256 ? 32 : 64;
        return Of(mechanism, Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password.Normalize(NormalizationForm.FormKC)), salt, FewestIterations, HashOf(mechanism), size), salt, FewestIterations);
    }

    internal byte[] Write()
    {
        using var writer = new WireWriter { Flexible = true };
        writer.Int32(Iterations);
        writer.Bytes(Salt);
        writer.Bytes(StoredKey);
        writer.Bytes(ServerKey);
        return writer.Written.ToArray();
    }

    internal static ScramCredential Read(byte[] bytes)
    {
        var reader = new WireReader(bytes) { Flexible = true };
        return new(reader.Int32(), reader.Bytes(), reader.Bytes(), reader.Bytes());
    }
}

/// <summary>The users that the broker is started with, and those that tools added.</summary>
sealed class Credentials(IReadOnlyDictionary<string, string> users, StateLog state)
{
    // Of users that aren't there an answer is made up, which looks like that of one who is.
    readonly byte[] secret = RandomNumberGenerator.GetBytes(32);
    readonly ConcurrentDictionary<(string, ScramMechanism), ScramCredential> derived = [];

    static string Key(string user, ScramMechanism mechanism) => $"{(int)mechanism} {user}";

    internal bool Holds(string user, string password)
    {
        if (users.TryGetValue(user, out var known)) return CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(known)), SHA256.HashData(Encoding.UTF8.GetBytes(password)));
        foreach (var mechanism in Enum.GetValues<ScramMechanism>())
        {
            if (Stored(user, mechanism) is not { } stored) continue;
            var size = stored.StoredKey.Length;
            var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password.Normalize(NormalizationForm.FormKC)), stored.Salt, stored.Iterations, ScramCredential.HashOf(mechanism), size);
            return CryptographicOperations.FixedTimeEquals(ScramCredential.Of(mechanism, salted, stored.Salt, stored.Iterations).StoredKey, stored.StoredKey);
        }
        return false;
    }

    internal ScramCredential? Stored(string user, ScramMechanism mechanism) => state.Find(StateKind.ScramCredential, Key(user, mechanism)) is { } bytes ? ScramCredential.Read(bytes) : null;

    internal ScramCredential? Find(string user, ScramMechanism mechanism) => Stored(user, mechanism)
        ?? (users.TryGetValue(user, out var password) ? derived.GetOrAdd((user, mechanism), _ => ScramCredential.FromPassword(mechanism, password, RandomNumberGenerator.GetBytes(16))) : null);

    internal ScramCredential MadeUp(string user, ScramMechanism mechanism)
    {
        var noise = HMACSHA512.HashData(secret, Encoding.UTF8.GetBytes(Key(user, mechanism)));
        var key = RandomNumberGenerator.GetBytes(mechanism == ScramMechanism.Sha256 ? 32 : 64);
        return new(ScramCredential.FewestIterations, noise[..16], key, key);
    }

    /// <summary>All that tools added: user, mechanism, iterations.</summary>
    internal IEnumerable<(string User, ScramMechanism Mechanism, int Iterations)> All() =>
        state.All(StateKind.ScramCredential).Select(c => (c.Key[2..], (ScramMechanism)(c.Key[0] - '0'), ScramCredential.Read(c.Value).Iterations));

    internal ValueTask PutAsync(IEnumerable<(string User, ScramMechanism Mechanism, ScramCredential? Credential)> changes) =>
        state.PutAsync([.. changes.Select(c => new StateChange(StateKind.ScramCredential, Key(c.User, c.Mechanism), c.Credential?.Write()))]);
}
