using System.Diagnostics;

namespace Millrace.Data;

public partial class Frame
{
    /// <summary>Runs the plan and loads its rows: all of them at once become visible, or none.</summary>
    /// <exception cref="LoadException">The target refused the rows; it is as it was.</exception>
    public async Task<LoadReport> LoadAsync(LoadTarget target, Load mode, LoadOptions? options = null, RunContext? run = null, CancellationToken cancel = default)
    {
        var ownsRejects = run?.Rejects is null;
        run = RunContext.Keeping(run);
        try
        {
            return await LoadAsync(target, mode, options ?? new LoadOptions(), run, ownsRejects, cancel).ConfigureAwait(false);
        }
        catch
        {
            // The report would have owned it.
            if (ownsRejects) run.Rejects!.Dispose();
            throw;
        }
    }

    async Task<LoadReport> LoadAsync(LoadTarget target, Load mode, LoadOptions options, RunContext run, bool ownsRejects, CancellationToken cancel)
    {
        var since = Stopwatch.GetTimestamp();
        var frame = this;
        BookmarkProgress? progress = null;
        string? began = null;
        if (mode == Load.Incremental)
        {
            var bookmark = options.Bookmark ?? throw new LoadException("Load.Incremental reads what is past a bookmark. Give one: new LoadOptions { Bookmark = Bookmark.ByKey(\"updated_at\") }.");
            if (options.Files is not null) throw new LoadException("A load goes by one bookmark: by LoadOptions.Bookmark or by Files, not by both.");
            began = await target.ReadStateAsync(bookmark.Name, cancel).ConfigureAwait(false);
            progress = bookmark.Begin(Schema, target.Key, began);
            frame = new Frame(progress.Past(Plan));
        }
        // What lives in a database has no lines to name, and is loaded there where it can be.
        if (options.MayRefuse(mode, frame.Schema, target.Key) && PostgresEngine.SqlFor(frame.Plan) is null) frame = frame.WithProvenance();
        var writer = await target.OpenAsync(frame.Schema, mode, options, run, cancel).ConfigureAwait(false);
        await using var closing = writer.ConfigureAwait(false);
        if (!writer.IsDone)
        {
            await frame.FillAsync(writer, progress, run, cancel).ConfigureAwait(false);
            writer.State = progress is null ? options.Files?.Move : new BookmarkMove(options.Bookmark!.Name, began, progress.State);
            await writer.CommitLoadAsync(cancel).ConfigureAwait(false);
        }
        return new LoadReport(target.Name, mode, writer, run, ownsRejects, Stopwatch.GetElapsedTime(since));
    }

    async Task FillAsync(LoadWriter writer, BookmarkProgress? progress, RunContext run, CancellationToken cancel)
    {
        if (progress is null && writer is TableLoad table && await table.TryPushDownAsync(Plan, cancel).ConfigureAwait(false)) return;
        await foreach (var batch in FrameRunner.RunAsync(Plan, run, cancel).ConfigureAwait(false))
            await writer.WriteAsync(progress is null ? batch : progress.Follow(batch), cancel).ConfigureAwait(false);
    }

    /// <inheritdoc cref="LoadAsync(LoadTarget, Load, LoadOptions?, RunContext?, CancellationToken)"/>
    public Task<LoadReport> LoadAsync(LoadTarget target, Load mode, LoadOptions? options, CancellationToken cancel) => LoadAsync(target, mode, options, null, cancel);

    internal Frame WithProvenance() => new(ProvenanceColumns.Keep(Plan));
}
