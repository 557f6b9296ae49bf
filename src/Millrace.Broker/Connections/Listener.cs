using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace Millrace.Broker.Connections;

/// <summary>Takes connections on one address, and keeps account of them.</summary>
sealed partial class Listener : IAsyncDisposable
{
    static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(5);
    static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(15);

    readonly BrokerNode node;
    readonly Socket socket;
    readonly SslServerAuthenticationOptions? tls;
    readonly ConcurrentDictionary<Connection, Task> connections = [];
    readonly CancellationTokenSource stopping = new();
    readonly ITimer sweep;
    Task accepting = Task.CompletedTask;
    int open;

    internal Listener(BrokerNode node, IPAddress address, int port, SslServerAuthenticationOptions? tls)
    {
        (this.node, this.tls) = (node, tls);
        socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        // Without ReuseAddress, which on Unix would let two brokers share a port, and clients find now one and now the other. Connections
        // that a killed broker left don't keep the next one from its port: .NET sees to that by itself.
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(512);
        }
        catch (SocketException taken)
        {
            socket.Dispose();
            throw new BrokerException($"The broker can't listen on {address}:{port}: {taken.Message}. Choose another port, or end what has it.", taken);
        }
        Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        node.Meters.Meter.CreateObservableGauge("millrace.broker.connections", () => Open, "{connection}", "Connections that are open (max.connections)");
        sweep = node.Time.CreateTimer(_ => Sweep(), null, SweepEvery, SweepEvery);
    }

    internal int Port { get; }

    /// <summary>Connections that are open, those that are still agreeing on a key included.</summary>
    internal int Open => Volatile.Read(ref open);

    internal IEnumerable<Connection> Connections => connections.Keys;

    internal void Start() => accepting = AcceptAsync();

    async Task AcceptAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var client = await socket.AcceptAsync(stopping.Token).ConfigureAwait(false);
                if (Interlocked.Increment(ref open) > node.Settings.MaxConnections)
                {
                    Interlocked.Decrement(ref open);
                    Log.TooMany(node.Log, client.RemoteEndPoint, node.Settings.MaxConnections);
                    client.Dispose();
                    continue;
                }
                _ = Task.Run(() => ServeAsync(client), CancellationToken.None);
            }
            catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException failed)
            {
                // The process is out of handles, or the client left already: neither is a reason to stop listening.
                Log.NotAccepted(node.Log, failed.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(100), node.Time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    async Task ServeAsync(Socket client)
    {
        try
        {
            client.NoDelay = true;
            if (!await MayConnectAsync(client).ConfigureAwait(false)) return;
            if (await StreamAsync(client).ConfigureAwait(false) is not { } stream) return;
            var connection = new Connection(client, stream, node);
            var running = connection.RunAsync();
            connections[connection] = running;
            if (stopping.IsCancellationRequested) connection.Dispose();
            await running.ConfigureAwait(false);
            connections.TryRemove(connection, out _);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            Log.NotAccepted(node.Log, gone.Message);
        }
        finally
        {
            client.Dispose();
            Interlocked.Decrement(ref open);
        }
    }

    /// <summary>Where an address connects too often, its connection is kept for a while and then closed: one that is closed at once comes back at once.</summary>
    async Task<bool> MayConnectAsync(Socket client)
    {
        var address = ((IPEndPoint)client.RemoteEndPoint!).Address;
        var rest = node.Quotas.Connect(address);
        if (rest == TimeSpan.Zero) return true;
        Log.TooOften(node.Log, address, (long)rest.TotalMilliseconds);
        await Task.Delay(rest, node.Time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return false;
    }

    async Task<Stream?> StreamAsync(Socket client)
    {
        var plain = new NetworkStream(client, ownsSocket: false);
        if (tls is null) return plain;
        var encrypted = new SslStream(plain);
        using var tooLate = new CancellationTokenSource(HandshakeTime, node.Time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, tooLate.Token);
        try
        {
            await encrypted.AuthenticateAsServerAsync(tls, limit.Token).ConfigureAwait(false);
            return encrypted;
        }
        catch (Exception failed) when (failed is AuthenticationException or IOException or OperationCanceledException)
        {
            Log.NoHandshake(node.Log, client.RemoteEndPoint, failed.Message);
            await encrypted.DisposeAsync().ConfigureAwait(false);
            return null;
        }
    }

    void Sweep()
    {
        foreach (var connection in connections.Keys) connection.EndIfStuck(node.Settings.MaxIdle, node.Settings.MaxStall);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        socket.Dispose();
        await sweep.DisposeAsync().ConfigureAwait(false);
        await accepting.ConfigureAwait(false);
        foreach (var connection in connections.Keys) connection.Dispose();
        await Task.WhenAll(connections.Values).ConfigureAwait(false);
    }

    static partial class Log
    {
        [LoggerMessage(5001, LogLevel.Warning, "Refused a connection of {Client}: {Most} are open (max.connections)")]
        internal static partial void TooMany(ILogger logger, EndPoint? client, int most);

        [LoggerMessage(5002, LogLevel.Warning, "A connection could not be taken: {Reason}")]
        internal static partial void NotAccepted(ILogger logger, string reason);

        [LoggerMessage(5004, LogLevel.Information, "{Address} connects more often than it may (connection_creation_rate): a connection is closed in {Rest} ms")]
        internal static partial void TooOften(ILogger logger, IPAddress address, long rest);

        [LoggerMessage(5003, LogLevel.Warning, "{Client} made no TLS connection: {Reason}")]
        internal static partial void NoHandshake(ILogger logger, EndPoint? client, string reason);
    }
}
