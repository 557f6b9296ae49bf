using System.Globalization;
using System.Threading.Channels;
using Millrace.Data.Engines.DuckDb;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>A Parquet file, written by DuckDB.</summary>
sealed class ParquetSink(string? path, ParquetOptions options) : FileSink(path)
{
    public override string Kind => "parquet";

    internal override string Extension => ".parquet";

    internal override void Check(Schema schema)
    {
        // Parquet's intervals end at milliseconds: durations are written as whole microseconds, which they are.
        if (schema.FirstOrDefault(f => f.Type.Kind != TypeKind.Duration && HoldsDuration(f.Type)) is { } field)
            throw new PlanException($"Column '{field.Name}' has durations inside a {field.Type.Kind.ToString().ToLowerInvariant()}, and Parquet has no type that holds their microseconds. Convert them to integers first.");
        if (schema.Count == 0) throw new PlanException("A Parquet file needs at least one column.");
    }

    static bool HoldsDuration(DataType type) => type switch
    {
        ListType list => HoldsDuration(list.Item.Type),
        MapType map => HoldsDuration(map.Key.Type) || HoldsDuration(map.Value.Type),
        StructType row => row.Fields.Any(f => HoldsDuration(f.Type)),
        _ => type.Kind == TypeKind.Duration,
    };

    /// <summary>The statement that writes the rows of a query with these columns to the path.</summary>
    internal string CopyStatement(string query, Schema schema, string path)
    {
        var columns = schema.Select(f => DuckDbConnection.Quote(f.Name)).Select((name, i) => schema[i].Type.Kind == TypeKind.Duration ? $"epoch_us({name}) AS {name}" : name);
        return $"""
            COPY (SELECT {string.Join(", ", columns)} FROM ({query}))
            TO {ParquetSource.Text(path)} (FORMAT parquet, COMPRESSION {(options.Compression == ParquetCompression.None ? "uncompressed" : options.Compression.ToString().ToLowerInvariant())}, ROW_GROUP_SIZE {options.RowGroupRows.ToString(CultureInfo.InvariantCulture)})
            """;
    }

    internal override FileWriter Start(string path, string name, Schema schema, RunContext context) => new Writer(this, path, name, schema, context);

    sealed class Writer : FileWriter
    {
        readonly Channel<Batch> batches = Channel.CreateBounded<Batch>(new BoundedChannelOptions(2) { SingleReader = true, SingleWriter = true });
        readonly CancellationTokenSource stop = new();
        readonly DuckDbDatabase database;
        readonly DuckDbConnection connection;
        readonly Task copying;

        internal Writer(ParquetSink sink, string path, string name, Schema schema, RunContext context)
        {
            if (Packing.Of(name) is not null) throw new NotSupportedException($"'{name}' is to be packed, and Parquet files are packed inside. Leave the end of the name off.");
            database = DuckDbDatabase.InMemory(new DuckDbOptions { Threads = context.Threads });
            connection = database.Connect();
            connection.AddTable("rows", new BatchTableSource(schema) { Open = (_, cancel) => batches.Reader.ReadAllAsync(cancel), MaxThreads = 1 });
            var copy = sink.CopyStatement("SELECT * FROM \"rows\"", schema, path);
            // A thread, not a task: it waits inside DuckDB for the batches to come.
            copying = Task.Factory.StartNew(() =>
            {
                try
                {
                    connection.Execute(copy, stop.Token);
                }
                catch (Exception e)
                {
                    batches.Writer.TryComplete(e);
                    throw;
                }
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        internal override async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
        {
            var rows = batch.Count;
            try
            {
                await batches.Writer.WriteAsync(batch, cancel).ConfigureAwait(false);
            }
            catch (ChannelClosedException)
            {
                batch.Dispose();
                await CopiedAsync().ConfigureAwait(false);
                throw;
            }
            Rows += rows;
        }

        internal override Task FinishAsync(CancellationToken cancel)
        {
            batches.Writer.TryComplete();
            return CopiedAsync();
        }

        async Task CopiedAsync()
        {
            try
            {
                await copying.ConfigureAwait(false);
            }
            catch (DuckDbException e) when (e.Type == DuckDbErrorType.IO)
            {
                throw new IOException($"The Parquet file can't be written: {e.Message}", e);
            }
        }

        public override async ValueTask DisposeAsync()
        {
            await stop.CancelAsync().ConfigureAwait(false);
            batches.Writer.TryComplete();
            await ((Task)copying.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)).ConfigureAwait(false);
            while (batches.Reader.TryRead(out var unread)) unread.Dispose();
            connection.Dispose();
            database.Dispose();
            stop.Dispose();
        }
    }
}
