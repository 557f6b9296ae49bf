using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

static class DagsTrigger
{
    internal static Command Create()
    {
        var name = DagArgument.Create();
        var parameters = new ParamOptions();
        var logicalTime = new Option<string?>("--logical-time", "-e", "--exec-date") { Description = "The instant the run is for; now, unless given.", HelpName = "time" };
        var note = new Option<string?>("--note") { Description = "Why; shown with the run.", HelpName = "text" };
        var wait = new Option<bool>("--wait") { Description = "Wait for its end; exits with 1 if it failed." };
        var command = new Command("trigger", "Starts a run of a Dag.") { name, logicalTime, note, wait };
        parameters.AddTo(command);
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var lookup = new Lookup(store, session.Cancellation);
            var dag = await lookup.DagAsync(parsed.GetRequiredValue(name));
            var spec = await lookup.SpecAsync(dag.Name, dag.Version);
            var run = await new RunCommands(store, session.Time).TriggerAsync(dag.Name, parameters.Read(parsed, spec),
                Times.ParseOptional("--logical-time", parsed.GetValue(logicalTime), session.Time.GetUtcNow()), parsed.GetValue(note), session.Cancellation);
            var heard = await session.WakeAsync(run.Id);
            if (parsed.GetValue(wait))
            {
                if (!session.IsJson) session.Terminal.Line($"{run.Dag} {run.Key} is triggered; waiting for its end.");
                run = await RunsWait.EndAsync(store, run, null, session);
            }
            session.Show(RunView.Of(run), Views.Default.RunView, terminal =>
            {
                if (parsed.GetValue(wait))
                {
                    terminal.Line($"{run.Dag} {run.Key}: {run.State.Name()}{(run.EndedAt - run.StartedAt is { } took ? $" after {Text.Of(took)}" : "")}");
                    return;
                }
                terminal.Line($"{run.Dag} {run.Key} is triggered.");
                if (heard == 0 && !session.Settings.UsesPostgres) terminal.Line("No scheduler runs on this home folder: it waits for 'millrace up'.");
                terminal.Line($"See how it goes:  millrace runs show {run.Dag} {RunWords.Latest}");
            });
            return parsed.GetValue(wait) && run.State != RunState.Success ? ExitCode.Failed : ExitCode.Ok;
        }));
        return command;
    }
}
