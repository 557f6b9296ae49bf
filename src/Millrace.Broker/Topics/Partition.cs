using Millrace.Broker.Logs;

namespace Millrace.Broker.Topics;

/// <summary>A partition of a topic: its log, and the consumers that wait for more of it.</summary>
sealed class Partition
{
    readonly Lock gate = new();
    readonly List<FetchWait> waits = [];
    readonly LogFolder logs;

    internal Partition(Topic topic, int index, PartitionLog log, LogFolder logs)
    {
        (Topic, Index, Log, this.logs) = (topic, index, log, logs);
        log.Advanced += WakeAll;
    }

    internal Topic Topic { get; }

    internal int Index { get; }

    internal PartitionLog Log { get; }

    /// <summary>Ends when what was appended is as safe as the broker promises, and can be seen.</summary>
    internal Task SafeAsync(AppendResult appended) => logs.FlushAsync(Log, appended.Life);

    internal void Add(FetchWait wait)
    {
        lock (gate) waits.Add(wait);
    }

    internal void Remove(FetchWait wait)
    {
        lock (gate)
        {
            var index = waits.IndexOf(wait);
            if (index < 0) return;
            waits[index] = waits[^1];
            waits.RemoveAt(waits.Count - 1);
        }
    }

    /// <summary>Lets those who wait look again: there is more to see, or the partition is gone.</summary>
    internal void WakeAll()
    {
        lock (gate)
        {
            foreach (var wait in waits) wait.Wake();
        }
    }
}

/// <summary>A consumer that waits for more.</summary>
sealed class FetchWait
{
    readonly TaskCompletionSource woken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task Woken => woken.Task;

    internal void Wake() => woken.TrySetResult();
}
