using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Commands;

/// <summary>Which rules: of which things, whose, and for what.</summary>
sealed class AclOptions
{
    internal const string ClusterName = "kafka-cluster";

    internal Option<string?> Topic { get; } = new("--topic") { Description = "A topic, or * for every one.", HelpName = "topic" };
    internal Option<string?> Group { get; } = new("--group") { Description = "A group, or * for every one.", HelpName = "group" };
    internal Option<string?> TransactionalId { get; } = new("--transactional-id") { Description = "A transactional id, or * for every one.", HelpName = "id" };
    internal Option<bool> Cluster { get; } = new("--cluster") { Description = "The cluster." };
    internal Option<bool> Prefixed { get; } = new("--prefixed") { Description = "The name is how names begin." };
    internal Option<string?> Principal { get; } = new("--principal") { Description = "Who: User:ann, or User:* for everybody.", HelpName = "principal" };
    internal Option<string[]> Operation { get; } = new("--operation") { Description = "What: read, write, create, delete, alter, describe, describe-configs, alter-configs, cluster-action, idempotent-write or all. May be given several times.", HelpName = "operation" };
    internal Option<bool> Deny { get; } = new("--deny") { Description = "Rules that forbid. They outweigh those that allow." };
    internal Option<string?> Host { get; } = new("--host") { Description = "The address that it comes from, or * for any.", HelpName = "address" };

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[Topic, Group, TransactionalId, Cluster, Prefixed, Principal, Operation, Deny, Host]) command.Add(option);
    }

    /// <summary>The things that are named.</summary>
    internal IReadOnlyList<(AclResource Resource, string Name)> Things(ParseResult parsed)
    {
        var things = new List<(AclResource, string)>();
        if (parsed.GetValue(Topic) is { } topic) things.Add((AclResource.Topic, topic));
        if (parsed.GetValue(Group) is { } group) things.Add((AclResource.Group, group));
        if (parsed.GetValue(TransactionalId) is { } id) things.Add((AclResource.TransactionalId, id));
        if (parsed.GetValue(Cluster)) things.Add((AclResource.Cluster, ClusterName));
        return things;
    }

    internal IReadOnlyList<AclOperation> Operations(ParseResult parsed) => [.. (parsed.GetValue(Operation) ?? []).SelectMany(o => o.Split(',')).Select(o => KafkaNames.Read<AclOperation>("--operation", o))];

    /// <summary>The rules that are meant, a filter for each thing and operation; one for all where nothing is said.</summary>
    internal IReadOnlyList<AclFilter> Filters(ParseResult parsed, AclPattern? pattern)
    {
        var rest = new AclFilter
        {
            Pattern = parsed.GetValue(Prefixed) ? AclPattern.Prefixed : pattern,
            Principal = parsed.GetValue(Principal),
            Host = parsed.GetValue(Host),
            Permission = parsed.GetValue(Deny) ? AclEffect.Deny : null,
        };
        IEnumerable<AclFilter> ofThings = Things(parsed) is { Count: > 0 } things ? things.Select(t => rest with { Resource = t.Resource, Name = t.Name }) : [rest with { Pattern = parsed.GetValue(Prefixed) ? AclPattern.Prefixed : null }];
        return Operations(parsed) is { Count: > 0 } operations ? [.. ofThings.SelectMany(f => operations.Select(o => f with { Operation = o }))] : [.. ofThings];
    }

    internal static void Write(Terminal terminal, IReadOnlyList<AclView> acls)
    {
        var table = new Columns("principal", "permission", "operation", "resource", "name", "pattern", "host");
        foreach (var acl in acls) table.Add(Text.Of(acl.Principal), acl.Permission == "deny" ? "[red]deny[/]" : acl.Permission, acl.Operation, acl.Resource, Text.Of(acl.Name), acl.Pattern, Text.Of(acl.Host));
        table.WriteTo(terminal);
    }
}
