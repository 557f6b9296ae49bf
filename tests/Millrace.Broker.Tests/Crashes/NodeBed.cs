using System.Net;
using Millrace.Broker.Connections;
using Millrace.Broker.Tests.Connections;
using Millrace.Broker.Tests.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace Millrace.Broker.Tests.Crashes;

/// <summary>A whole broker on a simulated disk, and its clients over sockets.</summary>
sealed class NodeBed : IAsyncDisposable
{
    readonly TimeProvider time;
    readonly Durability durability;
    readonly List<BrokerClient> clients = [];
    BrokerNode? node;
    Listener? listener;

    internal NodeBed(int seed, Durability durability = Durability.Disk, TimeProvider? time = null)
    {
        (Disk, this.durability, this.time) = (new SimulatedDisk(seed), durability, time ?? TimeProvider.System);
        Open();
    }

    internal SimulatedDisk Disk { get; private set; }

    internal BrokerNode Node => node!;

    void Open()
    {
        node = new BrokerNode(Disk.Root, new() { Durability = durability }, time, NullLogger.Instance);
        listener = new Listener(node, IPAddress.Loopback, 0, tls: null);
        node.Advertise(listener.Port);
        listener.Start();
    }

    internal BrokerClient Connect(string name = "test")
    {
        var client = new BrokerClient(listener!.Port) { Name = name };
        clients.Add(client);
        return client;
    }

    /// <summary>Ends the broker without a word to the disk, and starts it on what the disk has then.</summary>
    internal async Task RestartAsync(bool withPower)
    {
        Disk.PowerGoesAt = Disk.Operations;
        await EndAsync();
        Disk = withPower ? Disk.AfterPowerLoss() : Disk.AfterKill();
        Open();
    }

    async Task EndAsync()
    {
        foreach (var client in clients) client.Dispose();
        clients.Clear();
        if (listener is not null) await listener.DisposeAsync();
        node?.Abandon();
    }

    public async ValueTask DisposeAsync() => await EndAsync();
}
