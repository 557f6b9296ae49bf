using System.Collections.Concurrent;
using System.Net;
using Millrace.Broker.Connections;
using Millrace.Broker.State;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Quotas;

/// <summary>
/// How much clients may send, read, keep threads busy, change topics and connect a second (KIP-13, 124, 546, 599, 612). Who takes
/// more is told for how long it won't be heard, and isn't for that long (KIP-219).
/// </summary>
sealed class ClientQuotas
{
    const int FewBuckets = 1000;

    readonly StateLog state;
    readonly TimeProvider time;
    readonly Lock changing = new();
    readonly ConcurrentDictionary<(QuotaKind Quota, QuotaEntity Of), (QuotaBucket Bucket, double Rate)> buckets = [];
    volatile Dictionary<QuotaEntity, Dictionary<string, double>> all = [];
    // Most brokers have none or few, and each request asks.
    volatile HashSet<string> known = [];
    int sweepAt = FewBuckets;

    /// <summary>How many users and clients are being counted.</summary>
    internal int Counted => buckets.Count;

    internal ClientQuotas(StateLog state, TimeProvider time)
    {
        (this.state, this.time) = (state, time);
        Know(state.All(StateKind.Quota).ToDictionary(q => QuotaEntity.Read(q.Key), q => ReadRates(q.Value)));
    }

    internal IReadOnlyDictionary<QuotaEntity, Dictionary<string, double>> All => all;

    /// <summary>Whether anybody has such a quota.</summary>
    internal bool Has(QuotaKind quota) => known.Contains(quota.Name);

    /// <summary>Sums up what a client took. Answers for how long it should rest, where that was too much.</summary>
    internal TimeSpan Take(QuotaKind quota, Request request, double amount)
    {
        if (Find(quota, request) is not var (bucket, rate)) return TimeSpan.Zero;
        return Shorter(bucket.Take(amount, rate), quota.LongestRest);
    }

    /// <summary>Lets a client take something if so much is left, or answers how long that lasts.</summary>
    internal TimeSpan TryTake(QuotaKind quota, Request request, double amount, double needed)
    {
        if (Find(quota, request) is not var (bucket, rate)) return TimeSpan.Zero;
        return Shorter(bucket.TryTake(amount, needed, rate), quota.LongestRest);
    }

    /// <summary>Lets an address connect once more, or answers for how long it should be kept from that.</summary>
    internal TimeSpan Connect(IPAddress address)
    {
        var quota = QuotaKind.Connections;
        if (!Has(quota)) return TimeSpan.Zero;
        var entity = QuotaEntity.OfAddress(QuotaEntity.Written(address));
        if (RateOf(quota, [entity, QuotaEntity.AnyAddress]) is not var (_, rate)) return TimeSpan.Zero;
        return Shorter(BucketOf(quota, entity, rate).Bucket.TryTake(1, 1, rate), quota.LongestRest);
    }

    static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>What a client may take at once at most, so that none owes hours.</summary>
    internal long MostAtOnce(QuotaKind quota, Request request) => Find(quota, request) is var (_, rate) ? (long)Math.Min(rate * quota.BurstSeconds, long.MaxValue) : long.MaxValue;

    /// <summary>The quota that a client has, and whom it's for.</summary>
    internal (QuotaEntity Of, double Rate)? RateOf(QuotaKind quota, string user, string client) => Has(quota) ? RateOf(quota, QuotaEntity.Of(user, client)) : null;

    (QuotaEntity Of, double Rate)? RateOf(QuotaKind quota, ReadOnlySpan<QuotaEntity> entities)
    {
        var now = all;
        foreach (var entity in entities)
            if (now.TryGetValue(entity, out var rates) && rates.TryGetValue(quota.Name, out var rate)) return (entity, rate * quota.Scale);
        return null;
    }

    (QuotaBucket Bucket, double Rate)? Find(QuotaKind quota, Request request)
    {
        var (user, client) = (request.Connection.Session.UserName, request.ClientId);
        if (RateOf(quota, user, client) is not var (of, rate)) return null;
        // Each user or client that a default stands for has a bucket of its own.
        return BucketOf(quota, new(of.User.IsGiven ? QuotaName.Of(user) : default, of.Client.IsGiven ? QuotaName.Of(client) : default), rate);
    }

    (QuotaBucket Bucket, double Rate) BucketOf(QuotaKind quota, QuotaEntity entity, double rate)
    {
        var key = (quota, entity);
        if (buckets.TryGetValue(key, out var there) && there.Rate == rate) return there;
        if (buckets.Count >= sweepAt) Sweep();
        return buckets.AddOrUpdate(key, _ => (new(time, quota.BurstSeconds), rate), (_, old) => (old.Bucket, rate));
    }

    /// <summary>Names of clients are theirs to choose: those who haven't been heard for a while are forgotten.</summary>
    void Sweep()
    {
        foreach (var (key, (bucket, rate)) in buckets)
            if (bucket.IsFull(rate)) buckets.TryRemove(key, out _);
        sweepAt = Math.Max(FewBuckets, buckets.Count * 2);
    }

    /// <summary>Sets and removes quotas (without a rate), all of them or none. They count at once, and are safe when the task ends.</summary>
    internal ValueTask ChangeAsync(IEnumerable<(QuotaEntity Of, string Quota, double? Rate)> changes)
    {
        lock (changing)
        {
            var next = all.ToDictionary();
            var changed = new HashSet<QuotaEntity>();
            foreach (var (of, quota, rate) in changes)
            {
                var rates = next.TryGetValue(of, out var had) ? had.ToDictionary() : [];
                if (rate is { } set) rates[quota] = set;
                else rates.Remove(quota);
                if (rates.Count > 0) next[of] = rates;
                else next.Remove(of);
                changed.Add(of);
            }
            var safe = state.PutAsync(changed.Select(c => new StateChange(StateKind.Quota, c.Key, next.TryGetValue(c, out var rates) ? WriteRates(rates) : null)).ToArray());
            Know(next);
            return safe;
        }
    }

    void Know(Dictionary<QuotaEntity, Dictionary<string, double>> next)
    {
        all = next;
        known = [.. next.Values.SelectMany(rates => rates.Keys)];
    }

    /// <summary>What is remembered of an entity's quotas: | count, 4 bytes | name | rate, 8 | ... |</summary>
    static byte[] WriteRates(Dictionary<string, double> rates)
    {
        using var writer = new WireWriter { Flexible = true };
        writer.Int32(rates.Count);
        foreach (var (name, rate) in rates)
        {
            writer.String(name);
            writer.Float64(rate);
        }
        return writer.Written.ToArray();
    }

    static Dictionary<string, double> ReadRates(byte[] bytes)
    {
        var reader = new WireReader(bytes) { Flexible = true };
        var rates = new Dictionary<string, double>();
        for (var left = reader.Int32(); left > 0; left--) rates.Add(reader.String(), reader.Float64());
        return rates;
    }
}
