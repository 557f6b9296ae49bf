using Millrace.Broker.Quotas;
using Millrace.Broker.Tests.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Quotas;

/// <summary>How tests set quotas, as tools do.</summary>
static class QuotaChanges
{
    internal const string Produced = "producer_byte_rate", Consumed = "consumer_byte_rate";

    internal static Dictionary<string, string?> Of(string? user = "-", string? client = "-")
    {
        var entity = new Dictionary<string, string?>();
        if (user != "-") entity[QuotaEntity.UserType] = user;
        if (client != "-") entity[QuotaEntity.ClientType] = client;
        return entity;
    }

    internal static Dictionary<string, string?> OfAddress(string? address) => new() { [QuotaEntity.AddressType] = address };

    internal static AlterClientQuotasRequest Change(Dictionary<string, string?> entity, params (string Quota, double? Rate)[] changes) => new()
    {
        Entries =
        [
            new()
            {
                Entity = [.. entity.Select(e => new AlterClientQuotasRequest.EntryData.EntityData { EntityType = e.Key, EntityName = e.Value })],
                Ops = [.. changes.Select(c => new AlterClientQuotasRequest.EntryData.OpData { Key = c.Quota, Value = c.Rate ?? 0, Remove = c.Rate is null })],
            },
        ],
    };

    internal static async Task SetAsync(BrokerClient client, Dictionary<string, string?> entity, params (string Quota, double? Rate)[] changes)
    {
        var answer = await client.AskAsync<AlterClientQuotasRequest, AlterClientQuotasResponse>(Change(entity, changes), 1);
        Assert.Equal((ErrorCode.None, null), (answer.Entries[0].ErrorCode, answer.Entries[0].ErrorMessage));
    }
}
