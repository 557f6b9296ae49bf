using System.Security.Cryptography.X509Certificates;

namespace Millrace.Broker;

/// <summary>When the broker acknowledges records.</summary>
public enum Durability
{
    /// <summary>When they are on the disk: they outlive a loss of power.</summary>
    Disk,
    /// <summary>When the operating system has them: they outlive the process, not the machine.</summary>
    PageCache,
}

/// <summary>How a broker is started. Its settings have Kafka's names.</summary>
public sealed record BrokerOptions
{
    /// <summary>Where the broker keeps its data. Null stands for a folder of its own, deleted when the broker is disposed.</summary>
    public string? Folder { get; init; }

    /// <summary>The address to listen on: a loopback address unless clients authenticate themselves, or anybody may come.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port to listen on; 0 stands for any that is free.</summary>
    public int Port
    {
        get;
        init => field = value is >= 0 and <= 65_535 ? value : throw new ArgumentOutOfRangeException(nameof(Port), value, "A port is a number from 0 to 65535.");
    }

    /// <summary>The name and port that clients are told to connect to, where they differ from what the broker listens on: <c>host:port</c>.</summary>
    public string? Advertised { get; init; }

    public Durability Durability { get; init; } = Durability.Disk;

    /// <summary>Whether clients that don't authenticate themselves may come from other machines.</summary>
    public bool AllowAnonymous { get; init; }

    /// <summary>Users and their passwords, for PLAIN and SCRAM. With users, all clients must say who they are.</summary>
    public IReadOnlyDictionary<string, string> Users { get; init; } = new Dictionary<string, string>();

    /// <summary>Users whom no rule binds. With one, all others may do what rules (ACLs) allow.</summary>
    public IReadOnlyList<string> SuperUsers { get; init; } = [];

    /// <summary>The tokens that clients may show, for OAUTHBEARER.</summary>
    public BearerOptions? Bearer { get; init; }

    internal bool Authenticates => Users.Count > 0 || Bearer is not null;

    /// <summary>With a certificate, connections are TLS.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Settings by Kafka's names, as in <c>num.partitions</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}
