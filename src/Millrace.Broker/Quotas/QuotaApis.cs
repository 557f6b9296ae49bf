using System.Net;
using Millrace.Broker.Connections;
using Millrace.Broker.Security;
using Millrace.Broker.Topics;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Quotas;

/// <summary>Reading and changing quotas.</summary>
static class QuotaApis
{
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
            if (!IsType(part.EntityType)) return new(ErrorCode.UnsupportedVersion, NoType(part.EntityType));
            if (!Enum.IsDefined((Match)part.MatchType)) return new(ErrorCode.InvalidRequest, $"There is no match of kind {part.MatchType}.");
            if ((Match)part.MatchType == Match.Exact && part.Match is null) return new(ErrorCode.InvalidRequest, $"The {part.EntityType} to match has no name.");
        }
        if (asked.Components.DistinctBy(c => c.EntityType).Count() < asked.Components.Count) return new(ErrorCode.InvalidRequest, "A type of entity is in the request more than once.");
        return IsMixed(asked.Components.Select(c => c.EntityType)) ? new(ErrorCode.InvalidRequest, Mixed) : null;
    }

    static bool IsType(string type) => type is QuotaEntity.UserType or QuotaEntity.ClientType or QuotaEntity.AddressType;

    static string NoType(string type) => $"There are no quotas of a '{type}': '{QuotaEntity.UserType}', '{QuotaEntity.ClientType}' and '{QuotaEntity.AddressType}' have them.";

    const string Mixed = "An ip has quotas by itself, not together with a user or a client-id.";

    static bool IsMixed(IEnumerable<string> types) => types.Contains(QuotaEntity.AddressType) && types.Count() > 1;

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
        var address = Named(QuotaEntity.AddressType);
        if (address.Name is { } name) address = QuotaName.Of(QuotaEntity.Written(IPAddress.Parse(name)));
        return new(Named(QuotaEntity.UserType), Named(QuotaEntity.ClientType)) { Address = address };
    }

    static Refused? Flaw(AlterClientQuotasRequest.EntryData entry)
    {
        if (entry.Entity.Count == 0) return new(ErrorCode.InvalidRequest, "A quota is for a user, a client-id, both, or an ip.");
        foreach (var part in entry.Entity)
        {
            if (!IsType(part.EntityType)) return new(ErrorCode.UnsupportedVersion, NoType(part.EntityType));
            if (part.EntityName is "") return new(ErrorCode.InvalidRequest, $"The {part.EntityType} has no name.");
            if (part is { EntityType: QuotaEntity.AddressType, EntityName: { } address } && !IPAddress.TryParse(address, out _)) return new(ErrorCode.InvalidRequest, $"'{address}' is no address of IP, such as 127.0.0.1.");
        }
        if (IsMixed(entry.Entity.Select(e => e.EntityType))) return new(ErrorCode.InvalidRequest, Mixed);
        if (entry.Entity.DistinctBy(p => p.EntityType).Count() < entry.Entity.Count) return new(ErrorCode.InvalidRequest, "A type of entity is named more than once.");
        if (entry.Ops.DistinctBy(o => o.Key).Count() < entry.Ops.Count) return new(ErrorCode.InvalidRequest, "A quota is in the request more than once.");
        foreach (var op in entry.Ops)
        {
            var ofAddress = entry.Entity[0].EntityType == QuotaEntity.AddressType;
            if (Array.Find(QuotaKind.All, k => k.Name == op.Key && k.IsOfAddresses == ofAddress) is not { } kind)
                return new(ErrorCode.InvalidRequest, $"{(ofAddress ? "An ip has" : "Users and clients have")} no quota '{op.Key}'. There are: {QuotaKind.Names(ofAddress)}.");
            if (!op.Remove && kind.Flaw(op.Value) is { } flaw) return new(ErrorCode.InvalidRequest, flaw);
        }
        return null;
    }
}
