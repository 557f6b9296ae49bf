using System.CommandLine;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

static class TasksMark
{
    internal static Command Create()
    {
        var words = RunWords.RunAndTask();
        var mapIndex = RunWords.MapIndex();
        var state = Marks.Option();
        var options = new SelectionOptions();
        var command = new Command("mark", "Declares a task of a run a success or a failure; what waits for it goes on accordingly.") { words, state, mapIndex };
        options.AddTo(command);
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var given = parsed.GetRequiredValue(words);
            var success = Marks.IsSuccess(parsed.GetRequiredValue(state));
            var run = await new Lookup(store, session.Cancellation).RunAsync(given[..^1]);
            var dryRun = parsed.GetValue(options.DryRun);
            var marked = await new RunCommands(store, session.Time).MarkAsync(run.Id,
                options.Read(parsed, [given[^1]], parsed.GetValue(mapIndex)), success, dryRun, session.Cancellation);
            await Changed.ShowAsync(session, marked, success ? "marked success" : "marked failed", dryRun);
            return ExitCode.Ok;
        }));
        return command;
    }
}
