using System.Threading.Channels;
using Millrace.Data.Engines.DuckDb;

namespace Millrace.Data;

/// <summary>A connection of DuckDB's that packs batches into Parquet files, one file after the other.</summary>
sealed class ParquetLane : IDisposable
{
    internal const string Table = "rows";

    readonly DuckDbConnection connection;
    Channel<Batch> batches = null!;
    Task copied = Task.CompletedTask;

    internal ParquetLane(DuckDbDatabase database, Schema schema)
    {
        connection = database.Connect();
        try
        {
            connection.AddTable(Table, new BatchTableSource(schema) { Open = (_, cancel) => batches.Reader.ReadAllAsync(cancel), MaxThreads = 1 });
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Starts a file; the one before has been written.</summary>
    internal void Begin(string copyStatement, CancellationToken stop)
    {
        // Few: DuckDB holds the rows of the group, and what waits here is held besides.
        var given = batches = Channel.CreateBounded<Batch>(new BoundedChannelOptions(2) { SingleReader = true, SingleWriter = true });
        // A thread, not a task: it waits inside DuckDB for the batches to come.
        copied = Task.Factory.StartNew(() =>
        {
            try
            {
                connection.Execute(copyStatement, stop);
            }
            catch (Exception e)
            {
                given.Writer.TryComplete(e);
                throw;
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Takes the batch over.</summary>
    internal async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
    {
        try
        {
            await batches.Writer.WriteAsync(batch, cancel).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            batch.Dispose();
            if (e is ChannelClosedException) await CopiedAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>No batch comes to this file any more.</summary>
    internal void End() => batches.Writer.TryComplete();

    /// <summary>Waits until the file is written.</summary>
    internal async Task CopiedAsync()
    {
        try
        {
            await copied.ConfigureAwait(false);
        }
        catch (DuckDbException e) when (e.Type == DuckDbErrorType.IO)
        {
            throw new IOException($"The Parquet file can't be written: {e.Message}", e);
        }
    }

    /// <summary>To be called when nothing is being written any more.</summary>
    public void Dispose()
    {
        // What came before a statement that failed took it.
        while (batches.Reader.TryRead(out var unread)) unread.Dispose();
        connection.Dispose();
    }
}
