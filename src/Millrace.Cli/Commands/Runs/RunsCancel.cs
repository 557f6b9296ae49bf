using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

static class RunsCancel
{
    internal static Command Create()
    {
        var words = RunWords.Run();
        var command = new Command("cancel", "Ends a run as failed: what runs is stopped, what waits is skipped.") { words };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var run = await new Lookup(store, session.Cancellation).RunAsync(parsed.GetRequiredValue(words));
            var cancelled = await new RunCommands(store, session.Time).CancelAsync(run.Id, session.Cancellation);
            await session.WakeAsync(run.Id);
            session.Show(RunView.Of(cancelled), Views.Default.RunView, terminal => terminal.Line(run.State.IsFinished()
                ? $"{run.Dag} {run.Key} has ended already: {run.State.Name()}."
                : $"{run.Dag} {run.Key} is cancelled."));
            return ExitCode.Ok;
        }));
        return command;
    }
}
