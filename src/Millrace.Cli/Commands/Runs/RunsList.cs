using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

static class RunsList
{
    internal static Command Create()
    {
        var dag = new Argument<string?>("dag") { Description = "Only runs of this Dag.", Arity = ArgumentArity.ZeroOrOne };
        var state = new Option<string[]>("--state") { Description = "Only runs in this state: queued, running, success or failed. May be given several times.", HelpName = "state" };
        var from = new Option<string?>("--from", "-s") { Description = "Only logical times from here on.", HelpName = "time" };
        var to = new Option<string?>("--to", "-e") { Description = "Only logical times up to here.", HelpName = "time" };
        var limit = new Option<int>("--limit", "-n") { Description = "How many.", HelpName = "number", DefaultValueFactory = _ => 50 };
        var command = new Command("list", "Lists runs, newest logical time first.") { dag, state, from, to, limit };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var name = parsed.GetValue(dag);
            var now = session.Time.GetUtcNow();
            if (name is not null) await new Lookup(store, session.Cancellation).DagAsync(name);
            var runs = await store.ListRunsAsync(new()
            {
                Dag = name,
                States = [.. (parsed.GetValue(state) ?? []).Select(StateNames.Run)],
                From = Times.ParseOptional("--from", parsed.GetValue(from), now),
                To = Times.ParseOptional("--to", parsed.GetValue(to), now),
                Limit = parsed.GetValue(limit),
            }, session.Cancellation);
            session.Show([.. runs.Select(RunView.Of)], Views.Default.IReadOnlyListRunView, terminal => Write(terminal, runs, now));
            return ExitCode.Ok;
        }));
        return command;
    }

    static void Write(Terminal terminal, IReadOnlyList<RunRow> runs, DateTimeOffset now)
    {
        if (runs.Count == 0)
        {
            terminal.Line("No runs.");
            return;
        }
        var table = new Columns("dag", "run", "state", "started", "took", "note").WrapLast();
        foreach (var run in runs)
            table.Add(Text.Of(run.Dag), Text.Of(run.Key), Text.Of(run.State), Text.Of(run.StartedAt), Text.Of((run.EndedAt ?? now) - run.StartedAt), Text.Of(run.Note));
        table.WriteTo(terminal);
    }
}
