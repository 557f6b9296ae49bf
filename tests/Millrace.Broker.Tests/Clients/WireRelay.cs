using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Clients;

/// <summary>Stands between client and broker, and changes answers.</summary>
sealed class WireRelay : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly ConcurrentBag<Task> relays = [];
    readonly Func<ApiKey, short, byte[], byte[]?> change;
    readonly Task accepting;

    /// <param name="change">Takes an answer to a request of a kind and version, and gives what is passed on; null ends the connection.</param>
    internal WireRelay(Func<ApiKey, short, byte[], byte[]?> change)
    {
        this.change = change;
        listener.Start();
        accepting = AcceptAsync();
    }

    internal int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    internal int BrokerPort { get; set; }

    async Task AcceptAsync()
    {
        try
        {
            while (true) relays.Add(RelayAsync(await listener.AcceptTcpClientAsync()));
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    async Task RelayAsync(TcpClient client)
    {
        using var broker = new TcpClient();
        using (client)
        {
            try
            {
                await broker.ConnectAsync(IPAddress.Loopback, BrokerPort);
            }
            catch (SocketException)
            {
                // There is no broker now.
                return;
            }
            var asked = new ConcurrentQueue<(ApiKey Api, short Version)>();
            var (near, far) = (client.GetStream(), broker.GetStream());
            var there = PassAsync(near, far, frame =>
            {
                asked.Enqueue(((ApiKey)BinaryPrimitives.ReadInt16BigEndian(frame.AsSpan(4)), BinaryPrimitives.ReadInt16BigEndian(frame.AsSpan(6))));
                return frame;
            });
            var back = PassAsync(far, near, frame => asked.TryDequeue(out var about) ? change(about.Api, about.Version, frame) : frame);
            // What is wrong with a change is for whoever disposes the relay.
            await await Task.WhenAny(there, back);
        }
    }

    static async Task PassAsync(NetworkStream from, NetworkStream to, Func<byte[], byte[]?> change)
    {
        try
        {
            var head = new byte[4];
            while (true)
            {
                await from.ReadExactlyAsync(head);
                var frame = new byte[4 + BinaryPrimitives.ReadInt32BigEndian(head)];
                head.CopyTo(frame, 0);
                await from.ReadExactlyAsync(frame.AsMemory(4));
                if (change(frame) is not { } passed) return;
                await to.WriteAsync(passed);
            }
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException)
        {
            // One side has gone.
        }
    }

    /// <summary>An answer with something in it changed.</summary>
    internal static byte[] Change<TResponse>(byte[] answer, short version, Action<TResponse> change) where TResponse : IMessage<TResponse>
    {
        const int Correlation = 4, Head = 8;
        // The answer about versions can't know yet which heads its reader knows.
        var isFlexible = version >= TResponse.FlexibleFrom && TResponse.Api != ApiKey.ApiVersions;
        var reader = new WireReader(answer.AsMemory(Head)) { Flexible = isFlexible };
        if (isFlexible) reader.SkipTags();
        var told = TResponse.Read(ref reader, version);
        change(told);
        using var writer = new WireWriter { Flexible = isFlexible };
        writer.Int32(0);
        writer.Int32(BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(Correlation)));
        if (isFlexible) writer.NoTags();
        told.Write(writer, version);
        writer.SetInt32(0, writer.Length - 4);
        return writer.Written.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await accepting;
        await Task.WhenAll(relays);
    }
}
