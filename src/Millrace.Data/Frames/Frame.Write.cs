using System.Diagnostics;

namespace Millrace.Data;

public partial class Frame
{
    /// <summary>Runs the plan and writes its rows to a file of the format that its name ends in: all of them, or none.</summary>
    /// <param name="path">A file that is there is replaced.</param>
    public Task<WriteReport> WriteAsync(string path, RunContext? run = null, CancellationToken cancel = default) => WriteAsync(FileFormats.Sink(path), run, cancel);

    /// <inheritdoc cref="WriteAsync(string, RunContext?, CancellationToken)"/>
    public Task<WriteReport> WriteAsync(string path, CancellationToken cancel) => WriteAsync(path, null, cancel);

    /// <inheritdoc cref="WriteAsync(ISink, RunContext?, CancellationToken)"/>
    public Task<WriteReport> WriteAsync(ISink sink, CancellationToken cancel) => WriteAsync(sink, null, cancel);

    /// <summary>Runs the plan and writes its rows to a file or another sink: all of them become visible at once, or none. The report has what was refused.</summary>
    public async Task<WriteReport> WriteAsync(ISink sink, RunContext? run = null, CancellationToken cancel = default)
    {
        run = RunContext.Keeping(run);
        // A table has rows already, and only a load says what becomes of them.
        if (sink is LoadTarget target) throw new ArgumentException($"'{target.Name}' is loaded, not written: say LoadAsync and how, such as Load.Append.", nameof(sink));
        var since = Stopwatch.GetTimestamp();
        var writer = await sink.OpenAsync(Schema, run, cancel).ConfigureAwait(false);
        await using var closing = writer.ConfigureAwait(false);
        var rows = 0L;
        await foreach (var batch in FrameRunner.RunAsync(Plan, run, cancel).ConfigureAwait(false))
        {
            rows += batch.Count;
            await writer.WriteAsync(batch, cancel).ConfigureAwait(false);
        }
        var written = await writer.CommitAsync(cancel).ConfigureAwait(false);
        return written.Rows == rows
            ? new WriteReport(written, run, run.Rejects!, Stopwatch.GetElapsedTime(since))
            : throw new InvalidOperationException($"{rows} rows were given to the {sink.Kind} sink, and it says that it wrote {written.Rows}.");
    }
}
