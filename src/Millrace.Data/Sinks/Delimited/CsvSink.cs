using System.Diagnostics;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>Delimited text. Several threads make text of batches and one writes it, in their order.</summary>
sealed class CsvSink(string? path, CsvWriteOptions options) : FileSink(path)
{
    public override string Kind => "csv";

    internal override string Extension => options.Delimiter == '\t' ? ".tsv" : ".csv";

    internal override bool CountsItself => true;

    internal override void Check(Schema schema) => ValueText.MustBeFlat(schema);

    internal override FileWriter Start(string path, string name, Schema schema, RunContext context) =>
        new Writer(OutputFile.Create(path, name), new LineWriter(options, name), options.Header ? schema : null, context);

    sealed class Writer : FileWriter
    {
        readonly Stream file;
        readonly LineWriter lines;
        readonly Stage formatting, writing;
        readonly CancellationTokenSource failed = new();
        readonly Pipeline<Batch, WrittenLines> pipeline;
        readonly Task flushing;

        internal Writer(Stream file, LineWriter lines, Schema? header, RunContext context)
        {
            (this.file, this.lines) = (file, lines);
            formatting = context.Stages.Add("format csv", context.Threads);
            writing = context.Stages.Add("write csv");
            pipeline = new Pipeline<Batch, WrittenLines>(context.Threads, context.Threads + 1, Format);
            flushing = Task.Run(() => FlushAsync(header));
        }

        internal override async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
        {
            Rows += batch.Count;
            try
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, failed.Token);
                await pipeline.PostAsync(batch, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (failed.IsCancellationRequested)
            {
                await flushing.ConfigureAwait(false);
                throw;
            }
        }

        internal override async Task FinishAsync(CancellationToken cancel)
        {
            pipeline.Complete();
            await flushing.ConfigureAwait(false);
            await file.FlushAsync(cancel).ConfigureAwait(false);
        }

        public override async ValueTask DisposeAsync()
        {
            await failed.CancelAsync().ConfigureAwait(false);
            pipeline.Complete();
            // What it failed with was thrown to the writer, or nobody waits for it any more.
            await flushing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await pipeline.DisposeAsync().ConfigureAwait(false);
            await file.DisposeAsync().ConfigureAwait(false);
            failed.Dispose();
        }

        WrittenLines Format(Batch batch)
        {
            var since = Stopwatch.GetTimestamp();
            using (batch)
            {
                var text = lines.Write(batch);
                formatting.Count(batch.Count, batch.Count, Stopwatch.GetElapsedTime(since), text.Bytes.Length);
                return text;
            }
        }

        async Task FlushAsync(Schema? header)
        {
            try
            {
                if (header is not null)
                {
                    using var first = lines.Header(header);
                    await file.WriteAsync(first.Bytes, CancellationToken.None).ConfigureAwait(false);
                }
                await foreach (var text in pipeline.TakeAsync(failed.Token).ConfigureAwait(false))
                {
                    using (text)
                    {
                        var since = Stopwatch.GetTimestamp();
                        // A file on disk is written at once, without a way through the pool for each block.
                        if (file is FileStream) file.Write(text.Bytes.Span);
                        else await file.WriteAsync(text.Bytes, failed.Token).ConfigureAwait(false);
                        writing.Count(text.Rows, text.Rows, Stopwatch.GetElapsedTime(since), text.Bytes.Length);
                    }
                }
            }
            catch
            {
                await failed.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }
    }
}
