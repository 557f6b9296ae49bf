using Microsoft.Extensions.Logging;
using Millrace.Kafka.Connections;
using Millrace.Kafka.Producing;
using Millrace.Kafka.Records;

namespace Millrace.Kafka.Consuming;

/// <summary>What one consumer reads: its partitions, where it is in them, and what its group says. One reader uses it at a time.</summary>
sealed partial class ConsumerSession : IAsyncDisposable
{
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    readonly KafkaClient client;
    readonly ConsumerOptions options;
    // Members of a group are asked for patience; fetches wait for records: neither may hold up the other.
    readonly ConnectionPool fetching, talking;
    readonly Signal news = new();
    readonly Fetcher fetcher;
    readonly RecordCursor cursor;
    readonly Subscription subscription;
    readonly GroupMember? member;
    readonly CancellationTokenSource closing = new();
    bool isStarted;
    AssignedPartition? current;
    long currentOffset, committedAt;
    Task committing = Task.CompletedTask, finding = Task.CompletedTask;

    internal ConsumerSession(KafkaClient client, ConsumerOptions options)
    {
        (this.client, this.options) = (client, options);
        subscription = new(client, options);
        (fetching, talking) = (new(client.Options), new(client.Options));
        fetcher = new(client, options, fetching, news);
        cursor = new(options.OnlyCommitted, fetcher.Done);
        committedAt = Time.GetTimestamp();
        if (options.Group is not null && options.Partitions.Count == 0)
            member = options.Protocol == GroupProtocol.Classic ? new ClassicMember(client, options, subscription, talking, news) : new ConsumerMember(client, options, subscription, talking, news);
        keeper = member?.Coordinator ?? (options.Group is null ? null : new(client, talking, Cluster.CoordinatorKind.Group, options.Group));
    }

    TimeProvider Time => client.Options.Time;

    /// <summary>The partitions that are its own now.</summary>
    internal TopicPartition[] Owned => Array.ConvertAll(fetcher.Partitions, p => p.Partition);

    bool IsCommitDue => options.AutoCommit is { } every && keeper is not null && Time.GetElapsedTime(committedAt) >= every;

    /// <summary>The next record, if one is here and nothing else has to be done first.</summary>
    internal bool TryRead(out FoundRecord record)
    {
        current = null;
        while (true)
        {
            if (!cursor.IsAtEnd && Read(out record))
            {
                (current, currentOffset) = (record.Of, record.Offset);
                return true;
            }
            if (member is { WantsAttention: true } || IsCommitDue || !fetcher.TryTake(out var part))
            {
                record = default;
                return false;
            }
            cursor.Open(part!);
        }
    }

    bool Read(out FoundRecord record)
    {
        try
        {
            return cursor.Read(out record);
        }
        catch (Exception broken) when (broken is RecordsException or Compression.CompressionException)
        {
            throw new KafkaException(ErrorCode.CorruptMessage, $"A batch can't be read: {broken.Message} Seek behind it to go on.", broken);
        }
    }

    /// <summary>Waits until there may be a record, and does what the group and time ask for.</summary>
    /// <param name="once">Whether to come back after anything that happened: also when a broker said that it has no more.</param>
    internal async ValueTask WaitAsync(CancellationToken cancellation, bool once = false)
    {
        current = null;
        member?.Come();
        try
        {
            while (true)
            {
                if (!isStarted) await StartAsync(cancellation).ConfigureAwait(false);
                if (options.Partitions.Count == 0 && subscription.IsStale) await LookForMoreAsync(cancellation).ConfigureAwait(false);
                if (member is { WantsAttention: true }) await member.TendAsync(this, cancellation).ConfigureAwait(false);
                if (IsCommitDue) CommitSoon();
                if (finding.IsCompleted && Array.Exists(fetcher.Partitions, p => p.Lookup is not null)) finding = FindAsync();
                fetcher.Ask();
                if (!cursor.IsAtEnd || fetcher.HasNews) return;
                await news.WaitAsync(options.AutoCommit is { } every && every < LongestWait ? every : LongestWait, Time, cancellation).ConfigureAwait(false);
                if (once) return;
            }
        }
        finally
        {
            member?.Part();
        }
    }

    async ValueTask StartAsync(CancellationToken cancellation)
    {
        if (options.Partitions.Count > 0) await AssignAsync(options.Partitions, cancellation).ConfigureAwait(false);
        else await subscription.BeginAsync(mayMiss: member is not null, cancellation).ConfigureAwait(false);
        isStarted = true;
    }

    /// <summary>Some topics and partitions come later, or were not known of at first.</summary>
    async ValueTask LookForMoreAsync(CancellationToken cancellation)
    {
        var view = client.Metadata.View;
        if (subscription.Learn(view)) member?.Resubscribe();
        if (member is null)
        {
            var all = subscription.Topics.SelectMany(t => Enumerable.Range(0, view.Topics.GetValueOrDefault(t)?.Partitions.Length ?? 0), (t, i) => new TopicPartition(t, i));
            await AssignAsync([.. all.Where(p => fetcher.Find(p) is null)], cancellation).ConfigureAwait(false);
        }
        subscription.LookedThrough(view);
    }

    /// <summary>Takes partitions: where the group is in them is looked up before their first record.</summary>
    internal async ValueTask AssignAsync(IReadOnlyCollection<TopicPartition> added, CancellationToken cancellation)
    {
        if (added.Count == 0) return;
        foreach (var topic in added.Select(p => p.Topic).Distinct())
        {
            try
            {
                await client.Metadata.TopicAsync(topic, mayCreate: false, cancellation).ConfigureAwait(false);
            }
            catch (KafkaException missing) when (missing.Code == ErrorCode.UnknownTopicOrPartition && member is not null)
            {
                // The group knows of it: whom we asked lags behind.
            }
        }
        var committed = keeper is null ? [] : await CommittedAsync(added, cancellation).ConfigureAwait(false);
        var partitions = added.Select(p =>
        {
            var partition = new AssignedPartition(p);
            if (committed.TryGetValue(p, out var offset))
            {
                partition.MoveTo(offset);
                partition.Committed = offset;
            }
            else if (options.StartAt is { } start) partition.Find(start);
            return partition;
        }).ToArray();
        fetcher.Add(partitions);
        if (member is not null) KafkaTelemetry.Rebalanced(options.Group!);
        if (options.OnAssigned is { } callback) await callback(added).ConfigureAwait(false);
        if (Array.Find(partitions, p => p is { Position: < 0, Lookup: null }) is not { } lost) return;
        fetcher.Remove(added);
        throw new KafkaException(ErrorCode.OffsetOutOfRange, $"{(options.Group is { } group ? $"Group '{group}' has no offset in" : "Nothing says where to begin in")} {lost.Partition}, and ConsumerOptions.StartAt is null. Set it, {(options.Group is null ? "" : "commit an offset, ")}or seek in OnAssigned.");
    }

    /// <summary>Gives partitions up: what was handled of them is committed, and nothing more is read.</summary>
    internal async ValueTask RevokeAsync(IReadOnlyCollection<TopicPartition> removed, CancellationToken cancellation)
    {
        if (removed.Count == 0) return;
        if (options.OnRevoked is { } callback) await callback(removed).ConfigureAwait(false);
        if (options.AutoCommit is not null && keeper is not null)
        {
            try
            {
                await committing.ConfigureAwait(false);
                await CommitAsync(Handled(removed), cancellation).ConfigureAwait(false);
            }
            catch (KafkaException failed)
            {
                // Whoever gets them reads again what was not committed.
                client.Options.Logger.LogCommitFailed(options.Group!, failed.Message);
            }
        }
        fetcher.Remove(removed);
        KafkaTelemetry.Rebalanced(options.Group!);
    }

    /// <summary>They are others' already.</summary>
    internal async ValueTask LoseAsync()
    {
        var owned = Owned;
        if (owned.Length == 0) return;
        fetcher.Remove(owned);
        if (options.OnLost is { } callback) await callback(owned).ConfigureAwait(false);
    }

    internal AssignedPartition Of(TopicPartition partition) => fetcher.Find(partition)
        ?? throw new InvalidOperationException($"This consumer doesn't read {partition} now. It reads {(Owned is { Length: > 0 } owned ? string.Join(", ", owned) : "nothing")}.");

    internal void Changed() => fetcher.Ask();

    public async ValueTask DisposeAsync()
    {
        if (closing.IsCancellationRequested) return;
        closing.Cancel();
        try
        {
            await committing.ConfigureAwait(false);
            await finding.ConfigureAwait(false);
            if (options.AutoCommit is not null && keeper is not null) await CommitAsync(Handled(Owned), CancellationToken.None).ConfigureAwait(false);
        }
        catch (KafkaException failed)
        {
            client.Options.Logger.LogCommitFailed(options.Group!, failed.Message);
        }
        if (member is not null) await member.DisposeAsync().ConfigureAwait(false);
        cursor.Dispose();
        await fetcher.DisposeAsync().ConfigureAwait(false);
        await fetching.DisposeAsync().ConfigureAwait(false);
        await talking.DisposeAsync().ConfigureAwait(false);
        closing.Dispose();
    }
}
