using Millrace.Kafka.Wire;

namespace Millrace.Kafka;

public sealed partial class KafkaAdmin
{
    const sbyte AnyOfThem = 1;

    /// <summary>Adds rules. One that is there already stays.</summary>
    public async ValueTask CreateAclsAsync(IEnumerable<Acl> acls, CancellationToken cancellation = default)
    {
        var all = acls.ToList();
        await PersistAsync(async () =>
        {
            var broker = await AnyAsync(cancellation).ConfigureAwait(false);
            var answer = await broker.AskAsync<CreateAclsRequest, CreateAclsResponse>(new()
            {
                Creations = all.ConvertAll(a => new CreateAclsRequest.AclCreation
                {
                    ResourceType = (sbyte)a.Resource,
                    ResourceName = a.Name,
                    ResourcePatternType = (sbyte)a.Pattern,
                    Principal = a.Principal,
                    Host = a.Host,
                    Operation = (sbyte)a.Operation,
                    PermissionType = (sbyte)a.Permission,
                }),
            }, cancellation).ConfigureAwait(false);
            for (var i = 0; i < Math.Min(all.Count, answer.Results.Count); i++)
                Check(answer.Results[i].ErrorCode, $"The rule '{all[i].Principal} {all[i].Permission} {all[i].Operation} {all[i].Resource} {all[i].Name}' can't be added", answer.Results[i].ErrorMessage);
            return true;
        }, cancellation).ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<Acl>> ListAclsAsync(AclFilter? filter = null, CancellationToken cancellation = default) => PersistAsync<IReadOnlyList<Acl>>(async () =>
    {
        var wanted = filter ?? AclFilter.All;
        var broker = await AnyAsync(cancellation).ConfigureAwait(false);
        var answer = await broker.AskAsync<DescribeAclsRequest, DescribeAclsResponse>(new()
        {
            ResourceTypeFilter = (sbyte?)wanted.Resource ?? AnyOfThem,
            ResourceNameFilter = wanted.Name,
            PatternTypeFilter = (sbyte?)wanted.Pattern ?? AnyOfThem,
            PrincipalFilter = wanted.Principal,
            HostFilter = wanted.Host,
            Operation = (sbyte?)wanted.Operation ?? AnyOfThem,
            PermissionType = (sbyte?)wanted.Permission ?? AnyOfThem,
        }, cancellation).ConfigureAwait(false);
        Check(answer.ErrorCode, "The rules can't be listed", answer.ErrorMessage);
        return [.. from r in answer.Resources from a in r.Acls select Read(r.ResourceType, r.ResourceName, r.PatternType, a.Principal, a.Host, a.Operation, a.PermissionType)];
    }, cancellation);

    /// <summary>Deletes rules.</summary>
    /// <returns>Those that there were.</returns>
    public ValueTask<IReadOnlyList<Acl>> DeleteAclsAsync(AclFilter filter, CancellationToken cancellation = default) => PersistAsync<IReadOnlyList<Acl>>(async () =>
    {
        var broker = await AnyAsync(cancellation).ConfigureAwait(false);
        var answer = await broker.AskAsync<DeleteAclsRequest, DeleteAclsResponse>(new()
        {
            Filters =
            [
                new()
                {
                    ResourceTypeFilter = (sbyte?)filter.Resource ?? AnyOfThem,
                    ResourceNameFilter = filter.Name,
                    PatternTypeFilter = (sbyte?)filter.Pattern ?? AnyOfThem,
                    PrincipalFilter = filter.Principal,
                    HostFilter = filter.Host,
                    Operation = (sbyte?)filter.Operation ?? AnyOfThem,
                    PermissionType = (sbyte?)filter.Permission ?? AnyOfThem,
                },
            ],
        }, cancellation).ConfigureAwait(false);
        var deleted = new List<Acl>();
        foreach (var result in answer.FilterResults)
        {
            Check(result.ErrorCode, "The rules can't be deleted", result.ErrorMessage);
            foreach (var acl in result.MatchingAcls)
            {
                Check(acl.ErrorCode, $"The rule of {acl.Principal} for '{acl.ResourceName}' can't be deleted", acl.ErrorMessage);
                deleted.Add(Read(acl.ResourceType, acl.ResourceName, acl.PatternType, acl.Principal, acl.Host, acl.Operation, acl.PermissionType));
            }
        }
        return deleted;
    }, cancellation);

    static Acl Read(sbyte type, string name, sbyte pattern, string principal, string host, sbyte operation, sbyte permission) =>
        new((AclResource)type, name, principal, (AclOperation)operation) { Pattern = (AclPattern)pattern, Host = host, Permission = (AclEffect)permission };
}
