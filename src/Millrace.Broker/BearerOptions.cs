using System.Security.Cryptography;

namespace Millrace.Broker;

/// <summary>Which tokens (JWT) clients may show with OAUTHBEARER.</summary>
public sealed record BearerOptions
{
    /// <summary>The secret of tokens that are signed with HS256.</summary>
    public IReadOnlyList<byte>? Secret { get; init; }

    /// <summary>The public key, as PEM, of tokens that are signed with RS256 or ES256.</summary>
    public string? PublicKey { get; init; }

    /// <summary>Who must have issued a token; null takes any.</summary>
    public string? Issuer { get; init; }

    /// <summary>Whom a token must be for; null takes any.</summary>
    public string? Audience { get; init; }

    /// <summary>The claim that names the user.</summary>
    public string UserClaim { get; init; } = "sub";

    /// <summary>Takes tokens that nobody signed: anybody can write one, so it's for tests only.</summary>
    public bool AllowUnsecured { get; init; }
}
