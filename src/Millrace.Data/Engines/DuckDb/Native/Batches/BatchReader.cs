using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>Brings DuckDB's small chunks together into batches.</summary>
sealed class BatchReader : IDisposable
{
    /// <summary>A batch with so much text is given out before it has its rows.</summary>
    const int EnoughBytes = 32 << 20;

    readonly DuckDbResult result;
    readonly ColumnReader[] columns;
    readonly int batchRows;

    /// <param name="expected">The schema that the rows are to have, by position; null takes DuckDB's own.</param>
    internal BatchReader(DuckDbResult result, Schema? expected = null, int batchRows = 16_384)
    {
        this.result = result;
        this.batchRows = batchRows;
        columns = new ColumnReader[result.ColumnCount];
        var fields = new Field[columns.Length];
        try
        {
            if (expected is not null && expected.Count != result.ColumnCount)
                throw new PlanException($"The query gives {result.ColumnCount} columns, and {expected.Count} are expected: {expected}.");
            for (var i = 0; i < columns.Length; i++)
            {
                using var type = result.ColumnType(i);
                fields[i] = expected?[i] ?? new Field(result.ColumnName(i), DuckDbTypes.ToDataType(type, result.ColumnName(i)));
                columns[i] = ColumnReaders.For(type, fields[i].Type, fields[i].Name);
            }
        }
        catch
        {
            // Nobody else holds it: left open, it would be interrupted for ever.
            result.Dispose();
            throw;
        }
        Schema = expected ?? new Schema(fields);
    }

    internal Schema Schema { get; }

    /// <summary>The next rows, or null at the end.</summary>
    internal Batch? Read()
    {
        var rows = 0;
        while (rows + Api.VectorSize <= Math.Max(batchRows, Api.VectorSize) && result.Read(out var chunk))
        {
            var bytes = 0L;
            for (var i = 0; i < columns.Length; i++)
            {
                columns[i].Append(chunk[i]);
                bytes += columns[i].Bytes;
            }
            rows += chunk.RowCount;
            if (bytes >= EnoughBytes) break;
        }
        if (rows == 0) return null;
        var memory = new BatchMemory();
        return new Batch(Schema, rows, columns.Select(c => c.Build(memory)).ToArray(), memory);
    }

    public void Dispose()
    {
        foreach (var column in columns) column.Dispose();
        result.Dispose();
    }

    /// <summary>Runs the statement on a thread of its own, a few batches ahead of whoever reads them.</summary>
    internal static async IAsyncEnumerable<Batch> StreamAsync(
        DuckDbStatement statement, Schema? expected, int batchRows, [EnumeratorCancellation] CancellationToken cancel)
    {
        var batches = Channel.CreateBounded<Batch>(new BoundedChannelOptions(2) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        // A thread, not a task: it waits inside DuckDB, and the pool has too few to lend.
        var work = Task.Factory.StartNew(Pump, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await foreach (var batch in batches.Reader.ReadAllAsync(cancel).ConfigureAwait(false)) yield return batch;
        }
        finally
        {
            // The statement must be at rest before its owner disposes it, whether its rows were wanted to the end or not.
            await stop.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(false);
            while (batches.Reader.TryRead(out var unread)) unread.Dispose();
        }

        void Pump()
        {
            try
            {
                using var reader = new BatchReader(statement.Stream(stop.Token), expected, batchRows);
                while (reader.Read() is { } batch)
                {
                    if (!Hand(batch)) return;
                }
                batches.Writer.Complete();
            }
            catch (Exception thrown)
            {
                batches.Writer.Complete(thrown);
            }
        }

        // A batch that nobody takes any more is still this thread's to give back.
        bool Hand(Batch batch)
        {
            var taken = false;
            try
            {
                while (!(taken = batches.Writer.TryWrite(batch)))
                {
                    if (!batches.Writer.WaitToWriteAsync(stop.Token).AsTask().GetAwaiter().GetResult()) return false;
                }
                return true;
            }
            finally
            {
                if (!taken) batch.Dispose();
            }
        }
    }
}
