namespace Millrace.Kafka;

/// <summary>How much clients may do, by Kafka's names, such as <c>producer_byte_rate</c>.</summary>
public sealed record ClientQuota(QuotaOwner Owner, IReadOnlyDictionary<string, double> Limits);

/// <summary>Whose quota it is: a user's, that of a client id, or of both together. <see cref="Default"/> means those who have none of their own.</summary>
public sealed record QuotaOwner(string? User = null, string? ClientId = null)
{
    /// <summary>As a name: all those without a quota of their own.</summary>
    public const string Default = "<default>";

    internal IEnumerable<(string Type, string? Name)> Parts
    {
        get
        {
            if (User is not null) yield return ("user", User == Default ? null : User);
            if (ClientId is not null) yield return ("client-id", ClientId == Default ? null : ClientId);
        }
    }
}
