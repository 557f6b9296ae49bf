using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Hosting.Settings;
using Millrace.Metadata;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

static class RunsWait
{
    static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(250);

    internal static Command Create()
    {
        var words = RunWords.Run();
        var timeout = new Option<string?>("--timeout") { Description = "Give up after this long (exit code 3): 30s, 5m.", HelpName = "duration" };
        var command = new Command("wait", "Waits for a run to end; exits with 0 if it succeeded, 1 if it failed.") { words, timeout };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var run = await new Lookup(store, session.Cancellation).RunAsync(parsed.GetRequiredValue(words));
            TimeSpan? atMost = null;
            if (parsed.GetValue(timeout) is { } text)
                atMost = Duration.TryParse(text, out var given) ? given : throw new UserErrorException($"--timeout is '{text}'. Give {Duration.Forms}.");
            run = await EndAsync(store, run, atMost, session);
            session.Show([RunView.Of(run)], Views.Default.IReadOnlyListRunView, terminal =>
                terminal.Line($"{run.Dag} {run.Key}: {run.State.Name()}{(run.EndedAt - run.StartedAt is { } took ? $" after {Text.Of(took)}" : "")}"));
            return run.State == RunState.Success ? ExitCode.Ok : ExitCode.Failed;
        }));
        return command;
    }

    /// <summary>The run once it has ended. It is another process that ends it: this one looks, at first often.</summary>
    internal static async Task<RunRow> EndAsync(IMetadataStore store, RunRow run, TimeSpan? atMost, Session session)
    {
        var began = session.Time.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(10);
        while (!run.State.IsFinished())
        {
            if (session.Time.GetElapsedTime(began) > atMost)
                throw new UserErrorException($"{run.Dag} {run.Key} is still {run.State.Name()} after {Duration.Format(atMost.Value)}.", ExitCode.Unavailable);
            await Task.Delay(pause, session.Time, session.Cancellation);
            pause = pause * 2 < Longest ? pause * 2 : Longest;
            run = (await store.LoadRunAsync(run.Id, session.Cancellation))?.Run
                ?? throw new UserErrorException($"Run {run.Key} of '{run.Dag}' was deleted while it was awaited.");
        }
        return run;
    }
}
