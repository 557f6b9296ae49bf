using Millrace.Kafka.Wire;

namespace Millrace.Kafka;

public sealed partial class KafkaAdmin
{
    /// <summary>Every quota of users and client ids.</summary>
    public ValueTask<IReadOnlyList<ClientQuota>> ListQuotasAsync(CancellationToken cancellation = default) => PersistAsync<IReadOnlyList<ClientQuota>>(async () =>
    {
        var broker = await AnyAsync(cancellation).ConfigureAwait(false);
        var answer = await broker.AskAsync<DescribeClientQuotasRequest, DescribeClientQuotasResponse>(new(), cancellation).ConfigureAwait(false);
        Check(answer.ErrorCode, "Quotas can't be listed", answer.ErrorMessage);
        return [.. (answer.Entries ?? []).Where(e => e.Entity.All(p => p.EntityType is "user" or "client-id")).Select(e => new ClientQuota(
            new(e.Entity.Find(p => p.EntityType == "user") is { } user ? user.EntityName ?? QuotaOwner.Default : null,
                e.Entity.Find(p => p.EntityType == "client-id") is { } client ? client.EntityName ?? QuotaOwner.Default : null),
            e.Values.ToDictionary(v => v.Key, v => v.Value)))];
    }, cancellation);

    /// <summary>Sets limits, or with null takes them away.</summary>
    public async ValueTask AlterQuotasAsync(QuotaOwner owner, IReadOnlyDictionary<string, double?> limits, CancellationToken cancellation = default)
    {
        if (!owner.Parts.Any()) throw new ArgumentException("A quota is a user's, a client id's, or of both. Name one.", nameof(owner));
        await PersistAsync(async () =>
        {
            var broker = await ControllerAsync(cancellation).ConfigureAwait(false);
            var answer = await broker.AskAsync<AlterClientQuotasRequest, AlterClientQuotasResponse>(new()
            {
                Entries =
                [
                    new()
                    {
                        Entity = [.. owner.Parts.Select(p => new AlterClientQuotasRequest.EntryData.EntityData { EntityType = p.Type, EntityName = p.Name })],
                        Ops = [.. limits.Select(l => new AlterClientQuotasRequest.EntryData.OpData { Key = l.Key, Value = l.Value ?? 0, Remove = l.Value is null })],
                    },
                ],
            }, cancellation).ConfigureAwait(false);
            foreach (var entry in answer.Entries) Check(entry.ErrorCode, "The quota can't be changed", entry.ErrorMessage);
            return true;
        }, cancellation).ConfigureAwait(false);
    }
}
