using Millrace.Kafka.Wire;

namespace Millrace.Broker.Security;

/// <summary>How a rule names what it's about, as the wire numbers it. The first two are for those who look for rules.</summary>
enum PatternType : sbyte
{
    Any = 1,
    Match = 2,
    Literal = 3,
    Prefixed = 4,
}

enum AclPermission : sbyte
{
    Any = 1,
    Deny = 2,
    Allow = 3,
}

/// <summary>Who may, or may not, do what with what.</summary>
sealed record AclRule(ResourceType Type, string Name, PatternType Pattern, string Principal, string Host, AclOperation Operation, AclPermission Permission)
{
    internal const string AnyName = "*", AnyPrincipal = "User:*";

    internal bool IsAbout(ResourceType type, string name) => type == Type && (Pattern == PatternType.Prefixed ? name.StartsWith(Name, StringComparison.Ordinal) : Name == AnyName || Name == name);

    internal bool IsFor(string principal, string host) => (Principal == AnyPrincipal || Principal == principal) && (Host == AnyName || Host == host);

    /// <summary>Whether the rule speaks of an operation. To be allowed to read something is to be allowed to see it.</summary>
    internal bool Covers(AclOperation operation)
    {
        if (Operation == AclOperation.All || Operation == operation) return true;
        if (Permission != AclPermission.Allow) return false;
        return operation switch
        {
            AclOperation.Describe => Operation is AclOperation.Read or AclOperation.Write or AclOperation.Delete or AclOperation.Alter,
            AclOperation.DescribeConfigs => Operation == AclOperation.AlterConfigs,
            _ => false,
        };
    }

    internal string Key => $"{(int)Type} {(int)Pattern} {(int)Operation} {(int)Permission} {Principal} {Host} {Name}";

    internal byte[] Write()
    {
        using var writer = new WireWriter { Flexible = true };
        writer.Int8((sbyte)Type);
        writer.String(Name);
        writer.Int8((sbyte)Pattern);
        writer.String(Principal);
        writer.String(Host);
        writer.Int8((sbyte)Operation);
        writer.Int8((sbyte)Permission);
        return writer.Written.ToArray();
    }

    internal static AclRule Read(byte[] bytes)
    {
        var reader = new WireReader(bytes) { Flexible = true };
        return new((ResourceType)reader.Int8(), reader.String(), (PatternType)reader.Int8(), reader.String(), reader.String(), (AclOperation)reader.Int8(), (AclPermission)reader.Int8());
    }
}

/// <summary>What rules to look for; null stands for all.</summary>
sealed record AclFilter(ResourceType Type, string? Name, PatternType Pattern, string? Principal, string? Host, AclOperation Operation, AclPermission Permission)
{
    internal bool Takes(AclRule rule) => (Type == ResourceType.Any || Type == rule.Type) && TakesName(rule)
        && (Principal is null || Principal == rule.Principal) && (Host is null || Host == rule.Host)
        && (Operation == AclOperation.Any || Operation == rule.Operation) && (Permission == AclPermission.Any || Permission == rule.Permission);

    bool TakesName(AclRule rule) => Pattern switch
    {
        PatternType.Any => Name is null || Name == rule.Name,
        PatternType.Match => Name is null || rule.IsAbout(rule.Type, Name),
        _ => Pattern == rule.Pattern && (Name is null || Name == rule.Name),
    };
}
