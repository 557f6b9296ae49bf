using System.Globalization;
using Millrace.Data;
using Spectre.Console;

namespace Millrace.Cli.DataWork;

/// <summary>Shows that long work goes on: rows so far and the stage that holds the others up, on terminals only.</summary>
static class WorkScreen
{
    static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    internal static async Task<T> ShowAsync<T>(Session session, RunContext run, Frame frame, Func<Frame, CancellationToken, Task<T>> work)
    {
        var working = work(frame, session.Cancellation);
        if (session.IsJson || !session.Terminal.IsInteractive) return await working;
        var since = session.Time.GetTimestamp();
        await session.Terminal.Rich.Status().StartAsync("starting", async status =>
        {
            using var timer = new PeriodicTimer(Pace, session.Time);
            while (!working.IsCompleted)
            {
                // Whichever comes first; what the work ended with is looked at below.
                await Task.WhenAny(working, timer.WaitForNextTickAsync(session.Cancellation).AsTask());
                status.Status(Markup.Escape(Now(run, session.Time.GetElapsedTime(since))));
            }
        });
        return await working;
    }

    static string Now(RunContext run, TimeSpan elapsed)
    {
        var stages = run.Stages.All;
        var (read, written) = (stages.Count == 0 ? 0 : stages.Max(s => s.RowsIn), stages.Count == 0 ? 0 : stages[^1].RowsOut);
        var limit = run.Stages.Limiting is { } stage ? $", limited by: {stage.Name}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{read:N0} rows read, {written:N0} written, {run.Rejects?.Count ?? 0:N0} rejected, {read / Math.Max(0.001, elapsed.TotalSeconds):N0} rows/s{limit}");
    }
}
