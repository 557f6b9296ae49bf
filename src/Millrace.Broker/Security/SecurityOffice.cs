using Millrace.Broker.Connections;

namespace Millrace.Broker.Security;

/// <summary>Says who clients are and what they may do.</summary>
sealed class SecurityOffice
{
    const string Plain = "PLAIN", Scram256 = "SCRAM-SHA-256", Scram512 = "SCRAM-SHA-512", Bearer = "OAUTHBEARER";

    readonly BrokerOptions options;
    readonly TimeProvider time;
    readonly HashSet<string> superUsers;

    internal SecurityOffice(BrokerNode node, BrokerOptions options)
    {
        (this.options, time) = (options, node.Time);
        Credentials = new(options.Users, node.State);
        Rules = new(node.State);
        superUsers = [.. options.SuperUsers.Select(u => u.StartsWith("User:", StringComparison.Ordinal) ? u : $"User:{u}")];
        Mechanisms = [.. options.Users.Count > 0 ? [Plain, Scram256, Scram512] : Array.Empty<string>(), .. options.Bearer is null ? Array.Empty<string>() : [Bearer]];
    }

    internal Credentials Credentials { get; }

    internal Acls Rules { get; }

    internal IReadOnlyList<string> Mechanisms { get; }

    /// <summary>Rules count once there is somebody who may write them.</summary>
    internal bool HasRules => superUsers.Count > 0;

    internal SecuritySession Begin() => new(options.Authenticates, time);

    internal SaslExchange? Begin(string mechanism) => !Mechanisms.Contains(mechanism) ? null : mechanism switch
    {
        Plain => new PlainExchange(Credentials),
        Scram256 => new ScramExchange(Credentials, ScramMechanism.Sha256),
        Scram512 => new ScramExchange(Credentials, ScramMechanism.Sha512),
        _ => new BearerExchange(options.Bearer!, time),
    };

    static string HostOf(Request request) => request.Connection.Host;

    bool IsFree(Request request) => !HasRules || superUsers.Contains(request.Connection.Session.Principal);

    internal bool May(Request request, AclOperation operation, ResourceType type, string name) =>
        IsFree(request) || Rules.May(request.Connection.Session.Principal, HostOf(request), operation, type, name);

    internal bool MayAny(Request request, AclOperation operation, ResourceType type) =>
        IsFree(request) || Rules.MayAny(request.Connection.Session.Principal, HostOf(request), operation, type);

    /// <summary>What the client may do with something, a bit for each operation.</summary>
    internal int OperationsOn(Request request, ResourceType type, string name)
    {
        AclOperation[] all = type switch
        {
            ResourceType.Topic => [AclOperation.Read, AclOperation.Write, AclOperation.Create, AclOperation.Delete, AclOperation.Alter, AclOperation.Describe, AclOperation.DescribeConfigs, AclOperation.AlterConfigs],
            ResourceType.Group => [AclOperation.Read, AclOperation.Delete, AclOperation.Describe],
            _ => [AclOperation.Create, AclOperation.Alter, AclOperation.Describe, AclOperation.ClusterAction, AclOperation.DescribeConfigs, AclOperation.AlterConfigs, AclOperation.IdempotentWrite],
        };
        return all.Where(o => May(request, o, type, name)).Aggregate(0, (bits, o) => bits | 1 << (int)o);
    }
}
