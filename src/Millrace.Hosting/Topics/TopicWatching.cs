using Microsoft.Extensions.Logging;
using Millrace.Kafka;
using Millrace.Metadata;
using Millrace.Scheduling;

namespace Millrace.Hosting.Topics;

/// <summary>
/// Watches the topics that Dags wait for, beside the scheduler, which knows of runs and assets only. Every scheduler of a store
/// watches all of them: who is first with a record has it, and when one dies the others are there.
/// </summary>
sealed class TopicWatching : IAsyncDisposable
{
    readonly Scheduler scheduler;
    readonly Func<TopicWatch, TopicWatcher> open;
    readonly Lock access = new();
    readonly Dictionary<TopicWatch, Watched> running = [];
    readonly HashSet<Task> ending = [];
    bool stopped;

    sealed record Watched(CancellationTokenSource Stop, Task End);

    /// <param name="cluster">The cluster that is meant now; null where there is none.</param>
    internal TopicWatching(IMetadataStore store, Scheduler scheduler, Func<CancellationToken, Task<KafkaOptions?>> cluster, TimeProvider time, ILogger<TopicWatching> logger)
    {
        this.scheduler = scheduler;
        open = watch => new TopicWatcher(watch, store, scheduler, cluster, time, logger);
        scheduler.WatchesKnown += Set;
    }

    void Set(IReadOnlyList<TopicWatch> watches)
    {
        lock (access)
        {
            if (stopped) return;
            foreach (var gone in running.Keys.Except(watches).ToArray()) End(gone);
            foreach (var watch in watches.Except(running.Keys).ToArray())
            {
                var stop = new CancellationTokenSource();
                running.Add(watch, new(stop, Task.Run(() => open(watch).RunAsync(stop.Token))));
            }
            ending.RemoveWhere(end => end.IsCompleted);
        }
    }

    void End(TopicWatch watch)
    {
        if (running.Remove(watch, out var watched)) ending.Add(EndAsync(watched));
    }

    static async Task EndAsync(Watched watched)
    {
        using var stop = watched.Stop;
        await stop.CancelAsync().ConfigureAwait(false);
        await watched.End.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        scheduler.WatchesKnown -= Set;
        Task[] all;
        lock (access)
        {
            stopped = true;
            foreach (var watch in running.Keys.ToArray()) End(watch);
            all = [.. ending];
        }
        await Task.WhenAll(all).ConfigureAwait(false);
    }
}
