using Millrace.Runs;

using Npgsql;

namespace Millrace.Storage.Postgres;

sealed partial class PostgresStore
{
    const string Channel = "millrace";
    static readonly TimeSpan ReconnectDelay = TimeSpan.FromMilliseconds(500);

    // Who notifies stands before what: a store does not hear itself.
    readonly string self = Guid.NewGuid().ToString("N");
    readonly CancellationTokenSource stop = new();
    readonly Lock gate = new();
    Action<RunId?>? changed;
    Task? listening;

    /// <summary>Raised with null also each time listening begins: what was said before that is not known.</summary>
    public override event Action<RunId?>? ChangedElsewhere
    {
        add
        {
            lock (gate)
            {
                changed += value;
                listening ??= Task.Run(ListenAsync);
            }
        }
        remove
        {
            lock (gate)
                changed -= value;
        }
    }

    public override async Task NotifyAsync(RunId? run, CancellationToken cancellation)
    {
        var command = source.CreateCommand("select pg_notify($1, $2)");
        await using var _ = command.ConfigureAwait(false);
        command.Parameters.Add(new NpgsqlParameter { Value = Channel });
        command.Parameters.Add(new NpgsqlParameter { Value = run is { } id ? $"{self} {id.Value:N}" : self });
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    async Task ListenAsync()
    {
        // A connection of its own, alive for as long as the store, that notices by itself when the server is gone.
        var own = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false, KeepAlive = 15, MaxAutoPrepare = 0 };
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(own.ConnectionString).ConfigureAwait(false);
            }
            catch (Exception e) when (e is NpgsqlException or OperationCanceledException or IOException or System.Net.Sockets.SocketException)
            {
                // The server restarts, or we stop. Others that can't reach it say so; this one tries until it can.
                await Task.Delay(ReconnectDelay, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    async Task ListenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString);
        await using var _ = connection.ConfigureAwait(false);
        await connection.OpenAsync(stop.Token).ConfigureAwait(false);
        connection.Notification += (_, said) => Heard(said.Payload);
        var command = new NpgsqlCommand($"listen {Channel}", connection);
        await using var __ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(stop.Token).ConfigureAwait(false);
        changed?.Invoke(null);
        while (true)
            await connection.WaitAsync(stop.Token).ConfigureAwait(false);
    }

    void Heard(string payload)
    {
        if (payload.StartsWith(self, StringComparison.Ordinal))
            return;
        var run = payload.Split(' ') is [_, var id] && Guid.TryParse(id, out var value) ? new RunId(value) : (RunId?)null;
        changed?.Invoke(run);
    }

    async Task StopListeningAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        if (listening is { } task)
            await task.ConfigureAwait(false);
        stop.Dispose();
    }
}
