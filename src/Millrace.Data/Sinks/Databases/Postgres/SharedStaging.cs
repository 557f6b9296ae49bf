using System.Threading.Channels;
using Npgsql;

namespace Millrace.Data;

/// <summary>Several COPY streams into one unlogged table. A lock that its load holds says that it lives; what a killed load left is swept.</summary>
sealed class SharedStaging : IStagingStream
{
    const string Prefix = "millrace_staging_";
    readonly Channel<Batch> waiting;
    readonly CancellationTokenSource stop = new();
    readonly Task<long[]> writing;

    SharedStaging(IReadOnlyList<(NpgsqlConnection Session, CopyWriter Copy)> streams)
    {
        waiting = Channel.CreateBounded<Batch>(streams.Count * 2);
        writing = Task.WhenAll(streams.Select(s => Task.Run(() => PumpAsync(s.Session, s.Copy))));
    }

    internal static async Task<SharedStaging> OpenAsync(PostgresConnection database, string table, Schema schema, int count, CancellationToken cancel)
    {
        var streams = new List<(NpgsqlConnection Session, CopyWriter? Copy)>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                streams.Add((await database.OpenAsync(cancel).ConfigureAwait(false), null));
                streams[i] = (streams[i].Session, await CopyWriter.OpenAsync(streams[i].Session, table, schema, cancel).ConfigureAwait(false));
            }
            return new SharedStaging([.. streams.Select(s => (s.Session, s.Copy!))]);
        }
        catch
        {
            // A COPY that is open holds a lock on the staging table, for whose end dropping it would wait for ever.
            foreach (var (session, copy) in streams)
            {
                if (copy is not null) await copy.DisposeAsync().ConfigureAwait(false);
                await session.DisposeAsync().ConfigureAwait(false);
            }
            throw;
        }
    }

    internal static Task ClaimAsync(PostgresSession session, string name, CancellationToken cancel) =>
        session.QueryAsync($"select pg_advisory_lock(hashtextextended('{name}', 7))", cancel);

    internal static async Task SweepAsync(PostgresSession session, TableName target, CancellationToken cancel)
    {
        var left = await session.QueryAsync($"""
            select c.relname::text from pg_class c
            where c.relname like '{Prefix}%' and c.relpersistence = 'u' and c.relkind = 'r'
              and c.relnamespace = coalesce(to_regnamespace({(target.Schema is null ? "null" : LoadDialect.Text(TableName.Quote(target.Schema)))}), to_regnamespace(current_schema()::text))
            """, cancel).ConfigureAwait(false);
        foreach (var row in left)
        {
            var name = (string)row[0]!;
            if (await session.QueryAsync($"select pg_try_advisory_lock(hashtextextended('{name}', 7))", cancel).ConfigureAwait(false) is not [[true]]) continue;
            await session.RunAsync($"drop table if exists {target.Beside(name).Sql}", cancel).ConfigureAwait(false);
            await session.QueryAsync($"select pg_advisory_unlock(hashtextextended('{name}', 7))", cancel).ConfigureAwait(false);
        }
    }

    public async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
    {
        // A stream that failed takes nothing any more: its failure is the load's.
        if (writing.IsFaulted || stop.IsCancellationRequested) await writing.ConfigureAwait(false);
        try
        {
            await waiting.Writer.WriteAsync(batch, cancel).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            batch.Dispose();
            await writing.ConfigureAwait(false);
            throw;
        }
    }

    public async Task<long> EndAsync(CancellationToken cancel)
    {
        waiting.Writer.TryComplete();
        return (await writing.WaitAsync(cancel).ConfigureAwait(false)).Sum();
    }

    async Task<long> PumpAsync(NpgsqlConnection session, CopyWriter copy)
    {
        await using var closing = session.ConfigureAwait(false);
        await using var ending = copy.ConfigureAwait(false);
        try
        {
            await foreach (var batch in waiting.Reader.ReadAllAsync(stop.Token).ConfigureAwait(false))
            {
                using (batch) await copy.WriteAsync(batch, stop.Token).ConfigureAwait(false);
            }
            await copy.EndAsync(stop.Token).ConfigureAwait(false);
            return copy.Bytes;
        }
        catch (Exception e)
        {
            // Wakes the writer that waits for room, and the other streams.
            waiting.Writer.TryComplete(e);
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        if (!writing.IsCompleted) await stop.CancelAsync().ConfigureAwait(false);
        await ((Task)writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (waiting.Reader.TryRead(out var unwritten)) unwritten.Dispose();
        stop.Dispose();
    }
}
