using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Millrace.Broker.Files;
using Millrace.Broker.Logs;
using Millrace.Broker.State;
using Millrace.Kafka.Wire;
using Microsoft.Extensions.Logging;

namespace Millrace.Broker.Topics;

/// <summary>
/// The topics that there are. A topic's folder has its id for a name, so one that is deleted and made again never meets its old
/// self, and a folder that no topic claims is what a crash left behind.
/// </summary>
sealed partial class TopicCatalogue(DiskFolder folder, LogFolder logs, StateLog state, ILogger logger) : IDisposable
{
    internal const string FolderName = "topics";

    readonly ConcurrentDictionary<string, Topic> byName = [];
    readonly ConcurrentDictionary<Guid, Topic> byId = [];
    // Topics are made, changed and deleted one at a time.
    readonly SemaphoreSlim gate = new(1);

    internal IEnumerable<Topic> All => byName.Values;

    internal Topic? Find(string name) => byName.GetValueOrDefault(name);

    internal Topic? Find(Guid id) => byId.GetValueOrDefault(id);

    internal Partition? Find(string name, int partition) => Find(name)?.Find(partition);

    /// <summary>Raised when a topic was deleted: what else knows of it forgets it.</summary>
    internal event Func<Topic, Task>? Deleted;

    /// <summary>Raised when there are more topics, fewer, or more partitions.</summary>
    internal event Action? Changed;

    internal void Open(BrokerSettings settings)
    {
        var known = state.All(StateKind.Topic).Select(p => (Name: p.Key, Stored: Topic.Read(p.Value))).ToList();
        var folders = known.Select(k => FolderOf(k.Stored.Id)).ToHashSet();
        // Where there is no folder yet the first log makes it, and sees to it that its name is on the disk.
        if (folder.Exists)
            foreach (var left in folder.FolderNames().Where(f => !folders.Contains(f))) folder.DeleteFolder(left);
        foreach (var (name, stored) in known)
        {
            var topic = new Topic(name, stored.Id, stored.Config, TopicConfig.Settings(stored.Config, settings));
            (byName[name], byId[topic.Id]) = (topic, topic);
        }
        // Most of the time goes into waiting for the disk.
        var opened = new ConcurrentDictionary<(string, int), PartitionLog>();
        try
        {
            Parallel.ForEach(known.SelectMany(k => Enumerable.Range(0, k.Stored.Partitions).Select(index => (k.Name, index))), p =>
                opened[p] = OpenLog(byName[p.Name], p.index));
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
        foreach (var (name, stored) in known)
            byName[name].Add(Enumerable.Range(0, stored.Partitions).Select(i => new Partition(byName[name], i, opened[(name, i)], logs)));
    }

    static string FolderOf(Guid id) => id.ToString("N", CultureInfo.InvariantCulture);

    PartitionLog OpenLog(Topic topic, int index)
    {
        var log = logs.OpenLog($"{FolderName}/{FolderOf(topic.Id)}/{topic.Name}-{index}", topic.Settings);
        if (log.Repaired > 0) Log.Repaired(logger, log.Name, log.Repaired);
        if (log.Damage is { } damage) Log.Damaged(logger, damage);
        return log;
    }

    /// <summary>Makes a topic, which is on the disk when the task ends.</summary>
    internal async Task<ErrorCode> CreateAsync(string name, int partitions, IReadOnlyDictionary<string, string> config, BrokerSettings settings)
    {
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (byName.ContainsKey(name)) return ErrorCode.TopicAlreadyExists;
            var topic = new Topic(name, Guid.NewGuid(), config, TopicConfig.Settings(config, settings));
            try
            {
                AddPartitions(topic, partitions);
                await state.PutAsync(StateKind.Topic, name, Topic.Write(topic.Id, partitions, config)).ConfigureAwait(false);
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                Log.NotWritten(logger, name, failed.Message);
                Drop(topic);
                return ErrorCode.KafkaStorageError;
            }
            (byName[name], byId[topic.Id]) = (topic, topic);
            Log.Created(logger, name, partitions);
        }
        finally
        {
            gate.Release();
        }
        Changed?.Invoke();
        return ErrorCode.None;
    }

    void AddPartitions(Topic topic, int more)
    {
        var from = topic.Partitions.Count;
        topic.Add([.. Enumerable.Range(from, more).Select(i => new Partition(topic, i, OpenLog(topic, i), logs))]);
    }

    internal async Task<ErrorCode> GrowAsync(Topic topic, int partitions)
    {
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (topic.IsDeleted) return ErrorCode.UnknownTopicOrPartition;
            if (partitions <= topic.Partitions.Count) return ErrorCode.InvalidPartitions;
            // First the word: folders of partitions that are known are made at the next start where they are missing.
            await state.PutAsync(StateKind.Topic, topic.Name, Topic.Write(topic.Id, partitions, topic.Config)).ConfigureAwait(false);
            AddPartitions(topic, partitions - topic.Partitions.Count);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            Log.NotWritten(logger, topic.Name, failed.Message);
            return ErrorCode.KafkaStorageError;
        }
        finally
        {
            gate.Release();
        }
        Changed?.Invoke();
        return ErrorCode.None;
    }

    internal async Task<ErrorCode> ConfigureAsync(Topic topic, IReadOnlyDictionary<string, string> config, BrokerSettings settings)
    {
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (topic.IsDeleted) return ErrorCode.UnknownTopicOrPartition;
            await state.PutAsync(StateKind.Topic, topic.Name, Topic.Write(topic.Id, topic.Partitions.Count, config)).ConfigureAwait(false);
            topic.Configure(config, TopicConfig.Settings(config, settings));
            return ErrorCode.None;
        }
        catch (IOException failed)
        {
            Log.NotWritten(logger, topic.Name, failed.Message);
            return ErrorCode.KafkaStorageError;
        }
        finally
        {
            gate.Release();
        }
    }

    internal async Task<ErrorCode> DeleteAsync(Topic topic)
    {
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (topic.IsDeleted) return ErrorCode.UnknownTopicOrPartition;
            topic.IsLeaving = true;
            if (!await TryForgetAsync(topic).ConfigureAwait(false)) return ErrorCode.KafkaStorageError;
            topic.IsDeleted = true;
            byName.TryRemove(topic.Name, out _);
            byId.TryRemove(topic.Id, out _);
            if (Deleted is { } forget) await forget(topic).ConfigureAwait(false);
            Drop(topic);
            Log.Deleted(logger, topic.Name);
        }
        catch (IOException failed)
        {
            Log.NotWritten(logger, topic.Name, failed.Message);
            return ErrorCode.KafkaStorageError;
        }
        finally
        {
            gate.Release();
        }
        Changed?.Invoke();
        return ErrorCode.None;
    }

    /// <summary>
    /// Forgets a topic. Where the disk refused that, it may have it all the same: until it's sure again that the topic is
    /// remembered, it takes no records, since the next start would delete them.
    /// </summary>
    async ValueTask<bool> TryForgetAsync(Topic topic)
    {
        try
        {
            await state.PutAsync(StateKind.Topic, topic.Name, null).ConfigureAwait(false);
            return true;
        }
        catch (IOException failed)
        {
            Log.NotWritten(logger, topic.Name, failed.Message);
            await KeepAsync(topic).ConfigureAwait(false);
            return false;
        }
    }

    async ValueTask KeepAsync(Topic topic)
    {
        try
        {
            await state.PutAsync(StateKind.Topic, topic.Name, Topic.Write(topic.Id, topic.Partitions.Count, topic.Config)).ConfigureAwait(false);
            topic.IsLeaving = false;
        }
        catch (IOException failed)
        {
            Log.NotWritten(logger, topic.Name, failed.Message);
        }
    }

    /// <summary>Whether a topic that was leaving stays: a deletion under way ends first, and one that the disk refused is undone.</summary>
    internal bool TryKeep(Topic topic)
    {
        gate.Wait();
        try
        {
            if (topic is { IsLeaving: true, IsDeleted: false }) KeepAsync(topic).AsTask().GetAwaiter().GetResult();
            return !topic.IsLeaving;
        }
        finally
        {
            gate.Release();
        }
    }

    void Drop(Topic topic)
    {
        foreach (var partition in topic.Partitions)
        {
            partition.WakeAll();
            partition.Log.Dispose();
        }
        try
        {
            if (folder.Folder(FolderOf(topic.Id)).Exists) folder.DeleteFolder(FolderOf(topic.Id));
        }
        catch (IOException left)
        {
            // The next start deletes what no topic claims.
            Log.NotDeleted(logger, topic.Name, left.Message);
        }
    }

    public void Dispose() => gate.Dispose();

    static partial class Log
    {
        [LoggerMessage(5201, LogLevel.Information, "Topic {Topic} was made with {Partitions} partitions")]
        internal static partial void Created(ILogger logger, string topic, int partitions);

        [LoggerMessage(5202, LogLevel.Information, "Topic {Topic} was deleted")]
        internal static partial void Deleted(ILogger logger, string topic);

        [LoggerMessage(5203, LogLevel.Error, "Topic {Topic} could not be changed: {Reason}")]
        internal static partial void NotWritten(ILogger logger, string topic, string reason);

        [LoggerMessage(5204, LogLevel.Warning, "The folder of the deleted topic {Topic} is left for the next start: {Reason}")]
        internal static partial void NotDeleted(ILogger logger, string topic, string reason);

        [LoggerMessage(5205, LogLevel.Warning, "Cut off {Bytes} bytes of {Partition} that a crash had left half written")]
        internal static partial void Repaired(ILogger logger, string partition, long bytes);

        [LoggerMessage(5206, LogLevel.Error, "{Damage}")]
        internal static partial void Damaged(ILogger logger, string damage);
    }
}
