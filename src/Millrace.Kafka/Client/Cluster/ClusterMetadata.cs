using Millrace.Kafka.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Kafka.Cluster;

/// <summary>Learns which brokers there are and which of them leads which partition, and learns it again when that fails or ages.</summary>
sealed class ClusterMetadata(KafkaOptions options, ConnectionPool connections)
{
    // Brokers that lag behind catch up within one or two.
    const int MostDoubts = 5;

    readonly BrokerAddress[] bootstrap = BrokerAddress.ParseList(options.BootstrapServers);
    readonly HashSet<string> wanted = [];
    bool wantsAll;
    readonly Lock gate = new();
    Task<ClusterView>? asking;
    long askedAt = long.MinValue;
    int turn;

    internal ClusterView View { get; private set; } = ClusterView.Empty;

    /// <summary>A topic with its partitions. Waits for one that is being created; creates one if brokers do so by themselves and it may.</summary>
    /// <param name="anew">Whether it is asked for though it is known.</param>
    internal async ValueTask<TopicView> TopicAsync(string name, bool mayCreate, CancellationToken cancellation, bool anew = false)
    {
        var started = options.Time.GetTimestamp();
        for (var tries = 0; ; tries++)
        {
            if ((tries > 0 || !anew) && View.Topics.TryGetValue(name, out var known) && known.Partitions.Length > 0) return known;
            ErrorCode error;
            try
            {
                error = await AskForAsync(name, mayCreate, cancellation).ConfigureAwait(false);
            }
            catch (KafkaException failed) when (failed.IsRetriable && options.Time.GetElapsedTime(started) < options.RetryTimeout)
            {
                error = failed.Code;
            }
            if (error == ErrorCode.None) continue;
            // A broker that doesn't create topics says at once that there is none; one that does needs a moment.
            var isPatient = Errors.IsRetriable(error) && (error != ErrorCode.UnknownTopicOrPartition || (mayCreate && tries < 10));
            if (!isPatient || options.Time.GetElapsedTime(started) >= options.RetryTimeout) throw KafkaException.Of(error, $"Topic '{name}' can't be used");
            await Task.Delay(KafkaOptions.Backoff(tries), options.Time, cancellation).ConfigureAwait(false);
        }
    }

    async ValueTask<ErrorCode> AskForAsync(string topic, bool mayCreate, CancellationToken cancellation)
    {
        var response = await AskAsync([topic], mayCreate, cancellation).ConfigureAwait(false);
        lock (gate) wanted.Add(topic);
        return response.Topics.Find(t => t.Name == topic)?.ErrorCode ?? ErrorCode.UnknownTopicOrPartition;
    }

    /// <summary>From here on every topic is looked up: somebody waits for those whose names match.</summary>
    internal async ValueTask WatchAllAsync(CancellationToken cancellation)
    {
        lock (gate) wantsAll = true;
        var started = options.Time.GetTimestamp();
        for (var tries = 0; ; tries++)
        {
            try
            {
                await AskAsync(null, mayCreate: false, cancellation).ConfigureAwait(false);
                return;
            }
            catch (KafkaException failed) when (failed.IsRetriable && options.Time.GetElapsedTime(started) < options.RetryTimeout)
            {
                await Task.Delay(KafkaOptions.Backoff(tries), options.Time, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Every topic there is.</summary>
    internal async ValueTask<ClusterView> AllAsync(CancellationToken cancellation)
    {
        await AskAsync(null, mayCreate: false, cancellation).ConfigureAwait(false);
        return View;
    }

    /// <summary>Looks up again what is used, unless somebody has since the moment that the caller's knowledge is from.</summary>
    internal Task<ClusterView> RefreshAsync(ClusterView stale)
    {
        lock (gate)
        {
            if (!ReferenceEquals(View, stale)) return Task.FromResult(View);
            if (asking is { IsCompleted: false }) return asking;
            return asking = Task.Run(RefreshAsync);
        }
    }

    async Task<ClusterView> RefreshAsync()
    {
        string[]? topics;
        lock (gate) topics = wantsAll ? null : [.. wanted];
        await AskAsync(topics, mayCreate: false, CancellationToken.None).ConfigureAwait(false);
        return View;
    }

    /// <summary>Whether what is known is old enough to be looked up again.</summary>
    internal bool IsOld => askedAt != long.MinValue && options.Time.GetElapsedTime(askedAt) > options.MetadataMaxAge;

    async ValueTask<MetadataResponse> AskAsync(string[]? topics, bool mayCreate, CancellationToken cancellation)
    {
        var connection = await AnyAsync(cancellation).ConfigureAwait(false);
        var response = await AskAsync(connection, topics, mayCreate, cancellation).ConfigureAwait(false);
        lock (gate)
        {
            View = Merge(View, response, isAll: topics is null);
            askedAt = options.Time.GetTimestamp();
        }
        return response;
    }

    internal static ValueTask<MetadataResponse> AskAsync(BrokerConnection connection, IEnumerable<string>? topics, bool mayCreate, CancellationToken cancellation) =>
        connection.AskAsync<MetadataRequest, MetadataResponse>(new()
        {
            Topics = topics?.Select(t => new MetadataRequest.MetadataRequestTopic { Name = t }).ToList(),
            // Before this version one couldn't ask without.
            AllowAutoTopicCreation = mayCreate || connection.Versions.Pick<MetadataRequest>() < 4,
        }, cancellation);

    /// <summary>A topic that was deleted.</summary>
    internal void Forget(string topic)
    {
        lock (gate)
        {
            wanted.Remove(topic);
            View = View.Without(topic);
        }
    }

    /// <summary>A connection to any broker that answers: those that are known first, those of the options when none does.</summary>
    /// <param name="own">The connections of the one who asks, where they aren't ours.</param>
    internal async ValueTask<BrokerConnection> AnyAsync(CancellationToken cancellation, ConnectionPool? own = null)
    {
        KafkaException? last = null;
        BrokerAddress[] candidates = [.. View.Brokers.Values, .. bootstrap];
        var first = View.Brokers.Count == 0 ? 0 : (int)((uint)Interlocked.Increment(ref turn) % (uint)View.Brokers.Count);
        for (var i = 0; i < candidates.Length; i++)
        {
            try
            {
                return await (own ?? connections).ToAsync(candidates[(first + i) % candidates.Length], cancellation).ConfigureAwait(false);
            }
            catch (KafkaException failed) when (failed.Code is ErrorCode.NetworkException or ErrorCode.RequestTimedOut)
            {
                last = failed;
            }
        }
        throw last!;
    }

    static ClusterView Merge(ClusterView known, MetadataResponse learned, bool isAll)
    {
        var brokers = learned.Brokers.Count == 0 ? known.Brokers : learned.Brokers.ToDictionary(b => b.NodeId, b => new BrokerAddress(b.Host, b.Port));
        var topics = isAll ? [] : new Dictionary<string, TopicView>(known.Topics);
        foreach (var topic in learned.Topics)
        {
            if (topic.Name is null) continue;
            var before = known.Topics.GetValueOrDefault(topic.Name);
            if (topic.ErrorCode == ErrorCode.None) topics[topic.Name] = Merge(before, topic, brokers);
            else if (topic.ErrorCode is ErrorCode.UnknownTopicOrPartition or ErrorCode.UnknownTopicId) topics.Remove(topic.Name);
            // It is there, and nobody can say more at the moment.
            else if (before is not null) topics[topic.Name] = before;
        }
        return new()
        {
            ClusterId = learned.ClusterId,
            Controller = learned.ControllerId,
            Brokers = brokers,
            Topics = topics,
        };
    }

    static TopicView Merge(TopicView? known, MetadataResponse.MetadataResponseTopic learned, IReadOnlyDictionary<int, BrokerAddress> brokers)
    {
        var partitions = new PartitionView[learned.Partitions.Count == 0 ? 0 : learned.Partitions.Max(p => p.PartitionIndex) + 1];
        Array.Fill(partitions, new PartitionView(-1, -1, [], []));
        foreach (var partition in learned.Partitions)
        {
            var view = new PartitionView(partition.LeaderId, partition.LeaderEpoch, partition.ReplicaNodes, partition.IsrNodes);
            var before = known is not null && known.Id == learned.TopicId && partition.PartitionIndex < known.Partitions.Length ? known.Partitions[partition.PartitionIndex] : null;
            partitions[partition.PartitionIndex] = before is not null && brokers.ContainsKey(before.Leader) ? Newer(before, view) : view;
        }
        return new(learned.Name!, learned.TopicId, learned.IsInternal, partitions);
    }

    /// <summary>
    /// A broker that lags behind tells of a leader that has been replaced: what we know is newer. Where all say so, time after
    /// time, what we know was never true or is no longer, as in a cluster that was set back to a copy.
    /// </summary>
    static PartitionView Newer(PartitionView known, PartitionView learned) =>
        known.Epoch <= learned.Epoch || known.Doubts == MostDoubts ? learned : known with { Doubts = known.Doubts + 1 };
}
