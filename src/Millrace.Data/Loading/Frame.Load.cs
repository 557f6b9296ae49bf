using System.Diagnostics;

namespace Millrace.Data;

public partial class Frame
{
    /// <summary>Runs the plan and loads its rows: all of them at once become visible, or none.</summary>
    /// <exception cref="LoadException">The target refused the rows; it is as it was.</exception>
    public async Task<LoadReport> LoadAsync(LoadTarget target, Load mode, LoadOptions? options = null, RunContext? run = null, CancellationToken cancel = default)
    {
        options ??= new LoadOptions();
        run = RunContext.Keeping(run);
        var since = Stopwatch.GetTimestamp();
        var frame = this;
        BookmarkProgress? progress = null;
        if (mode == Load.Incremental)
        {
            var bookmark = options.Bookmark ?? throw new LoadException("Load.Incremental reads what is past a bookmark. Give one: new LoadOptions { Bookmark = Bookmark.ByKey(\"updated_at\") }.");
            progress = bookmark.Begin(Schema, await target.ReadStateAsync(bookmark.Name, cancel).ConfigureAwait(false));
            frame = new Frame(progress.Past(Plan));
        }
        // What lives in a database has no lines to name, and is loaded there where it can be.
        if (options.MayRefuse(mode, frame.Schema, target.Key) && PostgresEngine.SqlFor(frame.Plan) is null) frame = frame.WithProvenance();
        var writer = await target.OpenAsync(frame.Schema, mode, options, run, cancel).ConfigureAwait(false);
        await using var closing = writer.ConfigureAwait(false);
        var isPushed = progress is null && writer is TableLoad table && await table.TryPushDownAsync(frame.Plan, cancel).ConfigureAwait(false);
        if (!isPushed)
        {
            await foreach (var batch in FrameRunner.RunAsync(frame.Plan, run, cancel).ConfigureAwait(false))
                await writer.WriteAsync(progress is null ? batch : progress.Follow(batch), cancel).ConfigureAwait(false);
        }
        if (progress is not null) writer.State = (options.Bookmark!.Name, progress.State);
        if (options.Files is { } files)
        {
            if (progress is not null) throw new LoadException("A load goes by one bookmark: by LoadOptions.Bookmark or by Files, not by both.");
            writer.State = (files.Name, files.State);
        }
        await writer.CommitLoadAsync(cancel).ConfigureAwait(false);
        return new LoadReport(target.Name, mode, writer.Counts, run, run.Rejects!, Stopwatch.GetElapsedTime(since));
    }

    /// <inheritdoc cref="LoadAsync(LoadTarget, Load, LoadOptions?, RunContext?, CancellationToken)"/>
    public Task<LoadReport> LoadAsync(LoadTarget target, Load mode, LoadOptions? options, CancellationToken cancel) => LoadAsync(target, mode, options, null, cancel);

    internal Frame WithProvenance() => new(ProvenanceColumns.Keep(Plan));
}
