namespace Millrace.Data;

/// <summary>
/// A sink that writes files of one format: one file, or as many as a <see cref="FolderSink"/> makes of it. What is
/// written is a file beside the target until it is committed.
/// </summary>
/// <param name="path">Null where a folder says the paths.</param>
abstract class FileSink(string? path) : ISink
{
    public abstract string Kind { get; }

    /// <summary>What the names of files of a set end in.</summary>
    internal abstract string Extension { get; }

    internal string? Path { get; } = path;

    /// <summary>Whether its writer counts stages of its own: what it waits for then isn't counted as work.</summary>
    internal virtual bool CountsItself => false;

    /// <summary>Refuses a schema that files of this format can't hold.</summary>
    /// <exception cref="PlanException">The message names the column.</exception>
    internal virtual void Check(Schema schema) { }

    /// <summary>Starts a file of rows of that schema at a path where nothing is.</summary>
    internal abstract FileWriter Start(string path, string name, Schema schema, RunContext context);

    public Task<ISinkWriter> OpenAsync(Schema schema, RunContext context, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        Check(schema);
        if (Path is null) throw new InvalidOperationException($"This {Kind} sink has no path.");
        return Task.FromResult<ISinkWriter>(new SingleFileWriter(this, Path, schema, context));
    }

    sealed class SingleFileWriter : ISinkWriter
    {
        readonly AtomicFile target;
        readonly string path;
        readonly FileWriter writer;
        readonly Stage? stage;
        bool ended;

        internal SingleFileWriter(FileSink sink, string path, Schema schema, RunContext context)
        {
            this.path = path;
            target = new AtomicFile(path);
            if (!sink.CountsItself) stage = context.Stages.Add($"write {sink.Kind}");
            try
            {
                writer = sink.Start(target.TempPath, path, schema, context);
            }
            catch
            {
                target.Dispose();
                throw;
            }
        }

        public async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
        {
            var (since, rows) = (System.Diagnostics.Stopwatch.GetTimestamp(), batch.Count);
            await NamedAsync(writer.WriteAsync(batch, cancel)).ConfigureAwait(false);
            stage?.Count(rows, rows, System.Diagnostics.Stopwatch.GetElapsedTime(since));
        }

        public async Task<SinkReport> CommitAsync(CancellationToken cancel)
        {
            await NamedAsync(new ValueTask(writer.FinishAsync(cancel))).ConfigureAwait(false);
            await NamedAsync(writer.DisposeAsync()).ConfigureAwait(false);
            ended = true;
            return new SinkReport(writer.Rows, target.Publish());
        }

        async ValueTask NamedAsync(ValueTask work)
        {
            try
            {
                await work.ConfigureAwait(false);
            }
            catch (Exception e) when (Disk.Refused(e))
            {
                throw new IOException($"'{path}' can't be written, and is as it was: {e.Message} Make room, or write elsewhere.", e);
            }
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                if (!ended) await writer.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (Disk.Refused(e))
            {
                // What is thrown away need not be written to its end: the disk may be full.
            }
            ended = true;
            target.Dispose();
        }
    }
}

/// <summary>Writes one file from its start to its end. Disposed before that, it leaves a file that is no good.</summary>
abstract class FileWriter : IAsyncDisposable
{
    internal long Rows { get; private protected set; }

    /// <summary>Takes the batch over.</summary>
    internal abstract ValueTask WriteAsync(Batch batch, CancellationToken cancel);

    /// <summary>Writes what a file of the format ends with, and gives all of it to the operating system.</summary>
    internal abstract Task FinishAsync(CancellationToken cancel);

    public abstract ValueTask DisposeAsync();
}
