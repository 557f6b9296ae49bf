using System.Globalization;
using System.Net;
using System.Net.Security;
using Millrace.Broker.Connections;
using Millrace.Broker.Files;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Millrace.Broker;

/// <summary>
/// An event broker in this process, which any Kafka client can use:
/// <code>
/// await using var broker = await EmbeddedBroker.StartAsync();
/// var bootstrap = broker.BootstrapServers;
/// </code>
/// </summary>
public sealed class EmbeddedBroker : IAsyncDisposable
{
    readonly BrokerNode node;
    readonly Listener listener;
    readonly FileStream folderLock;
    readonly string folder;
    readonly bool isTemporary;
    bool isDisposed;

    EmbeddedBroker(BrokerNode node, Listener listener, FileStream folderLock, string folder, bool isTemporary) =>
        (this.node, this.listener, this.folderLock, this.folder, this.isTemporary) = (node, listener, folderLock, folder, isTemporary);

    /// <summary>What clients take as <c>bootstrap.servers</c>.</summary>
    public string BootstrapServers { get; private init; } = "";

    public int Port => listener.Port;

    internal BrokerNode Node => node;

    internal Listener Listener => listener;

    /// <summary>Starts a broker; it takes requests when the task ends. Without options it listens on a free port of this machine and forgets all when it's disposed.</summary>
    public static Task<EmbeddedBroker> StartAsync(BrokerOptions? options = null, ILogger? logger = null, CancellationToken cancellation = default) =>
        Task.Run(() => Start(options ?? new(), logger ?? NullLogger.Instance, TimeProvider.System), cancellation);

    internal static EmbeddedBroker Start(BrokerOptions options, ILogger logger, TimeProvider time)
    {
        var address = Address(options);
        var folder = Path.GetFullPath(options.Folder ?? Path.Combine(Path.GetTempPath(), $"millrace-broker-{Guid.NewGuid():N}"));
        var held = Lock(folder);
        BrokerNode? node = null;
        Listener? listener = null;
        try
        {
            node = new BrokerNode(new RealFolder(folder), options, time, logger);
            listener = new Listener(node, address, options.Port, Tls(options));
            node.Advertise(listener.Port);
            listener.Start();
            var host = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? "localhost" : address.ToString();
            return new(node, listener, held, folder, isTemporary: options.Folder is null)
            {
                BootstrapServers = options.Advertised ?? string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{listener.Port}"),
            };
        }
        catch
        {
            listener?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            node?.Dispose();
            held.Dispose();
            throw;
        }
    }

    static IPAddress Address(BrokerOptions options)
    {
        var host = options.Host == "localhost" ? "127.0.0.1" : options.Host;
        if (!IPAddress.TryParse(host, out var address)) throw new BrokerException($"The broker listens on an address, such as 127.0.0.1, and '{options.Host}' is none.");
        if (!IPAddress.IsLoopback(address) && !options.AllowAnonymous && !options.Authenticates)
            throw new BrokerException($"On {address} other machines reach the broker, and nobody would have to say who it is. Let clients authenticate themselves (SASL), listen on 127.0.0.1, or allow anybody (--allow-anonymous).");
        return address;
    }

    static SslServerAuthenticationOptions? Tls(BrokerOptions options) => options.Certificate is { } certificate
        ? new() { ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null) }
        : null;

    /// <summary>Two brokers on one folder would write over each other.</summary>
    static FileStream Lock(string folder)
    {
        Directory.CreateDirectory(folder);
        try
        {
            return new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken)
        {
            throw new BrokerException($"Another broker uses the folder '{folder}'. End it, or choose another folder.", taken);
        }
    }

    /// <summary>Stops: connections end, and all that was acknowledged is on the disk.</summary>
    public async ValueTask DisposeAsync()
    {
        if (isDisposed) return;
        isDisposed = true;
        await listener.DisposeAsync().ConfigureAwait(false);
        node.Dispose();
        await folderLock.DisposeAsync().ConfigureAwait(false);
        if (isTemporary) Directory.Delete(folder, recursive: true);
    }
}
