using Millrace.Kafka.Wire;

namespace Millrace.Broker.Security;

/// <summary>What a connection has shown of who its client is.</summary>
sealed class SecuritySession(bool mustAuthenticate, bool isEncrypted)
{
    internal const string Anonymous = "User:ANONYMOUS";

    /// <summary>A stranger gets no more room than it needs to say who it is.</summary>
    const int MostOfStrangers = 64 << 10;

    internal bool IsEncrypted => isEncrypted;

    internal bool IsAuthenticated { get; set; } = !mustAuthenticate;

    internal string Principal { get; set; } = Anonymous;

    internal bool Allows(ApiKey key) => IsAuthenticated || key is ApiKey.ApiVersions or ApiKey.SaslHandshake or ApiKey.SaslAuthenticate;

    internal int MostRequestBytes(int most) => IsAuthenticated ? most : Math.Min(most, MostOfStrangers);
}
