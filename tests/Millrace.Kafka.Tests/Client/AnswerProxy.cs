using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Millrace.Broker;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Tests.Client;

/// <summary>A broker whose answers are changed on their way, so that it speaks as others do: as one that is just starting, or an old one.</summary>
sealed class AnswerProxy : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly Dictionary<short, Func<ReadOnlyMemory<byte>, short, byte[]>> changes = [];
    readonly CancellationTokenSource closing = new();
    Task accepting = Task.CompletedTask;
    EmbeddedBroker broker = null!;

    internal string Address => $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    internal static async Task<AnswerProxy> StartAsync()
    {
        var proxy = new AnswerProxy();
        proxy.listener.Start();
        proxy.broker = await EmbeddedBroker.StartAsync(new() { Durability = Durability.PageCache, Advertised = proxy.Address });
        proxy.accepting = Task.Run(proxy.AcceptAsync);
        return proxy;
    }

    /// <summary>Changes each answer of a kind. To be said before the first client comes.</summary>
    internal void Change<TResponse>(Action<TResponse> change) where TResponse : IMessage<TResponse> => changes[(short)TResponse.Api] = (frame, version) =>
    {
        var isFlexible = version >= TResponse.FlexibleFrom;
        var head = isFlexible && TResponse.Api != ApiKey.ApiVersions ? 5 : 4;
        var reader = new WireReader(frame[head..]) { Flexible = isFlexible };
        var answer = TResponse.Read(ref reader, version);
        change(answer);
        using var writer = new WireWriter { Flexible = isFlexible };
        answer.Write(writer, version);
        return [.. frame.Span[..head], .. writer.Written.Span];
    };

    async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await listener.AcceptTcpClientAsync(closing.Token));
        }
        catch (OperationCanceledException)
        {
            // The proxy is closed.
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            await server.ConnectAsync(IPAddress.Loopback, broker.Port, closing.Token);
            var asked = new ConcurrentDictionary<int, (short Api, short Version)>();
            await Task.WhenAny(
                PassAsync(client.GetStream(), server.GetStream(), request =>
                {
                    var head = request.Span;
                    asked[BinaryPrimitives.ReadInt32BigEndian(head[4..])] = (BinaryPrimitives.ReadInt16BigEndian(head), BinaryPrimitives.ReadInt16BigEndian(head[2..]));
                    return request;
                }),
                PassAsync(server.GetStream(), client.GetStream(), answer =>
                    asked.TryRemove(BinaryPrimitives.ReadInt32BigEndian(answer.Span), out var to) && changes.TryGetValue(to.Api, out var change) ? change(answer, to.Version) : answer));
        }
    }

    async Task PassAsync(NetworkStream from, NetworkStream to, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> change)
    {
        try
        {
            var size = new byte[4];
            while (true)
            {
                await from.ReadExactlyAsync(size, closing.Token);
                var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(size)];
                await from.ReadExactlyAsync(frame, closing.Token);
                var changed = change(frame);
                BinaryPrimitives.WriteInt32BigEndian(size, changed.Length);
                await to.WriteAsync(size, closing.Token);
                await to.WriteAsync(changed, closing.Token);
            }
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // One of them has left.
        }
    }

    public async ValueTask DisposeAsync()
    {
        closing.Cancel();
        await accepting;
        listener.Dispose();
        await broker.DisposeAsync();
        closing.Dispose();
    }
}
