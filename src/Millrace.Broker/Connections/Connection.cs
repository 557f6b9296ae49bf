using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Millrace.Broker.Quotas;
using Millrace.Broker.Security;
using Millrace.Kafka.Wire;
using Microsoft.Extensions.Logging;

namespace Millrace.Broker.Connections;

/// <summary>
/// A client's connection. Requests are handled one after the other and answered in their order; only those that wait for
/// the disk let the next one begin. A connection that is idle holds no buffer.
/// </summary>
sealed partial class Connection : IDisposable
{
    const int InboxSize = 4096;
    /// <summary>A request is read into that much at first: who announces a large one must send it to hold more.</summary>
    const int FirstPiece = 2 << 20;

    readonly Socket socket;
    readonly Stream stream;
    readonly BrokerNode node;
    byte[] inbox = [];
    int start, end;

    internal Connection(Socket socket, Stream stream, BrokerNode node)
    {
        (this.socket, this.stream, this.node) = (socket, stream, node);
        Remote = (IPEndPoint)socket.RemoteEndPoint!;
        Host = Remote.Address.IsIPv4MappedToIPv6 ? Remote.Address.MapToIPv4().ToString() : Remote.Address.ToString();
        LocalAddress = ((IPEndPoint)socket.LocalEndPoint!).Address is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4().ToString() : ((IPEndPoint)socket.LocalEndPoint!).Address.ToString();
        Session = node.Security.Begin();
        Enter(Phase.Idle);
    }

    internal IPEndPoint Remote { get; }

    /// <summary>The address that the client comes from, as rules name it.</summary>
    internal string Host { get; }

    /// <summary>The address that the client came to.</summary>
    internal string LocalAddress { get; }

    /// <summary>Who it is, as far as is known.</summary>
    internal SecuritySession Session { get; }

    internal string Client { get; private set; } = "";

    string Name => Client.Length == 0 ? Remote.ToString() : $"{Remote} ({Client})";

    internal async Task RunAsync()
    {
        try
        {
            while (await NextAsync().ConfigureAwait(false));
        }
        catch (WireException malformed)
        {
            Log.Malformed(node.Log, Name, malformed.Message);
        }
        catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            Log.Gone(node.Log, Name, gone.Message);
        }
        catch (Exception failure)
        {
            // One connection is no reason to end the others.
            Log.Failed(node.Log, Name, failure);
        }
        finally
        {
            Dispose();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ReturnInbox();
        }
    }

    /// <summary>Reads and handles a request. False when there is none any more.</summary>
    async ValueTask<bool> NextAsync()
    {
        if (!muted.IsCompleted) await muted.ConfigureAwait(false);
        if (!await FillAsync(sizeof(int)).ConfigureAwait(false)) return false;
        var length = BinaryPrimitives.ReadInt32BigEndian(inbox.AsSpan(start));
        if (length < (Session.IsBare ? 0 : 8) || length > Session.MostRequestBytes(node.Settings.RequestMaxBytes))
            throw new WireException($"A request says that it has {length:N0} bytes; between 8 and {Session.MostRequestBytes(node.Settings.RequestMaxBytes):N0} are taken here (socket.request.max.bytes).");
        start += sizeof(int);
        if (end - start >= length)
        {
            var message = inbox.AsMemory(start, length);
            start += length;
            return await HandleAsync(message).ConfigureAwait(false);
        }
        return await LargeAsync(length).ConfigureAwait(false);
    }

    async ValueTask<bool> LargeAsync(int length)
    {
        Enter(Phase.Receiving);
        await node.RequestMemory.TakeAsync(length).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(length, FirstPiece));
        var isHeld = true;
        try
        {
            var filled = end - start;
            inbox.AsSpan(start, filled).CopyTo(buffer);
            (start, end) = (0, 0);
            while (filled < length)
            {
                if (filled == buffer.Length) buffer = Larger(buffer, filled, length);
                var read = await stream.ReadAsync(buffer.AsMemory(filled, Math.Min(length, buffer.Length) - filled)).ConfigureAwait(false);
                if (read == 0) throw new WireException($"The connection ended within a request: {filled:N0} of {length:N0} bytes came.");
                filled += read;
                Enter(Phase.Receiving);
            }
            var reply = Handle(buffer.AsMemory(0, length), out var api);
            // Handlers have taken what they need of the request when they first wait.
            ArrayPool<byte>.Shared.Return(buffer);
            node.RequestMemory.Return(length);
            isHeld = false;
            return await AnswerAsync(api, reply).ConfigureAwait(false);
        }
        finally
        {
            if (isHeld)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                node.RequestMemory.Return(length);
            }
        }
    }

    static byte[] Larger(byte[] buffer, int filled, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(length, filled * 4L));
        buffer.AsSpan(0, filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    ValueTask<bool> HandleAsync(ReadOnlyMemory<byte> message)
    {
        var reply = Handle(message, out var api);
        return AnswerAsync(api, reply);
    }

    ValueTask<Reply> Handle(ReadOnlyMemory<byte> message, out Api? api)
    {
        Enter(Phase.Handling);
        if (Session.IsBare)
        {
            api = null;
            return new(SaslApis.Bare(Session, message.Span));
        }
        var request = Request.Read(this, message, node.Apis);
        if (Client.Length == 0) Client = request.ClientId;
        api = node.Apis.Find(request.Key);
        if (api is null || request.Version < api.Oldest || request.Version > api.Newest) return new(Unknown(request, api));
        if (!Session.Allows(request.Key)) throw new WireException($"{request.Key} came before the client had authenticated itself.");
        if (Session.IsAuthenticated && node.Quotas.Has(QuotaKind.RequestTime)) request.Began(node.Quotas, node.Time);
        return node.Meters.MeasureAsync(api, request);
    }

    /// <summary>A client that asks what there is in a version of its own gets an answer that it can read. Others know already.</summary>
    Reply Unknown(Request request, Api? api)
    {
        if (api?.Key == ApiKey.ApiVersions) return ApiVersionsApi.Unsupported(request, node.Apis);
        throw new WireException(api is null
            ? $"It sent a request of kind {(int)request.Key}, which this broker doesn't have."
            : $"It sent {request.Key} in version {request.Version}; versions {api.Oldest} to {api.Newest} are there.");
    }

    /// <summary>Waits until that many bytes are in the inbox. False where the client has ended the connection between two requests.</summary>
    async ValueTask<bool> FillAsync(int count)
    {
        if (start == end)
        {
            ReturnInbox();
            Enter(Phase.Idle);
            // Returns when there is something to read, and takes no buffer for the wait.
            await stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
        }
        while (end - start < count)
        {
            if (end > start) Enter(Phase.Receiving);
            if (inbox.Length == 0) inbox = ArrayPool<byte>.Shared.Rent(InboxSize);
            if (inbox.Length - start < count)
            {
                inbox.AsSpan(start, end - start).CopyTo(inbox);
                (start, end) = (0, end - start);
            }
            var read = await stream.ReadAsync(inbox.AsMemory(end)).ConfigureAwait(false);
            if (read == 0) return end == start ? false : throw new WireException("The connection ended within the length of a request.");
            end += read;
        }
        return true;
    }

    void ReturnInbox()
    {
        if (inbox.Length > 0) ArrayPool<byte>.Shared.Return(inbox);
        (inbox, start, end) = ([], 0, 0);
    }

    public void Dispose()
    {
        ended.Cancel();
        stream.Dispose();
        socket.Dispose();
    }
}
