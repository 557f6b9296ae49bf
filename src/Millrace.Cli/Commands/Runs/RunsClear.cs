using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

static class RunsClear
{
    internal static Command Create()
    {
        var words = RunWords.Run();
        var tasks = new Option<string[]>("--task", "-t") { Description = "Only this task, group or pattern (load_*). May be given several times.", HelpName = "task" };
        var from = new Option<string?>("--from", "-s") { Description = "With a Dag's name alone: every run with a logical time from here on.", HelpName = "time" };
        var to = new Option<string?>("--to", "-e") { Description = "With a Dag's name alone: every run with a logical time up to here.", HelpName = "time" };
        var options = new SelectionOptions();
        var command = new Command("clear", "Lets a run, or some of its tasks, run again: of one run (DAG KEY) or of all in a range (DAG --from --to).") { words, tasks, from, to };
        options.AddTo(command);
        command.Add(options.OnlyFailed);
        command.Add(options.NewVersion);
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var given = parsed.GetRequiredValue(words);
            var now = session.Time.GetUtcNow();
            var selection = options.Read(parsed, parsed.GetValue(tasks) ?? []);
            var commands = new RunCommands(store, session.Time);
            var lookup = new Lookup(store, session.Cancellation);
            var (version, dryRun) = (options.Version(parsed), parsed.GetValue(options.DryRun));
            IReadOnlyList<InstanceId> cleared;
            if (parsed.GetValue(from) is not null || parsed.GetValue(to) is not null)
            {
                if (given is not [var dag]) throw new UserErrorException("--from and --to go with a Dag's name alone: millrace runs clear DAG --from TIME --to TIME");
                cleared = await commands.ClearRangeAsync((await lookup.DagAsync(dag)).Name,
                    Times.ParseOptional("--from", parsed.GetValue(from), now) ?? DateTimeOffset.UnixEpoch,
                    Times.ParseOptional("--to", parsed.GetValue(to), now) ?? now, selection, version, dryRun, session.Cancellation);
            }
            else
                cleared = await commands.ClearAsync((await lookup.RunAsync(given)).Id, selection, version, dryRun, session.Cancellation);
            await Changed.ShowAsync(session, cleared, "cleared", dryRun);
            return ExitCode.Ok;
        }));
        return command;
    }
}
