using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Broker.Topics;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Quotas;

/// <summary>Reading and changing quotas.</summary>
static class QuotaApis
{
    const string NoneOfAddresses = "ip";

    enum Match : sbyte { Exact, Default, Any }

    internal static Api Describe(BrokerNode node) => Api.Of<DescribeClientQuotasRequest, DescribeClientQuotasResponse>((request, asked) =>
    {
        if (!node.Security.May(request, AclOperation.DescribeConfigs, ResourceType.Cluster, Acls.ClusterName)) return Untold(new(ErrorCode.ClusterAuthorizationFailed, null));
        if (Flaw(asked) is { } flaw) return Untold(flaw);
        return new()
        {
            ErrorMessage = null,
            Entries = [.. node.Quotas.All.Where(q => Takes(asked, q.Key)).Select(q => new DescribeClientQuotasResponse.EntryData
            {
                Entity = [.. q.Key.Parts().Select(p => new DescribeClientQuotasResponse.EntryData.EntityData { EntityType = p.Type, EntityName = p.Name })],
                Values = [.. q.Value.Select(v => new DescribeClientQuotasResponse.EntryData.ValueData { Key = v.Key, Value = v.Value })],
            })],
        };
    });

    static DescribeClientQuotasResponse Untold(Refused why) => new() { ErrorCode = why.Error, ErrorMessage = why.Message, Entries = null };

    static Refused? Flaw(DescribeClientQuotasRequest asked)
    {
        foreach (var part in asked.Components)
        {
            if (part.EntityType is not (QuotaEntity.UserType or QuotaEntity.ClientType or NoneOfAddresses)) return new(ErrorCode.UnsupportedVersion, NoType(part.EntityType));
            if (!Enum.IsDefined((Match)part.MatchType)) return new(ErrorCode.InvalidRequest, $"There is no match of kind {part.MatchType}.");
            if ((Match)part.MatchType == Match.Exact && part.Match is null) return new(ErrorCode.InvalidRequest, $"The {part.EntityType} to match has no name.");
        }
        return asked.Components.DistinctBy(c => c.EntityType).Count() < asked.Components.Count ? new(ErrorCode.InvalidRequest, "A type of entity is in the request more than once.") : null;
    }

    static string NoType(string type) => $"There are no quotas of a '{type}': '{QuotaEntity.UserType}' and '{QuotaEntity.ClientType}' have them.";

    static bool Takes(DescribeClientQuotasRequest asked, QuotaEntity entity)
    {
        var parts = entity.Parts().ToDictionary(p => p.Type, p => p.Name);
        if (asked.Strict && parts.Count != asked.Components.Count) return false;
        return asked.Components.TrueForAll(c => parts.TryGetValue(c.EntityType, out var name) && (Match)c.MatchType switch
        {
            Match.Exact => name == c.Match,
            Match.Default => name is null,
            _ => true,
        });
    }

    internal static Api Alter(BrokerNode node) => Api.Of<AlterClientQuotasRequest, AlterClientQuotasResponse>(async (request, asked) =>
    {
        var may = node.Security.May(request, AclOperation.AlterConfigs, ResourceType.Cluster, Acls.ClusterName);
        var flaws = asked.Entries.ConvertAll<Refused?>(e => may ? Flaw(e) : new(ErrorCode.ClusterAuthorizationFailed, null));
        if (!asked.ValidateOnly)
        {
            var changes = asked.Entries.Where((_, i) => flaws[i] is null).SelectMany(e => e.Ops.Select(o => (EntityOf(e), o.Key, o.Remove ? (double?)null : o.Value)));
            try
            {
                await node.Quotas.ChangeAsync(changes).ConfigureAwait(false);
            }
            catch (IOException failed)
            {
                flaws = flaws.ConvertAll<Refused?>(f => f ?? new(ErrorCode.KafkaStorageError, failed.Message));
            }
        }
        return new()
        {
            Entries = [.. asked.Entries.Select((e, i) => new AlterClientQuotasResponse.EntryData
            {
                ErrorCode = flaws[i]?.Error ?? ErrorCode.None,
                ErrorMessage = flaws[i]?.Message,
                Entity = e.Entity.ConvertAll(p => new AlterClientQuotasResponse.EntryData.EntityData { EntityType = p.EntityType, EntityName = p.EntityName }),
            })],
        };
    });

    static QuotaEntity EntityOf(AlterClientQuotasRequest.EntryData entry)
    {
        QuotaName Named(string type) => entry.Entity.Find(p => p.EntityType == type) is { } part ? new(true, part.EntityName) : default;
        return new(Named(QuotaEntity.UserType), Named(QuotaEntity.ClientType));
    }

    static Refused? Flaw(AlterClientQuotasRequest.EntryData entry)
    {
        if (entry.Entity.Count == 0) return new(ErrorCode.InvalidRequest, "A quota is for a user, a client-id or both.");
        foreach (var part in entry.Entity)
        {
            if (part.EntityType is not (QuotaEntity.UserType or QuotaEntity.ClientType)) return new(part.EntityType == NoneOfAddresses ? ErrorCode.InvalidRequest : ErrorCode.UnsupportedVersion, NoType(part.EntityType));
            if (part.EntityName is "") return new(ErrorCode.InvalidRequest, $"The {part.EntityType} has no name.");
        }
        if (entry.Entity.DistinctBy(p => p.EntityType).Count() < entry.Entity.Count) return new(ErrorCode.InvalidRequest, "A type of entity is named more than once.");
        if (entry.Ops.DistinctBy(o => o.Key).Count() < entry.Ops.Count) return new(ErrorCode.InvalidRequest, "A quota is in the request more than once.");
        foreach (var op in entry.Ops)
        {
            if (!ClientQuotas.Names.Contains(op.Key)) return new(ErrorCode.InvalidRequest, $"There is no quota '{op.Key}'. There are: {string.Join(", ", ClientQuotas.Names)}.");
            if (!op.Remove && !(op.Value >= 1 && op.Value <= long.MaxValue && double.IsInteger(op.Value))) return new(ErrorCode.InvalidRequest, FormattableString.Invariant($"{op.Key} is {op.Value}. Give a whole number of bytes, 1 or more."));
        }
        return null;
    }
}
