using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Clients;

/// <summary>Stands between client and broker, and ends the connection instead of passing on the first answer of a kind.</summary>
sealed class DeafRelay : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly ConcurrentBag<Task> relays = [];
    readonly ApiKey deafTo;
    readonly Task accepting;
    int lost;

    internal DeafRelay(ApiKey deafTo)
    {
        this.deafTo = deafTo;
        listener.Start();
        accepting = AcceptAsync();
    }

    internal int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    internal int BrokerPort { get; set; }

    internal int Lost => lost;

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
        using var broker = new TcpClient("127.0.0.1", BrokerPort);
        using (client)
        {
            var asked = new ConcurrentQueue<ApiKey>();
            var (near, far) = (client.GetStream(), broker.GetStream());
            var there = PassAsync(near, far, frame =>
            {
                asked.Enqueue((ApiKey)BinaryPrimitives.ReadInt16BigEndian(frame.AsSpan(4)));
                return true;
            });
            var back = PassAsync(far, near, _ => !(asked.TryDequeue(out var api) && api == deafTo && Interlocked.CompareExchange(ref lost, 1, 0) == 0));
            await Task.WhenAny(there, back);
        }
    }

    static async Task PassAsync(NetworkStream from, NetworkStream to, Func<byte[], bool> passes)
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
                if (!passes(frame)) return;
                await to.WriteAsync(frame);
            }
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException)
        {
            // One side has gone.
        }
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await accepting;
        await Task.WhenAll(relays);
    }
}
