using Millrace.Broker.Logs;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Tests.Logs;

sealed partial class CrashScene
{
    List<(string Key, string Value)> Next(SceneLog log, int count)
    {
        var some = Enumerable.Range(0, count).Select(_ => ($"k{random.Next(12)}", $"v{records++}{new string('x', random.Next(120))}")).ToList();
        foreach (var (_, value) in some) log.Attempted.Add(value);
        return some;
    }

    /// <summary>Batches of no producer's, to several partitions at once.</summary>
    void Append(IEnumerable<int> partitions) => Send([.. partitions.Select(p => (logs[p], Next(logs[p], random.Next(1, 4)), (byte[]?)null))]);

    /// <summary>Appends, waits until it's durable, and writes down what was acknowledged.</summary>
    List<AppendResult> Send(List<(SceneLog Log, List<(string Key, string Value)> Records, byte[]? Batch)> all)
    {
        var results = all.ConvertAll(a => a.Log.Log.Append(a.Batch ?? Batches.At(now, [.. a.Records.Select(r => ((string?)r.Key, (string?)r.Value))]), epoch, now));
        var appended = results.Select((r, i) => (r, i)).Where(p => p.r.Error == ErrorCode.None).Select(p => p.i).ToList();
        var tasks = folder.Flusher?.FlushAsync([.. appended.Select(i => all[i].Log.Log)]) ?? [.. appended.Select(_ => Task.CompletedTask)];
        for (var t = 0; t < tasks.Length; t++)
        {
            var i = appended[t];
            try
            {
                tasks[t].GetAwaiter().GetResult();
            }
            catch (IOException e)
            {
                results[i] = results[i] with { Error = ErrorCode.KafkaStorageError, Message = e.Message };
                continue;
            }
            Assert.True(all[i].Log.Log.HighWatermark > results[i].LastOffset, $"Seed {seed}: what is acknowledged can't be seen.");
            var offset = results[i].FirstOffset;
            foreach (var (key, value) in all[i].Records) all[i].Log.Acknowledge(seed, offset++, key, value);
            Acknowledged += all[i].Records.Count;
        }
        return results;
    }

    void StepOf(SceneProducer producer)
    {
        if (producer.Pending is not null)
        {
            Retry(producer);
            return;
        }
        if (producer.IsTransactional && producer.Open is { } open && random.Next(4) == 0)
        {
            Decide(open, isCommit: random.Next(2) == 0);
            return;
        }
        if (producer.IsTransactional && producer.Open is null)
        {
            if (producer.Ending is not null) return;
            producer.Open = new SceneTransaction(producer);
            Transactions++;
        }
        var log = logs[random.Next(Partitions)];
        var some = Next(log, random.Next(1, 4));
        producer.Pending = (log, some, producer.Sequences.GetValueOrDefault(log));
        producer.Open?.Logs.Add(log);
        foreach (var (_, value) in some) log.TransactionOf[value] = producer.Open;
        Retry(producer);
    }

    /// <summary>Sends the batch of which the producer doesn't know whether it arrived.</summary>
    void Retry(SceneProducer producer)
    {
        if (producer.Pending is not { } pending) return;
        var (log, some, sequence) = pending;
        var batch = Batches.Make(now, producer.Id, producer.Epoch, sequence, producer.IsTransactional, (CompressionKind)random.Next(4), [.. some.Select(r => ((string?)r.Key, (string?)r.Value))]);
        var result = Send([(log, some, batch)])[0];
        if (result.Error == ErrorCode.KafkaStorageError) return;
        Assert.True(result.Error == ErrorCode.None, $"Seed {seed}: producer {producer.Id} was refused the sequence {sequence} in {log.Path}: {result.Error}.");
        producer.Sequences[log] = sequence + some.Count;
        producer.Pending = null;
    }

    void Decide(SceneTransaction transaction, bool isCommit)
    {
        // Who commits knows of each batch that it arrived.
        transaction.IsCommit = isCommit;
        transaction.Producer.Open = null;
        transaction.Producer.Ending = transaction;
        SendMarkers(transaction);
    }

    void SendMarkers(SceneTransaction transaction)
    {
        foreach (var log in transaction.Logs.Except(transaction.Marked).ToList())
        {
            var result = Send([(log, [], Batches.Marker(transaction.Producer.Id, transaction.Producer.Epoch, transaction.IsCommit == true, now))])[0];
            if (result.Error == ErrorCode.None) transaction.Marked.Add(log);
        }
        if (transaction.Logs.SetEquals(transaction.Marked)) transaction.Producer.Ending = null;
    }

    /// <summary>As the coordinator does after a restart: what was decided is brought to an end, the rest given up, by a new epoch.</summary>
    void FinishTransactions()
    {
        foreach (var producer in producers.Where(p => p.IsTransactional))
        {
            if (producer.Ending is { } ending) SendMarkers(ending);
            Assert.Null(producer.Ending);
            if (producer.Open is not { } open || random.Next(2) == 0) continue;
            producer.Pending = null;
            producer.Epoch++;
            producer.Sequences.Clear();
            Decide(open, isCommit: false);
        }
    }

    void Retry()
    {
        foreach (var producer in producers) Retry(producer);
    }
}

/// <summary>A partition, and what is known of it.</summary>
sealed class SceneLog(string path, TopicSettings settings, bool isCompacted)
{
    internal string Path => path;

    internal TopicSettings Settings => settings;

    internal bool IsCompacted => isCompacted;

    internal PartitionLog Log { get; set; } = null!;

    internal SortedDictionary<long, (string Key, string Value)> Acknowledged { get; } = [];

    internal HashSet<string> Attempted { get; } = [];

    internal Dictionary<string, SceneTransaction?> TransactionOf { get; } = [];

    internal long Deleted { get; set; }

    internal long MostDeleted { get; set; }

    internal long MostSeen { get; private set; }

    internal long MostStart { get; set; }

    internal void Acknowledge(int seed, long offset, string key, string value)
    {
        if (Acknowledged.TryGetValue(offset, out var other)) Assert.True(other.Value == value, $"Seed {seed}: the offset {offset} of {path} was given to two records.");
        Acknowledged[offset] = (key, value);
    }

    /// <summary>What consumers see now, they must never unsee.</summary>
    internal void See()
    {
        MostSeen = Math.Max(MostSeen, Log.HighWatermark);
        MostStart = Math.Max(MostStart, Log.StartOffset);
    }
}

sealed class SceneProducer(long id, bool isTransactional)
{
    internal long Id => id;

    internal bool IsTransactional => isTransactional;

    internal short Epoch { get; set; }

    internal Dictionary<SceneLog, int> Sequences { get; } = [];

    internal (SceneLog Log, List<(string Key, string Value)> Records, int Sequence)? Pending { get; set; }

    internal SceneTransaction? Open { get; set; }

    internal SceneTransaction? Ending { get; set; }
}

sealed class SceneTransaction(SceneProducer producer)
{
    internal SceneProducer Producer => producer;

    internal HashSet<SceneLog> Logs { get; } = [];

    internal HashSet<SceneLog> Marked { get; } = [];

    /// <summary>Null as long as it's open.</summary>
    internal bool? IsCommit { get; set; }
}
