using System.Text;

namespace Millrace.Broker.Security;

/// <summary>What a client is answered; done where a principal or an error is there.</summary>
readonly record struct SaslStep(byte[] Answer, string? Principal = null, string? Error = null, long ExpiresAt = 0)
{
    internal static SaslStep Failed(string error) => new([], Error: error);
}

/// <summary>One client that says who it is, by one mechanism.</summary>
abstract class SaslExchange
{
    internal abstract SaslStep Next(ReadOnlySpan<byte> message);
}

/// <summary>RFC 4616: | authorization id | 0 | user | 0 | password |</summary>
sealed class PlainExchange(Credentials credentials) : SaslExchange
{
    internal override SaslStep Next(ReadOnlySpan<byte> message)
    {
        var parts = Encoding.UTF8.GetString(message).Split('\0');
        if (parts is not [var acting, { Length: > 0 } user, var password]) return SaslStep.Failed("The message isn't one of PLAIN.");
        if (acting.Length > 0 && acting != user) return SaslStep.Failed("A user may not act for another.");
        return credentials.Holds(user, password) ? new([], $"User:{user}") : SaslStep.Failed("The user or the password is wrong.");
    }
}
