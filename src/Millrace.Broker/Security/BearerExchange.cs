using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Millrace.Broker.Security;

/// <summary>RFC 7628: | n,, | 1 | auth=Bearer token | 1 | ... | 1 | 1 |, and the token is a JWT that is checked here.</summary>
sealed class BearerExchange(BearerOptions options, TimeProvider time) : SaslExchange
{
    internal override SaslStep Next(ReadOnlySpan<byte> message)
    {
        var text = Encoding.UTF8.GetString(message);
        var auth = text.Split('\u0001').FirstOrDefault(p => p.StartsWith("auth=Bearer ", StringComparison.OrdinalIgnoreCase));
        if (auth is null) return SaslStep.Failed("The message isn't one of OAUTHBEARER.");
        try
        {
            return Check(auth["auth=Bearer ".Length..].Trim());
        }
        catch (Exception wrong) when (wrong is FormatException or JsonException or CryptographicException or InvalidOperationException or ArgumentException)
        {
            return SaslStep.Failed("The token can't be read.");
        }
    }

    SaslStep Check(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3) return SaslStep.Failed("The token isn't a signed one: it has three parts with dots between.");
        using var head = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]));
        using var body = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
        var claims = body.RootElement;
        if (!IsSigned(Text(head.RootElement, "alg"), Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]))) return SaslStep.Failed("The token's signature is not one that is trusted here.");
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        if (Seconds(claims, "exp") is not { } expires) return SaslStep.Failed("The token never expires (exp), and such are not taken.");
        if (expires <= now) return SaslStep.Failed("The token has expired.");
        if (Seconds(claims, "nbf") > now + 30) return SaslStep.Failed("The token is not good yet.");
        if (options.Issuer is { } issuer && Text(claims, "iss") != issuer) return SaslStep.Failed("The token is of another issuer.");
        if (options.Audience is { } audience && !IsFor(claims, audience)) return SaslStep.Failed("The token is for somebody else.");
        return Text(claims, options.UserClaim) is { Length: > 0 } user ? new([], $"User:{user}", ExpiresAt: expires * 1000) : SaslStep.Failed($"The token names no user ({options.UserClaim}).");
    }

    bool IsSigned(string? algorithm, byte[] signed, byte[] signature)
    {
        switch (algorithm)
        {
            case "none":
                return options.AllowUnsecured && signature.Length == 0;
            case "HS256" when options.Secret is { Count: > 0 } secret:
                return CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(secret.ToArray(), signed), signature);
            case "RS256" when options.PublicKey is { } pem:
                using (var rsa = RSA.Create())
                {
                    rsa.ImportFromPem(pem);
                    return rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                }
            case "ES256" when options.PublicKey is { } pem:
                using (var curve = ECDsa.Create())
                {
                    curve.ImportFromPem(pem);
                    return curve.VerifyData(signed, signature, HashAlgorithmName.SHA256);
                }
            default:
                return false;
        }
    }

    static bool IsFor(JsonElement claims, string audience) => claims.TryGetProperty("aud", out var aud)
        && (aud.ValueKind == JsonValueKind.Array ? aud.EnumerateArray().Any(a => a.GetString() == audience) : aud.GetString() == audience);

    static string? Text(JsonElement claims, string name) => claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    static long? Seconds(JsonElement claims, string name) => claims.TryGetProperty(name, out var value) && value.TryGetDouble(out var seconds) ? (long)seconds : null;
}
