using Millrace.Broker.Quotas;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Connections;

sealed partial class Connection
{
    ValueTask<bool> HandleAsync(ReadOnlyMemory<byte> message) =>
        TryBegin(message, out var request) ? AnswerAsync(request, Handle(request, message)) : HandleLaterAsync(request!, message);

    // Nothing more is read meanwhile, so the message stays where it is.
    async ValueTask<bool> HandleLaterAsync(Request request, ReadOnlyMemory<byte> message)
    {
        await request.ReadAsync(node.Objects).ConfigureAwait(false);
        return await AnswerAsync(request, Handle(request, message)).ConfigureAwait(false);
    }

    /// <summary>Reads a request, where there is room for what it says. It's null of the messages of SASL that come by themselves.</summary>
    bool TryBegin(ReadOnlyMemory<byte> message, out Request? request)
    {
        Enter(Phase.Handling);
        request = null;
        if (Session.IsBare) return true;
        request = Request.Read(this, message, node.Apis);
        if (Client.Length == 0) Client = request.ClientId;
        if (!request.IsServed) return true;
        if (!Session.Allows(request.Key)) throw new WireException($"{request.Key} came before the client had authenticated itself.");
        return request.TryRead(node.Objects);
    }

    ValueTask<Reply> Handle(Request? request, ReadOnlyMemory<byte> message)
    {
        if (request is null) return new(SaslApis.Bare(Session, message.Span));
        if (!request.IsServed) return new(Unknown(request));
        if (Session.IsAuthenticated && node.Quotas.Has(QuotaKind.RequestTime)) request.Began(node.Quotas, node.Time);
        try
        {
            return node.Meters.MeasureAsync(request.Api!, request, request.Message!);
        }
        catch
        {
            request.Release(node.Objects);
            throw;
        }
    }

    /// <summary>A client that asks what there is in a version of its own gets an answer that it can read. Others know already.</summary>
    Reply Unknown(Request request)
    {
        if (request.Api is not { } api) throw new WireException($"It sent a request of kind {(int)request.Key}, which this broker doesn't have.");
        if (api.Key == ApiKey.ApiVersions) return ApiVersionsApi.Unsupported(request, node.Apis);
        throw new WireException($"It sent {request.Key} in version {request.Version}; versions {api.Oldest} to {api.Newest} are there.");
    }
}
