using System.CommandLine;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

static class TasksClear
{
    internal static Command Create()
    {
        var words = RunWords.RunAndTask();
        var mapIndex = RunWords.MapIndex();
        var options = new SelectionOptions();
        var command = new Command("clear", "Lets a task of a run run again; a pattern (load_*) means several.") { words, mapIndex };
        options.AddTo(command);
        command.Add(options.OnlyFailed);
        command.Add(options.NewVersion);
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var given = parsed.GetRequiredValue(words);
            var run = await new Lookup(store, session.Cancellation).RunAsync(given[..^1]);
            var dryRun = parsed.GetValue(options.DryRun);
            var cleared = await new RunCommands(store, session.Time).ClearAsync(run.Id,
                options.Read(parsed, [given[^1]], parsed.GetValue(mapIndex)), options.Version(parsed), dryRun, session.Cancellation);
            await Changed.ShowAsync(session, cleared, "cleared", dryRun);
            return ExitCode.Ok;
        }));
        return command;
    }
}
