using System.Globalization;
using System.Net;
using System.Text;
using Millrace.Broker.Connections;
using Millrace.Broker.Files;
using Millrace.Broker.Groups;
using Millrace.Broker.Logs;
using Millrace.Broker.Quotas;
using Millrace.Broker.Security;
using Millrace.Broker.State;
using Millrace.Broker.Topics;
using Millrace.Broker.Transactions;
using Millrace.Kafka.Wire;
using Microsoft.Extensions.Logging;

namespace Millrace.Broker;

/// <summary>All that a broker consists of, but for the sockets.</summary>
sealed class BrokerNode : IDisposable
{
    /// <summary>The number of the only broker there is.</summary>
    internal const int Id = 1;

    const long ResponseMemoryBytes = 64 << 20, SmallObjectBytes = 16 << 20;

    readonly BrokerOptions options;

    internal BrokerNode(DiskFolder folder, BrokerOptions options, TimeProvider time, ILogger log)
    {
        (this.options, Time, Log) = (options, time, log);
        Settings = new(options.Settings);
        var mostRequests = Settings.Long("queued.max.request.bytes");
        RequestMemory = new(mostRequests);
        Objects = new(SmallObjectBytes + (long)Settings.MaxConnections * ObjectMemory.MostPatient, mostRequests);
        FetchSessions = new(Settings.Int("max.incremental.fetch.session.cache.slots"), time);
        if (!folder.Exists) folder.Create();
        DataFolder = folder.Path;
        Logs = LogFolder.Open(folder, options.Durability, time);
        try
        {
            State = StateLog.Open(Logs, time);
            Settings = BrokerConfigs.Load(State, options.Settings);
            Topics = new(folder.Folder(TopicCatalogue.FolderName), Logs, State, log);
            Topics.Open(Settings);
            if (Logs.JournalDamage is { } damage) BrokerLog.JournalDamaged(log, damage);
            Logs.Start();
            (ClusterId, Epoch) = Begin();
            Security = new(this, options);
            Quotas = new(State, time);
            Groups = new(this);
            Transactions = new(this);
            Housekeeping = new(this);
            Apis = ApiList.Of(this);
            Gauges.AddTo(Meters.Meter, this);
        }
        catch
        {
            // Nobody else would end its threads and timers and close its files.
            Abandon();
            throw;
        }
    }

    internal string DataFolder { get; }

    internal TimeProvider Time { get; }

    internal ILogger Log { get; }

    internal BrokerSettings Settings { get; private set; }

    internal MemoryBudget RequestMemory { get; }

    /// <summary>What the objects of requests may take that are being answered.</summary>
    internal ObjectMemory Objects { get; }

    /// <summary>What Fetch responses may hold that their consumers have not yet taken.</summary>
    internal MemoryBudget ResponseMemory { get; } = new(ResponseMemoryBytes);

    /// <summary>What long answers of other kinds hold. It's counted only: who takes none of them must not keep consumers from records.</summary>
    internal MemoryBudget AnswerMemory { get; } = new(long.MaxValue);

    internal Meters Meters { get; } = new();

    internal LogFolder Logs { get; }

    internal Housekeeping Housekeeping { get; }

    internal StateLog State { get; }

    internal string ClusterId { get; }

    /// <summary>The leader epoch of all partitions: a new one with each start.</summary>
    internal int Epoch { get; }

    internal SecurityOffice Security { get; }

    internal ClientQuotas Quotas { get; }

    internal TopicCatalogue Topics { get; }

    internal GroupCoordinator Groups { get; }

    internal TransactionCoordinator Transactions { get; }

    internal FetchSessions FetchSessions { get; }

    internal ApiTable Apis { get; }

    internal long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    internal int AdvertisedPort { get; private set; }

    string? advertisedHost;

    /// <summary>Tells clients where the broker is, once that's known.</summary>
    internal void Advertise(int port)
    {
        AdvertisedPort = port;
        if (options.Advertised is not { } advertised) return;
        var colon = advertised.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(advertised.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var own) || own is < 1 or > 65_535)
            throw new BrokerException($"'{advertised}' is no address to advertise. Write it as host:port.");
        (advertisedHost, AdvertisedPort) = (advertised[..colon], own);
    }

    /// <summary>What clients are told to connect to: by itself, the address that they came to.</summary>
    internal string AdvertisedHost(Request request) => advertisedHost ?? request.Connection.LocalAddress;

    (string, int) Begin()
    {
        const string cluster = "cluster", epoch = "epoch";
        var id = State.Find(StateKind.Broker, cluster) is { } known ? Encoding.ASCII.GetString(known) : Convert.ToBase64String(Guid.NewGuid().ToByteArray()).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var next = State.Find(StateKind.Broker, epoch) is { } last ? int.Parse(last, CultureInfo.InvariantCulture) + 1 : 0;
        State.PutAsync([new(StateKind.Broker, cluster, Encoding.ASCII.GetBytes(id)), new(StateKind.Broker, epoch, Encoding.ASCII.GetBytes(next.ToString(CultureInfo.InvariantCulture)))])
            .AsTask().GetAwaiter().GetResult();
        return (id, next);
    }

    /// <summary>What is wrong with the leader epoch that a client believes in.</summary>
    internal ErrorCode EpochError(int clients) => clients < 0 || clients == Epoch ? ErrorCode.None : clients < Epoch ? ErrorCode.FencedLeaderEpoch : ErrorCode.UnknownLeaderEpoch;

    /// <summary>Takes up settings of the broker that were changed; those that topics take theirs from reach them, too.</summary>
    internal void Reconfigure()
    {
        Settings = BrokerConfigs.Load(State, options.Settings);
        foreach (var topic in Topics.All) topic.Configure(topic.Config, TopicConfig.Settings(topic.Config, Settings));
    }

    /// <summary>The size of the disk, and what is left of it.</summary>
    internal (long Total, long Usable) Space()
    {
        try
        {
            var drive = new DriveInfo(DataFolder);
            return (drive.TotalSize, drive.AvailableFreeSpace);
        }
        catch (Exception unknown) when (unknown is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return (-1, -1);
        }
    }

    /// <summary>Stops without a word to the disk, as a crash does.</summary>
    internal void Abandon() => Stop(Logs.Abandon);

    public void Dispose() => Stop(Logs.Dispose);

    void Stop(Action stopLogs)
    {
        // A start that failed has only some of them.
        Housekeeping?.Dispose();
        Transactions?.Dispose();
        Groups?.Dispose();
        stopLogs();
        Topics?.Dispose();
        State?.Dispose();
        Meters.Dispose();
    }
}

static partial class BrokerLog
{
    [LoggerMessage(5501, LogLevel.Error, "The journal is damaged, so the newest records of some partition may be lost: {Damage}")]
    internal static partial void JournalDamaged(ILogger logger, string damage);

    [LoggerMessage(5502, LogLevel.Error, "Old records of {Partition} could not be cleared away: {Reason}")]
    internal static partial void NotCleared(ILogger logger, string partition, string reason);

    [LoggerMessage(5503, LogLevel.Error, "No checkpoint could be written: {Reason}")]
    internal static partial void NoCheckpoint(ILogger logger, string reason);
}
