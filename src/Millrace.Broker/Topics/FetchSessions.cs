using System.Security.Cryptography;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Topics;

/// <summary>A partition as a consumer follows it.</summary>
sealed class FetchedPartition(string topic, Guid topicId, int index)
{
    internal string Topic => topic;

    internal Guid TopicId => topicId;

    internal int Index => index;

    internal long Offset { get; private set; }

    internal int MaxBytes { get; private set; }

    internal int LeaderEpoch { get; private set; }

    internal int LastFetchedEpoch { get; private set; }

    /// <summary>What the consumer was told last: with nothing new, an incremental response leaves the partition out.</summary>
    internal (long HighWatermark, long Start) Told { get; set; } = (-1, -1);

    internal FetchedPartition With(FetchRequest.FetchTopic.FetchPartition asked)
    {
        (Offset, MaxBytes, LeaderEpoch, LastFetchedEpoch) = (asked.FetchOffset, asked.PartitionMaxBytes, asked.CurrentLeaderEpoch, asked.LastFetchedEpoch);
        return this;
    }
}

/// <summary>What one consumer follows, so that it needn't say all of it each time (KIP-227).</summary>
sealed class FetchSession(int id)
{
    readonly Dictionary<(string, Guid, int), LinkedListNode<FetchedPartition>> byKey = [];
    readonly LinkedList<FetchedPartition> partitions = [];

    internal int Id => id;

    internal int Epoch { get; set; } = 1;

    internal long LastUsed { get; set; }

    internal int Count => partitions.Count;

    internal List<FetchedPartition> Update(FetchRequest asked)
    {
        lock (partitions)
        {
            foreach (var topic in asked.Topics)
                foreach (var partition in topic.Partitions) Follow(topic.Topic, topic.TopicId, partition);
            foreach (var topic in asked.ForgottenTopicsData)
                foreach (var index in topic.Partitions) Forget((topic.Topic, topic.TopicId, index));
            return [.. partitions];
        }
    }

    void Follow(string topic, Guid topicId, FetchRequest.FetchTopic.FetchPartition asked)
    {
        var key = (topic, topicId, asked.Partition);
        if (!byKey.TryGetValue(key, out var node)) byKey.Add(key, node = partitions.AddLast(new FetchedPartition(topic, topicId, asked.Partition)));
        node.Value.With(asked);
    }

    void Forget((string, Guid, int) key)
    {
        if (byKey.Remove(key, out var node)) partitions.Remove(node);
    }

    /// <summary>Who has been served comes last next time, so that a full partition doesn't keep others from being read.</summary>
    internal void Served(FetchedPartition partition)
    {
        lock (partitions)
        {
            if (!byKey.TryGetValue((partition.Topic, partition.TopicId, partition.Index), out var node)) return;
            partitions.Remove(node);
            partitions.AddLast(node);
        }
    }
}

/// <summary>The sessions of all consumers. When there are too many, the one that was silent longest goes.</summary>
sealed class FetchSessions(int most, TimeProvider time)
{
    const int Final = -1, Initial = 0;
    /// <summary>What all sessions together may follow, some 80 MB. Whoever finds no place says each time what it wants.</summary>
    const int MostPartitions = 500_000, FewPartitions = 500;
    static readonly TimeSpan Silent = TimeSpan.FromMinutes(2);

    readonly Lock gate = new();
    readonly Dictionary<int, FetchSession> sessions = [];

    /// <summary>What a request asks for: the session, which is null of a request by itself, and whether the response may leave out what is not new.</summary>
    internal (ErrorCode Error, FetchSession? Session, List<FetchedPartition> Partitions, bool IsIncremental) Resolve(FetchRequest asked)
    {
        if (asked.SessionEpoch is Final or Initial)
        {
            var session = asked.SessionEpoch == Initial ? Begin(asked) : End(asked.SessionId);
            return (ErrorCode.None, session, session?.Update(asked) ?? All(asked), false);
        }
        lock (gate)
        {
            if (!sessions.TryGetValue(asked.SessionId, out var session)) return (ErrorCode.FetchSessionIdNotFound, null, [], false);
            if (session.Epoch != asked.SessionEpoch) return (ErrorCode.InvalidFetchSessionEpoch, null, [], false);
            session.Epoch = session.Epoch == int.MaxValue ? 1 : session.Epoch + 1;
            session.LastUsed = time.GetTimestamp();
            if (IsTooMuch(session.Count, asked))
            {
                // It begins again with all that it wants.
                sessions.Remove(session.Id);
                return (ErrorCode.FetchSessionIdNotFound, null, [], false);
            }
            return (ErrorCode.None, session, session.Update(asked), true);
        }
    }

    static List<FetchedPartition> All(FetchRequest asked) =>
        [.. asked.Topics.SelectMany(t => t.Partitions.Select(p => new FetchedPartition(t.Topic, t.TopicId, p.Partition).With(p)))];

    FetchSession? End(int id)
    {
        lock (gate) sessions.Remove(id);
        return null;
    }

    internal void Forget(FetchSession session) => End(session.Id);

    // What a session remembers outlives its request. Few partitions need no look at the other sessions.
    bool IsTooMuch(int known, FetchRequest asked)
    {
        var more = asked.Topics.Sum(t => t.Partitions.Count);
        return known + more > FewPartitions && sessions.Values.Sum(s => (long)s.Count) + more > MostPartitions;
    }

    FetchSession? Begin(FetchRequest asked)
    {
        lock (gate)
        {
            sessions.Remove(asked.SessionId);
            if (IsTooMuch(0, asked)) return null;
            if (sessions.Count >= most)
            {
                var oldest = sessions.Values.MinBy(s => s.LastUsed);
                if (oldest is null || time.GetElapsedTime(oldest.LastUsed) < Silent) return null;
                sessions.Remove(oldest.Id);
            }
            int id;
            do id = RandomNumberGenerator.GetInt32(1, int.MaxValue);
            while (sessions.ContainsKey(id));
            return sessions[id] = new FetchSession(id) { LastUsed = time.GetTimestamp() };
        }
    }
}
