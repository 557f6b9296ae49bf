namespace Millrace.Kafka;

/// <summary>A rule: who may, or may not, do what with which thing.</summary>
/// <param name="Name">Of the thing, or with <see cref="AclPattern.Prefixed"/> how its name begins; <c>*</c> for every one. That of the cluster is <c>kafka-cluster</c>.</param>
/// <param name="Principal">Who, such as <c>User:ann</c>, or <c>User:*</c> for everybody.</param>
public sealed record Acl(AclResource Resource, string Name, string Principal, AclOperation Operation)
{
    public AclPattern Pattern { get; init; } = AclPattern.Literal;

    /// <summary>The address that it comes from, or <c>*</c> for any.</summary>
    public string Host { get; init; } = "*";

    public AclEffect Permission { get; init; } = AclEffect.Allow;
}

/// <summary>Which rules are meant: those that are as it says. Null stands for any.</summary>
public sealed record AclFilter
{
    public static AclFilter All { get; } = new();

    public AclResource? Resource { get; init; }

    public string? Name { get; init; }

    /// <summary><see cref="AclPattern.Match"/> means every rule that counts for the thing of that name: by name, by prefix, and for all.</summary>
    public AclPattern? Pattern { get; init; }

    public string? Principal { get; init; }

    public string? Host { get; init; }

    public AclOperation? Operation { get; init; }

    public AclEffect? Permission { get; init; }
}

/// <summary>Kinds of things, as the wire numbers them.</summary>
public enum AclResource : sbyte
{
    Topic = 2,
    Group = 3,
    Cluster = 4,
    TransactionalId = 5,
    DelegationToken = 6,
    User = 7,
}

/// <summary>How a rule names things, as the wire numbers it.</summary>
public enum AclPattern : sbyte
{
    /// <summary>For filters only.</summary>
    Match = 2,

    Literal = 3,
    Prefixed = 4,
}

/// <summary>What can be done, as the wire numbers it.</summary>
public enum AclOperation : sbyte
{
    /// <summary>For filters only.</summary>
    Any = 1,

    /// <summary>Every one of the others.</summary>
    All = 2,

    Read = 3,
    Write = 4,
    Create = 5,
    Delete = 6,
    Alter = 7,
    Describe = 8,
    ClusterAction = 9,
    DescribeConfigs = 10,
    AlterConfigs = 11,
    IdempotentWrite = 12,
    CreateTokens = 13,
    DescribeTokens = 14,
    TwoPhaseCommit = 15,
}

public enum AclEffect : sbyte
{
    Deny = 2,
    Allow = 3,
}
