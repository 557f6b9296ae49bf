using System.Collections.Concurrent;
using System.Globalization;
using Millrace.Data.Engines.DuckDb;

namespace Millrace.Data;

/// <summary>
/// One Parquet file, its row groups packed side by side and put down in the order of the rows:
/// <code>
/// batches ──► lane 1: rows 0..         packs part 1 ─┐
///             lane 2: rows 122,880..   packs part 2 ─┼─► the parts joined in order, each when those before it are
///             lane 1: rows 245,760..   packs part 3 ─┘
/// </code>
/// Taking rows in is little work and done for one lane at a time; packing them is much, and begins when a lane has a
/// group full. The memory is that of a group a lane. The first part is the file itself: a small table is that part.
/// </summary>
sealed class ParquetWriter : FileWriter
{
    readonly string path;
    readonly Schema schema;
    readonly Func<string, int?, string> copyStatement;
    readonly int groupRows;
    readonly DuckDbDatabase database;
    readonly CancellationTokenSource stop = new();
    readonly ConcurrentBag<ParquetLane> idle = [];
    readonly List<ParquetLane> lanes = [];
    readonly SemaphoreSlim free;
    readonly ParquetJoin join;
    readonly ParquetDictionaries dictionaries;
    ParquetLane? current;
    string currentPath;
    long room;
    int parts;
    Task joined = Task.CompletedTask;
    bool disposed;

    /// <param name="copyStatement">The statement that writes the table of a lane to a path, with at most so many values in a dictionary.</param>
    internal ParquetWriter(string path, Schema schema, Func<string, int?, string> copyStatement, int groupRows, int threads)
    {
        (this.path, this.schema, this.copyStatement, this.groupRows) = (path, schema, copyStatement, groupRows);
        // One lane takes rows in while as many as there are threads pack.
        free = new SemaphoreSlim(threads + 1);
        join = new ParquetJoin(path);
        dictionaries = new ParquetDictionaries(groupRows, threads + 1);
        currentPath = path;
        // Each lane works on the thread that waits for it: DuckDB needs none of its own.
        database = DuckDbDatabase.InMemory(new DuckDbOptions { Threads = 1 });
        free.Wait(CancellationToken.None);
        try
        {
            Begin();
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    internal override async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
    {
        for (var from = 0; ;)
        {
            if (room == 0) await NextAsync(batch, cancel).ConfigureAwait(false);
            var left = batch.Count - from;
            var count = (int)Math.Min(left, room);
            room -= count;
            Rows += count;
            if (count == left)
            {
                await current!.WriteAsync(from == 0 ? batch : Rest(batch, from, count), cancel).ConfigureAwait(false);
                return;
            }
            var some = batch.Slice(from, count);
            from += count;
            try
            {
                await current!.WriteAsync(some, cancel).ConfigureAwait(false);
            }
            catch
            {
                batch.Dispose();
                throw;
            }
        }
    }

    static Batch Rest(Batch batch, int from, int count)
    {
        using (batch) return batch.Slice(from, count);
    }

    async ValueTask NextAsync(Batch waiting, CancellationToken cancel)
    {
        try
        {
            EndCurrent();
            await free.WaitAsync(cancel).ConfigureAwait(false);
        }
        catch
        {
            waiting.Dispose();
            throw;
        }
        try
        {
            // A part that failed is told now, not at the end.
            if (joined.IsCompleted) await joined.ConfigureAwait(false);
            Begin();
        }
        catch
        {
            free.Release();
            waiting.Dispose();
            throw;
        }
    }

    void Begin()
    {
        if (!idle.TryTake(out var lane)) lanes.Add(lane = new ParquetLane(database, schema));
        if (parts++ > 0) currentPath = string.Create(CultureInfo.InvariantCulture, $"{path}.{parts}");
        lane.Begin(copyStatement(currentPath, dictionaries.MostValues(parts)), stop.Token);
        (current, room) = (lane, groupRows);
    }

    void EndCurrent()
    {
        if (current is not { } lane) return;
        current = null;
        lane.End();
        joined = JoinAsync(lane, currentPath, parts, joined);
    }

    async Task JoinAsync(ParquetLane lane, string path, int part, Task before)
    {
        try
        {
            await lane.CopiedAsync().ConfigureAwait(false);
            idle.Add(lane);
            await before.ConfigureAwait(false);
            dictionaries.See(part, join.Append(path));
        }
        finally
        {
            // The last task stands for all: none of those before it runs when it has ended.
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Not before: parts that wait for a slow one are bound, too.
            free.Release();
            if (part > 1) File.Delete(path);
        }
    }

    internal override async Task FinishAsync(CancellationToken cancel)
    {
        EndCurrent();
        await joined.WaitAsync(cancel).ConfigureAwait(false);
        join.Finish();
    }

    public override async ValueTask DisposeAsync()
    {
        if (disposed) return;
        disposed = true;
        await stop.CancelAsync().ConfigureAwait(false);
        EndCurrent();
        // Whatever went wrong was told where it was waited for; here all parts only have to be gone.
        await joined.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var lane in lanes) lane.Dispose();
        join.Dispose();
        database.Dispose();
        free.Dispose();
        stop.Dispose();
    }
}
