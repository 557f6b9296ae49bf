using System.Net;
using System.Net.Sockets;

namespace Millrace.Kafka.Tests.Client;

/// <summary>Stands between a client and a broker, and does to their connections what networks do.</summary>
sealed class FaultProxy : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly Lock gate = new();
    readonly List<Socket> sockets = [];
    readonly CancellationTokenSource closing = new();
    readonly Task accepting;
    TaskCompletionSource? stalled;
    int target, requestsLeft = int.MaxValue, answersLeft = int.MaxValue;

    internal FaultProxy()
    {
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = Task.Run(AcceptAsync);
    }

    internal int Port { get; }

    /// <summary>Connections that it has cut.</summary>
    internal int Cuts { get; private set; }

    internal void SendTo(int port) => Volatile.Write(ref target, port);

    /// <summary>Cuts every connection now.</summary>
    internal void Cut()
    {
        Socket[] all;
        lock (gate)
        {
            all = [.. sockets];
            sockets.Clear();
            Cuts += all.Length / 2;
        }
        foreach (var socket in all) socket.Dispose();
    }

    /// <summary>Cuts all connections after that many more reads from clients: their requests may come in, whole or in part, or not.</summary>
    internal void CutAfterRequests(int count) => Volatile.Write(ref requestsLeft, count);

    /// <summary>Cuts all connections once that many more answers have come, and swallows the last: what was asked is done, and nobody hears of it.</summary>
    internal void CutAfterAnswers(int count) => Volatile.Write(ref answersLeft, count);

    /// <summary>Holds everything back until it is released.</summary>
    internal void Stall() => Interlocked.CompareExchange(ref stalled, new(TaskCreationOptions.RunContinuationsAsynchronously), null);

    internal void Release() => Interlocked.Exchange(ref stalled, null)?.TrySetResult();

    async Task AcceptAsync()
    {
        while (!closing.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await listener.AcceptSocketAsync(closing.Token));
            }
            catch (Exception gone) when (gone is OperationCanceledException or SocketException)
            {
                // The proxy is closed, or who came was gone before it was let in.
            }
        }
    }

    async Task ServeAsync(Socket client)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, Volatile.Read(ref target), closing.Token);
            lock (gate) sockets.AddRange([client, server]);
            await Task.WhenAny(PassAsync(client, server, isRequest: true), PassAsync(server, client, isRequest: false));
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Nobody is there.
        }
        finally
        {
            client.Dispose();
            server.Dispose();
        }
    }

    async Task PassAsync(Socket from, Socket to, bool isRequest)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(buffer, closing.Token);
                if (read == 0) return;
                if (Volatile.Read(ref stalled) is { } wait) await wait.Task.WaitAsync(closing.Token);
                if (isRequest ? Interlocked.Decrement(ref requestsLeft) == 0 : Interlocked.Decrement(ref answersLeft) == 0)
                {
                    Volatile.Write(ref isRequest ? ref requestsLeft : ref answersLeft, int.MaxValue);
                    // Half of what a client said may still get through.
                    if (isRequest) await to.SendAsync(buffer.AsMemory(0, read / 2), closing.Token);
                    Cut();
                    return;
                }
                for (var sent = 0; sent < read;) sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), closing.Token);
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Cut.
        }
    }

    public async ValueTask DisposeAsync()
    {
        closing.Cancel();
        await accepting;
        listener.Dispose();
        Cut();
        closing.Dispose();
    }
}
