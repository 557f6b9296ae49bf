using Millrace.Broker.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Security;

/// <summary>Clients say who they are.</summary>
static class SaslApis
{
    internal static Api Handshake(BrokerNode node) => Api.Of<SaslHandshakeRequest, SaslHandshakeResponse>((request, asked) =>
    {
        var session = request.Connection.Session;
        session.Exchange = node.Security.Begin(asked.Mechanism);
        session.IsBare = request.Version == 0 && session.Exchange is not null;
        return new()
        {
            ErrorCode = session.Exchange is null ? ErrorCode.UnsupportedSaslMechanism : ErrorCode.None,
            Mechanisms = [.. node.Security.Mechanisms],
        };
    });

    internal static Api Authenticate(BrokerNode node) => Api.By<SaslAuthenticateRequest>((request, asked) =>
    {
        var session = request.Connection.Session;
        if (session.Exchange is null)
            return new(Api.Respond(request, new SaslAuthenticateResponse { ErrorCode = ErrorCode.IllegalSaslState, ErrorMessage = "No mechanism was agreed on." }, "It sent SaslAuthenticate before it had agreed on a mechanism."));
        var step = session.Next(asked.AuthBytes);
        if (step.Error is { } error)
            return new(Api.Respond(request, new SaslAuthenticateResponse { ErrorCode = ErrorCode.SaslAuthenticationFailed, ErrorMessage = error }, $"It could not show who it is: {error}"));
        var response = new SaslAuthenticateResponse { AuthBytes = step.Answer, ErrorMessage = null };
        if (request.Version >= 1 && step.ExpiresAt > 0) response.SessionLifetimeMs = Math.Max(step.ExpiresAt - node.Now, 1);
        return new(Api.Respond(request, response));
    });

    /// <summary>Old clients send the mechanism's messages without a request around them.</summary>
    internal static Reply Bare(SecuritySession session, ReadOnlySpan<byte> message)
    {
        var step = session.Next(message);
        return step.Error is { } error ? Reply.Silent($"It could not show who it is: {error}") : Reply.Bare(step.Answer);
    }
}
