using System.CommandLine;
using Millrace.Cli.Running;

namespace Millrace.Cli.Commands;

static class DagsTest
{
    internal static Command Create()
    {
        var name = DagArgument.Create();
        var options = new TestOptions();
        var command = new Command("test", "Runs a Dag here and now, in this process: no scheduler, no database, and a debugger's breakpoints are hit. Exits with 1 if the run failed.") { name };
        options.AddTo(command);
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var local = await LocalDag.LoadAsync(session, parsed.GetRequiredValue(name));
            return await options.RunAsync(session, parsed, local.Dag, local.Beside);
        }));
        return command;
    }
}
