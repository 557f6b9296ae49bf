namespace Millrace.Kafka.Connections;

/// <summary>
/// The connections that one producer, consumer or administrator has, one a broker. Each has its own: a broker answers the
/// requests of a connection one after the other, so a Fetch that waits for records would hold up all behind it.
/// </summary>
sealed class ConnectionPool(KafkaOptions options) : IAsyncDisposable
{
    readonly Dictionary<BrokerAddress, Task<BrokerConnection>> connections = [];
    readonly CancellationTokenSource closing = new();

    /// <summary>The connection to a broker, opened if there is none.</summary>
    internal async ValueTask<BrokerConnection> ToAsync(BrokerAddress address, CancellationToken cancellation)
    {
        Task<BrokerConnection> opening;
        lock (connections)
        {
            ObjectDisposedException.ThrowIf(closing.IsCancellationRequested, typeof(KafkaClient));
            if (!connections.TryGetValue(address, out opening!) || opening is { IsFaulted: true } or { IsCanceled: true } or { IsCompletedSuccessfully: true, Result.IsOpen: false })
                connections[address] = opening = Dialer.OpenAsync(address, options, closing.Token);
        }
        return await opening.WaitAsync(cancellation).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        Task<BrokerConnection>[] all;
        lock (connections)
        {
            if (closing.IsCancellationRequested) return;
            closing.Cancel();
            all = [.. connections.Values];
        }
        foreach (var opening in all)
        {
            try
            {
                await (await opening.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception failed) when (failed is KafkaException or OperationCanceledException)
            {
                // It never opened.
            }
        }
        closing.Dispose();
    }
}
