using Millrace.Kafka.Cluster;
using Millrace.Kafka.Connections;

namespace Millrace.Kafka;

// Whom to ask, and how often.
public sealed partial class KafkaAdmin
{
    // A broker may take as long as we wait for it; its answer needs a moment more.
    static readonly TimeSpan answering = TimeSpan.FromSeconds(5);

    int RequestMilliseconds => (int)Math.Min(int.MaxValue, kafka.Options.RequestTimeout.TotalMilliseconds);

    /// <summary>Tries until it succeeds, fails for good, or has taken as long as it may.</summary>
    async ValueTask<TResult> PersistAsync<TResult>(Func<ValueTask<TResult>> attempt, CancellationToken cancellation)
    {
        var options = kafka.Options;
        var started = options.Time.GetTimestamp();
        var isStale = false;
        for (var tries = 0; ; tries++)
        {
            var view = kafka.Metadata.View;
            try
            {
                if (isStale) await kafka.Metadata.RefreshAsync(view).WaitAsync(cancellation).ConfigureAwait(false);
                return await attempt().ConfigureAwait(false);
            }
            catch (KafkaException failed) when (MayPass(failed.Code) && options.Time.GetElapsedTime(started) < options.RetryTimeout)
            {
                isStale = Errors.IsStale(failed.Code) || failed.Code == ErrorCode.NotController;
            }
            await Task.Delay(KafkaOptions.Backoff(tries), options.Time, cancellation).ConfigureAwait(false);
        }
    }

    // A topic that isn't there doesn't come by waiting: whoever administers wants to hear of it.
    static bool MayPass(ErrorCode code) => Errors.IsRetriable(code) && code is not (ErrorCode.UnknownTopicOrPartition or ErrorCode.UnknownTopicId or ErrorCode.CorruptMessage);

    ValueTask<BrokerConnection> AnyAsync(CancellationToken cancellation) => kafka.Metadata.AnyAsync(cancellation, connections);

    async ValueTask<BrokerConnection> ControllerAsync(CancellationToken cancellation)
    {
        var view = kafka.Metadata.View;
        if (view.Controller < 0) view = await kafka.Metadata.RefreshAsync(view).WaitAsync(cancellation).ConfigureAwait(false);
        if (view.Controller < 0) throw new KafkaException(ErrorCode.BrokerNotAvailable, "The cluster has no controller just now. Look at its brokers, or wait until they have chosen one.");
        return await BrokerAsync(view.Controller, cancellation).ConfigureAwait(false);
    }

    async ValueTask<BrokerConnection> BrokerAsync(int id, CancellationToken cancellation)
    {
        var view = kafka.Metadata.View;
        if (!view.Brokers.ContainsKey(id)) view = await kafka.Metadata.RefreshAsync(view).WaitAsync(cancellation).ConfigureAwait(false);
        return view.Brokers.TryGetValue(id, out var address)
            ? await connections.ToAsync(address, cancellation).ConfigureAwait(false)
            : throw new KafkaException(ErrorCode.BrokerNotAvailable, $"There is no broker {id}. The cluster has {(view.Brokers.Count == 0 ? "none" : string.Join(", ", view.Brokers.Keys.Order()))}.");
    }

    /// <summary>Looked up for each attempt: a group that has moved is found where it is now.</summary>
    ValueTask<BrokerConnection> CoordinatorAsync(string group, CancellationToken cancellation) => new Coordinator(kafka, connections, CoordinatorKind.Group, group).ConnectAsync(cancellation);

    /// <summary>Every broker that there is.</summary>
    async ValueTask<BrokerConnection[]> AllAsync(CancellationToken cancellation)
    {
        var view = kafka.Metadata.View;
        if (view.Brokers.Count == 0) view = await kafka.Metadata.RefreshAsync(view).WaitAsync(cancellation).ConfigureAwait(false);
        return await Task.WhenAll(view.Brokers.Values.Select(b => connections.ToAsync(b, cancellation).AsTask())).ConfigureAwait(false);
    }

    /// <summary>Partitions by the broker that leads them.</summary>
    async ValueTask<IEnumerable<IGrouping<int, TopicPartition>>> ByLeaderAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellation)
    {
        var leaders = new Dictionary<TopicPartition, int>();
        foreach (var topic in partitions.GroupBy(p => p.Topic))
        {
            var known = await kafka.Metadata.TopicAsync(topic.Key, mayCreate: false, cancellation).ConfigureAwait(false);
            foreach (var partition in topic)
            {
                // What is known may be older than a partition that was added.
                if ((uint)partition.Partition >= (uint)known.Partitions.Length)
                    known = (await kafka.Metadata.RefreshAsync(kafka.Metadata.View).WaitAsync(cancellation).ConfigureAwait(false)).Topics.GetValueOrDefault(topic.Key) ?? known;
                if ((uint)partition.Partition >= (uint)known.Partitions.Length)
                    throw new KafkaException(ErrorCode.UnknownTopicOrPartition, $"Topic '{topic.Key}' has no partition {partition.Partition}. It has 0 to {known.Partitions.Length - 1}.");
                var leader = known.Partitions[partition.Partition].Leader;
                if (leader < 0) throw KafkaException.Of(ErrorCode.LeaderNotAvailable, $"Partition {partition} can't be asked");
                leaders[partition] = leader;
            }
        }
        return leaders.GroupBy(l => l.Value, l => l.Key);
    }

    /// <summary>Asks the leaders of partitions, all at once.</summary>
    ValueTask<IReadOnlyDictionary<TopicPartition, TResult>> AskLeadersAsync<TResult>(IEnumerable<TopicPartition> partitions,
        Func<BrokerConnection, IReadOnlyCollection<TopicPartition>, ValueTask<IEnumerable<KeyValuePair<TopicPartition, TResult>>>> ask, CancellationToken cancellation)
    {
        var all = partitions.ToHashSet();
        return PersistAsync<IReadOnlyDictionary<TopicPartition, TResult>>(async () =>
        {
            var byLeader = await ByLeaderAsync(all, cancellation).ConfigureAwait(false);
            var answers = await Task.WhenAll(byLeader.Select(async part => await ask(await BrokerAsync(part.Key, cancellation).ConfigureAwait(false), [.. part]).ConfigureAwait(false))).ConfigureAwait(false);
            return answers.SelectMany(a => a).ToDictionary();
        }, cancellation);
    }

    /// <summary>A leader that doesn't know its partition is one that hasn't heard of it yet, or no longer leads: there is such a partition.</summary>
    static void CheckLeader(ErrorCode code, string what) => Check(code == ErrorCode.UnknownTopicOrPartition ? ErrorCode.LeaderNotAvailable : code, what);

    static void Check(ErrorCode code, string what, string? said = null)
    {
        if (code != ErrorCode.None) throw KafkaException.Of(code, what, said);
    }
}
