using Millrace.Kafka.Cluster;
using Millrace.Kafka.Connections;
using Millrace.Kafka.Producing;

namespace Millrace.Kafka.Consuming;

/// <summary>
/// The consumer as a member of its group. Signs of life are sent in the background; partitions come and go only while the
/// reader waits for records, so that none is taken away while it is being handled.
/// </summary>
abstract class GroupMember(KafkaClient client, ConsumerOptions options, Subscription subscription, ConnectionPool connections, Signal news) : IAsyncDisposable
{
    readonly CancellationTokenSource leaving = new();
    Task beating = Task.CompletedTask;
    long tendedAt;
    volatile bool isTended, isGoing;

    protected KafkaClient Client => client;

    protected ConsumerOptions Options => options;

    protected Subscription Subscription => subscription;

    protected Signal News => news;

    protected TimeProvider Time => client.Options.Time;

    protected CancellationToken Leaving => leaving.Token;

    internal Coordinator Coordinator { get; } = new(client, connections, CoordinatorKind.Group, options.Group!);

    /// <summary>As whom offsets are committed.</summary>
    internal abstract GroupMembership Membership { get; }

    /// <summary>Whether the reader should come and tend.</summary>
    internal abstract bool WantsAttention { get; }

    /// <summary>Whether it has been given what there is for it now, though that may be nothing.</summary>
    internal abstract bool IsSettled { get; }

    /// <summary>The topics are others.</summary>
    internal abstract void Resubscribe();

    /// <summary>What the group asked for is done: partitions are given up and taken.</summary>
    internal abstract ValueTask TendAsync(ConsumerSession session, CancellationToken cancellation);

    /// <summary>Sends a sign of life and takes what comes back. Returns how long until the next.</summary>
    protected abstract ValueTask<TimeSpan> BeatAsync(CancellationToken cancellation);

    /// <summary>Leaves, and says so.</summary>
    protected abstract ValueTask GoAsync(CancellationToken cancellation);

    /// <summary>The reader is here, and stays until it has a record.</summary>
    internal void Come() => isTended = true;

    /// <summary>The reader goes off with a record.</summary>
    internal void Part()
    {
        Volatile.Write(ref tendedAt, Time.GetTimestamp());
        isTended = false;
    }

    protected void BeginBeating()
    {
        // A reader that comes back while it is said that it has left begins again behind that.
        if (leaving.IsCancellationRequested || !(beating.IsCompleted || isGoing)) return;
        isGoing = false;
        var before = beating;
        beating = Task.Run(() => BeatOnAsync(before));
    }

    async Task BeatOnAsync(Task before)
    {
        await before.ConfigureAwait(false);
        try
        {
            while (true)
            {
                if (!isTended && Time.GetElapsedTime(Volatile.Read(ref tendedAt)) > options.MaxPollInterval)
                {
                    isGoing = true;
                    await GoQuietlyAsync(leaving.Token).ConfigureAwait(false);
                    news.Set();
                    return;
                }
                var wait = await BeatAsync(leaving.Token).ConfigureAwait(false);
                await PauseAsync(wait).ConfigureAwait(false);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
        {
            // The consumer is closed.
        }
    }

    /// <summary>The time between two signs of life. Some end it early.</summary>
    protected virtual async ValueTask PauseAsync(TimeSpan wait) => await Task.Delay(wait, Time, leaving.Token).ConfigureAwait(false);

    /// <summary>Ends the signs of life, and leaves.</summary>
    public async ValueTask DisposeAsync()
    {
        leaving.Cancel();
        await beating.ConfigureAwait(false);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5), Time);
        await GoQuietlyAsync(patience.Token).ConfigureAwait(false);
        leaving.Dispose();
    }

    async ValueTask GoQuietlyAsync(CancellationToken cancellation)
    {
        try
        {
            await GoAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is KafkaException or OperationCanceledException)
        {
            // The group notices by itself that nobody is here any more.
        }
    }
}
