using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

static class RunsMark
{
    internal static Command Create()
    {
        var words = RunWords.Run();
        var state = Marks.Option();
        var command = new Command("mark", "Declares a run a success or a failure, whatever its tasks did.") { words, state };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var success = Marks.IsSuccess(parsed.GetRequiredValue(state));
            var run = await new Lookup(store, session.Cancellation).RunAsync(parsed.GetRequiredValue(words));
            var marked = await new RunCommands(store, session.Time).MarkRunAsync(run.Id, success, session.Cancellation);
            await session.WakeAsync(run.Id);
            session.Show(RunView.Of(marked), Views.Default.RunView, terminal => terminal.Line($"{run.Dag} {run.Key} is marked {marked.State.Name()}."));
            return ExitCode.Ok;
        }));
        return command;
    }
}
