using System.CommandLine;
using Millrace.Cli.Running;

namespace Millrace.Cli.Commands;

static class TasksTest
{
    internal static Command Create()
    {
        var name = DagArgument.Create();
        var task = new Argument<string>("task") { Description = "The task's id." };
        // Airflow wants a date here; whoever types one should not have to learn a new word.
        var date = new Argument<string?>("time") { Description = "The instant the run is for; the same as --logical-time.", Arity = ArgumentArity.ZeroOrOne };
        var options = new TestOptions();
        var command = new Command("test", "Runs one task here and now, after those whose results it takes; the other tasks, retries and callbacks are left out.") { name, task, date };
        options.AddTo(command);
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var local = await LocalDag.LoadAsync(session, parsed.GetRequiredValue(name));
            var chosen = Lookup.TaskIn(local.Dag.Spec, parsed.GetRequiredValue(task));
            return await options.RunAsync(session, parsed, LocalDag.Only(local.Dag, chosen), local.Beside, parsed.GetValue(date));
        }));
        return command;
    }
}
