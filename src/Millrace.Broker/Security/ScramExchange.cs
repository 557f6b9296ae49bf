using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Broker.Security;

/// <summary>RFC 5802: client and server prove to each other that they know the password, without sending it.</summary>
sealed class ScramExchange(Credentials credentials, ScramMechanism mechanism) : SaslExchange
{
    string user = "", firstBare = "", serverFirst = "", nonce = "";
    ScramCredential? credential;
    bool isKnown;

    internal override SaslStep Next(ReadOnlySpan<byte> message) => credential is null ? First(Encoding.UTF8.GetString(message)) : Final(Encoding.UTF8.GetString(message));

    SaslStep First(string message)
    {
        // | n,, or n,a=user, | n=user,r=nonce,extensions |
        var parts = message.Split(',', 3);
        if (parts.Length < 3 || parts[0] is not ("n" or "y")) return SaslStep.Failed("The first message isn't one of SCRAM without channel binding.");
        firstBare = parts[2];
        var attributes = Attributes(firstBare);
        if (!attributes.TryGetValue('n', out var name) || !attributes.TryGetValue('r', out var client) || client.Length == 0) return SaslStep.Failed("The first message of SCRAM lacks the user or the nonce.");
        user = name.Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
        if (parts[1].Length > 0 && parts[1] != $"a={name}") return SaslStep.Failed("A user may not act for another.");
        isKnown = credentials.Find(user, mechanism) is not null;
        credential = credentials.Find(user, mechanism) ?? credentials.MadeUp(user, mechanism);
        nonce = client + Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
        serverFirst = string.Create(CultureInfo.InvariantCulture, $"r={nonce},s={Convert.ToBase64String(credential.Salt)},i={credential.Iterations}");
        return new(Encoding.UTF8.GetBytes(serverFirst));
    }

    SaslStep Final(string message)
    {
        var wrong = SaslStep.Failed("The user or the password is wrong.");
        var proofAt = message.LastIndexOf(",p=", StringComparison.Ordinal);
        // Versions of librdkafka send their part of the nonce twice; ours is what a listener can't replay.
        if (proofAt < 0 || !Attributes(message).TryGetValue('r', out var echoed) || !echoed.EndsWith(nonce, StringComparison.Ordinal)) return SaslStep.Failed("The last message of SCRAM lacks the proof, or has another nonce.");
        var proof = new byte[credential!.StoredKey.Length];
        if (!Convert.TryFromBase64String(message[(proofAt + 3)..], proof, out var length) || length != proof.Length) return wrong;
        var hash = ScramCredential.HashOf(mechanism);
        var signed = Encoding.UTF8.GetBytes($"{firstBare},{serverFirst},{message[..proofAt]}");
        var signature = CryptographicOperations.HmacData(hash, credential.StoredKey, signed);
        for (var i = 0; i < proof.Length; i++) proof[i] ^= signature[i];
        if (!CryptographicOperations.FixedTimeEquals(CryptographicOperations.HashData(hash, proof), credential.StoredKey) || !isKnown) return wrong;
        return new(Encoding.UTF8.GetBytes($"v={Convert.ToBase64String(CryptographicOperations.HmacData(hash, credential.ServerKey, signed))}"), $"User:{user}");
    }

    static Dictionary<char, string> Attributes(string message)
    {
        var attributes = new Dictionary<char, string>();
        foreach (var part in message.Split(','))
            if (part.Length >= 2 && part[1] == '=') attributes.TryAdd(part[0], part[2..]);
        return attributes;
    }
}
