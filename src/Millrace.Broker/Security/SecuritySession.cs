using Millrace.Kafka.Wire;

namespace Millrace.Broker.Security;

/// <summary>What a connection has shown of who its client is.</summary>
sealed class SecuritySession(bool mustAuthenticate, TimeProvider time)
{
    internal const string Anonymous = "User:ANONYMOUS";

    /// <summary>A stranger gets no more room than it needs to say who it is.</summary>
    const int MostOfStrangers = 64 << 10;

    bool isKnown = !mustAuthenticate;
    long expiresAt;

    internal string Principal { get; private set; } = Anonymous;

    /// <summary>Its name as quotas have it.</summary>
    internal string UserName => Principal[(Principal.IndexOf(':', StringComparison.Ordinal) + 1)..];

    internal SaslExchange? Exchange { get; set; }

    /// <summary>Whether the messages of the mechanism come by themselves, as old clients send them.</summary>
    internal bool IsBare { get; set; }

    internal bool IsAuthenticated => isKnown && (expiresAt == 0 || time.GetUtcNow().ToUnixTimeMilliseconds() < expiresAt);

    internal bool Allows(ApiKey key) => IsAuthenticated || key is ApiKey.ApiVersions or ApiKey.SaslHandshake or ApiKey.SaslAuthenticate;

    internal int MostRequestBytes(int most) => IsAuthenticated ? most : Math.Min(most, MostOfStrangers);

    /// <summary>Goes a step on. A client that shows once more who it is must be the same.</summary>
    internal SaslStep Next(ReadOnlySpan<byte> message)
    {
        var step = Exchange!.Next(message);
        if (step.Principal is { } principal && Principal != Anonymous && Principal != principal) step = SaslStep.Failed("A connection can't become another user's.");
        if (step.Principal is null && step.Error is null) return step;
        (Exchange, IsBare) = (null, false);
        if (step.Principal is not null) (isKnown, Principal, expiresAt) = (true, step.Principal, step.ExpiresAt);
        return step;
    }
}
