using System.Net;
using Millrace.Broker.Connections;
using Millrace.Broker.Tests.Connections;
using Millrace.Broker.Tests.Files;
using Millrace.Kafka.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace Millrace.Broker.Tests.Crashes;

/// <summary>
/// A whole broker on a disk that fails, its clients over sockets, and an account of what they were told. All that clients do is
/// drawn from the seed; how the broker's flushes fall in with it isn't.
/// </summary>
sealed partial class NodeScene(int seed, Durability durability) : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly Random random = new(seed);
    readonly List<BrokerClient> clients = [];
    SimulatedDisk disk = new(seed * 31 + 7);
    BrokerNode? node;
    Listener? listener;
    int number;

    internal int CrashPoints { get; private set; }

    internal long Acknowledged { get; private set; }

    internal long Committed { get; private set; }

    internal long GivenUp { get; private set; }

    /// <summary>Works until the power goes, and then again, so many times.</summary>
    internal async Task RunAsync(int crashes)
    {
        Open();
        await PrepareAsync();
        for (var crash = 0; crash < crashes; crash++)
        {
            var withPower = durability == Durability.Disk && random.Next(4) > 0;
            if (withPower) disk.PowerGoesAt = disk.Operations + random.Next(1, 300);
            for (var step = random.Next(1, 50); (step > 0 || withPower) && !disk.IsOff; step--) await StepAsync();
            await RestartAsync(withPower);
            await CheckAsync();
            await SettleAsync();
            await CheckAsync();
        }
    }

    void Open()
    {
        node = new BrokerNode(disk.Root, new() { Durability = durability, Settings = new Dictionary<string, string> { ["log.segment.bytes"] = "4096" } }, TimeProvider.System, NullLogger.Instance);
        listener = new Listener(node, IPAddress.Loopback, 0, tls: null);
        node.Advertise(listener.Port);
        listener.Start();
        Connect();
    }

    void Connect()
    {
        foreach (var client in clients) client.Dispose();
        clients.Clear();
        for (var i = 0; i < 3; i++) clients.Add(new(listener!.Port));
    }

    /// <summary>Ends the broker without a word to the disk.</summary>
    async Task AbandonAsync()
    {
        disk.PowerGoesAt = Math.Min(disk.PowerGoesAt, disk.Operations);
        foreach (var client in clients) client.Dispose();
        clients.Clear();
        if (listener is not null) await listener.DisposeAsync();
        node?.Abandon();
        (node, listener) = (null, null);
    }

    async Task RestartAsync(bool withPower)
    {
        await AbandonAsync();
        while (true)
        {
            CrashPoints++;
            disk = withPower ? disk.AfterPowerLoss() : disk.AfterKill();
            // Starting must bear a crash as well.
            if (withPower && random.Next(3) == 0) disk.PowerGoesAt = random.Next(1, 80);
            try
            {
                Open();
                if (disk.PowerGoesAt == long.MaxValue) return;
            }
            catch (IOException) when (disk.IsOff)
            {
                // Once more, with what is on the disk now.
            }
            await AbandonAsync();
        }
    }

    async Task StepAsync()
    {
        switch (random.Next(100))
        {
            case < 90:
                await WorkAsync();
                break;
            case < 92:
                await DisturbAsync(() => disk.FailingFlushes = random.Next(10, 100), () => disk.FailingFlushes = 0);
                break;
            case < 94:
                await DisturbAsync(() => disk.Free = random.Next(0, 4_000), () => disk.Free = long.MaxValue);
                break;
            case < 97:
                Checkpoint();
                break;
            default:
                node!.Housekeeping.Retain();
                break;
        }
    }

    void Checkpoint()
    {
        try
        {
            node!.Logs.Checkpoint();
        }
        catch (IOException)
        {
            // The disk refused: the last one holds.
        }
    }

    Task WorkAsync() => random.Next(100) switch
    {
        < 20 => ProduceAsync(),
        < 35 => BurstAsync(),
        < 50 => ProduceOnceAsync(once[random.Next(once.Length)]),
        < 80 => StepsOfAsync(transacting[random.Next(transacting.Length)]),
        < 88 => CommitOffsetAsync(),
        < 90 => NewIdAsync(),
        _ => StepOfAsync(topics[random.Next(topics.Length)]),
    };

    /// <summary>For a while the disk refuses; then all must go on without a restart.</summary>
    async Task DisturbAsync(Action begin, Action end)
    {
        begin();
        isDisturbed = true;
        for (var i = random.Next(1, 12); i > 0 && !disk.IsOff; i--)
        {
            if (random.Next(5) == 0) Checkpoint();
            else await WorkAsync();
        }
        try
        {
            // On a full disk consumers go on. After a failed flush a partition may have to wait until it is brought back to what is durable.
            if (disk.FailingFlushes == 0) await CheckPlainAsync();
        }
        catch (Exception) when (disk.IsOff)
        {
            // Or not, if there is no power either.
        }
        end();
        isDisturbed = false;
        await SettleAsync();
    }

    bool isDisturbed;

    /// <summary>Brings all that is under way to an end, which a disk that is well must allow.</summary>
    async Task SettleAsync()
    {
        foreach (var producer in once) await FinishAsync(producer);
        foreach (var producer in transacting) await FinishAsync(producer);
        for (var partition = 0; partition < PlainPartitions; partition++)
            Demand(await ProduceToAsync(partition), "plain doesn't go on");
        foreach (var topic in topics) await LearnAsync(topic);
    }

    /// <summary>Null where the broker has ended the connection.</summary>
    async Task<TResponse?> AskAsync<TRequest, TResponse>(TRequest request, short version, int client = 0)
        where TRequest : IMessage<TRequest> where TResponse : class, IMessage<TResponse>
    {
        try
        {
            return await clients[client].AskAsync<TRequest, TResponse>(request, version).WaitAsync(Patience);
        }
        catch (IOException gone)
        {
            if (!disk.IsOff && !isDisturbed) throw new InvalidOperationException($"Seed {seed}: {TRequest.Api} ended its connection, and the disk is well.", gone);
            Connect();
            return null;
        }
    }

    void Demand(ErrorCode? error, string what)
    {
        if (!disk.IsOff && !isDisturbed) Assert.True(error == ErrorCode.None, $"Seed {seed}, crash point {CrashPoints}: {what}: {error?.ToString() ?? "the connection is gone"}.");
    }

    void Holds(bool condition, string otherwise) => Assert.True(condition, $"Seed {seed}, crash point {CrashPoints}: {otherwise}");

    async Task CheckAsync()
    {
        foreach (var partition in node!.Topics.All.SelectMany(t => t.Partitions)) Holds(partition.Log.Damage is null, $"a crash is taken for damage: {partition.Log.Damage}");
        await CheckPlainAsync();
        await CheckOnceAsync();
        await CheckTransactionsAsync();
        await CheckOffsetsAsync();
        foreach (var topic in topics) await CheckAsync(topic);
    }

    public async ValueTask DisposeAsync() => await AbandonAsync();
}
