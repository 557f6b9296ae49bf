using Millrace.Broker.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Security;

/// <summary>Reading and changing the rules.</summary>
static class AclApis
{
    const string Off = "Rules count once the broker is started with super users (--super-user).";

    internal static Api Describe(BrokerNode node) => Api.Of<DescribeAclsRequest, DescribeAclsResponse>((request, asked) =>
    {
        if (Refusal(node, request, AclOperation.Describe) is { } refused) return new() { ErrorCode = refused.Error, ErrorMessage = refused.Message };
        var filter = new AclFilter((ResourceType)asked.ResourceTypeFilter, asked.ResourceNameFilter, (PatternType)asked.PatternTypeFilter, asked.PrincipalFilter, asked.HostFilter, (AclOperation)asked.Operation, (AclPermission)asked.PermissionType);
        return new()
        {
            ErrorMessage = null,
            Resources = [.. node.Security.Rules.All.Where(filter.Takes).GroupBy(r => (r.Type, r.Name, r.Pattern)).Select(g => new DescribeAclsResponse.DescribeAclsResource
            {
                ResourceType = (sbyte)g.Key.Type,
                ResourceName = g.Key.Name,
                PatternType = (sbyte)g.Key.Pattern,
                Acls = [.. g.Select(r => new DescribeAclsResponse.DescribeAclsResource.AclDescription { Principal = r.Principal, Host = r.Host, Operation = (sbyte)r.Operation, PermissionType = (sbyte)r.Permission })],
            })],
        };
    });

    static Topics.Refused? Refusal(BrokerNode node, Request request, AclOperation operation) =>
        !node.Security.HasRules ? new(ErrorCode.SecurityDisabled, Off)
        : !node.Security.May(request, operation, ResourceType.Cluster, Acls.ClusterName) ? new(ErrorCode.ClusterAuthorizationFailed, null)
        : null;

    internal static Api Create(BrokerNode node) => Api.Of<CreateAclsRequest, CreateAclsResponse>(async (request, asked) =>
    {
        if (Refusal(node, request, AclOperation.Alter) is { } refused)
            return new() { Results = asked.Creations.ConvertAll(_ => new CreateAclsResponse.AclCreationResult { ErrorCode = refused.Error, ErrorMessage = refused.Message }) };
        var rules = asked.Creations.ConvertAll(c => new AclRule((ResourceType)c.ResourceType, c.ResourceName, (PatternType)c.ResourcePatternType, c.Principal, c.Host, (AclOperation)c.Operation, (AclPermission)c.PermissionType));
        var flaws = rules.ConvertAll(Flaw);
        var error = await ChangeAsync(node, rules.Where((_, i) => flaws[i] is null), []).ConfigureAwait(false);
        return new()
        {
            Results = flaws.ConvertAll(f => new CreateAclsResponse.AclCreationResult { ErrorCode = f is not null ? ErrorCode.InvalidRequest : error, ErrorMessage = f }),
        };
    });

    static async ValueTask<ErrorCode> ChangeAsync(BrokerNode node, IEnumerable<AclRule> add, IEnumerable<AclRule> remove)
    {
        try
        {
            await node.Security.Rules.ChangeAsync(add, remove).ConfigureAwait(false);
            return ErrorCode.None;
        }
        catch (IOException)
        {
            return ErrorCode.KafkaStorageError;
        }
    }

    static string? Flaw(AclRule rule) =>
        rule.Type is not (ResourceType.Topic or ResourceType.Group or ResourceType.Cluster or ResourceType.TransactionalId) ? $"There are no rules for things of kind {(int)rule.Type}."
        : rule.Name.Length == 0 ? "A rule names what it's about."
        : rule.Type == ResourceType.Cluster && rule.Name != Acls.ClusterName ? $"The cluster is named '{Acls.ClusterName}'."
        : rule.Pattern is not (PatternType.Literal or PatternType.Prefixed) ? "A rule names things by name or by prefix."
        : !rule.Principal.Contains(':', StringComparison.Ordinal) ? $"A principal is written as User:name, not '{rule.Principal}'."
        : rule.Operation is < AclOperation.All or > AclOperation.IdempotentWrite ? $"There is no operation {(int)rule.Operation}."
        : rule.Permission is not (AclPermission.Allow or AclPermission.Deny) ? "A rule allows or denies."
        : null;

    internal static Api Delete(BrokerNode node) => Api.Of<DeleteAclsRequest, DeleteAclsResponse>(async (request, asked) =>
    {
        if (Refusal(node, request, AclOperation.Alter) is { } refused)
            return new() { FilterResults = asked.Filters.ConvertAll(_ => new DeleteAclsResponse.DeleteAclsFilterResult { ErrorCode = refused.Error, ErrorMessage = refused.Message }) };
        var matches = asked.Filters.ConvertAll(f => node.Security.Rules.All.Where(new AclFilter((ResourceType)f.ResourceTypeFilter, f.ResourceNameFilter, (PatternType)f.PatternTypeFilter, f.PrincipalFilter, f.HostFilter,
            (AclOperation)f.Operation, (AclPermission)f.PermissionType).Takes).ToList());
        var error = await ChangeAsync(node, [], matches.SelectMany(m => m).Distinct()).ConfigureAwait(false);
        return new()
        {
            FilterResults = matches.ConvertAll(m => new DeleteAclsResponse.DeleteAclsFilterResult
            {
                ErrorCode = error,
                ErrorMessage = null,
                MatchingAcls = error != ErrorCode.None ? [] : m.ConvertAll(r => new DeleteAclsResponse.DeleteAclsFilterResult.DeleteAclsMatchingAcl
                {
                    ErrorMessage = null,
                    ResourceType = (sbyte)r.Type,
                    ResourceName = r.Name,
                    PatternType = (sbyte)r.Pattern,
                    Principal = r.Principal,
                    Host = r.Host,
                    Operation = (sbyte)r.Operation,
                    PermissionType = (sbyte)r.Permission,
                }),
            }),
        };
    });
}
