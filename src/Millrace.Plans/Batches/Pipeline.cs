using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Millrace.Plans;

/// <summary>
/// A stage between two others: items are posted, several workers turn them into results at once, and the results come
/// out in the order of the posting. What is posted, worked on or waits to be taken is bounded: a slow taker holds the
/// poster back, so memory stays flat however long the stream is.
/// </summary>
sealed class Pipeline<TIn, TOut> : IAsyncDisposable
{
    readonly Func<TIn, TOut> work;
    readonly Channel<Task<TOut>> results;
    readonly SemaphoreSlim workers;

    /// <param name="ahead">Results that may wait to be taken, besides those being worked on.</param>
    internal Pipeline(int workers, int ahead, Func<TIn, TOut> work)
    {
        this.work = work;
        this.workers = new SemaphoreSlim(workers, workers);
        results = Channel.CreateBounded<Task<TOut>>(new BoundedChannelOptions(ahead) { SingleReader = true, SingleWriter = true });
    }

    /// <summary>Takes the item over; waits for room and for a worker. A taker that stops must cancel whoever posts.</summary>
    internal async ValueTask PostAsync(TIn item, CancellationToken cancel)
    {
        try
        {
            await workers.WaitAsync(cancel).ConfigureAwait(false);
        }
        catch
        {
            (item as IDisposable)?.Dispose();
            throw;
        }
        var result = Task.Run(() =>
        {
            try
            {
                return work(item);
            }
            finally
            {
                workers.Release();
            }
        }, CancellationToken.None);
        try
        {
            await results.Writer.WriteAsync(result, cancel).ConfigureAwait(false);
        }
        catch
        {
            await DropAsync(result).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>No more items. The taker sees the error, if one, behind the results of all that was posted before.</summary>
    internal void Complete(Exception? error = null) => results.Writer.TryComplete(error);

    internal async IAsyncEnumerable<TOut> TakeAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var result in results.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
            yield return await result.ConfigureAwait(false);
    }

    /// <summary>Ends the work that is under way and releases results that nobody took.</summary>
    public async ValueTask DisposeAsync()
    {
        Complete();
        while (results.Reader.TryRead(out var result)) await DropAsync(result).ConfigureAwait(false);
        workers.Dispose();
    }

    static async ValueTask DropAsync(Task<TOut> result)
    {
        await ((Task)result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (result.IsCompletedSuccessfully) (result.Result as IDisposable)?.Dispose();
    }
}

static class Pipeline
{
    /// <summary>Reads ahead of its taker: the input is read, and each item worked on, while earlier results are still in use.</summary>
    internal static async IAsyncEnumerable<TOut> Ordered<TIn, TOut>(
        IAsyncEnumerable<TIn> input, int workers, Func<TIn, TOut> work, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var pipeline = new Pipeline<TIn, TOut>(workers, workers + 1, work);
        await using var end = pipeline.ConfigureAwait(false);
        var posting = Task.Run(() => PostAllAsync(input, pipeline, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var result in pipeline.TakeAsync(cancel).ConfigureAwait(false)) yield return result;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await posting.ConfigureAwait(false);
        }
    }

    // Never throws: the pipeline carries the error to the taker.
    static async Task PostAllAsync<TIn, TOut>(IAsyncEnumerable<TIn> input, Pipeline<TIn, TOut> pipeline, CancellationToken cancel)
    {
        try
        {
            await foreach (var item in input.WithCancellation(cancel).ConfigureAwait(false)) await pipeline.PostAsync(item, cancel).ConfigureAwait(false);
            pipeline.Complete();
        }
        catch (Exception error)
        {
            pipeline.Complete(error);
        }
    }
}
