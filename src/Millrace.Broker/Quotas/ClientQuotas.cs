using System.Collections.Concurrent;
using Millrace.Broker.Connections;
using Millrace.Broker.State;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Quotas;

/// <summary>
/// How much clients may send and read a second (KIP-13, 124, 546). Who takes more is told for how long it won't be heard, and
/// isn't for that long (KIP-219).
/// </summary>
sealed class ClientQuotas
{
    internal const string Produced = "producer_byte_rate", Consumed = "consumer_byte_rate";

    internal static readonly string[] Names = [Produced, Consumed];

    const int FewBuckets = 1000;

    readonly StateLog state;
    readonly TimeProvider time;
    readonly Lock changing = new();
    readonly ConcurrentDictionary<(string Quota, QuotaEntity Of), (QuotaBucket Bucket, double Rate)> buckets = [];
    volatile Dictionary<QuotaEntity, Dictionary<string, double>> all = [];
    int sweepAt = FewBuckets;

    /// <summary>How many users and clients are being counted.</summary>
    internal int Counted => buckets.Count;

    internal ClientQuotas(StateLog state, TimeProvider time)
    {
        (this.state, this.time) = (state, time);
        all = state.All(StateKind.Quota).ToDictionary(q => QuotaEntity.Read(q.Key), q => ReadRates(q.Value));
    }

    internal IReadOnlyDictionary<QuotaEntity, Dictionary<string, double>> All => all;

    /// <summary>Sums up what a client took, and lets its connection rest for as long as that was too much.</summary>
    internal TimeSpan Take(string quota, Request request, long amount)
    {
        if (amount == 0 || Find(quota, request) is not var (bucket, rate)) return TimeSpan.Zero;
        var rest = bucket.Take(amount, rate);
        if (rest > TimeSpan.Zero) request.Connection.Mute(rest);
        return rest;
    }

    /// <summary>What a client may take at once at most, so that none owes hours.</summary>
    internal long MostAtOnce(string quota, Request request) => Find(quota, request) is var (_, rate) ? (long)Math.Min(rate * QuotaBucket.BurstSeconds, long.MaxValue) : long.MaxValue;

    /// <summary>The quota that a client has, and whom it's for.</summary>
    internal (QuotaEntity Of, double Rate)? RateOf(string quota, string user, string client)
    {
        var known = all;
        if (known.Count == 0) return null;
        foreach (var entity in QuotaEntity.Of(user, client))
            if (known.TryGetValue(entity, out var rates) && rates.TryGetValue(quota, out var rate)) return (entity, rate);
        return null;
    }

    (QuotaBucket Bucket, double Rate)? Find(string quota, Request request)
    {
        var (user, client) = (request.Connection.Session.UserName, request.ClientId);
        if (RateOf(quota, user, client) is not var (of, rate)) return null;
        // Each user or client that a default stands for has a bucket of its own.
        var key = (quota, new QuotaEntity(of.User.IsGiven ? QuotaName.Of(user) : default, of.Client.IsGiven ? QuotaName.Of(client) : default));
        if (buckets.TryGetValue(key, out var there) && there.Rate == rate) return there;
        if (buckets.Count >= sweepAt) Sweep();
        return buckets.AddOrUpdate(key, _ => (new(time), rate), (_, old) => (old.Bucket, rate));
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
            all = next;
            return safe;
        }
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
