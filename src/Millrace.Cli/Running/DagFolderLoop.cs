using Microsoft.Extensions.Logging;
using Millrace.Authoring.Watching;
using Millrace.Execution;
using Millrace.Hosting;
using Millrace.Hosting.Settings;
using Millrace.Metadata;

namespace Millrace.Cli.Running;

/// <summary>Keeps the store in step with the DAG folder and tells what changed.</summary>
sealed class DagFolderLoop(MillraceSettings settings, MillraceHost host, RunJournal journal, TimeProvider time, ILoggerFactory loggers)
{
    internal static AuthoringOptions Options(MillraceSettings settings) => new()
    {
        Folder = settings.DagFolder,
        Bundles = new HomeFolder(settings.Home).Bundles,
        BuildTimeout = settings.Dags.DescribeTimeout,
        BuildMemoryMb = settings.Dags.DescribeMemoryMb,
        PausedAtFirst = settings.Dags.PausedAtFirst,
    };

    internal async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await using var folder = new DagFolder(Options(settings), time, loggers.CreateLogger<DagFolder>());
            await foreach (var readings in folder.WatchAsync(await RecordedAsync(cancellation), cancellation))
                await RegisterAsync(readings, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The end was asked for.
        }
    }

    async Task<IReadOnlyList<string>> RecordedAsync(CancellationToken cancellation)
    {
        var dags = await host.Store.ListDagsAsync(cancellation);
        var errors = await host.Store.ListErrorsAsync(cancellation);
        return [.. dags.Where(dag => dag.Active).Select(dag => dag.Source).Concat(errors.Select(error => error.Source)).Where(source => source.Length > 0).Distinct()];
    }

    async Task RegisterAsync(IReadOnlyList<SourceReading> readings, CancellationToken cancellation)
    {
        IReadOnlyList<DagVersion> inForce = [];
        for (var pause = TimeSpan.FromMilliseconds(100); ; pause *= 2)
        {
            try
            {
                inForce = await host.Store.RegisterAsync(readings, time.GetUtcNow(), cancellation);
                break;
            }
            catch (Exception e) when (e is not OperationCanceledException && pause < TimeSpan.FromMinutes(1))
            {
                // The store is away; the folder goes on being watched, and what was read must not be lost.
                journal.Say($"The DAG folder's changes can't be stored yet: {e.Message}");
                await Task.Delay(pause, time, cancellation);
            }
        }
        if (inForce.Count > 0 || readings.Any(reading => reading.Removed)) host.Scheduler.Wake(null);
        var sources = readings.SelectMany(reading => reading.Dags).DistinctBy(dag => dag.Version.Dag).ToDictionary(dag => dag.Version.Dag, dag => dag.Source);
        foreach (var version in inForce)
        {
            var source = sources.GetValueOrDefault(version.Dag);
            if (version.Number > 1) journal.Say($"new      {version.Dag} version {version.Number} is in force ({source})");
            journal.Event(new("dag", time.GetUtcNow()) { Dag = version.Dag, Version = version.Number, Source = source });
        }
        foreach (var reading in readings)
        {
            if (reading.Removed) journal.Say($"removed  {reading.Source}");
            foreach (var error in reading.Errors)
            {
                journal.Say($"broken   {error.Source}{(error.Line > 0 ? $"({error.Line},{error.Column})" : "")}: {error.Kind}: {error.Message}");
                journal.Event(new("dag_error", time.GetUtcNow()) { Source = error.Source, Message = error.Message });
            }
        }
    }
}
