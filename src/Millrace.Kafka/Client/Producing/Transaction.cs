using Millrace.Kafka.Producing;

namespace Millrace.Kafka;

/// <summary>
/// Records and offsets that are written all or not at all. Whoever reads with <c>read_committed</c> sees nothing of it before
/// it is committed.
/// <code>
/// await using var transaction = await producer.BeginTransactionAsync();
/// await producer.EnqueueAsync("totals", key, total);
/// await transaction.CommitAsync();
/// </code>
/// One that is disposed before is aborted.
/// </summary>
public sealed class Transaction : IAsyncDisposable
{
    readonly SendQueue queue;
    bool isEnded;

    internal Transaction(SendQueue queue) => this.queue = queue;

    /// <summary>Makes all that a consumer has read, the last record included, part of the transaction: it counts as handled if what was made of it is written, and only then.</summary>
    public ValueTask AddOffsetsAsync<TKey, TValue>(Consumer<TKey, TValue> consumer, CancellationToken cancellation = default)
    {
        ThrowIfEnded();
        return queue.AddOffsetsAsync(consumer.Session.Membership, consumer.Session.Positions(withCurrent: true), cancellation);
    }

    /// <summary>Sends what was taken, and makes all of it visible at once.</summary>
    /// <exception cref="KafkaException">Something could not be written: nothing is, once the transaction has been aborted or disposed.</exception>
    public async ValueTask CommitAsync(CancellationToken cancellation = default)
    {
        ThrowIfEnded();
        await queue.EndAsync(isCommit: true, cancellation).ConfigureAwait(false);
        isEnded = true;
    }

    /// <summary>Nothing of it will ever be seen.</summary>
    public async ValueTask AbortAsync(CancellationToken cancellation = default)
    {
        ThrowIfEnded();
        await queue.EndAsync(isCommit: false, cancellation).ConfigureAwait(false);
        isEnded = true;
    }

    void ThrowIfEnded()
    {
        if (isEnded) throw new InvalidOperationException("The transaction has ended. Begin another one.");
    }

    public async ValueTask DisposeAsync()
    {
        if (isEnded) return;
        isEnded = true;
        try
        {
            await queue.EndAsync(isCommit: false, CancellationToken.None).ConfigureAwait(false);
        }
        catch (KafkaException)
        {
            // Brokers abort what nobody ends. What made it fail is on its way to the caller.
        }
    }
}
