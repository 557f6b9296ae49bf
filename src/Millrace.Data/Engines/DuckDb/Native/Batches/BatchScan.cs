namespace Millrace.Data.Engines.DuckDb;

/// <summary>One read of a table of batches: DuckDB's threads take whole batches in turn and cut them into chunks.</summary>
sealed class BatchScan : TableScan
{
    readonly DuckDbConnection connection;
    readonly BatchTableSource source;
    readonly CancellationTokenSource stop = new();
    readonly IAsyncEnumerator<Batch> batches;
    readonly Lock gate = new();
    readonly int[] places;
    readonly Schema wanted;
    bool ended;

    internal BatchScan(DuckDbConnection connection, BatchTableSource source, int[] columns)
    {
        this.connection = connection;
        this.source = source;
        // A statement that only counts rows wants no column; batches still need one to come in.
        var read = columns.Where(c => c >= 0).Distinct().DefaultIfEmpty(0).ToArray();
        places = [.. columns.Select(c => Array.IndexOf(read, c))];
        wanted = source.Schema.Count == 0 ? Schema.Empty : new Schema(read.Select(c => source.Schema[c]));
        batches = source.Open([.. wanted.Names], stop.Token).GetAsyncEnumerator(stop.Token);
        connection.Scans.TryAdd(this, true);
    }

    internal override int MaxThreads => source.MaxThreads;

    internal override TableReader NewReader() => new Reader(this);

    /// <summary>Ends the wait for a batch, where an interrupt of DuckDB's can't reach.</summary>
    internal void Stop()
    {
        try
        {
            _ = stop.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
    }

    Batch? Next()
    {
        lock (gate)
        {
            if (ended) return null;
            try
            {
                var more = batches.MoveNextAsync();
                // The thread is DuckDB's: nobody of the pool waits here.
                if (more.IsCompleted ? more.Result : more.AsTask().GetAwaiter().GetResult()) return batches.Current;
            }
            catch
            {
                ended = true;
                throw;
            }
            ended = true;
            return null;
        }
    }

    public override void Dispose()
    {
        connection.Scans.TryRemove(this, out _);
        stop.Cancel();
        try
        {
            batches.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
        catch (Exception)
        {
            // The read has ended, with its own error or well; an enumerator that can't close changes neither.
        }
        stop.Dispose();
    }

    sealed class Reader(BatchScan scan) : TableReader
    {
        readonly ColumnWriter[] writers = [.. scan.wanted.Select(f => ColumnWriter.For(f.Type, enumsAsText: true))];
        Batch? batch;
        int position;

        internal override int Read(ChunkWriter output)
        {
            var rows = 0;
            while (rows < Api.VectorSize)
            {
                if (batch is null || position == batch.Count)
                {
                    batch?.Dispose();
                    batch = null;
                    position = 0;
                    // Rows that are there go first: the next batch may be long in coming.
                    if (rows > 0 || (batch = scan.Next()) is null) break;
                    Check(batch);
                    continue;
                }
                var count = Math.Min(Api.VectorSize - rows, batch.Count - position);
                for (var i = 0; i < scan.places.Length; i++)
                {
                    if (scan.places[i] is >= 0 and var place) writers[place].Write(batch[place], position, count, output[i], rows);
                }
                position += count;
                rows += count;
            }
            return rows;
        }

        public override void Dispose() => batch?.Dispose();

        void Check(Batch given)
        {
            if (given.Columns.Length == scan.wanted.Count) return;
            throw new PlanException($"A source was asked for the columns {scan.wanted} and gave {given.Schema}.");
        }
    }
}
