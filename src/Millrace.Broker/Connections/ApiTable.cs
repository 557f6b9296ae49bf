using Millrace.Kafka.Wire;

namespace Millrace.Broker.Connections;

/// <summary>One API that the broker has, in versions from one to another.</summary>
/// <param name="Read">Reads what a request says into so many bytes of memory.</param>
/// <param name="Handle">Answers it.</param>
sealed record Api(ApiKey Key, short Oldest, short Newest, short FlexibleFrom, Func<Request, long, object> Read, Func<Request, object, ValueTask<Reply>> Handle)
{
    /// <summary>Whether the next request may be read while this one waits for the disk.</summary>
    internal bool IsPipelined { get; init; }

    /// <summary>Whether it waits for other clients to say something: what it holds meanwhile is the group's.</summary>
    internal bool WaitsForOthers { get; init; }

    /// <summary>The oldest version that is advertised, where there are older ones than are served.</summary>
    internal short Advertised { get; init; } = Oldest;

    internal static Api Of<TRequest, TResponse>(Func<Request, TRequest, ValueTask<TResponse>> handle)
        where TRequest : IMessage<TRequest> where TResponse : IMessage<TResponse> =>
        By<TRequest>(async (request, asked) =>
        {
            var response = handle(request, asked);
            if (!response.IsCompleted) request.Waits();
            return Respond(request, await response.ConfigureAwait(false));
        });

    internal static Api Of<TRequest, TResponse>(Func<Request, TRequest, TResponse> handle)
        where TRequest : IMessage<TRequest> where TResponse : IMessage<TResponse> =>
        By<TRequest>((request, asked) => new(Respond(request, handle(request, asked))));

    /// <summary>An API that writes its replies by itself.</summary>
    internal static Api By<TRequest>(Func<Request, TRequest, ValueTask<Reply>> handle) where TRequest : IMessage<TRequest> =>
        new(TRequest.Api, TRequest.Oldest, TRequest.Newest, TRequest.FlexibleFrom, ReadMessage<TRequest>, (request, asked) => handle(request, (TRequest)asked));

    static object ReadMessage<T>(Request request, long room) where T : IMessage<T>
    {
        var reader = new WireReader(request.Body, room);
        var message = T.Read(ref reader, request.Version);
        if (reader.Left > 0) throw new WireException($"{reader.Left:N0} bytes are left behind the message.");
        request.Held = reader.Held;
        return message;
    }

    internal static Reply Respond<T>(Request request, T response, string? endsConnection = null) where T : IMessage<T>
    {
        // ApiVersions is answered before anything is agreed on, so its head is the oldest.
        var rest = request.Charge();
        if (response is IThrottled throttled) throttled.ThrottleTimeMs = Math.Max(throttled.ThrottleTimeMs, (int)rest.TotalMilliseconds);
        var reply = Reply.Begin(request, request.Version >= T.FlexibleFrom && T.Api != ApiKey.ApiVersions, endsConnection);
        try
        {
            response.Write(reply.Writer, request.Version);
            return reply;
        }
        catch (WireException wrong)
        {
            // Not the client's fault, so it must not look like it.
            reply.Dispose();
            throw new InvalidOperationException($"The answer to {T.Api} in version {request.Version} can't be written: {wrong.Message}", wrong);
        }
    }
}

/// <summary>The APIs that the broker has: what it advertises is what it serves.</summary>
sealed class ApiTable(IEnumerable<Api> apis)
{
    readonly Dictionary<ApiKey, Api> all = apis.ToDictionary(a => a.Key);

    internal IEnumerable<Api> All => all.Values.OrderBy(a => a.Key);

    internal Api? Find(ApiKey key) => all.GetValueOrDefault(key);
}
