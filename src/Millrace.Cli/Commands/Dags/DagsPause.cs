using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class DagsPause
{
    internal static Command Create() => Create("pause", "Stops a Dag's schedule; runs that have begun go on.", paused: true);

    internal static Command Create(string verb, string says, bool paused)
    {
        var name = DagArgument.Create();
        var command = new Command(verb, says) { name };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var dag = await new Lookup(store, session.Cancellation).DagAsync(parsed.GetRequiredValue(name));
            await store.SetPausedAsync(dag.Name, paused, session.Cancellation);
            await session.WakeAsync();
            session.Show(new(dag.Name, paused), Views.Default.PausedView, terminal =>
                terminal.Line(dag.Paused == paused ? $"{dag.Name} was {verb}d already." : $"{dag.Name} is {verb}d."));
            return ExitCode.Ok;
        }));
        return command;
    }
}
