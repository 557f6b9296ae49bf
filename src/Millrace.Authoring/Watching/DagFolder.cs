using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Millrace.Authoring.Bundles;
using Millrace.Authoring.Compiling;
using Millrace.Authoring.Templates;
using Millrace.Execution;
using Millrace.Metadata;

namespace Millrace.Authoring.Watching;

/// <summary>
/// A folder of DAG sources, read into what the store registers: once, or on and on as it changes.
/// No code of a DAG runs in this process.
/// </summary>
sealed partial class DagFolder : IAsyncDisposable
{
    static readonly TimeSpan SecondLook = TimeSpan.FromMilliseconds(120);
    // A start is not followed by an edit most of the time; an edit is.
    static readonly TimeSpan IdleAfterStart = TimeSpan.FromSeconds(3);

    readonly AuthoringOptions options;
    readonly TimeProvider time;
    readonly ILogger logger;
    readonly Compiler compiler;
    readonly bool ownsCompiler;
    readonly Describer describer;
    readonly BundleStore bundles;
    readonly SourceReader reader;
    readonly FolderState state;

    /// <param name="options">Where and under which limits.</param>
    /// <param name="time">For the watch.</param>
    /// <param name="logger">Told what is nobody's source's fault.</param>
    /// <param name="shared">A compiler that other folders use, too; it is not disposed.</param>
    public DagFolder(AuthoringOptions options, TimeProvider time, ILogger logger, Compiler? shared = null)
    {
        (this.options, this.time, this.logger) = (options, time, logger);
        if (!Directory.Exists(options.Folder))
            throw new DirectoryNotFoundException($"The DAG folder '{options.Folder}' does not exist. Create it, or name another one.");
        EditorProject.Refresh(options.Folder);
        var tool = options.Tool ?? ToolCommand.Find();
        var toolchain = Fingerprint.Toolchain(options.Optimize);
        bundles = new(options.Bundles);
        ownsCompiler = shared is null;
        compiler = shared ?? new(tool, IdleAfterStart);
        describer = new(tool, new(options.BuildTimeout, options.BuildMemoryMb));
        reader = new(options, toolchain, bundles, compiler, describer, time);
        state = new(options, toolchain, bundles, time);
    }

    /// <summary>Reads everything once.</summary>
    /// <param name="recorded">Sources that the store has something about: those that are gone are reported as removed.</param>
    /// <param name="cancellation">Ends the children, too.</param>
    public async Task<IReadOnlyList<SourceReading>> ReadAllAsync(IEnumerable<string> recorded, CancellationToken cancellation)
    {
        var readings = state.Restore(FolderScan.Read(options.Folder), recorded, out var work);
        if (work.Count > 0)
        {
            var outcomes = await Task.WhenAll(work.Select(item => ReadAsync(item, cancellation))).ConfigureAwait(false);
            describer.Cool();
            // In the order of their names: of two that declare the same Dag it is always the same one that wins.
            for (var i = 0; i < work.Count; i++) readings.AddRange(state.Arrived(work[i], outcomes[i]));
            state.Save();
        }
        return readings;
    }

    /// <summary>Reads everything, then what changes, until it is cancelled. What needs no work comes first, the rest as it is ready.</summary>
    /// <inheritdoc cref="ReadAllAsync"/>
    public async IAsyncEnumerable<IReadOnlyList<SourceReading>> WatchAsync(IEnumerable<string> recorded, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Null: look at the folder.
        var events = Channel.CreateUnbounded<(FolderState.Work Work, SourceOutcome Outcome)?>(new() { SingleReader = true });
        var running = new Dictionary<string, CancellationTokenSource>();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var watch = new FolderWatch(options, time, () => events.Writer.TryWrite(null));
        try
        {
            var readings = state.Restore(FolderScan.Read(options.Folder), recorded, out var work);
            Begin(work);
            while (true)
            {
                var look = false;
                while (events.Reader.TryRead(out var happened))
                {
                    if (happened is { } arrival) readings.AddRange(Arrived(arrival.Work, arrival.Outcome));
                    else look = true;
                }
                if (look) readings.AddRange(Look());
                if (readings.Count > 0)
                {
                    state.Save();
                    yield return readings;
                    readings = [];
                    continue;
                }
                await events.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
        }

        IEnumerable<SourceReading> Arrived(FolderState.Work work, SourceOutcome outcome)
        {
            if (state.IsCurrent(work)) running.Remove(work.Source.Name);
            if (running.Count == 0) describer.Cool();
            return state.Arrived(work, outcome);
        }

        List<SourceReading> Look()
        {
            IReadOnlyList<DagSource> scan;
            try
            {
                scan = FolderScan.Read(options.Folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A share that is away for a moment is no reason to retire every Dag.
                Log.FolderUnreadable(logger, options.Folder, e.Message);
                return [];
            }
            var readings = state.Look(scan, out var work, out var unsettled);
            if (unsettled) watch.LookIn(SecondLook);
            if (work.Count > 0) compiler.Idle = options.CompilerIdle;
            Begin(work);
            return readings;
        }

        void Begin(List<FolderState.Work> work)
        {
            foreach (var item in work)
            {
                // What a newer save replaces need not be finished.
                if (running.Remove(item.Source.Name, out var replaced)) replaced.Cancel();
                var mine = running[item.Source.Name] = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
                _ = Task.Run(async () =>
                {
                    try
                    {
                        events.Writer.TryWrite((item, await ReadAsync(item, mine.Token).ConfigureAwait(false)));
                    }
                    catch (OperationCanceledException)
                    {
                        // Replaced, or the end: nobody waits for it.
                    }
                }, CancellationToken.None);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        describer.Dispose();
        reader.Dispose();
        if (ownsCompiler) await compiler.DisposeAsync().ConfigureAwait(false);
    }

    async Task<SourceOutcome> ReadAsync(FolderState.Work work, CancellationToken cancellation)
    {
        try
        {
            return await reader.ReadAsync(work.Source, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // A full disk, a program that can't be started: this source waits for its next change, the others go on.
            Log.SourceFailed(logger, e, work.Source.Name);
            return new(null, null, [new(null, 0, 0, ProblemKind.Internal, $"Reading it failed: {e.GetType().Name}: {e.Message}")]);
        }
    }

    static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Warning, "The DAG folder '{Folder}' can't be looked at and stays as it was last seen: {Reason}")]
        internal static partial void FolderUnreadable(ILogger logger, string folder, string reason);

        [LoggerMessage(3002, LogLevel.Error, "Reading the DAG source '{Source}' failed")]
        internal static partial void SourceFailed(ILogger logger, Exception e, string source);
    }
}
