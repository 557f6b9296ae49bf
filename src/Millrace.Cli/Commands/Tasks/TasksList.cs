using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

static class TasksList
{
    internal static Command Create()
    {
        var words = RunWords.Run();
        var state = new Option<string[]>("--state") { Description = "Only tasks in this state. May be given several times.", HelpName = "state" };
        var command = new Command("list", "Lists the tasks of a run with every mapped instance.") { words, state };
        command.SetAction(Session.Of(async (session, parsed) =>
        {
            var store = await session.StoreAsync();
            var run = await new Lookup(store, session.Cancellation).RunAsync(parsed.GetRequiredValue(words));
            var wanted = (parsed.GetValue(state) ?? []).Select(StateNames.Task).ToHashSet();
            var tasks = (await store.LoadRunAsync(run.Id, session.Cancellation))?.Tasks ?? [];
            tasks = await TaskTable.InOrderAsync(tasks, run, new Lookup(store, session.Cancellation));
            if (wanted.Count > 0) tasks = [.. tasks.Where(task => wanted.Contains(task.State))];
            session.Show([.. tasks.Select(TaskView.Of)], Views.Default.IReadOnlyListTaskView, terminal =>
            {
                terminal.Line($"{run.Dag} {run.Key}: {run.State.ToString().ToLowerInvariant()}");
                TaskTable.Write(terminal, tasks, session.Time.GetUtcNow(), everyInstance: true);
            });
            return ExitCode.Ok;
        }));
        return command;
    }
}
