using Millrace.Broker.Connections;
using Millrace.Broker.Topics;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Quotas;

/// <summary>
/// What one request may change of topics, counted in partitions that are made or deleted (KIP-599). Clients that know the error are
/// refused while they owe something; older ones get their way, and aren't heard for a while.
/// </summary>
sealed class MutationQuota(ClientQuotas quotas, Request request, short strictFrom)
{
    TimeSpan rest;

    /// <summary>Takes what one topic needs, or says why it can't be had.</summary>
    internal Refused? Take(int partitions)
    {
        if (request.Version < strictFrom)
        {
            rest = quotas.Take(QuotaKind.Mutations, request, partitions);
            return null;
        }
        // Whoever owes nothing may take more than is left, so that a topic of many partitions can be made at all.
        var wait = quotas.TryTake(QuotaKind.Mutations, request, partitions, needed: 0);
        if (wait == TimeSpan.Zero) return null;
        rest = wait;
        return new(ErrorCode.ThrottlingQuotaExceeded, $"You have changed more partitions than your quota brings ({QuotaKind.Mutations.Name}). Try again in {wait.TotalMilliseconds:F0} ms.");
    }

    /// <summary>For how long the client isn't heard once it's answered.</summary>
    internal int RestMs()
    {
        request.Connection.Mute(rest);
        return (int)rest.TotalMilliseconds;
    }
}
